"""
Errors of PC/SC become ours, with what the operator can do. The readers themselves are tested in tests/card with a real pcscd.

The fake answers with return codes only; which codes a real service gives is seen there.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from akashi.card import pcsc
from akashi.card.errors import CardAbsent, CardUnreadable, ReaderUnavailable
from akashi.card.pcsc import PcscCard, Readers
from akashi.wire.errors import Refused

scard = pytest.importorskip("smartcard.scard", reason="pyscard is not installed")


class FakeScard(SimpleNamespace):
    """The constants of pyscard, and calls that give what the test wants."""

    def __getattr__(self, name: str) -> object:
        return getattr(scard, name)


def code(name: str) -> int:
    value: int = getattr(scard, name)
    return value


@pytest.fixture(name="fake")
def _fake(monkeypatch: pytest.MonkeyPatch) -> FakeScard:
    fake = FakeScard(
        SCardEstablishContext=lambda _scope: (0, 7),
        SCardReleaseContext=lambda _context: 0,
        SCardDisconnect=lambda _handle, _disposition: 0,
    )
    monkeypatch.setattr(pcsc, "_load_scard", lambda: fake)
    return fake


CODES: list[tuple[str, type[Refused], str]] = [
    ("SCARD_E_NO_SERVICE", ReaderUnavailable, "start pcscd"),
    ("SCARD_E_SERVICE_STOPPED", ReaderUnavailable, "start pcscd"),
    ("SCARD_E_NO_READERS_AVAILABLE", ReaderUnavailable, "plug one in"),
    ("SCARD_E_UNKNOWN_READER", ReaderUnavailable, "akashi card readers"),
    ("SCARD_E_READER_UNAVAILABLE", ReaderUnavailable, "unplugged"),
    ("SCARD_E_SHARING_VIOLATION", ReaderUnavailable, "another program"),
    ("SCARD_E_NO_ACCESS", ReaderUnavailable, "polkit"),
    ("SCARD_E_NO_SMARTCARD", CardAbsent, "SCard"),
    ("SCARD_W_REMOVED_CARD", CardAbsent, "SCard"),
    ("SCARD_W_UNRESPONSIVE_CARD", CardUnreadable, "80100066"),
    ("SCARD_W_RESET_CARD", CardUnreadable, "80100068"),
    ("SCARD_E_PROTO_MISMATCH", CardUnreadable, "8010000F"),
]


@pytest.mark.parametrize(("name", "kind", "hint"), CODES, ids=[name for name, _, _ in CODES])
def test_each_return_code_becomes_an_error_that_says_what_to_do(
    fake: FakeScard, name: str, kind: type[Refused], hint: str
) -> None:
    fake.SCardConnect = lambda *_: (code(name), 0, 0)
    with Readers() as readers, pytest.raises(kind, match=hint):
        readers.connect("Reader 0")
    # The same code as a signed number, as some platforms give it.
    fake.SCardTransmit = lambda *_: ((code(name) & 0xFFFFFFFF) - 2**32, [])
    with pytest.raises(kind, match=hint):
        PcscCard(fake, 1).transmit(b"\x00\xb0\x00\x00\x00")


def test_no_reader_at_all_is_an_empty_list(fake: FakeScard) -> None:
    fake.SCardListReaders = lambda *_: (code("SCARD_E_NO_READERS_AVAILABLE"), [])
    with Readers() as readers:
        assert readers.names() == ()
    fake.SCardListReaders = lambda *_: (code("SCARD_E_NO_SERVICE"), [])
    with Readers() as readers, pytest.raises(ReaderUnavailable):
        readers.names()


def test_no_service(fake: FakeScard) -> None:
    fake.SCardEstablishContext = lambda _scope: (code("SCARD_E_NO_SERVICE"), 0)
    with pytest.raises(ReaderUnavailable, match="start pcscd"):
        Readers()


def test_no_pyscard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(ReaderUnavailable, match=r"requirements/card\.txt"):
        Readers()


def test_the_list_that_held_the_command_is_overwritten(fake: FakeScard) -> None:
    kept: list[list[int]] = []

    def transmit(_handle: int, _protocol: int, apdu: list[int]) -> tuple[int, list[int]]:
        kept.append(apdu)
        return 0, [0x90, 0x00]

    fake.SCardTransmit = transmit
    assert PcscCard(fake, 1).transmit(b"\x00\x20\x00\x80\x041234") == (b"", 0x9000)
    assert kept == [[0] * 9]


@pytest.mark.parametrize("answer", [[], [0x90], [0] * 259])
def test_an_answer_that_is_no_response(fake: FakeScard, answer: list[int]) -> None:
    fake.SCardTransmit = lambda *_: (0, answer)
    with pytest.raises(CardUnreadable):
        PcscCard(fake, 1).transmit(b"\x00\xb0\x00\x00\x00")


def test_a_reader_that_disappears_while_waiting(fake: FakeScard) -> None:
    fake.SCardGetStatusChange = lambda _context, _timeout, states: (0, [(states[0][0], code("SCARD_STATE_UNAVAILABLE"), [])])
    with Readers() as readers, pytest.raises(ReaderUnavailable, match="unplugged"):
        readers.wait_for_card("Reader 0", timeout_ms=10)
