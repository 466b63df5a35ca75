"""
The kiosk's side of the card: find the application, read the certificate, verify the PIN, have one message signed.

Promises: the PIN goes to the card and nowhere else: it is in no attribute, no error, no log, and the buffer that held it is
overwritten. Whatever the card answers, a method returns what it promises or raises an error of `akashi.card.errors`, after at
most 20 commands.
Trusts: nothing that the card says. Who the certificate belongs to and whether the signature fits is checked by others.
Source: docs/spec/card.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from akashi.card.apdu import LE_MAX, STATUS_MAX, ApduBytes, Command, Status, tries_in
from akashi.card.errors import CardUnreadable, PinLocked, PinWrong
from akashi.card.suites import JPKI_RSA2048, NEXT_ECDSA_P384, CardSuite

CERTIFICATE_BYTES_MAX: Final = 4096
"""The largest certificate that fits the messages (`wire.messages.fields.Der`)."""
CERTIFICATE_BYTES_MIN: Final = 260
"""DER with the header 30 82: at least 256 bytes of content."""
_HEADER_BYTES: Final = 4
_BLOCKED: Final = (Status.REFERENCE_UNUSABLE, Status.BLOCKED)


class Transport(Protocol):
    """A way to one card: a reader, or a card in the same process."""

    def transmit(self, apdu: ApduBytes, /) -> tuple[bytes, int]:
        """
        Send one command and return the card's data and status word.

        Must not keep `apdu`: the caller overwrites it.

        Raises:
            CardAbsent: the card was taken out.
            CardUnreadable: the reader reports an error.
        """
        ...


class CardClient:
    """
    One card for one session.

    Args:
        transport: the way to the card.
        suites: what to look for, in this order; the first whose application is on the card counts.
    """

    def __init__(self, transport: Transport, *, suites: Sequence[CardSuite] = (JPKI_RSA2048, NEXT_ECDSA_P384)) -> None:
        self._transport = transport
        self._suites = tuple(suites)
        self._suite: CardSuite | None = None

    @property
    def suite(self) -> CardSuite:
        """
        The suite of this card; looks for the application where that was not done yet.

        Raises:
            CardUnreadable: no known application on the card.
            CardAbsent: the card was taken out.
        """
        return self._suite if self._suite is not None else self.select()

    @property
    def suite_name(self) -> str:
        """Name of the suite, as it stands in messages. Raises what `suite` raises."""
        return self.suite.name

    def select(self) -> CardSuite:
        """
        Select the application. On the card this also forgets every verified PIN.

        Raises:
            CardUnreadable: no known application: not a My Number card, or an unknown generation.
            CardAbsent: the card was taken out.
        """
        self._suite = None
        for candidate in self._suites:
            _, status = self._send(Command(0x00, 0xA4, 0x04, 0x0C, candidate.aid))
            if status == Status.OK:
                self._suite = candidate
                return candidate
            if status != Status.NOT_FOUND:
                raise CardUnreadable(f"SELECT application answered {status:04X}")
        raise CardUnreadable("no application of a known suite on this card")

    def read_certificate(self) -> bytes:
        """
        Return the user-authentication certificate (利用者証明用電子証明書), DER, 260 to 4,096 bytes.

        The length comes from the outermost DER header; nothing else of it is looked at.

        Raises:
            CardUnreadable: not a DER sequence of that size, a short or long answer, or a refusal.
            CardAbsent: the card was taken out.
        """
        self._select_file(self.suite.files.auth_certificate)
        header = self._read(0, _HEADER_BYTES)
        total = int.from_bytes(header[2:]) + _HEADER_BYTES
        if header[:2] != b"\x30\x82" or not CERTIFICATE_BYTES_MIN <= total <= CERTIFICATE_BYTES_MAX:
            raise CardUnreadable("the certificate file does not begin with a DER sequence of a possible length")
        parts = [self._read(offset, min(LE_MAX, total - offset)) for offset in range(0, total, LE_MAX)]
        if parts[0][:_HEADER_BYTES] != header:
            raise CardUnreadable("the certificate file changed while it was read")
        return b"".join(parts)

    def tries_left(self) -> int | None:
        """
        Return how many PIN tries are left (0 means blocked), or None where the card does not say. Spends no try.

        Raises:
            CardUnreadable: the card answered with another status word.
            CardAbsent: the card was taken out.
        """
        self._select_file(self.suite.files.auth_pin)
        _, status = self._send(Command(0x00, 0x20, 0x00, 0x80))
        if status in _BLOCKED:
            return 0
        if status == Status.OK:
            return None
        tries = tries_in(status)
        if tries is None:
            raise CardUnreadable(f"VERIFY without PIN answered {status:04X}")
        return tries

    def verify_pin(self, pin: str) -> None:
        """
        Present the PIN of the user-authentication certificate to the card.

        Args:
            pin: 4 digits, as typed. Python cannot overwrite a `str`: the session's process ends with the session.

        Raises:
            PinForm: not 4 ASCII digits. Nothing was sent, no try was used.
            PinWrong: refused; carries the tries that are left.
            PinLocked: blocked, by this try or before it.
            CardUnreadable: the card answered with another status word.
            CardAbsent: the card was taken out.
        """
        suite = self.suite
        suite.pin_rules.check(pin)
        self._select_file(suite.files.auth_pin)
        secret = bytearray(pin, "ascii")
        apdu = Command(0x00, 0x20, 0x00, 0x80, secret).encode()
        try:
            _, status = self._transmit(apdu)
        finally:
            secret[:] = bytes(len(secret))
            apdu[:] = bytes(len(apdu))
        if status == Status.OK:
            return
        tries = 0 if status in _BLOCKED else tries_in(status)
        if tries is None:
            raise CardUnreadable(f"VERIFY answered {status:04X}")
        if tries == 0:
            raise PinLocked
        raise PinWrong(tries)

    def sign(self, message: bytes) -> bytes:
        """
        Have the user-authentication key sign the message. The PIN must have been verified since the last `select`.

        Args:
            message: any length; it is hashed here, only the hash goes to the card.

        Raises:
            CardUnreadable: the card refused (its PIN was not verified, say), or the signature has another length.
            CardAbsent: the card was taken out.
        """
        suite = self.suite
        self._select_file(suite.files.auth_key)
        data, status = self._send(Command(0x80, 0x2A, suite.scheme, 0x80, suite.card_input(message), LE_MAX))
        if status != Status.OK:
            raise CardUnreadable(f"COMPUTE DIGITAL SIGNATURE answered {status:04X}")
        if len(data) != suite.signature_bytes:
            raise CardUnreadable(f"signature of {len(data)} bytes")
        return data

    def _select_file(self, file_id: int) -> None:
        _, status = self._send(Command(0x00, 0xA4, 0x02, 0x0C, file_id.to_bytes(2)))
        if status != Status.OK:
            raise CardUnreadable(f"SELECT file {file_id:04X} answered {status:04X}")

    def _read(self, offset: int, count: int) -> bytes:
        data, status = self._send(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=count))
        if status != Status.OK:
            raise CardUnreadable(f"READ BINARY answered {status:04X}")
        if len(data) != count:
            raise CardUnreadable(f"READ BINARY of {count} bytes answered {len(data)}")
        return data

    def _send(self, command: Command) -> tuple[bytes, int]:
        return self._transmit(command.encode())

    def _transmit(self, apdu: bytearray) -> tuple[bytes, int]:
        data, status = self._transport.transmit(apdu)
        if len(data) > LE_MAX or not 0 <= status <= STATUS_MAX:
            raise CardUnreadable("the answer is no short response")
        return data, status
