"""
Open a seal. Import-protected: only the two ends, and center/validity for its own part, may import this module.

Promises: what comes out was sealed for this key, purpose, sender, receiver and header, and nothing was altered. It does not say
who sealed it. Every failure to open is `SealBroken`, with nothing in it that tells the cause.
Trusts: `cryptography` for HPKE.
Source: docs/spec/protocol.md section 3.4; RFC 9180 (base mode, single shot).
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from akashi.sealing import context
from akashi.sealing.errors import SealBroken
from akashi.sealing.keys import SealPrivateKey
from akashi.sealing.padding import SizeClass, unpad

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PART_SIZES = frozenset({SizeClass.SMALL + context.SEAL_OVERHEAD_BYTES})
_ANSWER_SIZES = frozenset(size + context.SEAL_OVERHEAD_BYTES for size in SizeClass)


def _unseal(untrusted_sealed: bytes, *, part: str, sizes: frozenset[int], info: bytes, keys: Sequence[SealPrivateKey]) -> bytes:
    if len(untrusted_sealed) in sizes:
        for key in keys:
            try:
                padded = _SUITE.decrypt(untrusted_sealed, key.composite, info=info)
            except (InvalidTag, ValueError):
                continue
            return unpad(padded)
    raise SealBroken(part)


def unseal_validity_part(untrusted_sealed: bytes, *, header_hash: bytes, keys: Sequence[SealPrivateKey]) -> bytes:
    """
    Return what part V holds.

    Args:
        untrusted_sealed: part V as it came.
        header_hash: H("akashi/header/1"; header), from relay; a wrong one does not open the seal.
        keys: VALIDITY_SEAL keys to try, the current one first, then the one before.

    Raises:
        SealBroken: none of the keys opens it.
        Malformed: it opened, and its padding is wrong.
    """
    info = context.validity_info(header_hash)
    return _unseal(untrusted_sealed, part="part V", sizes=_PART_SIZES, info=info, keys=keys)


def unseal_issuer_part(untrusted_sealed: bytes, *, header: bytes, key: SealPrivateKey) -> bytes:
    """
    Return what part I holds.

    Args:
        untrusted_sealed: part I as it came.
        header: the header's bytes as they stand in the envelope.
        key: the ISSUER_SEAL key that the header names.

    Raises:
        SealBroken: it does not open.
        Malformed: it opened, and its padding is wrong.
    """
    return _unseal(untrusted_sealed, part="part I", sizes=_PART_SIZES, info=context.issuer_info(header), keys=(key,))


def unseal_answer(untrusted_sealed: bytes, *, header: bytes, envelope_hash: bytes, key: SealPrivateKey) -> bytes:
    """
    Return what a sealed answer holds.

    Args:
        untrusted_sealed: the answer as it came.
        header: the header's bytes of the envelope that was sent.
        envelope_hash: of that envelope, as the kiosk computed it when it sent it.
        key: the session's one-use key.

    Raises:
        SealBroken: it does not open.
        Malformed: it opened, and its padding is wrong.
    """
    info = context.answer_info(header, envelope_hash)
    return _unseal(untrusted_sealed, part="answer", sizes=_ANSWER_SIZES, info=info, keys=(key,))
