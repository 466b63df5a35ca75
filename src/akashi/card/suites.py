"""
The kinds of card that Akashi knows: key, hash, signature encoding, application, files, PIN rules, policies.

One row is in use on real cards; the others are prepared, so that a new card is a new row and not a new protocol. The suite's
name stands under the card's signature (docs/spec/protocol.md 3.5): nothing is negotiated.
Source: docs/spec/card.md (what is confirmed and what is not).
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from akashi.card.errors import KeyUnsuited, PinForm, SignatureRefused, SuiteUnknown


class KeyAlgorithm(enum.Enum):
    """The kind of the card's private key."""

    RSA_2048 = "rsa-2048"
    EC_P384 = "ec-p384"


class Digest(enum.Enum):
    """The hash under the signature. The value is the name that `hashlib` uses."""

    SHA256 = "sha256"
    SHA384 = "sha384"

    def of(self, message: bytes) -> bytes:
        """Return the hash of the message."""
        return hashlib.new(self.value, message).digest()

    @property
    def algorithm(self) -> hashes.SHA256 | hashes.SHA384:
        """The same hash as an argument for `cryptography`."""
        return hashes.SHA256() if self is Digest.SHA256 else hashes.SHA384()


class Encoding(enum.Enum):
    """How the signature is formed and written."""

    PKCS1_V15 = "pkcs1-v1.5"
    """RSASSA-PKCS1-v1_5; the host hashes, the card pads the DigestInfo. 256 bytes."""
    PSS = "pss"
    """RSASSA-PSS, MGF1 with the same hash, salt as long as the hash. 256 bytes."""
    ECDSA_RAW = "ecdsa-raw"
    """r and s, 48 bytes each, one after the other: one length, one way to write it. 96 bytes."""


class Standing(enum.Enum):
    """Whether real cards use a suite today."""

    IN_USE = "in use"
    PREPARED = "prepared"


@dataclass(frozen=True, slots=True)
class PinRules:
    """
    The form of a PIN or password, and how many wrong tries in a row block it.

    Attributes:
        characters: every character that may occur.
        length_min, length_max: in characters.
        tries_max: the counter's start value.
    """

    characters: str
    length_min: int
    length_max: int
    tries_max: int

    def check(self, pin: str) -> None:
        """
        Refuse a PIN that no card can accept, before a try is spent on it.

        Raises:
            PinForm: wrong length, or a character (such as a full-width digit) that the rules do not list.
        """
        if not (self.length_min <= len(pin) <= self.length_max and all(letter in self.characters for letter in pin)):
            raise PinForm


@dataclass(frozen=True, slots=True)
class CardFiles:
    """File identifiers of one application, as the card numbers them."""

    sign_certificate: int = 0x0001
    sign_ca: int = 0x0002
    token_info: int = 0x0006
    contents: int = 0x0008
    auth_certificate: int = 0x000A
    auth_ca: int = 0x000B
    terminal_ca_key: int = 0x0016
    auth_key: int = 0x0017
    auth_pin: int = 0x0018
    sign_key: int = 0x001A
    sign_password: int = 0x001B


AUTH_PIN_RULES: Final = PinRules("0123456789", 4, 4, 3)
"""利用者証明用電子証明書の暗証番号: 4 digits, 3 tries."""
SIGN_PASSWORD_RULES: Final = PinRules("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 6, 16, 5)
"""署名用電子証明書の暗証番号: 6 to 16 upper-case letters and digits, 5 tries."""

_DIGEST_INFO_PREFIX: Final = {
    Digest.SHA256: bytes.fromhex("3031300d060960864801650304020105000420"),
    Digest.SHA384: bytes.fromhex("3041300d060960864801650304020205000430"),
}
_EC_COORDINATE_BYTES: Final = 48
_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class CardSuite:
    """
    One row of the table.

    Attributes:
        name: the word that crosses the wire and stands under the signature.
        key, digest, encoding: the algorithm of the user-authentication key.
        scheme: P1 of the card's signature command (docs/spec/card.md, section 4).
        aid: identifier of the application on the card.
        files: where its certificates, keys and PINs are.
        pin_rules: of the user-authentication PIN.
        policy_oids: certificate policies of the user-authentication certificate; empty where none is published yet.
        standing: whether real cards use it.
    """

    name: str
    key: KeyAlgorithm
    digest: Digest
    encoding: Encoding
    scheme: int
    aid: bytes
    policy_oids: tuple[str, ...]
    standing: Standing
    files: CardFiles = CardFiles()
    pin_rules: PinRules = AUTH_PIN_RULES

    @property
    def signature_bytes(self) -> int:
        """Length of every signature of this suite."""
        return 2 * _EC_COORDINATE_BYTES if self.encoding is Encoding.ECDSA_RAW else _RSA_BITS // 8

    def digest_info(self, message: bytes) -> bytes:
        """Return the DER DigestInfo of the message's hash. Source: RFC 8017 section 9.2."""
        return _DIGEST_INFO_PREFIX[self.digest] + self.digest.of(message)

    def card_input(self, message: bytes) -> bytes:
        """Return what is sent to the card to have the message signed: a DigestInfo, or the hash alone."""
        return self.digest_info(message) if self.encoding is Encoding.PKCS1_V15 else self.digest.of(message)

    def check_key(self, public_key: PublicKeyTypes) -> None:
        """
        Refuse a key of another kind or size than the suite's.

        Raises:
            KeyUnsuited: not that algorithm, size or curve.
        """
        if self.key is KeyAlgorithm.RSA_2048:
            self._rsa_key(public_key)
        else:
            self._ec_key(public_key)

    def verify(self, public_key: PublicKeyTypes, message: bytes, signature: bytes) -> None:
        """
        Check the card's signature over the message.

        Args:
            public_key: from the card's certificate, whose chain was checked.
            message: what was to be signed, before hashing.
            signature: as the card returned it, exactly `signature_bytes` long.

        Raises:
            KeyUnsuited: the key is not the suite's kind.
            SignatureRefused: the signature is of another length or does not fit.
        """
        self.check_key(public_key)
        if len(signature) != self.signature_bytes:
            raise SignatureRefused(f"{self.name}: {len(signature)} bytes")
        try:
            if self.key is KeyAlgorithm.RSA_2048:
                self._rsa_key(public_key).verify(signature, message, self._rsa_padding(), self.digest.algorithm)
            else:
                r = int.from_bytes(signature[:_EC_COORDINATE_BYTES])
                s = int.from_bytes(signature[_EC_COORDINATE_BYTES:])
                self._ec_key(public_key).verify(encode_dss_signature(r, s), message, ec.ECDSA(self.digest.algorithm))
        except InvalidSignature:
            raise SignatureRefused(self.name) from None

    def _rsa_key(self, public_key: PublicKeyTypes) -> rsa.RSAPublicKey:
        if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size == _RSA_BITS:
            return public_key
        raise KeyUnsuited(f"{self.name} needs a key of the kind {self.key.value}")

    def _ec_key(self, public_key: PublicKeyTypes) -> ec.EllipticCurvePublicKey:
        if isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, ec.SECP384R1):
            return public_key
        raise KeyUnsuited(f"{self.name} needs a key of the kind {self.key.value}")

    def _rsa_padding(self) -> padding.PKCS1v15 | padding.PSS:
        if self.encoding is Encoding.PSS:
            algorithm = self.digest.algorithm
            return padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        return padding.PKCS1v15()


_JPKI_AID: Final = bytes.fromhex("D392F000260100000001")
_AUTH_POLICY: Final = "1.2.392.200149.8.5.1.3.30"

JPKI_RSA2048: Final = CardSuite(
    name="jpki-rsa2048-sha256-v15",
    key=KeyAlgorithm.RSA_2048,
    digest=Digest.SHA256,
    encoding=Encoding.PKCS1_V15,
    scheme=0x00,
    aid=_JPKI_AID,
    policy_oids=(_AUTH_POLICY,),
    standing=Standing.IN_USE,
)
JPKI_RSA2048_PSS: Final = CardSuite(
    name="jpki-rsa2048-pss",
    key=KeyAlgorithm.RSA_2048,
    digest=Digest.SHA256,
    encoding=Encoding.PSS,
    scheme=0x04,
    aid=_JPKI_AID,
    policy_oids=(_AUTH_POLICY,),
    standing=Standing.PREPARED,
)
NEXT_ECDSA_P384: Final = CardSuite(
    name="next-ecdsa-p384-sha384",
    key=KeyAlgorithm.EC_P384,
    digest=Digest.SHA384,
    encoding=Encoding.ECDSA_RAW,
    scheme=0x00,
    # The real identifier is not public. F0 is the unregistered class of ISO/IEC 7816-4: it can collide with no real application.
    aid=bytes.fromhex("F0414B4153484901"),
    policy_oids=(),
    standing=Standing.PREPARED,
)

SUITES: Final[tuple[CardSuite, ...]] = (JPKI_RSA2048, JPKI_RSA2048_PSS, NEXT_ECDSA_P384)
_BY_NAME: Final = {row.name: row for row in SUITES}


def suite(name: str) -> CardSuite:
    """
    Return the suite of that name.

    Raises:
        SuiteUnknown: the table has none.
    """
    found = _BY_NAME.get(name)
    if found is None:
        raise SuiteUnknown
    return found
