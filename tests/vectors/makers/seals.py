"""Vectors of section 3.4: parts V and I, answers, and each single way in which a seal must not open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from vectors.independent import protocol, xwing_hpke
from vectors.independent.vector import FieldValue, Vector
from vectors.independent.xwing_hpke import KeyPair, Suite
from vectors.makers import sample

KIOSK, ISSUER, VALIDITY = "store/kiosk", "issuance/issuer", "center/validity"
ISSUER_INFO = protocol.info("issuer", KIOSK, ISSUER, sample.HEADER)
VALIDITY_INFO = protocol.info("validity", KIOSK, VALIDITY, protocol.h("akashi/header/1", sample.HEADER))
ANSWER_INFO = protocol.info("answer", ISSUER, KIOSK, sample.HEADER, sample.ENVELOPE_HASH)
ANSWER = protocol.pack(
    [protocol.signed(sample.CHECKER_SECRET, "answer", protocol.pack([["refusal", sample.ENVELOPE_HASH, "BUSY"]]))]
)
SEAL_BROKEN, MALFORMED = "SEAL_BROKEN", "MALFORMED"


def sealed_for(
    name: str, key: KeyPair, info: bytes, message: bytes, *, padded: bytes | None = None, suite: Suite = xwing_hpke.AKASHI
) -> bytes:
    padded = protocol.pad(message) if padded is None else padded
    return xwing_hpke.seal(padded, public=key.public, info=info, seed=sample.take(f"encapsulation: {name}", 64), suite=suite)


class Part:
    """Part I: `vector` makes one vector, in which one thing may differ from the good one."""

    kind = "unseal-issuer-part"
    family = "seal-issuer"
    info = ISSUER_INFO
    key = sample.ISSUER
    message = sample.ISSUER_REQUEST

    def opens_with(self) -> dict[str, FieldValue]:
        return {"header": sample.HEADER, "key": self.key.secret}

    def vector(
        self,
        name: str,
        expect: str,
        why: str,
        *,
        info: bytes | None = None,
        padded: bytes | None = None,
        suite: Suite = xwing_hpke.AKASHI,
        sealed: bytes | None = None,
        changed: Mapping[str, FieldValue] | None = None,
    ) -> Vector:
        path = f"{self.family}/{name}"
        if sealed is None:
            sealed = sealed_for(path, self.key, self.info if info is None else info, self.message, padded=padded, suite=suite)
        fields = {**self.opens_with(), **(changed or {}), "sealed": sealed}
        if expect == "ok":
            fields["plaintext"] = self.message
        return Vector(path, expect, self.kind, why, fields)

    def good(self) -> bytes:
        return sealed_for(f"{self.family}/good", self.key, self.info, self.message)


class ValidityPart(Part):
    kind = "unseal-validity-part"
    family = "seal-validity"
    info = VALIDITY_INFO
    key = sample.VALIDITY
    message = sample.VALIDITY_REQUEST

    def opens_with(self) -> dict[str, FieldValue]:
        header_hash = protocol.h("akashi/header/1", sample.HEADER)
        return {"header-hash": header_hash, "key": self.key.secret, "key-before": sample.VALIDITY_BEFORE.secret}


class Answer(Part):
    kind = "unseal-answer"
    family = "seal-answer"
    info = ANSWER_INFO
    key = sample.SESSION
    message = ANSWER

    def opens_with(self) -> dict[str, FieldValue]:
        return {"header": sample.HEADER, "envelope-hash": sample.ENVELOPE_HASH, "key": self.key.secret}


def _flip(data: bytes, at: int, bit: int = 0) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)


def contexts() -> Iterator[Vector]:
    """A seal made for another context."""
    part, header = Part(), sample.HEADER
    for name, why, info in (
        ("wrong-label", "label akashi/seal/2", protocol.info("issuer", KIOSK, ISSUER, header, label="akashi/seal/2")),
        ("wrong-purpose", "purpose of part V", protocol.info("validity", KIOSK, ISSUER, header)),
        ("wrong-sender", "sent by hq", protocol.info("issuer", "hq/forwarder", ISSUER, header)),
        ("wrong-receiver", "for the checker", protocol.info("issuer", KIOSK, "issuance/checker", header)),
        ("roles-swapped", "sender and receiver swapped", protocol.info("issuer", ISSUER, KIOSK, header)),
        (
            "sender-with-kiosk-id",
            "the role is meant, not the kiosk",
            protocol.info("issuer", "store/kiosk/K0001", ISSUER, header),
        ),
        ("header-hashed", "part I binds the header itself", protocol.info("issuer", KIOSK, ISSUER, protocol.sha256(header))),
        ("header-missing", "no header in the context", protocol.info("issuer", KIOSK, ISSUER)),
        ("context-unframed", "parts joined without lengths", b"akashi/seal/1issuer" + KIOSK.encode() + ISSUER.encode() + header),
        ("no-context", "empty info", b""),
    ):
        yield part.vector(name, SEAL_BROKEN, why, info=info)
    for name, why, changed in (
        ("header-bit-flipped", "one bit of the header differs", _flip(header, 20)),
        ("header-other-city", "another municipality in the header", sample.header(municipality="131008")),
        ("header-other-journey", "another journey in the header", sample.header(journey="issue")),
        ("header-other-request-id", "another request id in the header", sample.header(request_id=bytes(16))),
        ("header-key-id-swapped", "the header names another key", sample.header(key_id=protocol.key_id(sample.STRANGER.public))),
        ("header-one-byte-more", "a byte after the header", header + b"\0"),
    ):
        yield part.vector(name, SEAL_BROKEN, why, changed={"header": changed})


def bytes_changed() -> Iterator[Vector]:
    """A good seal, altered on the way."""
    part = Part()
    good = part.good()
    for name, why, sealed in (
        ("flipped-mlkem", "one bit of the ML-KEM ciphertext", _flip(good, 0)),
        ("flipped-x25519", "one bit of the X25519 share", _flip(good, 1088)),
        ("flipped-x25519-high-bit", "the bit that X25519 ignores", _flip(good, 1119, 7)),
        ("flipped-first-byte", "one bit of the ciphertext", _flip(good, 1120)),
        ("flipped-padding", "one bit of the encrypted padding", _flip(good, 9000)),
        ("flipped-tag", "one bit of the tag", _flip(good, len(good) - 1)),
        ("truncated", "the last byte is missing", good[:-1]),
        ("truncated-to-encapsulation", "no ciphertext at all", good[:1120]),
        ("extended", "one byte more", good + b"\0"),
        ("empty", "nothing", b""),
        ("x25519-share-zero", "a share of small order", good[:1088] + bytes(32) + good[1120:]),
        ("halves-swapped", "X25519 share before the ML-KEM ciphertext", good[1088:1120] + good[:1088] + good[1120:]),
    ):
        yield part.vector(name, SEAL_BROKEN, why, sealed=sealed)
    other = sealed_for("seal-issuer/other", sample.ISSUER, ISSUER_INFO, sample.ISSUER_REQUEST)
    yield part.vector(
        "spliced", SEAL_BROKEN, "encapsulation of one seal, ciphertext of another", sealed=good[:1120] + other[1120:]
    )


def suites() -> Iterator[Vector]:
    """The right context, another algorithm: there is no negotiation."""
    part = Part()
    for name, why, suite in (
        ("suite-aes-128", "AES-128-GCM", xwing_hpke.AES_128),
        ("suite-chacha20", "ChaCha20-Poly1305", xwing_hpke.CHACHA20),
        ("suite-hkdf-sha512", "HKDF-SHA512", xwing_hpke.SHA_512),
        ("suite-other-kem-id", "KEM id 0x0050 in the key schedule", xwing_hpke.OLD_KEM_ID),
        ("suite-psk-mode", "HPKE mode psk", xwing_hpke.PSK_MODE),
        ("suite-aad", "additional data beside the info", xwing_hpke.WITH_AAD),
        ("suite-second-message", "sequence number 1", xwing_hpke.SECOND_MESSAGE),
    ):
        yield part.vector(name, SEAL_BROKEN, why, suite=suite)
    seed = sample.take("encapsulation: X25519 alone", 64)
    enc, _ = xwing_hpke.encapsulate(sample.ISSUER.public, seed)
    ss_x = xwing_hpke.combine(bytes(32), sample.ISSUER.x25519.exchange(_public(enc)), enc[-32:], sample.ISSUER.public[-32:])
    sealed = enc + xwing_hpke.encrypt(protocol.pad(part.message), ss_x, info=ISSUER_INFO)
    yield part.vector("suite-x25519-alone", SEAL_BROKEN, "the ML-KEM secret left out of the combiner", sealed=sealed)


def _public(enc: bytes) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(enc[-32:])


def paddings() -> Iterator[Vector]:
    """It opens, and what is inside breaks the rules of padding."""
    part = Part()
    message = part.message
    for name, why, padded in (
        ("padding-last-byte", "the last byte is not zero", protocol.pad(message, filler=b"\1")),
        ("padding-length-past-end", "the stated length passes the end", protocol.pad(message, stated=8189)),
        ("padding-length-huge", "the stated length is 2**32 - 1", protocol.pad(message, stated=2**32 - 1)),
        ("padding-length-short", "the stated length ends inside the message", protocol.pad(message, stated=len(message) - 1)),
        ("padding-length-little-endian", "the length is little-endian", _little_endian(message)),
        ("padding-length-missing", "no length before the message", message.ljust(8192, b"\0")),
    ):
        yield part.vector(name, MALFORMED, why, padded=padded)
    for name, why, size in (
        ("size-no-class", "16 KiB is not a size class", 16384),
        ("size-half", "4 KiB is not a size class", 4096),
    ):
        yield part.vector(name, SEAL_BROKEN, why, padded=protocol.pad(message, size))
    full = Part()
    full.message = sample.take("a plaintext that fills its class", 8188)
    yield full.vector("full", "ok", "8,188 bytes: no padding at all", padded=(8188).to_bytes(4, "big") + full.message)
    empty = Part()
    empty.message = b""
    yield empty.vector("nothing-inside", "ok", "a message of length 0 is a message", padded=bytes(8192))


def _little_endian(message: bytes) -> bytes:
    return (len(message).to_bytes(4, "little") + message).ljust(8192, b"\0")


def others() -> Iterator[Vector]:
    """Keys, parts V and answers."""
    part, validity, answer = Part(), ValidityPart(), Answer()
    yield part.vector("good", "ok", "as section 3.4 says")
    yield part.vector("wrong-key", SEAL_BROKEN, "another private key", changed={"key": sample.STRANGER.secret})
    key = sample.ISSUER.secret[:64] + sample.STRANGER.secret[64:]
    yield part.vector("wrong-x25519-half", SEAL_BROKEN, "another X25519 half of the key", changed={"key": key})
    key = sample.STRANGER.secret[:64] + sample.ISSUER.secret[64:]
    yield part.vector("wrong-mlkem-half", SEAL_BROKEN, "another ML-KEM half of the key", changed={"key": key})
    yield part.vector("key-too-short", MALFORMED, "a key of 95 bytes", changed={"key": part.key.secret[:-1]})
    yield part.vector("part-v-as-part-i", SEAL_BROKEN, "part V sealed to this key", info=VALIDITY_INFO)

    yield validity.vector("good", "ok", "as section 3.4 says")
    before = sealed_for("seal-validity/key-before", sample.VALIDITY_BEFORE, VALIDITY_INFO, validity.message)
    yield validity.vector("key-before", "ok", "sealed to the key of the day before", sealed=before)
    stranger = sealed_for("seal-validity/wrong-key", sample.STRANGER, VALIDITY_INFO, validity.message)
    yield validity.vector("wrong-key", SEAL_BROKEN, "sealed to neither key", sealed=stranger)
    other = {"header-hash": protocol.h("akashi/header/1", sample.header(municipality="131008"))}
    yield validity.vector("wrong-header", SEAL_BROKEN, "the hash of another header", changed=other)
    plain = {"header-hash": protocol.sha256(sample.HEADER)}
    yield validity.vector("header-hash-unlabelled", SEAL_BROKEN, "plain SHA-256 of the header", changed=plain)
    info = protocol.info("validity", KIOSK, VALIDITY, sample.HEADER)
    yield validity.vector("header-not-hashed", SEAL_BROKEN, "part V binds the header's hash", info=info)
    yield validity.vector("part-i-as-part-v", SEAL_BROKEN, "part I sealed to this key", info=ISSUER_INFO)

    yield answer.vector("good", "ok", "as section 3.4 says")
    yield answer.vector("wrong-key", SEAL_BROKEN, "another session's key", changed={"key": sample.STRANGER.secret})
    hash_ = protocol.h("akashi/envelope/1", sample.ENVELOPE[:-1] + b"\0")
    yield answer.vector("other-envelope", SEAL_BROKEN, "another envelope was sent", changed={"envelope-hash": hash_})
    other = {"header": sample.header(journey="issue")}
    yield answer.vector("other-header", SEAL_BROKEN, "another header was sent", changed=other)
    info = protocol.info("answer", KIOSK, ISSUER, sample.HEADER, sample.ENVELOPE_HASH)
    yield answer.vector("roles-swapped", SEAL_BROKEN, "a kiosk's seal to itself", info=info)
    info = protocol.info("answer", ISSUER, KIOSK, sample.ENVELOPE_HASH, sample.HEADER)
    yield answer.vector("context-order", SEAL_BROKEN, "envelope hash before header", info=info)
    info = protocol.info("answer", ISSUER, KIOSK, sample.HEADER)
    yield answer.vector("not-bound", SEAL_BROKEN, "no envelope hash in the context", info=info)
    yield answer.vector("padding-last-byte", MALFORMED, "the last byte is not zero", padded=protocol.pad(ANSWER, filler=b"\1"))


def sealing() -> Iterator[Vector]:
    """What must not be sealed, and keys as they are stored."""
    for name, key in (("issuer", sample.ISSUER), ("session", sample.SESSION)):
        fields = {"key": key.secret, "public": key.public, "key-id": protocol.key_id(key.public)}
        yield Vector(f"seal-key/{name}", "ok", "seal-key", "96 secret bytes give this public key", fields)
    message = sample.ISSUER_REQUEST
    good = sample.ISSUER.public
    for name, expect, why, public, size in (
        ("oversize", "OVERSIZE", "8,189 bytes do not fit part I", good, 8189),
        ("fits", "ok", "8,188 bytes fit part I", good, 8188),
        ("public-short", MALFORMED, "a public key of 1,215 bytes", good[:-1], 10),
        ("public-unreduced", MALFORMED, "a coefficient of 4095 in the ML-KEM key", b"\xff\xff\xff" + good[3:], 10),
        ("public-small-order", MALFORMED, "an X25519 half of small order", good[:-32] + bytes(32), 10),
    ):
        fields = {"header": sample.HEADER, "public": public, "plaintext": (message * 3)[:size]}
        yield Vector(f"seal-close/{name}", expect, "seal-issuer-part", why, fields)


def make() -> Iterator[Vector]:
    yield from others()
    yield from contexts()
    yield from bytes_changed()
    yield from suites()
    yield from paddings()
    yield from sealing()
