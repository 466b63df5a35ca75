"""Vectors of section 3.2: `Signed` for every purpose, and each single way in which a signature must not verify."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vectors.independent import protocol
from vectors.independent.protocol import Value
from vectors.independent.vector import FieldValue, Vector
from vectors.makers import sample

PURPOSES = (
    "directory",
    "beacon",
    "validity-token",
    "ticket",
    "eligibility",
    "record",
    "order",
    "outcome",
    "answer",
    "receipt",
    "reopen",
    "kiosk",
    "trust-list",
    "void-list",
)
ORDER_L = 2**252 + 27742317777372353535851937790883648493
"""Order of the Ed25519 group."""
IDENTITY = b"\x01" + bytes(31)
SIGNATURE_BAD, MALFORMED = "SIGNATURE_BAD", "MALFORMED"

PAYLOAD = sample.take("order payload", 120)
SECRET = sample.SESSION_SECRET
PUBLIC = protocol.sign_public(SECRET)
KEY_ID = protocol.key_id(PUBLIC)
SIGNATURE = protocol.signature(SECRET, "order", PAYLOAD)


def good() -> Iterator[Vector]:
    for purpose in PURPOSES:
        fields: dict[str, FieldValue] = {
            "key": SECRET,
            "public": PUBLIC,
            "purpose": purpose,
            "payload": PAYLOAD,
            "signed": protocol.signed(SECRET, purpose, PAYLOAD),
            "signature": protocol.signature(SECRET, purpose, PAYLOAD),
        }
        yield Vector(f"sign/{purpose}", "ok", "sign", "the key gives exactly these bytes", fields)


def _verify(name: str, expect: str, why: str, signed: bytes, *, public: bytes = PUBLIC) -> Vector:
    fields: dict[str, FieldValue] = {"public": public, "purpose": "order", "signed": signed}
    return Vector(f"verify/{name}", expect, "verify", why, fields)


def purposes() -> Iterator[Vector]:
    for purpose in PURPOSES:
        if purpose != "order":
            why = f"signed for the purpose {purpose}"
            yield _verify(f"purpose-{purpose}", SIGNATURE_BAD, why, protocol.signed(SECRET, purpose, PAYLOAD))


def bad() -> Iterator[Vector]:
    def signed(payload: Value = PAYLOAD, key_id: Value = KEY_ID, signature: Value = SIGNATURE, *more: Value) -> bytes:
        return protocol.pack([payload, key_id, signature, *more])

    def flip(data: bytes, at: int) -> bytes:
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    private = Ed25519PrivateKey.from_private_bytes(SECRET)
    stranger = protocol.sign_public(sample.STRANGER_SECRET)
    scalar = int.from_bytes(SIGNATURE[32:], "little") + ORDER_L
    for name, why, value in (
        ("wrong-label", "label akashi/sign/2", protocol.signed(SECRET, "order", PAYLOAD, label="akashi/sign/2")),
        ("unlabelled", "the payload alone is signed", signed(signature=private.sign(PAYLOAD))),
        ("unframed", "label and payload joined without lengths", signed(signature=private.sign(b"akashi/sign/1order" + PAYLOAD))),
        ("payload-bit-flipped", "one bit of the payload", signed(payload=flip(PAYLOAD, 60))),
        ("payload-shorter", "the payload's last byte is missing", signed(payload=PAYLOAD[:-1])),
        ("payload-empty", "no payload", signed(payload=b"")),
        ("signature-r-flipped", "one bit of R", signed(signature=flip(SIGNATURE, 0))),
        ("signature-s-flipped", "one bit of S", signed(signature=flip(SIGNATURE, 32))),
        ("signature-s-plus-l", "S is not reduced", signed(signature=SIGNATURE[:32] + scalar.to_bytes(32, "little"))),
        ("signature-zero", "64 zero bytes", signed(signature=bytes(64))),
        ("key-id-flipped", "one bit of the key id", signed(key_id=flip(KEY_ID, 7))),
        ("key-id-swapped", "the id of another key", signed(key_id=protocol.key_id(stranger))),
        ("other-signer", "another key, under this key's id", _under_this_id()),
        ("other-signer-named", "another key, under its own id", protocol.signed(sample.STRANGER_SECRET, "order", PAYLOAD)),
    ):
        yield _verify(name, SIGNATURE_BAD, why, value)
    for name, why, value in (
        ("empty", "nothing", b""),
        ("truncated", "the last byte is missing", signed()[:-1]),
        ("extended", "a byte after the message", signed() + b"\xc0"),
        ("field-unknown", "a fourth field", signed(PAYLOAD, KEY_ID, SIGNATURE, b"")),
        ("field-missing", "no signature", protocol.pack([PAYLOAD, KEY_ID])),
        ("signature-63-bytes", "a signature of 63 bytes", signed(signature=SIGNATURE[:-1])),
        ("signature-65-bytes", "a signature of 65 bytes", signed(signature=SIGNATURE + b"\0")),
        ("key-id-7-bytes", "a key id of 7 bytes", signed(key_id=KEY_ID[:-1])),
        ("payload-null", "the payload is nil", signed(payload=None)),
        ("payload-number", "the payload is a number", signed(payload=1)),
        ("map", "a map in place of the array", _map()),
    ):
        yield _verify(name, MALFORMED, why, value)


def _under_this_id() -> bytes:
    return protocol.pack([PAYLOAD, KEY_ID, protocol.signature(sample.STRANGER_SECRET, "order", PAYLOAD)])


def _map() -> bytes:
    return b"\x83" + b"".join(protocol.pack(value) for value in ("payload", PAYLOAD, "key_id", KEY_ID, "signature", SIGNATURE))


def weak_keys() -> Iterator[Vector]:
    """Keys of small order, for which a signature verifies that nobody made: R = the identity, S = 0."""
    forged = IDENTITY + bytes(32)
    for name, why, public in (
        ("weak-key-identity", "the key is the identity", IDENTITY),
        ("weak-key-identity-sign-bit", "the identity with its sign bit set", IDENTITY[:-1] + b"\x80"),
        ("weak-key-unreduced", "the identity as y = p + 1", (2**255 - 18).to_bytes(32, "little")),
    ):
        signed = protocol.pack([PAYLOAD, protocol.key_id(public), forged])
        yield _verify(name, SIGNATURE_BAD, why, signed, public=public)
    for name, why, public in (
        ("key-31-bytes", "a public key of 31 bytes", PUBLIC[:-1]),
        ("key-not-a-point", "2 is not the y of a point", b"\x02" + bytes(31)),
    ):
        signed = protocol.pack([PAYLOAD, protocol.key_id(public), SIGNATURE])
        yield _verify(name, SIGNATURE_BAD, why, signed, public=public)


def make() -> Iterator[Vector]:
    yield from good()
    yield _verify("good", "ok", "as section 3.2 says", protocol.signed(SECRET, "order", PAYLOAD))
    yield from purposes()
    yield from bad()
    yield from weak_keys()
