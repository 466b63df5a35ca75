"""
A My Number card in software: answers every command as the real card does, as far as its behaviour is known.

For made-up cities, simulations, load tests and tests with real readers. No server may import it (import contract 10).
Promises: any bytes get an answer, none an exception; keys and PINs have no repr; three wrong PINs block it, also across restarts
where it lives in a file. Limits: docs/spec/card.md section 5 lists what is assumed. One user at a time; not safe between threads.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from akashi.card.apdu import ApduBytes, ApduMalformed, Command, Status, parse_command, tries_status
from akashi.card.errors import KeyUnsuited, PinForm
from akashi.card.image import CardImage, ImageBad, SlotImage, read_image, write_image
from akashi.card.signatures import CardPrivateKey, compute_signature
from akashi.card.suites import (
    AUTH_PIN_RULES,
    JPKI_RSA2048,
    NEXT_ECDSA_P384,
    SIGN_PASSWORD_RULES,
    CardSuite,
    PinRules,
)

ATR: Final = bytes.fromhex("3BE000FF8131FE4514")
"""Answer to reset of the physical card: T=1, no historical bytes."""
CARD_LABEL: Final = "JPKIAPICCTOKEN2"
"""Label in the token information of a physical card."""

Answer = tuple[bytes, int]
_BY_FILE_ID: Final = (0x02, 0x0C)
_BY_NAME: Final = ((0x04, 0x00), (0x04, 0x0C))
_CURRENT_FILE: Final = 0x80
_SHORT_ID_MASK: Final = 0x1F


@dataclass(frozen=True, slots=True)
class SignSlot:
    """The digital-signature key (署名用) with its certificates and password: 6 to 16 upper-case letters and digits."""

    key: CardPrivateKey = field(repr=False)
    certificate_der: bytes = field(repr=False)
    ca_certificate_der: bytes = field(repr=False)
    password: str = field(repr=False)
    tries: int = SIGN_PASSWORD_RULES.tries_max


@dataclass(slots=True)
class _Slot:
    key: CardPrivateKey = field(repr=False)
    pin: bytes = field(repr=False)
    rules: PinRules
    tries_left: int
    verified: bool = False


class VirtualCard:
    """
    One card. It is a `Transport`: give it to a `CardClient`, or put it into a virtual reader (`akashi.card.vpcd`).

    Args:
        private_key: user-authentication key, RSA-2048 (today's card) or P-384 (next card).
        certificate_der, ca_certificate_der: its certificate and that of its CA.
        pin: 4 digits.
        sign: the digital-signature slot; None for a card without one.
        tries: PIN tries that are left, 0 to 3; 0 is a blocked card.

    Raises:
        KeyUnsuited: a key of another kind.
        PinForm: PIN or password has a form that no card takes, or more tries than the card has.
    """

    def __init__(
        self,
        private_key: CardPrivateKey,
        certificate_der: bytes,
        ca_certificate_der: bytes,
        pin: str,
        *,
        sign: SignSlot | None = None,
        tries: int = AUTH_PIN_RULES.tries_max,
    ) -> None:
        suite = JPKI_RSA2048 if isinstance(private_key, rsa.RSAPrivateKey) else NEXT_ECDSA_P384
        files = suite.files
        self._suite: CardSuite = suite
        self._path: Path | None = None
        self._auth = _make_slot(suite, private_key, pin, suite.pin_rules, tries)
        self._sign: _Slot | None = None
        self._readable = {
            files.auth_certificate: certificate_der,
            files.auth_ca: ca_certificate_der,
            files.token_info: _token_info(),
            files.contents: b"\x8f\x8f\x00" if sign else b"\x00\x8f\x00",
        }
        self._pins = {files.auth_pin: self._auth}
        self._keys = {files.auth_key: self._auth}
        if sign is not None:
            self._sign = _make_slot(suite, sign.key, sign.password, SIGN_PASSWORD_RULES, sign.tries)
            self._readable[files.sign_certificate] = sign.certificate_der
            self._readable[files.sign_ca] = sign.ca_certificate_der
            self._pins[files.sign_password] = self._sign
            self._keys[files.sign_key] = self._sign
        self._selected = False
        self._current: int | None = None
        self._instructions: dict[tuple[int, int], Callable[[Command], Answer]] = {
            (0x00, 0xA4): self._select,
            (0x00, 0xB0): self._read_binary,
            (0x00, 0x20): self._verify,
            (0x00, 0x24): self._change_reference_data,
            (0x80, 0x2A): self._compute_signature,
            (0x00, 0xCA): lambda _: (b"", Status.CONDITIONS_NOT_SATISFIED),
            (0x00, 0xCB): lambda _: (b"", Status.CONDITIONS_NOT_SATISFIED),
        }

    @property
    def atr(self) -> bytes:
        """Answer to reset."""
        return ATR

    @property
    def suite_name(self) -> str:
        """Suite of the user-authentication key."""
        return self._suite.name

    def reset(self) -> None:
        """Power the card off and on: nothing selected, nothing verified."""
        self._leave_application()
        self._selected = False

    def transmit(self, apdu: ApduBytes, /) -> Answer:
        """Return data and status word for one command; any bytes get an answer."""
        try:
            command = parse_command(apdu)
        except ApduMalformed:
            return b"", Status.WRONG_LENGTH
        instruction = self._instructions.get((command.cla, command.ins))
        if instruction is not None:
            return instruction(command)
        return b"", Status.INSTRUCTION_UNKNOWN if command.cla in (0x00, 0x80) else Status.CLASS_UNKNOWN

    def save(self, path: Path) -> None:
        """
        Write the card into a file; from now on the card keeps its counters there.

        Raises:
            ImageBad: the file cannot be written.
        """
        write_image(path, self._image())
        self._path = path

    @classmethod
    def load(cls, path: Path) -> Self:
        """
        Return the card that a file holds; it keeps its counters in that file.

        Raises:
            ImageBad: the file cannot be read or holds no card.
        """
        image = read_image(path)
        auth, second = image.auth, image.sign
        sign = None
        if second is not None:
            sign = SignSlot(_load_key(second.key), second.certificate, second.ca, second.pin, second.tries_left)
        try:
            card = cls(_load_key(auth.key), auth.certificate, auth.ca, auth.pin, sign=sign, tries=auth.tries_left)
        except (KeyUnsuited, PinForm) as error:
            raise ImageBad(f"no card image: {type(error).__name__}") from None
        card._path = path
        return card

    def _select(self, command: Command) -> Answer:
        way = (command.p1, command.p2)
        if way == (0x00, 0x00) and not command.data:
            return b"", Status.OK  # real cards answer so and change nothing
        if way in _BY_NAME:
            if command.data != self._suite.aid:
                return b"", Status.NOT_FOUND
            self._leave_application()
            self._selected = True
            return b"", Status.OK
        if way == _BY_FILE_ID:
            file_id = int.from_bytes(command.data)
            if len(command.data) != 2 or not self._has_file(file_id):  # noqa: PLR2004 - a file id is two bytes
                return b"", Status.NOT_FOUND
            self._current = file_id
            return b"", Status.OK
        return b"", Status.NOT_FOUND if command.p1 == 0x00 else Status.WRONG_P1_P2

    def _read_binary(self, command: Command) -> Answer:
        file_id, offset = self._current, command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            file_id, offset = command.p1 & _SHORT_ID_MASK, command.p2
            if command.p1 & 0x60 or not self._has_file(file_id):
                return b"", Status.NOT_FOUND
            self._current = file_id
        if file_id is None:
            return b"", Status.NO_CURRENT_FILE
        if command.le is None or command.data:
            return b"", Status.WRONG_LENGTH
        content = self._readable.get(file_id)
        if content is None:
            return b"", Status.WRONG_FILE_KIND
        if file_id == self._suite.files.sign_certificate and not (self._sign and self._sign.verified):
            return b"", Status.SECURITY_NOT_SATISFIED  # it holds name, address and birth date
        if offset >= len(content):
            return b"", Status.WRONG_OFFSET
        return content[offset : offset + command.le], Status.OK

    def _verify(self, command: Command) -> Answer:
        slot = self._slot_named(command, self._pins) if command.p1 == 0x00 else None
        if slot is None:
            return b"", Status.WRONG_P1_P2 if command.p1 else self._no_slot()
        if not command.data:
            return b"", tries_status(slot.tries_left)  # blocked: 63C0, or OpenSC refuses the whole card
        if slot.tries_left == 0:
            return b"", Status.REFERENCE_UNUSABLE
        if hmac.compare_digest(command.data, slot.pin):
            slot.verified = True
            return b"", self._count(slot, slot.rules.tries_max, Status.OK)
        slot.verified = False
        return b"", self._count(slot, slot.tries_left - 1, tries_status(slot.tries_left - 1))

    def _change_reference_data(self, command: Command) -> Answer:
        slot = self._slot_named(command, self._pins) if command.p1 == 0x01 else None
        if slot is None:
            return b"", Status.WRONG_P1_P2 if command.p1 != 0x01 else self._no_slot()
        if not slot.verified:
            return b"", Status.SECURITY_NOT_SATISFIED
        try:
            slot.rules.check(command.data.decode("ascii", "replace"))
        except PinForm:
            return b"", Status.WRONG_DATA
        former, slot.pin = slot.pin, bytes(command.data)
        status = self._store(Status.OK)
        if status != Status.OK:
            slot.pin = former
        return b"", status

    def _compute_signature(self, command: Command) -> Answer:
        slot = self._slot_named(command, self._keys)
        if slot is None:
            return b"", self._no_slot()
        if not slot.verified:
            return b"", Status.SECURITY_NOT_SATISFIED
        if command.le is None or not command.data:
            return b"", Status.WRONG_LENGTH
        return compute_signature(slot.key, command.p1, bytes(command.data))

    def _slot_named(self, command: Command, slots: dict[int, _Slot]) -> _Slot | None:
        # P2 = 80: the current file; 80 + short id: that file, which is not selected by it.
        if not self._selected or command.p2 & 0x60 or not command.p2 & _CURRENT_FILE:
            return None
        named = command.p2 & _SHORT_ID_MASK or self._current
        return None if named is None else slots.get(named)

    def _no_slot(self) -> Status:
        return Status.NO_CURRENT_FILE if self._current is None else Status.REFERENCE_NOT_FOUND

    def _has_file(self, file_id: int) -> bool:
        known = (self._readable, self._pins, self._keys)
        return self._selected and (any(file_id in files for files in known) or file_id == self._suite.files.terminal_ca_key)

    def _leave_application(self) -> None:
        self._current = None
        for slot in self._pins.values():
            slot.verified = False

    def _count(self, slot: _Slot, tries_left: int, status: int) -> int:
        # Stored before the answer leaves: whoever pulls the card after a wrong PIN gets no try back.
        if slot.tries_left == tries_left:
            return status
        slot.tries_left = tries_left
        stored = self._store(status)
        slot.verified = slot.verified and stored == status
        return stored

    def _store(self, status: int) -> int:
        if self._path is not None:
            try:
                write_image(self._path, self._image())
            except ImageBad:
                return Status.MEMORY_FAILURE
        return status

    def _image(self) -> CardImage:
        files = self._suite.files
        auth = self._slot_image(self._auth, files.auth_certificate, files.auth_ca)
        sign = None if self._sign is None else self._slot_image(self._sign, files.sign_certificate, files.sign_ca)
        return CardImage(format="akashi-card-1", auth=auth, sign=sign)

    def _slot_image(self, slot: _Slot, certificate: int, ca: int) -> SlotImage:
        return SlotImage(
            key=slot.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            certificate=self._readable[certificate],
            ca=self._readable[ca],
            pin=slot.pin.decode("ascii"),
            tries_left=slot.tries_left,
        )


def _make_slot(suite: CardSuite, key: CardPrivateKey, pin: str, rules: PinRules, tries: int) -> _Slot:
    suite.check_key(key.public_key())
    rules.check(pin)
    if not 0 <= tries <= rules.tries_max:
        raise PinForm
    return _Slot(key, pin.encode("ascii"), rules, tries)


def _load_key(der: bytes) -> CardPrivateKey:
    try:
        # OpenSSL's own validation tests p and q for primality: 30 ms a card. The numbers are checked below instead.
        key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ImageBad("no private key in the card image") from None
    if isinstance(key, rsa.RSAPrivateKey):
        _check_rsa_numbers(key.private_numbers())
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ImageBad("a private key of another kind in the card image")
    return key


def _check_rsa_numbers(key: rsa.RSAPrivateNumbers) -> None:
    p, q, public = key.p, key.q, key.public_numbers
    if not (
        p > 1
        and q > 1
        and p * q == public.n
        and public.n % 2
        and key.d * public.e % (p - 1) == 1
        and key.d * public.e % (q - 1) == 1
        and (key.dmp1, key.dmq1) == (key.d % (p - 1), key.d % (q - 1))
        and key.iqmp * q % p == 1
    ):
        raise ImageBad("the numbers of the key in the card image do not belong together")


def _token_info() -> bytes:
    # CK_TOKEN_INFO of PKCS #11: 32 label, 32 manufacturer, 16 model, 16 serial number, 44 counters, 4 versions, 16 time.
    return CARD_LABEL.ljust(32).encode("ascii") + b" " * 64 + bytes(48) + b" " * 16
