"""Vectors of section 2.1: directories, with the 24-hour rule, the sequence rule, and keys by use and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vectors.independent import protocol
from vectors.independent.protocol import Value
from vectors.independent.vector import FieldValue, Vector
from vectors.makers import sample

HOUR_MS = 3_600_000
BEGIN_MS = sample.NOW_MS - HOUR_MS
END_MS = BEGIN_MS + 24 * HOUR_MS
STALE, MALFORMED, SIGNATURE_BAD = "DIRECTORY_STALE", "MALFORMED", "SIGNATURE_BAD"

CHECKER_PUBLIC = protocol.sign_public(sample.CHECKER_SECRET)
NEXT_PUBLIC = protocol.sign_public(sample.take("checker answer key of the next day", 32))

PAPER_PUBLIC = b"\2" + sample.take("x of a paper key", 32)


def key(use: str, public: bytes, begin_ms: int = BEGIN_MS, end_ms: int = END_MS, key_id: bytes | None = None) -> list[Value]:
    """Return one `DirectoryKey` as its array."""
    return [protocol.key_id(public) if key_id is None else key_id, use, public, begin_ms, end_ms]


KEYS: list[Value] = [
    key("issuer-seal", sample.ISSUER.public),
    key("answer", CHECKER_PUBLIC),
    key("answer", NEXT_PUBLIC, sample.NOW_MS + HOUR_MS, END_MS + HOUR_MS),
    key("registry", protocol.sign_public(sample.take("registry key", 32)), BEGIN_MS, sample.NOW_MS - 1),
    key("document", sample.take("document certificate", 700)),
]


def payload(
    *,
    authority: str = "139998",
    sequence: int = 41,
    begin_ms: int = BEGIN_MS,
    end_ms: int = END_MS,
    keys: Sequence[Value] = KEYS,
    revoked: Sequence[Value] = (),
) -> bytes:
    """Return an encoded `DirectoryPayload`."""
    return protocol.pack([authority, sequence, begin_ms, end_ms, list(keys), list(revoked)])


def _vector(
    name: str,
    expect: str,
    why: str,
    payload_: bytes,
    *,
    signed: bytes | None = None,
    asked: Mapping[str, FieldValue] | None = None,
) -> Vector:
    fields: dict[str, FieldValue] = {
        "root-public": protocol.sign_public(sample.ROOT_SECRET),
        "authority": "139998",
        "now-ms": sample.NOW_MS,
        "sequence-min": 41,
        "signed": protocol.signed(sample.ROOT_SECRET, "directory", payload_) if signed is None else signed,
    }
    return Vector(f"directory/{name}", expect, "directory", why, {**fields, **(asked or {})})


def times() -> Iterator[Vector]:
    good = payload()
    cases: tuple[tuple[str, str, str, Mapping[str, FieldValue]], ...] = (
        ("good", "ok", "as section 2.1 says", {}),
        ("first-millisecond", "ok", "it counts from its beginning on", {"now-ms": BEGIN_MS}),
        ("last-millisecond", "ok", "the last millisecond of its day", {"now-ms": END_MS - 1}),
        ("run-out", STALE, "its end has come", {"now-ms": END_MS}),
        ("not-yet", STALE, "a millisecond before its beginning", {"now-ms": BEGIN_MS - 1}),
        ("same-sequence", "ok", "the sequence already seen", {"sequence-min": 41}),
        ("older-sequence", STALE, "a higher sequence was seen", {"sequence-min": 42}),
    )
    for name, expect, why, asked in cases:
        yield _vector(name, expect, why, good, asked=asked)
    long = payload(end_ms=END_MS + 365 * 24 * HOUR_MS)
    yield _vector("long-first-day", "ok", "it claims a year: the first day counts", long, asked={"now-ms": END_MS - 1})
    yield _vector("long-second-day", STALE, "it claims a year: 24 hours are over", long, asked={"now-ms": END_MS})
    yield _vector("ends-before-it-begins", STALE, "its end is before its beginning", payload(end_ms=BEGIN_MS - 1))


def signers() -> Iterator[Vector]:
    good = payload()
    yield _vector("other-root", SIGNATURE_BAD, "signed by another root", good, signed=_signed(sample.STRANGER_SECRET, good))
    beacon = protocol.signed(sample.ROOT_SECRET, "beacon", good)
    yield _vector("other-purpose", SIGNATURE_BAD, "signed for another purpose", good, signed=beacon)
    yield _vector("other-authority", SIGNATURE_BAD, "this root, another city", payload(authority="131008"))
    whole = _signed(sample.ROOT_SECRET, good)
    flipped = whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]
    yield _vector("bit-flipped", SIGNATURE_BAD, "one bit of the payload", good, signed=flipped)


def _signed(secret: bytes, payload_: bytes) -> bytes:
    return protocol.signed(secret, "directory", payload_)


def forms() -> Iterator[Vector]:
    small = [key("answer", protocol.sign_public(sample.take(f"key {n}", 32))) for n in range(65)]
    for name, expect, why, value in (
        (
            "key-id-wrong",
            MALFORMED,
            "an id that is not of the key",
            payload(keys=[key("answer", CHECKER_PUBLIC, key_id=bytes(8))]),
        ),
        ("key-twice", MALFORMED, "one key twice", payload(keys=[key("answer", CHECKER_PUBLIC)] * 2)),
        (
            "key-two-uses",
            MALFORMED,
            "one key for two uses",
            payload(keys=[key("answer", CHECKER_PUBLIC), key("receipt", CHECKER_PUBLIC)]),
        ),
        ("key-33-bytes", MALFORMED, "an answer key of 33 bytes", payload(keys=[key("answer", CHECKER_PUBLIC + b"\0")])),
        ("key-seal-short", MALFORMED, "a seal key of 1,215 bytes", payload(keys=[key("issuer-seal", sample.ISSUER.public[:-1])])),
        ("key-paper", "ok", "a paper key: a point of 33 bytes", payload(keys=[key("paper", PAPER_PUBLIC)])),
        ("key-paper-65-bytes", MALFORMED, "a paper key, not compressed", payload(keys=[key("paper", b"\4" + bytes(64))])),
        ("key-use-unknown", MALFORMED, "a use that does not exist", payload(keys=[key("master", CHECKER_PUBLIC)])),
        ("keys-64", "ok", "64 keys", payload(keys=small[:64])),
        ("keys-65", MALFORMED, "65 keys", payload(keys=small)),
        ("keys-none", "ok", "no key at all", payload(keys=[])),
        ("sequence-0", MALFORMED, "sequences begin with 1", payload(sequence=0)),
        ("kiosk-name-newline", MALFORMED, "a newline after a kiosk's name", payload(revoked=["K0001\n"])),
        ("kiosks-revoked", "ok", "two kiosks are revoked", payload(revoked=["K0001", "K0002"])),
        ("field-unknown", MALFORMED, "a seventh field", protocol.pack(["139998", 41, BEGIN_MS, END_MS, [], [], 0])),
        ("not-a-directory", MALFORMED, "the root signed something else", b"\xc0"),
    ):
        yield _vector(name, expect, why, value)


def lookups() -> Iterator[Vector]:
    """The key that a use has at a time: `current` is its id."""
    good = payload()
    both = [key("answer", CHECKER_PUBLIC), key("answer", NEXT_PUBLIC, sample.NOW_MS, END_MS)]
    now, later = protocol.key_id(CHECKER_PUBLIC), protocol.key_id(NEXT_PUBLIC)
    yield _vector("use", "ok", "the one key in date", good, asked={"use": "answer", "current": now})
    asked: dict[str, FieldValue] = {"use": "answer", "current": later}
    yield _vector("use-overlap", "ok", "of two in date, the one that began last", payload(keys=both), asked=asked)
    yield _vector("use-run-out", STALE, "the only key of that use has run out", good, asked={"use": "registry"})
    yield _vector("use-absent", STALE, "no key of that use", good, asked={"use": "receipt"})


def make() -> Iterator[Vector]:
    yield from times()
    yield from signers()
    yield from forms()
    yield from lookups()
