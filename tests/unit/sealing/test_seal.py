"""Seals: sizes, classes, keys that change at midnight, and that every failure to open looks the same."""

from __future__ import annotations

import pytest

from akashi.sealing.errors import Oversize, SealBroken
from akashi.sealing.keys import SealPrivateKey
from akashi.sealing.padding import SizeClass
from akashi.sealing.seal import seal_answer, seal_issuer_part, seal_validity_part
from akashi.sealing.unseal import unseal_answer, unseal_issuer_part, unseal_validity_part
from akashi.wire.codec import Malformed
from akashi.wire.errors import WireCode
from akashi.wire.transcript import header_hash

KEY = SealPrivateKey.from_bytes(bytes(range(96)))
OTHER = SealPrivateKey.from_bytes(bytes(range(1, 97)))
HEADER = b"header"
HASH = bytes(32)


def answer(plaintext: bytes, class_min: SizeClass = SizeClass.SMALL) -> bytes:
    return seal_answer(plaintext, header=HEADER, envelope_hash=HASH, public=KEY.public_bytes, class_min=class_min)


@pytest.mark.promise("C7")
@pytest.mark.parametrize("length", [0, 1, 100, 8188])
def test_both_parts_always_have_one_size(length: int) -> None:
    issuer = seal_issuer_part(bytes(length), header=HEADER, public=KEY.public_bytes)
    validity = seal_validity_part(bytes(length), header=HEADER, public=KEY.public_bytes)
    assert len(issuer) == len(validity) == 8192 + 1136
    assert unseal_issuer_part(issuer, header=HEADER, key=KEY) == bytes(length)
    assert unseal_validity_part(validity, header_hash=header_hash(HEADER), keys=[KEY]) == bytes(length)


def test_a_part_over_its_class_is_oversize() -> None:
    for seal in (seal_issuer_part, seal_validity_part):
        with pytest.raises(Oversize) as refused:
            seal(bytes(8189), header=HEADER, public=KEY.public_bytes)
        assert refused.value.code is WireCode.OVERSIZE


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (0, SizeClass.SMALL),
        (8188, SizeClass.SMALL),
        (8189, SizeClass.MEDIUM),
        (131_068, SizeClass.MEDIUM),
        (131_069, SizeClass.LARGE),
        (2_097_148, SizeClass.LARGE),
    ],
)
def test_an_answer_has_the_smallest_class_that_fits(length: int, size: SizeClass) -> None:
    sealed = answer(b"\x55" * length)
    assert len(sealed) == size + 1136
    assert unseal_answer(sealed, header=HEADER, envelope_hash=HASH, key=KEY) == b"\x55" * length


def test_an_answer_over_the_largest_class_is_oversize() -> None:
    with pytest.raises(Oversize):
        answer(bytes(2_097_149))


@pytest.mark.promise("C4", "C7")
def test_a_refusal_can_have_the_size_of_a_certificate() -> None:
    refusal, certificate = answer(b"no", SizeClass.MEDIUM), answer(bytes(100_000), SizeClass.MEDIUM)
    assert len(refusal) == len(certificate)
    assert unseal_answer(refusal, header=HEADER, envelope_hash=HASH, key=KEY) == b"no"


def test_sealing_twice_gives_different_bytes() -> None:
    assert len({answer(b"same") for _ in range(5)}) == 5


def test_validity_tries_the_key_of_the_day_before() -> None:
    sealed = seal_validity_part(b"card", header=HEADER, public=KEY.public_bytes)
    hash_ = header_hash(HEADER)
    assert unseal_validity_part(sealed, header_hash=hash_, keys=[KEY, OTHER]) == b"card"
    assert unseal_validity_part(sealed, header_hash=hash_, keys=[OTHER, KEY]) == b"card"
    for keys in ([OTHER], [], [OTHER, OTHER]):
        with pytest.raises(SealBroken):
            unseal_validity_part(sealed, header_hash=hash_, keys=keys)


@pytest.mark.promise("C23")
def test_every_failure_to_open_looks_the_same() -> None:
    sealed = seal_issuer_part(b"x", header=HEADER, public=KEY.public_bytes)
    shown = set()
    for untrusted, header, key in (
        (sealed, HEADER, OTHER),
        (sealed, b"other", KEY),
        (sealed[:-1], HEADER, KEY),
        (b"", HEADER, KEY),
        (sealed[:1088] + bytes(32) + sealed[1120:], HEADER, KEY),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), HEADER, KEY),
        (answer(bytes(10_000)), HEADER, KEY),
    ):
        with pytest.raises(SealBroken) as refused:
            unseal_issuer_part(untrusted, header=header, key=key)
        error = refused.value
        shown.add((error.code, error.detail, str(error), error.__cause__, error.__context__))
    assert shown == {(WireCode.SEAL_BROKEN, "part I", "SEAL_BROKEN: part I", None, None)}


def test_a_key_that_is_none_is_malformed() -> None:
    for public in (b"", b"\xff" * 1216, KEY.public_bytes[:-1]):
        with pytest.raises(Malformed):
            seal_answer(b"", header=HEADER, envelope_hash=HASH, public=public)
