"""Our own client and commands with a real PC/SC service."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from akashi.card.suites import JPKI_RSA2048, NEXT_ECDSA_P384
from card.made_cards import PIN, ec_key, make_card, make_certificate, make_next_card, rsa_key
from card.reader_lab import READER, SECOND_READER, ReaderLab, end

pytestmark = [pytest.mark.needs("opensc"), pytest.mark.timeout(120)]


def ours(lab: ReaderLab, *arguments: str) -> list[dict[str, object]]:
    written = lab.output(sys.executable, "-m", "card.in_reader", *arguments)
    return [json.loads(line) for line in written.splitlines()]


@pytest.mark.promise("C24")
def test_a_session_through_pcsc_reads_verifies_and_signs(lab: ReaderLab, image: Path) -> None:
    with lab.inserted(image):
        (facts,) = ours(lab, "session", READER, PIN)
    assert facts["names"] == [READER, SECOND_READER]
    assert facts["atr"] == "3be000ff8131fe4514"
    assert facts["certificate"] == make_certificate(rsa_key(), "auth").hex()
    assert facts["tries"] == 3
    JPKI_RSA2048.verify(rsa_key().public_key(), b"transcript", bytes.fromhex(str(facts["signature"])))
    # `close` took the power off: the next connection starts without a verified PIN.
    assert facts["after_close"] == "CARD_UNREADABLE"
    # 16 commands. If each waited for a delayed acknowledgement (40 ms), it would be 640 ms.
    assert float(str(facts["ms"])) < 400


@pytest.mark.promise("C19")
def test_three_wrong_pins_lock_the_card_for_good(lab: ReaderLab, image: Path) -> None:
    with lab.inserted(image):
        assert ours(lab, "pins", READER, "0000", "1111") == [
            {"outcome": "PIN_WRONG", "left": 2},
            {"outcome": "PIN_WRONG", "left": 1},
        ]
    with lab.inserted(image):
        assert ours(lab, "pins", READER, "2222", PIN) == [{"outcome": "PIN_LOCKED", "left": 0}] * 2
    with lab.inserted(image):
        shown = lab.akashi("show", "--reader", READER)
    assert (shown.returncode, "PIN tries left: 0 (blocked)" in shown.stdout) == (0, True)


def test_a_card_taken_out_in_the_middle_is_absent(lab: ReaderLab, image: Path) -> None:
    with lab.inserted(image) as bridge, lab.started(sys.executable, "-m", "card.in_reader", "removal", READER) as client:
        assert client.stdout is not None
        assert json.loads(client.stdout.readline()) == {"gone": False}
        end(bridge)
        assert bridge.returncode == 0
        facts = json.loads(client.stdout.readline())
    assert facts == {
        "gone": True,
        "command": "CARD_ABSENT",
        "connect": "CARD_ABSENT",
        "look": "CARD_ABSENT",
        "wait": "CARD_ABSENT",
        "other": "CARD_UNREADABLE",
        "other_wait": "CARD_UNREADABLE",
    }


def test_no_other_program_gets_at_a_card_in_a_session(lab: ReaderLab, image: Path) -> None:
    with lab.inserted(image):
        with lab.started(sys.executable, "-m", "card.in_reader", "hold", READER) as holder:
            assert holder.stdout is not None
            assert holder.stdin is not None
            assert json.loads(holder.stdout.readline()) == {"held": True}
            assert lab.run("opensc-tool", "-r", READER, "-n").returncode != 0
            refused = lab.akashi("show", "--reader", READER)
            assert "another program uses the card" in refused.stderr
            holder.stdin.write("\n")
            holder.stdin.flush()
            assert holder.wait(10) == 0
        assert "jpki" in lab.output("opensc-tool", "-r", READER, "-n")


def test_two_cards_of_two_kinds_in_two_readers(lab: ReaderLab, image: Path, tmp_path: Path) -> None:
    second = tmp_path / "next.json"
    make_next_card().save(second)
    with lab.inserted(image), lab.inserted(second, port=35964, reader=SECOND_READER):
        assert "jpki-rsa2048-sha256-v15 (in use)" in lab.akashi("show", "--reader", READER).stdout
        assert "next-ecdsa-p384-sha384 (prepared)" in lab.akashi("show", "--reader", SECOND_READER).stdout
        (facts,) = ours(lab, "session", SECOND_READER, PIN)
    NEXT_ECDSA_P384.verify(ec_key().public_key(), b"transcript", bytes.fromhex(str(facts["signature"])))


def test_the_commands_list_readers_and_show_no_personal_data(lab: ReaderLab, tmp_path: Path) -> None:
    assert lab.akashi("readers").stdout.splitlines() == [READER, SECOND_READER]
    image = tmp_path / "card.json"
    make_card(tries=1).save(image)
    shown = lab.akashi("show", str(image))
    assert shown.stdout.splitlines() == [
        "suite: jpki-rsa2048-sha256-v15 (in use)",
        "PIN tries left: 1",
        "certificate valid from: 2025-10-27",
        "certificate valid until: 2030-02-17",
    ]
