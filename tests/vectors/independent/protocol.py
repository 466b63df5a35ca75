"""
Section 3 of the protocol, written from its text alone with the standard library, `msgpack` and Ed25519.

Everything that a peer could get wrong is a parameter.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import msgpack  # type: ignore[import-untyped]  # ships no types; only `pack` uses it
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Value = bytes | str | int | bool | None | Sequence["Value"]


def pack(value: Value) -> bytes:
    """Return the msgpack bytes: arrays in field order."""
    packed = msgpack.packb(value, use_bin_type=True)
    assert isinstance(packed, bytes)
    return packed


def lp(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def sha256(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


def h(label: str, *parts: bytes) -> bytes:
    return sha256(lp(label.encode()) + b"".join(lp(part) for part in parts))


def key_id(public: bytes) -> bytes:
    return sha256(public)[:8]


def card_link(issuer_dn: bytes, serial: bytes) -> bytes:
    return h("akashi/card-link/1", issuer_dn, serial)


def subject_token(secret: bytes, link: bytes) -> bytes:
    return hmac.new(secret, lp(b"akashi/subject/1") + lp(link), hashlib.sha256).digest()


def root(
    request: Sequence[Value],
    *,
    municipality: str,
    issuer_key_id: bytes,
    version: int = 1,
    label: str = "akashi/root/1",
) -> bytes:
    """R of an `EligibilityRequest` given as its array."""
    salt, suite, kem_public, sign_public, secret, build, service, sequence, _, _, _, kiosk_certificate = request[:12]
    return h(
        label,
        _bytes(salt),
        version.to_bytes(2, "big"),
        *map(_bytes, (suite, kem_public, sign_public)),
        sha256(_bytes(secret)),
        sha256(_bytes(kiosk_certificate)),
        *map(_bytes, (build, municipality, service, issuer_key_id)),
        _int(sequence).to_bytes(8, "big"),
    )


def transcript(request: Sequence[Value], r: bytes, *, label: str = "akashi/transcript/1") -> bytes:
    """T of an `EligibilityRequest` given as its array."""
    return h(label, _bytes(request[8]), sha256(_bytes(request[9])), r)


def signature(secret: bytes, purpose: str, payload: bytes, *, label: str = "akashi/sign/1") -> bytes:
    framed = lp(label.encode()) + lp(purpose.encode()) + lp(payload)
    return Ed25519PrivateKey.from_private_bytes(secret).sign(framed)


def sign_public(secret: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def signed(secret: bytes, purpose: str, payload: bytes, *, label: str = "akashi/sign/1") -> bytes:
    """An encoded `Signed`."""
    return pack([payload, key_id(sign_public(secret)), signature(secret, purpose, payload, label=label)])


def info(purpose: str, sender: str, receiver: str, *context: bytes, label: str = "akashi/seal/1") -> bytes:
    """The HPKE info of a seal."""
    return b"".join(lp(part) for part in (label.encode(), purpose.encode(), sender.encode(), receiver.encode(), *context))


def pad(message: bytes, size: int = 8192, *, stated: int | None = None, filler: bytes = b"\0") -> bytes:
    """Length, message, padding. `stated` is the length written where it is not the true one; `filler` is the last byte."""
    length = len(message) if stated is None else stated
    body = length.to_bytes(4, "big") + message
    return body + bytes(size - len(body) - 1) + filler


def _bytes(value: Value) -> bytes:
    assert isinstance(value, bytes | str)
    return value.encode() if isinstance(value, str) else value


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value
