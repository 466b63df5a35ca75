"""
Close a seal. Anyone may seal; who sealed is proven by a signature inside.

Promises: the sealed bytes have one of three lengths and open only with the private key, the purpose, the sender, the receiver and
the header they were made for. Trusts: `cryptography` for HPKE; the caller, that `public` is the right party's key.
Source: docs/spec/protocol.md section 3.4; RFC 9180 (base mode, single shot).
"""

from __future__ import annotations

from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from akashi.sealing import context
from akashi.sealing.keys import parse_seal_public
from akashi.sealing.padding import SizeClass, pad, smallest_class
from akashi.wire.codec import Malformed
from akashi.wire.transcript import header_hash

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _seal(padded: bytes, *, info: bytes, public: bytes) -> bytes:
    recipient = parse_seal_public(public)
    try:
        return _SUITE.encrypt(padded, recipient, info=info)
    except ValueError:
        # An X25519 key of small order, with which half of the hybrid would be no secret (RFC 7748 section 6.1).
        raise Malformed("public sealing key: small order") from None


def seal_validity_part(plaintext: bytes, *, header: bytes, public: bytes) -> bytes:
    """
    Return part V, 9,328 bytes, for center/validity.

    Args:
        plaintext: an encoded `ValidityRequest`, at most 8,188 bytes.
        header: the header's bytes, as they stand in the envelope.
        public: the center's VALIDITY_SEAL key, 1,216 bytes.

    Raises:
        Oversize: the plaintext is too long.
        Malformed: `public` is not a key.
    """
    info = context.validity_info(header_hash(header))
    return _seal(pad(plaintext, SizeClass.SMALL), info=info, public=public)


def seal_issuer_part(plaintext: bytes, *, header: bytes, public: bytes) -> bytes:
    """
    Return part I, 9,328 bytes, for issuance/issuer.

    Args:
        plaintext: an encoded `EligibilityRequest`, `IssueRequest` or `OutcomeRequest`, at most 8,188 bytes.
        header: the header's bytes, as they stand in the envelope.
        public: the city's ISSUER_SEAL key, 1,216 bytes.

    Raises:
        Oversize: the plaintext is too long.
        Malformed: `public` is not a key.
    """
    return _seal(pad(plaintext, SizeClass.SMALL), info=context.issuer_info(header), public=public)


def seal_answer(
    plaintext: bytes,
    *,
    header: bytes,
    envelope_hash: bytes,
    public: bytes,
    class_min: SizeClass = SizeClass.SMALL,
) -> bytes:
    """
    Return a sealed answer: its size class plus 1,136 bytes.

    Args:
        plaintext: an encoded `SignedAnswer`, at most 2,097,148 bytes.
        header: the header's bytes of the envelope that is answered.
        envelope_hash: of that envelope, 32 bytes.
        public: the session's key (`kem_public` of the request), 1,216 bytes.
        class_min: the class that a good answer of this journey would have, so that a refusal has the same size.

    Raises:
        Oversize: the plaintext is too long.
        Malformed: `public` is not a key.
    """
    size = smallest_class(len(plaintext), class_min=class_min)
    return _seal(pad(plaintext, size), info=context.answer_info(header, envelope_hash), public=public)
