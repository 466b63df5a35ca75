"""
The independent code is itself checked: against published values, against `pqcrypto`, and against Akashi both ways.

So a vector is wrong only where three implementations agree on the wrong thing.
"""

from __future__ import annotations

import hashlib

import pytest
from pqcrypto.kem import ml_kem_768

from akashi.sealing.keys import SealPrivateKey
from akashi.sealing.padding import SizeClass
from akashi.sealing.seal import seal_answer, seal_issuer_part, seal_validity_part
from akashi.sealing.unseal import unseal_answer
from vectors.independent import mlkem768, protocol, xwing_hpke
from vectors.makers import sample

# draft-connolly-cfrg-xwing-kem, appendix C, first test vector.
XWING_SEED = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
XWING_ESEED = bytes.fromhex(
    "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"
    "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2"
)
XWING_SECRET = bytes.fromhex("d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384")


def test_xwing_gives_the_published_secret() -> None:
    key = xwing_hpke.key_pair(hashlib.shake_256(XWING_SEED).digest(96))
    enc, secret = xwing_hpke.encapsulate(key.public, XWING_ESEED)
    assert secret == XWING_SECRET
    assert xwing_hpke.decapsulate(key, enc) == XWING_SECRET


@pytest.mark.parametrize("number", range(5))
def test_mlkem_agrees_with_pqcrypto_both_ways(number: int) -> None:
    public, expanded = mlkem768.keygen(sample.take(f"ML-KEM key {number}", 64))
    ciphertext, secret = ml_kem_768.encaps(public)
    assert mlkem768.decaps(expanded, bytes(ciphertext)) == bytes(secret)
    ciphertext, secret = mlkem768.encaps(public, sample.take(f"ML-KEM message {number}", 32))
    assert bytes(ml_kem_768.decaps(expanded, ciphertext)) == secret
    flipped = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    rejected = mlkem768.decaps(expanded, flipped)
    assert rejected != secret
    assert bytes(ml_kem_768.decaps(expanded, flipped)) == rejected


@pytest.mark.parametrize("number", range(3))
def test_akashi_keys_are_the_independent_keys(number: int) -> None:
    secret = sample.take(f"key {number}", 96)
    assert SealPrivateKey.from_bytes(secret).public_bytes == xwing_hpke.key_pair(secret).public


def test_independent_code_opens_what_akashi_seals() -> None:
    header, envelope_hash = sample.HEADER, sample.ENVELOPE_HASH
    message = b"words"
    sealed = seal_issuer_part(message, header=header, public=sample.ISSUER.public)
    info = protocol.info("issuer", "store/kiosk", "issuance/issuer", header)
    assert xwing_hpke.unseal(sealed, key=sample.ISSUER, info=info) == protocol.pad(message)

    sealed = seal_validity_part(message, header=header, public=sample.VALIDITY.public)
    info = protocol.info("validity", "store/kiosk", "center/validity", protocol.h("akashi/header/1", header))
    assert xwing_hpke.unseal(sealed, key=sample.VALIDITY, info=info) == protocol.pad(message)

    info = protocol.info("answer", "issuance/issuer", "store/kiosk", header, envelope_hash)
    for size in SizeClass:
        message = sample.take("an answer", size - 100)
        sealed = seal_answer(message, header=header, envelope_hash=envelope_hash, public=sample.SESSION.public)
        assert len(sealed) == size + 1136
        assert xwing_hpke.unseal(sealed, key=sample.SESSION, info=info) == protocol.pad(message, size)


def test_akashi_opens_large_answers_of_independent_code() -> None:
    header, envelope_hash = sample.HEADER, sample.ENVELOPE_HASH
    info = protocol.info("answer", "issuance/issuer", "store/kiosk", header, envelope_hash)
    key = SealPrivateKey.from_bytes(sample.SESSION.secret)
    for size in SizeClass:
        message = sample.take("an answer", size - 4)
        padded = (size - 4).to_bytes(4, "big") + message
        sealed = xwing_hpke.seal(padded, public=sample.SESSION.public, info=info, seed=sample.take("large answer", 64))
        assert unseal_answer(sealed, header=header, envelope_hash=envelope_hash, key=key) == message
