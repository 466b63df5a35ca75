"""`akashi ledger` as people run it."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akashi.base.inbox import Inbox
from akashi.base.log import Log
from akashi.entry.commands.ledger import group
from akashi.ledger.append import CHECKPOINT_FILE, ENTRIES_FILE
from akashi.ledger.entries import parse_leaf
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.codec import encode
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import (
    Leaf,
    LedgerEntry,
    OutcomeRecorded,
    Receipt,
    ReopenEntry,
    ReopenOrder,
    SealedEntry,
    StopEntry,
    StopScope,
)
from akashi.wire.messages.session import Outcome
from akashi.zones.vault.recorder.reopening import pair_requests, read_request
from unit.ledger.samples import CITY, SIGNER, build_ledger, intent, issue_number, leaf, open_ledger

KEY = SIGNER.key.text()
RECEIPT_KEY = SigningKey.from_bytes(b"r" * 32)


def _run(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(group, [str(argument) for argument in arguments], input=typed)


def test_verify_says_what_the_ledger_commits_to(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1, 2])
    (tmp_path / "key").write_text(KEY + "\n")
    for key in (KEY, tmp_path / "key"):
        result = _run("verify", tmp_path, "--key", key)
        assert result.exit_code == 0
        note = (tmp_path / CHECKPOINT_FILE).read_text()
        assert result.output == "in order: 3 entries in 2 batches\n" + note.split("\n\n")[0] + "\n"


def test_verify_takes_what_was_kept_elsewhere(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1])
    (tmp_path / "old").write_bytes((tmp_path / CHECKPOINT_FILE).read_bytes())
    ledger = open_ledger(tmp_path)
    ledger.append([leaf(1)])
    ledger.close()
    entry_hash = sha256(encode(parse_leaf(leaf(1)).entry)).digest()
    for index in (1, 0):
        receipt = Receipt(entry_hash, index, 1_764_000_000_001)
        (tmp_path / f"receipt{index}").write_bytes(sign_message(RECEIPT_KEY, Purpose.RECEIPT, receipt))
    common = ("verify", tmp_path, "--key", KEY, "--checkpoint", tmp_path / "old", "--last-signature", "--running")
    receipt_key = ("--receipt-key", RECEIPT_KEY.public_bytes.hex())
    assert _run(*common, "--receipt", tmp_path / "receipt1", *receipt_key).exit_code == 0
    wrong = _run(*common, "--receipt", tmp_path / "receipt0", *receipt_key)
    assert isinstance(wrong.exception, Refused)
    assert "entry 0" in str(wrong.exception)
    other = _run(*common, "--receipt", tmp_path / "receipt1", "--receipt-key", SIGNER.key.public.hex())
    assert isinstance(other.exception, Refused)
    assert _run(*common, "--receipt", tmp_path / "receipt1").exit_code == 2
    assert _run(*common, "--receipt", tmp_path / "receipt1", "--receipt-key", "zz").exit_code == 2


def test_verify_refuses_what_was_edited_and_says_where(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1, 1, 1])
    content = (tmp_path / ENTRIES_FILE).read_bytes()
    (tmp_path / ENTRIES_FILE).write_bytes(content.replace(leaf(1), leaf(9)))
    result = _run("verify", tmp_path, "--key", KEY)
    assert isinstance(result.exception, Refused)
    assert "entry 1: the root does not fit" in str(result.exception)


def test_verify_reports_an_unfinished_end(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1])
    with (tmp_path / ENTRIES_FILE).open("ab") as file:
        file.write(b"AKSH")
    assert "unfinished at the end: 4 bytes" in _run("verify", tmp_path, "--key", KEY, "--running").output


def test_show_lists_every_kind_of_entry(tmp_path: Path) -> None:
    order = ReopenOrder(StopScope.KIOSK, CITY, "K0001", b"i" * 16, "the kiosk was repaired")
    reopen = ReopenEntry(sign_message(RECEIPT_KEY, Purpose.REOPEN, order), b"")
    entries: list[LedgerEntry] = [
        intent(0),
        SealedEntry(CITY, issue_number(0), bytes(32)),
        OutcomeRecorded(CITY, issue_number(0), "K0001", 1, Outcome.TAKEN, None),
        OutcomeRecorded(CITY, issue_number(1), "issuer", 0, Outcome.VOID, WireCode.ISSUE_VOIDED),
        StopEntry(StopScope.CITY, CITY, "-", WireCode.CHECK_FAILED, b"i" * 16),
        reopen,
        ReopenEntry(b"", b""),
    ]
    ledger = open_ledger(tmp_path)
    for entry in entries:
        ledger.append([encode(Leaf(5, "issuance/issuer", entry))])
    ledger.close()
    number = issue_number(0)
    assert _run("show", tmp_path).output.splitlines() == [
        f"0 5 issuance/issuer intent {number} kiosk K0001",
        f"1 5 issuance/issuer sealed {number}",
        f"2 5 issuance/issuer taken {number} by K0001",
        f"3 5 issuance/issuer void {issue_number(1)} by issuer because ISSUE_VOIDED",
        f"4 5 issuance/issuer STOP city {CITY} kiosk - because CHECK_FAILED incident {'69' * 16}",
        f"5 5 issuance/issuer REOPEN kiosk {CITY} kiosk K0001 incident {'69' * 16}: 'the kiosk was repaired'",
        "6 5 issuance/issuer REOPEN with an order that cannot be read",
    ]
    some = _run("show", tmp_path, "--first", "2", "--count", "2").output.splitlines()
    assert [line[0] for line in some] == ["2", "3"]


def test_two_people_sign_the_same_order(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "inbox", Log("vault/recorder", io.StringIO()))
    operators = {}
    for name in ("aoki", "baba"):
        key = SigningKey.generate()
        operators[name] = key.public_bytes
        (tmp_path / name).write_bytes(key.to_bytes())
    order = ("--incident", "69" * 16, "--scope", "city", "--municipality", CITY, "--reason", "looked into")
    first = _run("reopen", tmp_path / "inbox", "--key", tmp_path / "aoki", *order)
    assert first.exit_code == 0
    said, path = first.output.splitlines()
    assert said == f"you sign: city {CITY} kiosk - incident {'69' * 16}: 'looked into'"
    joining = ("reopen", tmp_path / "inbox", "--key", tmp_path / "baba", "--join", path)
    declined = _run(*joining, typed="n\n")
    assert declined.output.splitlines()[0] == said
    assert declined.exit_code == 1
    assert len(list((tmp_path / "inbox").glob("*.signed"))) == 1
    second = _run(*joining, typed="y\n")
    assert second.output.splitlines()[0] == said
    requests = [read_request(name, content, operators) for name, content in box.read()]
    [(one, other)] = pair_requests(requests)
    assert {one.operator, other.operator} == {"aoki", "baba"}


@pytest.mark.parametrize("hidden", ["\r", "\n", "\x1b[2K", "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff"])
def test_nobody_joins_an_order_that_shows_as_another(tmp_path: Path, hidden: str) -> None:
    """A terminal would obey these: overwrite the line that says what is signed, turn it round, hide a part of it."""
    order = ReopenOrder(StopScope.CITY, CITY, "-", b"i" * 16, f"all of it{hidden}you sign: kiosk {CITY} kiosk K0001")
    (tmp_path / "first").write_bytes(sign_message(RECEIPT_KEY, Purpose.REOPEN, order))
    (tmp_path / "key").write_bytes(bytes(32))
    result = _run("reopen", tmp_path, "--key", tmp_path / "key", "--join", tmp_path / "first", "--yes")
    assert isinstance(result.exception, Refused)
    assert result.output == ""
    assert not list(tmp_path.glob("*.signed"))
    own = ("--incident", "69" * 16, "--scope", "city", "--municipality", CITY, "--reason", order.reason)
    assert _run("reopen", tmp_path, "--key", tmp_path / "key", *own).exit_code == 2
    assert not list(tmp_path.glob("*.signed"))


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--incident", "zz", "--scope", "city", "--municipality", CITY, "--reason", "looked into"),
    ],
)
def test_wrong_usage_of_reopen(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "key").write_bytes(bytes(32))
    assert _run("reopen", tmp_path, "--key", tmp_path / "key", *options).exit_code == 2


@pytest.mark.parametrize(
    ("incident", "city", "reason"), [("69", CITY, "looked"), ("69" * 16, "12", "ok ok"), ("69" * 16, CITY, "x")]
)
def test_an_order_that_the_recorder_would_refuse_is_not_signed(tmp_path: Path, incident: str, city: str, reason: str) -> None:
    (tmp_path / "key").write_bytes(bytes(32))
    order = ("--incident", incident, "--scope", "city", "--municipality", city, "--reason", reason)
    assert _run("reopen", tmp_path, "--key", tmp_path / "key", *order).exit_code == 2
    assert not list(tmp_path.glob("*.signed"))
