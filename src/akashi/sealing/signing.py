"""
Ed25519 signatures, each for one purpose.

Promises: a signature made for one purpose never verifies for another; what is signed is parsed only after the signature was
checked; a key under which anybody's signature would verify is refused. Trusts: `cryptography` for Ed25519.
Source: docs/spec/protocol.md section 3.2; RFC 8032.
"""

from __future__ import annotations

import enum
from typing import TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akashi.sealing.errors import Oversize, SignatureBad
from akashi.sealing.keys import SIGN_BYTES, SigningKey
from akashi.wire import codec
from akashi.wire.messages import Message, Signed
from akashi.wire.transcript import key_id, lp

T = TypeVar("T", bound=Message)

PAYLOAD_BYTES_MAX = 2 * 1024 * 1024 + 4096
"""The longest payload that a `Signed` may carry (`MessageBlob`)."""

_SMALL_ORDER = frozenset(
    bytes.fromhex(encoding)
    for encoding in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
"""
Every encoding, sign bit cleared, of a point whose order divides 8. OpenSSL accepts them as public keys, and then a signature that
needs no private key can verify; a session key of that kind would let any relay sign orders.
"""


class Purpose(enum.StrEnum):
    """What a signature is for. The purpose is signed with the payload and never carried."""

    DIRECTORY = "directory"
    """Keys of an authority, by its off-line root."""
    BEACON = "beacon"
    """The center's time."""
    VALIDITY_TOKEN = "validity-token"  # noqa: S105 - the name of a purpose
    """Center/validity: this card is valid now."""
    TICKET = "ticket"
    """Registry: this session speaks for this person."""
    ELIGIBILITY = "eligibility"
    """Registry: members, and the token of the row that was read."""
    RECORD = "record"
    """core/residents: the chosen items of one committed version."""
    STANDING = "standing"
    """core/residents: the ticket's person may be served for this order, now."""
    HELD = "held"
    """Another registry: what is held for the ticket's person."""
    SEAL_RECORD = "seal-record"
    """core/seals: the registered seal."""
    TAX_RECORD = "tax-record"
    """core/taxes: one year of one day's file."""
    KOSEKI_RECORD = "koseki-record"
    """koseki/register: the family register."""
    FUHYO_RECORD = "fuhyo-record"
    """koseki/register: the supplement."""
    ENROL = "enrol"
    """Session key: what the applicant of a 利用登録 states."""
    ENROLLED = "enrolled"
    """koseki/register: what became of a 利用登録."""
    ENROL_DECISION = "enrol-decision"
    """A staff member: whom a statement of a 利用登録 means, or nobody."""
    ORDER = "order"
    """Session key: what the applicant chose."""
    OUTCOME = "outcome"
    """Kiosk's device key: what became of the paper."""
    ANSWER = "answer"
    """Checker: an answer."""
    RECEIPT = "receipt"
    """Recorder: an entry is durable."""
    REOPEN = "reopen"
    """An operator: go on after a contradiction."""
    TRUST_LIST = "trust-list"
    """Keys of a city past and present, for who checks paper, by its off-line root."""
    VOID_LIST = "void-list"
    """Recorder: which certificates are void."""
    KIOSK = "kiosk"
    """Kiosk's device key over a transcript: the card was used here."""


def _framed(purpose: Purpose, payload: bytes) -> bytes:
    return lp(b"akashi/sign/1") + lp(purpose.encode()) + lp(payload)


def sign_raw(key: SigningKey, purpose: Purpose, payload: bytes) -> bytes:
    """Return the 64-byte signature over purpose and payload."""
    return key.ed25519.sign(_framed(purpose, payload))


def verify_raw(public: bytes, purpose: Purpose, payload: bytes, signature: bytes) -> None:
    """
    Check a signature that is carried apart from what it signs.

    Args:
        public: the Ed25519 key that must have signed, 32 bytes.
        purpose: what the signature must be for.
        payload: what must have been signed.
        signature: 64 bytes, as they came.

    Raises:
        SignatureBad: it does not verify, or `public` is not a key that can sign.
    """
    if len(public) != SIGN_BYTES or public[:-1] + bytes([public[-1] & 0x7F]) in _SMALL_ORDER:
        raise SignatureBad(f"{purpose}: not a usable key")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _framed(purpose, payload))
    except (InvalidSignature, ValueError):
        raise SignatureBad(purpose) from None


def sign(key: SigningKey, purpose: Purpose, payload: bytes) -> bytes:
    """
    Return an encoded `Signed` over the payload.

    Raises:
        Oversize: the payload is longer than a `Signed` may carry.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise Oversize(f"{purpose}: payload")
    return codec.encode(Signed(payload, key.key_id, sign_raw(key, purpose, payload)))


def sign_message(key: SigningKey, purpose: Purpose, message: Message) -> bytes:
    """
    Return an encoded `Signed` over the encoded message.

    Raises:
        Oversize: the message is longer than a `Signed` may carry.
    """
    return sign(key, purpose, codec.encode(message))


def verify(public: bytes, purpose: Purpose, untrusted_signed: bytes) -> bytes:
    """
    Return the payload of an encoded `Signed`, after its signature was checked.

    Args:
        public: the Ed25519 key that must have signed, 32 bytes.
        purpose: what the signature must be for.
        untrusted_signed: the encoded `Signed` as it came.

    Raises:
        Malformed: not a `Signed`.
        SignatureBad: another key is named, or the signature does not verify.
    """
    signed = codec.parse(Signed, untrusted_signed)
    if signed.key_id != key_id(public):
        raise SignatureBad(f"{purpose}: another key is named")
    verify_raw(public, purpose, signed.payload, signed.signature)
    return signed.payload


def verify_message(public: bytes, purpose: Purpose, kind: type[T], untrusted_signed: bytes) -> T:
    """
    Return the message inside an encoded `Signed`, parsed after its signature was checked.

    Raises:
        Malformed: not a `Signed`, or the signed payload is not a message of that kind.
        SignatureBad: another key is named, or the signature does not verify.
    """
    return codec.parse(kind, verify(public, purpose, untrusted_signed))
