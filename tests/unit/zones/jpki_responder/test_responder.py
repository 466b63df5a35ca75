"""The stand-in responder: answers by RFC 6960, follows the CA's state file, starts from files."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.x509 import ocsp as x509_ocsp

from akashi.base.config import ConfigRefused, load_config
from akashi.base.log import Log
from akashi.base.ports import Caller
from akashi.entry.start import Started, World
from akashi.entry.start import watched as watched_files
from akashi.entry.start.jpki_responder import start
from akashi.entry.start.watched import Watched
from akashi.entry.world import InlineCompute
from akashi.pki import ocsp
from akashi.pki.errors import MaterialBad
from akashi.pki.testca import STATE_FILE, TestAuthority
from akashi.wire.topology import methods_of
from akashi.zones.jpki.responder.config import Config, ServiceConfig
from unit.pki.made_pki import NOW, card, fresh_ca, other_ca
from unit.zones.center_validity.made_validity import CountingIds, HandClock, Stage

VALIDITY = Caller("center/validity")
GENERATION = """
[[files.generations]]
authority = "FOLDER/generation-N.pem"
certificate = "FOLDER/responder-N.pem"
key = "FOLDER/responder-N.key"
"""
HEAD = """
server = "jpki/responder"
listen = "127.0.0.1:7110"
tls = { certificate = "a", key = "b", authority = "c" }
[service]
answer_ms = 60000
[files]
state = "FOLDER/state.json"
"""


def question(generation: int = -1) -> ocsp.Question:
    made = card(generation)
    return ocsp.make_question(authority_der=made.authority_der, serial=made.serial, nonce=bytes(range(32)))


def run(folder: Path, *, clock: HandClock) -> Started:
    text = HEAD + "".join(GENERATION.replace("N", str(number)) for number in (1, 2, 3))
    (folder / "config.toml").write_text(text.replace("FOLDER", str(folder)))
    world = World(clock, CountingIds(), Stage().link, InlineCompute())
    return start(load_config(folder / "config.toml", Config), world)


def ask(started: Started, body: bytes) -> bytes:
    async def exchange() -> bytes:
        return await started.endpoints["ocsp"].handle(VALIDITY, body)

    return asyncio.run(exchange())


def status(started: Started, asked: ocsp.Question, *, generation: int = -1, now_ms: int = NOW) -> ocsp.Status:
    answer = ask(started, ocsp.encode_question(asked))
    return ocsp.verify_answer(answer, question=asked, authority_der=card(generation).authority_der, now_ms=now_ms)


@pytest.fixture
def ca(tmp_path: Path) -> TestAuthority:
    made = fresh_ca()
    made.save(tmp_path)
    return made


@pytest.mark.usefixtures("ca")
def test_every_generation_has_its_own_responder(tmp_path: Path) -> None:
    started = run(tmp_path, clock=HandClock())
    assert set(started.endpoints) == set(methods_of("jpki/responder"))
    for generation in (0, 1, 2):
        assert status(started, question(generation), generation=generation) is ocsp.Status.GOOD


@pytest.mark.promise("C24")
def test_a_revocation_is_answered_from_the_next_question_on(tmp_path: Path, ca: TestAuthority) -> None:
    started = run(tmp_path, clock=HandClock())
    assert status(started, question()) is ocsp.Status.GOOD
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.certificate_hold, now_ms=NOW)
    ca.save_state(tmp_path)
    assert status(started, question()) is ocsp.Status.REVOKED
    ca.lift_hold(card().certificate_der)
    ca.save_state(tmp_path)
    assert status(started, question()) is ocsp.Status.GOOD


@pytest.mark.usefixtures("ca")
def test_answers_count_for_the_time_that_was_set(tmp_path: Path) -> None:
    clock = HandClock()
    started = run(tmp_path, clock=clock)
    answer = x509_ocsp.load_der_ocsp_response(ask(started, ocsp.encode_question(question())))
    assert answer.next_update_utc is not None
    assert (answer.next_update_utc - answer.this_update_utc).total_seconds() == 60


@pytest.mark.usefixtures("ca")
def test_bad_questions_and_foreign_authorities_get_unsigned_answers(tmp_path: Path) -> None:
    started = run(tmp_path, clock=HandClock())
    foreign = ocsp.make_question(authority_der=other_ca().authorities[0], serial=5, nonce=bytes(32))
    for body, expected in (
        (b"", x509_ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
        (b"\x30\x00", x509_ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
        (ocsp.encode_question(foreign), x509_ocsp.OCSPResponseStatus.UNAUTHORIZED),
    ):
        assert x509_ocsp.load_der_ocsp_response(ask(started, body)).response_status is expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("responder-1.key", None),
        ("responder-1.key", b"no key"),
        ("responder-1.pem", b""),
        ("responder-1.pem", "generation-1.pem"),
        ("responder-2.key", "responder-1.key"),
        ("generation-3.pem", "generation-1.pem"),
        (STATE_FILE, None),
        (STATE_FILE, b"{"),
    ],
)
@pytest.mark.usefixtures("ca")
def test_files_that_do_not_belong_together_start_no_server(tmp_path: Path, name: str, content: bytes | str | None) -> None:
    path = tmp_path / name
    if isinstance(content, str):
        content = (tmp_path / content).read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigRefused):
        run(tmp_path, clock=HandClock())


def test_a_broken_state_file_leaves_the_last_good_one(
    tmp_path: Path, ca: TestAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    ca.save_state(tmp_path)
    started = run(tmp_path, clock=HandClock())
    (tmp_path / STATE_FILE).write_bytes(b"{")
    assert status(started, question()) is ocsp.Status.REVOKED
    err = capsys.readouterr().err
    assert '"event": "file_unusable"' in err
    assert f"{card().serial:x}" not in err


def test_a_watched_file_is_parsed_once_a_change(tmp_path: Path) -> None:
    path, seen, text = tmp_path / "a", [], io.StringIO()

    def parse(content: bytes) -> int:
        seen.append(content)
        if content == b"bad":
            raise MaterialBad("bad")
        return len(content)

    path.write_bytes(b"one")
    watched = Watched((path,), parse, Log("jpki/responder", text))
    assert [watched(), watched()] == [3, 3]
    path.write_bytes(b"three")
    assert [watched(), watched()] == [5, 5]
    path.write_bytes(b"bad")
    assert [watched(), watched()] == [5, 5]
    assert seen == [b"one", b"three", b"bad"]
    assert text.getvalue().count("file_unusable") == 1
    with pytest.raises(ConfigRefused):
        Watched((path,), parse, Log("jpki/responder", text))


def test_a_look_at_a_watched_file_counts_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, now = tmp_path / "a", [100.0]
    path.write_bytes(b"one")
    monkeypatch.setattr(watched_files, "LOOK_SECONDS", 0.25)
    monkeypatch.setattr("akashi.entry.start.watched.time.monotonic", lambda: now[0])
    usual = Watched((path,), len, Log("jpki/responder"))
    strict = Watched((path,), len, Log("jpki/responder"), look_seconds=0)
    path.write_bytes(b"three")
    now[0] += 0.2
    assert (usual(), strict()) == (3, 5)
    now[0] += 0.1
    assert (usual(), strict()) == (5, 5)


@pytest.mark.parametrize("setting", [{"answer_ms": 10}, {"answer_ms": 60_000, "other": 1}])
def test_the_configuration_is_closed(setting: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(setting, ServiceConfig)
