"""
Real readers, through PC/SC: list them, wait for a card, talk to it.

`smartcard` (package pyscard) is imported inside functions only: everything else of Akashi runs without it.
Promises: a connection is exclusive, so no other program can use a PIN that was verified here; `close` takes the power off the
card, which then forgets the PIN. Every PC/SC error becomes `CardAbsent`, `CardUnreadable` or `ReaderUnavailable` with a hint.
Limits: T=1 only, which these cards speak on contacts and through the air. Calls block: give them a thread of their own.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Final, Self

from akashi.card.apdu import ApduBytes, ApduMalformed, parse_response
from akashi.card.errors import CardAbsent, CardUnreadable, ReaderUnavailable

_CODE_MASK: Final = 0xFFFFFFFF
_ABSENT: Final = ("SCARD_E_NO_SMARTCARD", "SCARD_W_REMOVED_CARD")
_HINTS: Final = {
    "SCARD_E_NO_SERVICE": "the PC/SC service does not answer: start pcscd (package pcscd), then look with `akashi card readers`",
    "SCARD_E_SERVICE_STOPPED": "the PC/SC service was stopped: start pcscd again",
    "SCARD_E_NO_READERS_AVAILABLE": "no reader: plug one in (driver package libccid), then look with `akashi card readers`",
    "SCARD_E_UNKNOWN_READER": "no reader of that name: `akashi card readers` lists them",
    "SCARD_E_READER_UNAVAILABLE": "the reader was unplugged",
    "SCARD_E_SHARING_VIOLATION": "another program uses the card: end it",
    "SCARD_E_NO_ACCESS": "the PC/SC service refuses this user: see its polkit rules",
}


def _load_scard() -> Any:
    try:
        from smartcard import scard  # noqa: PLC0415 - the package is optional, see the module's docstring
    except ImportError as error:
        raise ReaderUnavailable(
            f"pyscard がこの環境にありません / pyscard is not installed in this environment ({sys.prefix}): make test,"
            f" or {sys.executable} -m pip install --require-hashes -r requirements/card.txt"
        ) from error
    return scard


class Readers:
    """
    The readers of this machine. Use it as a context manager.

    Raises:
        ReaderUnavailable: pyscard is missing, or the PC/SC service does not answer.
    """

    def __init__(self) -> None:
        self._scard = _load_scard()
        code, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_SYSTEM)
        _check(self._scard, code, "SCardEstablishContext")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release the PC/SC service. May be called twice."""
        self._scard.SCardReleaseContext(self._context)

    def names(self) -> tuple[str, ...]:
        """
        Return the names of the readers, none where none is plugged in.

        Raises:
            ReaderUnavailable: the PC/SC service stopped.
        """
        code, names = self._scard.SCardListReaders(self._context, [])
        if _name(self._scard, code) == "SCARD_E_NO_READERS_AVAILABLE":
            return ()
        _check(self._scard, code, "SCardListReaders")
        return tuple(str(name) for name in names)

    def wait_for_card(self, reader: str, *, timeout_ms: int) -> None:
        """
        Return as soon as a card lies in the reader.

        Raises:
            CardAbsent: none came within `timeout_ms` milliseconds (0: look once).
            ReaderUnavailable: no such reader, or the service stopped.
        """
        if not self._wait(reader, present=True, timeout_ms=timeout_ms):
            raise CardAbsent("no card in the reader")

    def wait_for_removal(self, reader: str, *, timeout_ms: int) -> bool:
        """
        Return True as soon as the reader is empty, False if a card still lies there after `timeout_ms` milliseconds.

        Raises:
            ReaderUnavailable: no such reader, or the service stopped.
        """
        return self._wait(reader, present=False, timeout_ms=timeout_ms)

    def connect(self, reader: str) -> PcscCard:
        """
        Connect to the card in the reader, for this program alone.

        Raises:
            CardAbsent: no card in the reader.
            CardUnreadable: the card does not answer, or not by T=1.
            ReaderUnavailable: no such reader, or another program uses the card.
        """
        scard = self._scard
        code, handle, _ = scard.SCardConnect(self._context, reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1)
        _check(scard, code, "SCardConnect")
        return PcscCard(scard, handle)

    def _wait(self, reader: str, *, present: bool, timeout_ms: int) -> bool:
        scard = self._scard
        end = time.monotonic() + timeout_ms / 1000
        state: int = scard.SCARD_STATE_UNAWARE
        while True:
            # Unaware of the state, the call returns at once; afterwards it returns when something changes.
            left_ms = max(0, round((end - time.monotonic()) * 1000))
            code, states = scard.SCardGetStatusChange(self._context, left_ms, [(reader, state)])
            if _name(scard, code) == "SCARD_E_TIMEOUT":
                return False
            _check(scard, code, "SCardGetStatusChange")
            state = states[0][1]
            if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
                raise ReaderUnavailable(_HINTS["SCARD_E_READER_UNAVAILABLE"])
            if bool(state & scard.SCARD_STATE_PRESENT) is present:
                return True


class PcscCard:
    """A card in a reader; a `Transport`. Made by `Readers.connect`. Use it as a context manager."""

    def __init__(self, scard: Any, handle: int) -> None:
        self._scard = scard
        self._handle = handle

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take the power off the card. It forgets the PIN. May be called twice."""
        self._scard.SCardDisconnect(self._handle, self._scard.SCARD_UNPOWER_CARD)

    @property
    def atr(self) -> bytes:
        """
        The card's answer to reset.

        Raises:
            CardAbsent: the card was taken out.
        """
        code, _, _, _, atr = self._scard.SCardStatus(self._handle)
        _check(self._scard, code, "SCardStatus")
        return bytes(atr)

    def transmit(self, apdu: ApduBytes, /) -> tuple[bytes, int]:
        """
        Send one command and return data and status word.

        Raises:
            CardAbsent: the card was taken out.
            CardUnreadable: the card or the reader failed, or the answer is no short response.
            ReaderUnavailable: the reader was unplugged, or the service stopped.
        """
        sent = list(apdu)
        try:
            code, answer = self._scard.SCardTransmit(self._handle, self._scard.SCARD_PCI_T1, sent)
        finally:
            sent[:] = bytes(len(sent))
        _check(self._scard, code, "SCardTransmit")
        try:
            return parse_response(bytes(byte & 0xFF for byte in answer))
        except ApduMalformed as error:
            raise CardUnreadable(error.detail) from None


def _name(scard: Any, code: int) -> str:
    for name in ("SCARD_S_SUCCESS", "SCARD_E_TIMEOUT", *_ABSENT, *_HINTS):
        known: int = getattr(scard, name)
        if known & _CODE_MASK == code & _CODE_MASK:
            return name
    return f"{code & _CODE_MASK:08X}"


def _check(scard: Any, code: int, what: str) -> None:
    name = _name(scard, code)
    if name == "SCARD_S_SUCCESS":
        return
    if name in _ABSENT:
        raise CardAbsent(what)
    if name in _HINTS:
        raise ReaderUnavailable(_HINTS[name])
    raise CardUnreadable(f"{what}: {name}")
