"""
Put a card object into a virtual PC/SC reader, so that any PC/SC program can use it.

The reader is the `vpcd` driver of pcscd (package vsmartcard-vpcd); the card is its TCP client. Each message is a 2-byte length
and a body; a body of one byte is a control message, any other a command.
Promises: any bytes from the reader get the defined answer or are ignored; the bridge ends when the reader hangs up or on `eject`.
"""

from __future__ import annotations

import socket
from typing import Final, Protocol

from akashi.card.apdu import ApduBytes, encode_response
from akashi.card.errors import ReaderUnavailable

VPCD_PORT: Final = 35963
"""The first virtual reader; the second listens one port higher."""
_LENGTH_BYTES: Final = 2
_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"


class BridgedCard(Protocol):
    """What can be put into a virtual reader."""

    @property
    def atr(self) -> bytes:
        """Answer to reset."""
        ...

    def reset(self) -> None:
        """Power off and on."""
        ...

    def transmit(self, apdu: ApduBytes, /) -> tuple[bytes, int]:
        """Answer one command."""
        ...


def reply_to(card: BridgedCard, untrusted_body: bytes) -> bytes | None:
    """Return what the card answers to one message of the reader; None where the reader expects no answer."""
    if untrusted_body in (_POWER_OFF, _POWER_ON, _RESET):
        card.reset()
        return None
    if untrusted_body == _GET_ATR:
        return card.atr
    if len(untrusted_body) <= 1:
        return None
    return encode_response(*card.transmit(untrusted_body))


class VirtualReaderBridge:
    """
    One card in one virtual reader.

    Args:
        card: what lies in the reader.
        host, port: where vpcd listens. It has no access control: keep it on loopback, in a network namespace of its own.

    Raises:
        ReaderUnavailable: vpcd does not answer there within 5 seconds.
    """

    def __init__(self, card: BridgedCard, *, host: str = "127.0.0.1", port: int = VPCD_PORT) -> None:
        self._card = card
        try:
            self._socket = socket.create_connection((host, port), timeout=5)
        except OSError as error:
            raise ReaderUnavailable(
                f"no virtual reader at {host}:{port} ({error.strerror or 'no answer'}): "
                "install vsmartcard-vpcd and start pcscd, or give --host and --port"
            ) from None
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        """Answer the reader until it hangs up or `eject` is called."""
        with self._socket:
            try:
                while True:
                    length = int.from_bytes(self._receive(_LENGTH_BYTES))
                    reply = reply_to(self._card, self._receive(length))
                    if reply is not None:
                        self._socket.sendall(len(reply).to_bytes(_LENGTH_BYTES) + reply)
            except (EOFError, OSError):
                # The reader went away, or `eject` closed the connection: the card is out and forgets what was verified.
                self._card.reset()

    def eject(self) -> None:
        """Take the card out; `run` returns. May be called from another thread, and twice."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is out already

    def _receive(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            # vpcd writes length and body in two packets. Unless each is acknowledged at once, every command waits 40 ms;
            # the kernel drops this option again after a while, so it is set before each read.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._socket.recv(count - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)
