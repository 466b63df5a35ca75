"""Seals: every flipped byte, every other context, any bytes refuse; everything else opens to what was sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from akashi.sealing import context
from akashi.sealing.errors import Oversize, SealBroken
from akashi.sealing.keys import SealPrivateKey, parse_seal_public
from akashi.sealing.padding import SizeClass, pad, smallest_class, unpad
from akashi.sealing.seal import seal_answer, seal_issuer_part, seal_validity_part
from akashi.sealing.unseal import unseal_answer, unseal_issuer_part, unseal_validity_part
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.messages import Header, JourneyClass
from akashi.wire.transcript import envelope_hash, header_hash, lp

FEW = settings(max_examples=50, deadline=None)
KEY = SealPrivateKey.from_bytes(bytes(range(96)))
OTHER_KEY = SealPrivateKey.from_bytes(bytes(range(1, 97)))
HEADER = codec.encode(
    Header(1, "139998", JourneyClass.ELIGIBILITY, bytes(16), "store/kiosk/K0001", "issuance/issuer", KEY.key_id)
)
ENVELOPE_HASH = envelope_hash(b"an envelope")
MESSAGE = b"what nobody on the way may read"
PART_BYTES = SizeClass.SMALL + context.SEAL_OVERHEAD_BYTES


@dataclass(frozen=True)
class Kind:
    """One kind of seal, closed and opened with a context that tests vary."""

    name: str
    seal: Callable[[bytes, bytes, bytes, SealPrivateKey], bytes]
    unseal: Callable[[bytes, bytes, bytes, SealPrivateKey], bytes]
    info: bytes
    binds_envelope: bool

    def __str__(self) -> str:
        return self.name


KINDS = (
    Kind(
        "validity",
        lambda text, header, _, key: seal_validity_part(text, header=header, public=key.public_bytes),
        lambda sealed, header, _, key: unseal_validity_part(sealed, header_hash=header_hash(header), keys=[key]),
        context.validity_info(header_hash(HEADER)),
        binds_envelope=False,
    ),
    Kind(
        "issuer",
        lambda text, header, _, key: seal_issuer_part(text, header=header, public=key.public_bytes),
        lambda sealed, header, _, key: unseal_issuer_part(sealed, header=header, key=key),
        context.issuer_info(HEADER),
        binds_envelope=False,
    ),
    Kind(
        "answer",
        lambda text, header, hash_, key: seal_answer(text, header=header, envelope_hash=hash_, public=key.public_bytes),
        lambda sealed, header, hash_, key: unseal_answer(sealed, header=header, envelope_hash=hash_, key=key),
        context.answer_info(HEADER, ENVELOPE_HASH),
        binds_envelope=True,
    ),
)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def flips(data: bytes) -> Sequence[bytes]:
    """Return the data with each single bit flipped in turn."""
    return [data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] for at in range(len(data)) for bit in range(8)]


@every_kind
@pytest.mark.promise("C4", "C7")
def test_every_flipped_byte_of_a_sealed_part_refuses(kind: Kind) -> None:
    sealed = kind.seal(MESSAGE, HEADER, ENVELOPE_HASH, KEY)
    assert len(sealed) == PART_BYTES
    assert kind.unseal(sealed, HEADER, ENVELOPE_HASH, KEY) == MESSAGE
    changed = bytearray(sealed)
    for at in range(len(sealed)):
        changed[at] ^= 1 << at % 8
        with pytest.raises(SealBroken):
            kind.unseal(bytes(changed), HEADER, ENVELOPE_HASH, KEY)
        changed[at] = sealed[at]


@every_kind
def test_every_flipped_bit_of_the_x25519_share_and_the_tag_refuses(kind: Kind) -> None:
    sealed = kind.seal(MESSAGE, HEADER, ENVELOPE_HASH, KEY)
    for begin, end in ((1088, 1120), (len(sealed) - 16, len(sealed))):
        for changed in flips(sealed[begin:end]):
            with pytest.raises(SealBroken):
                kind.unseal(sealed[:begin] + changed + sealed[end:], HEADER, ENVELOPE_HASH, KEY)


@every_kind
@pytest.mark.promise("C4", "C7")
def test_every_flipped_bit_of_the_header_refuses(kind: Kind) -> None:
    sealed = kind.seal(MESSAGE, HEADER, ENVELOPE_HASH, KEY)
    for header in flips(HEADER):
        with pytest.raises(SealBroken):
            kind.unseal(sealed, header, ENVELOPE_HASH, KEY)


@pytest.mark.promise("C4")
def test_every_flipped_bit_of_the_envelope_hash_refuses() -> None:
    sealed = seal_answer(MESSAGE, header=HEADER, envelope_hash=ENVELOPE_HASH, public=KEY.public_bytes)
    for hash_ in flips(ENVELOPE_HASH):
        with pytest.raises(SealBroken):
            unseal_answer(sealed, header=HEADER, envelope_hash=hash_, key=KEY)


@every_kind
@given(length=st.integers(0, PART_BYTES + 400))
@FEW
def test_no_other_length_opens(kind: Kind, length: int) -> None:
    assume(length != PART_BYTES)
    sealed = kind.seal(MESSAGE, HEADER, ENVELOPE_HASH, KEY)
    with pytest.raises(SealBroken):
        kind.unseal(sealed[:length].ljust(length, b"\0"), HEADER, ENVELOPE_HASH, KEY)


@pytest.mark.parametrize("opener", KINDS, ids=str)
@pytest.mark.parametrize("sealer", KINDS, ids=str)
def test_a_seal_of_one_kind_opens_as_that_kind_only(sealer: Kind, opener: Kind) -> None:
    sealed = sealer.seal(MESSAGE, HEADER, ENVELOPE_HASH, KEY)
    if sealer is opener:
        assert opener.unseal(sealed, HEADER, ENVELOPE_HASH, KEY) == MESSAGE
        return
    with pytest.raises(SealBroken):
        opener.unseal(sealed, HEADER, ENVELOPE_HASH, KEY)


@every_kind
def test_another_key_does_not_open(kind: Kind) -> None:
    sealed = kind.seal(MESSAGE, HEADER, ENVELOPE_HASH, KEY)
    with pytest.raises(SealBroken):
        kind.unseal(sealed, HEADER, ENVELOPE_HASH, OTHER_KEY)


LABELS = st.sampled_from(["akashi/seal/1", "akashi/seal/2", "akashi/sign/1", ""])
PURPOSES = st.sampled_from(["validity", "issuer", "answer", "order", ""])
ROLES = st.sampled_from(["store/kiosk", "center/validity", "issuance/issuer", "issuance/checker", "hq/forwarder", ""])
CONTEXTS = st.lists(st.sampled_from([HEADER, header_hash(HEADER), ENVELOPE_HASH, b""]), max_size=3)
NAMED = st.tuples(LABELS, PURPOSES, ROLES, ROLES)


@every_kind
@given(named=NAMED, more=CONTEXTS)
@example(("akashi/seal/1", "validity", "store/kiosk", "center/validity"), [header_hash(HEADER)])
@example(("akashi/seal/1", "issuer", "store/kiosk", "issuance/issuer"), [HEADER])
@example(("akashi/seal/1", "answer", "issuance/issuer", "store/kiosk"), [HEADER, ENVELOPE_HASH])
@settings(FEW, max_examples=100)
@pytest.mark.promise("C4", "C7")
def test_no_other_label_purpose_or_role_opens(kind: Kind, named: tuple[str, ...], more: list[bytes]) -> None:
    info = b"".join(map(lp, [*(text.encode() for text in named), *more]))
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    sealed = suite.encrypt(pad(MESSAGE, SizeClass.SMALL), parse_seal_public(KEY.public_bytes), info=info)
    if info == kind.info:
        assert kind.unseal(sealed, HEADER, ENVELOPE_HASH, KEY) == MESSAGE
        return
    with pytest.raises(SealBroken):
        kind.unseal(sealed, HEADER, ENVELOPE_HASH, KEY)


@every_kind
@given(message=st.binary(max_size=8188), header=st.binary(max_size=200), hash_=st.binary(min_size=32, max_size=32))
@FEW
def test_what_is_sealed_opens_to_the_same_bytes(kind: Kind, message: bytes, header: bytes, hash_: bytes) -> None:
    sealed = kind.seal(message, header, hash_, KEY)
    assert len(sealed) == PART_BYTES
    assert kind.unseal(sealed, header, hash_, KEY) == message


@every_kind
@given(one=st.binary(max_size=100), other=st.binary(max_size=100), hash_=st.binary(min_size=32, max_size=32))
@FEW
def test_a_seal_opens_under_its_own_header_and_envelope_only(kind: Kind, one: bytes, other: bytes, hash_: bytes) -> None:
    sealed = kind.seal(MESSAGE, one, ENVELOPE_HASH, KEY)
    if other != one or (kind.binds_envelope and hash_ != ENVELOPE_HASH):
        with pytest.raises(SealBroken):
            kind.unseal(sealed, other, hash_, KEY)
    else:
        assert kind.unseal(sealed, other, hash_, KEY) == MESSAGE


@every_kind
@given(untrusted=st.binary(max_size=2000))
@FEW
def test_any_bytes_are_refused(kind: Kind, untrusted: bytes) -> None:
    for sealed in (untrusted, untrusted.ljust(PART_BYTES, b"\0"), (untrusted * PART_BYTES)[:PART_BYTES]):
        with pytest.raises(SealBroken):
            kind.unseal(sealed, HEADER, ENVELOPE_HASH, KEY)


@given(message=st.binary(max_size=9000), size=st.sampled_from(SizeClass))
@FEW
def test_padding_gives_the_size_and_the_message_back(message: bytes, size: SizeClass) -> None:
    if len(message) > size - 4:
        with pytest.raises(Oversize):
            pad(message, size)
        return
    padded = pad(message, size)
    assert len(padded) == size
    assert unpad(padded) == message


@given(untrusted=st.binary(max_size=300))
@settings(FEW, max_examples=200)
@example(b"")
@example(bytes(3))
@example(bytes(4))
def test_unpad_gives_a_message_or_malformed(untrusted: bytes) -> None:
    try:
        message = unpad(untrusted)
    except Malformed:
        return
    assert untrusted == len(message).to_bytes(4, "big") + message + bytes(len(untrusted) - 4 - len(message))


@given(message_bytes=st.integers(0, 3 * 1024 * 1024), class_min=st.sampled_from(SizeClass))
@settings(FEW, max_examples=200)
@example(8188, SizeClass.SMALL)
@example(8189, SizeClass.SMALL)
@example(2 * 1024 * 1024 - 4, SizeClass.SMALL)
@example(2 * 1024 * 1024 - 3, SizeClass.LARGE)
def test_the_smallest_class_that_fits_is_taken(message_bytes: int, class_min: SizeClass) -> None:
    fitting = [size for size in SizeClass if size >= class_min and message_bytes + 4 <= size]
    if not fitting:
        with pytest.raises(Oversize):
            smallest_class(message_bytes, class_min=class_min)
        return
    assert smallest_class(message_bytes, class_min=class_min) is min(fitting)


@given(untrusted=st.binary(max_size=100) | st.binary(min_size=1216, max_size=1216) | st.binary(min_size=96, max_size=96))
@FEW
def test_any_bytes_as_a_key_give_a_key_or_malformed(untrusted: bytes) -> None:
    try:
        public = SealPrivateKey.from_bytes(untrusted).public_bytes
    except Malformed:
        public = untrusted
    try:
        assert len(seal_issuer_part(b"", header=b"", public=public)) == PART_BYTES
    except Malformed:
        assert public is untrusted
