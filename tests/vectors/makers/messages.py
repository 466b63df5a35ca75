"""Vectors of the message forms: what relays parse, and one signed and sealed answer from end to end."""

from __future__ import annotations

from collections.abc import Iterator

import msgpack  # type: ignore[import-untyped]  # ships no types; here for one extension value

from vectors.independent import protocol
from vectors.independent.protocol import Value
from vectors.independent.vector import Vector
from vectors.makers import sample, seals

MALFORMED = "MALFORMED"


def _parse(message: str, name: str, expect: str, why: str, data: bytes) -> Vector:
    return Vector(f"parse/{message.lower()}-{name}", expect, "parse", why, {"message": message, "bytes": data})


def headers() -> Iterator[Vector]:
    fields: list[Value] = [
        1,
        "139998",
        "issue",
        sample.take("request id", 16),
        "store/kiosk/K0001",
        "issuance/issuer",
        protocol.key_id(sample.ISSUER.public),
    ]
    good = protocol.pack(fields)

    def changed(at: int, value: Value) -> bytes:
        return protocol.pack([*fields[:at], value, *fields[at + 1 :]])

    yield _parse("Header", "good", "ok", "as section 3.1 says", good)
    for name, why, data in (
        ("field-unknown", "an eighth field", protocol.pack([*fields, 0])),
        ("field-missing", "six fields", protocol.pack(fields[:-1])),
        ("empty", "nothing", b""),
        ("truncated", "the last byte is missing", good[:-1]),
        ("extended", "a byte after the message", good + b"\0"),
        ("version-text", "the version is text", changed(0, "1")),
        ("version-true", "the version is a truth value", changed(0, True)),  # noqa: FBT003 - the value under test
        ("city-5-digits", "a municipality of 5 digits", changed(1, "13999")),
        ("city-7-digits", "a municipality of 7 digits", changed(1, "1399980")),
        ("city-newline", "a newline after the municipality", changed(1, "139998\n")),
        ("city-wide-digits", "digits of another script", changed(1, "１３９９９８")),
        ("city-number", "the municipality is a number", changed(1, 139998)),
        ("journey-unknown", "a journey that does not exist", changed(2, "print")),
        ("request-id-15-bytes", "a request id of 15 bytes", changed(3, bytes(15))),
        ("request-id-text", "a request id that is text", changed(3, "0123456789abcdef")),
        ("sender-space", "a space in the sender", changed(4, "store/kiosk K0001")),
        ("sender-empty", "no sender", changed(4, "")),
        ("receiver-65-letters", "a receiver of 65 letters", changed(5, "a" * 65)),
        ("key-id-9-bytes", "a key id of 9 bytes", changed(6, bytes(9))),
        (
            "map",
            "a map in place of the array",
            b"\x87" + b"".join(protocol.pack(n) + protocol.pack(v) for n, v in _named(fields)),
        ),
        ("json", "JSON", b'[1,"139998","issue"]'),
        ("not-utf-8", "a text that is not UTF-8", good.replace(b"139998", b"13999\xff")),
        ("extension", "a msgpack extension", bytes(msgpack.packb(msgpack.ExtType(5, b"x")))),
    ):
        yield _parse("Header", name, MALFORMED, why, data)


def _named(fields: list[Value]) -> list[tuple[Value, Value]]:
    names = ("version", "municipality", "journey", "request_id", "sender", "receiver", "key_id")
    return list(zip(names, fields, strict=True))


def frames() -> Iterator[Vector]:
    envelope = [sample.HEADER, sample.take("part V", 100), sample.take("part I", 100)]
    yield _parse("Envelope", "good", "ok", "as section 3.1 says", protocol.pack(envelope))
    yield _parse("Envelope", "validity-empty", "ok", "an ISSUE has no part V", protocol.pack([sample.HEADER, b"", b"x"]))
    yield _parse(
        "Envelope", "part-oversize", MALFORMED, "a part of 16,385 bytes", protocol.pack([sample.HEADER, b"", bytes(16385)])
    )
    yield _parse("Envelope", "field-unknown", MALFORMED, "a fourth field", protocol.pack([*envelope, b""]))
    whole = protocol.pack(envelope)
    yield _parse("Frame", "good", "ok", "as section 3.3 says", protocol.pack([30_000, whole, b""]))
    yield _parse("Frame", "deadline-0", MALFORMED, "no time left", protocol.pack([0, whole, b""]))
    yield _parse("Frame", "deadline-negative", MALFORMED, "less than no time left", protocol.pack([-1, whole, b""]))
    yield _parse("Frame", "deadline-long", MALFORMED, "over ten minutes", protocol.pack([600_001, whole, b""]))
    yield _parse("Frame", "envelope-oversize", MALFORMED, "an envelope of 40,001 bytes", protocol.pack([1, bytes(40_001), b""]))


def orders() -> Iterator[Vector]:
    fields: list[Value] = [sample.TRANSCRIPT, 1, "juminhyo", [0, 2], ["relationship"], 0, 200, None, 30_000]

    def changed(at: int, value: Value) -> bytes:
        return protocol.pack([*fields[:at], value, *fields[at + 1 :]])

    number = "139998-0123-4567-89AB-CDEF"
    yield _parse("IssueOrder", "good", "ok", "as section 5.1 says", protocol.pack(fields))
    yield _parse("IssueOrder", "predecessor", "ok", "in place of a voided one", changed(7, [number, 7]))
    alone: list[Value] = [sample.TRANSCRIPT, 1, "kazei", [], [], 2026, 300, None, 30_000]
    yield _parse("IssueOrder", "nobody-named", "ok", "a kind about the applicant alone, of one year", protocol.pack(alone))
    for name, why, data in (
        ("number-0", "order numbers begin with 1", changed(1, 0)),
        ("number-11", "a grant has 10 certificates", changed(1, 11)),
        ("kind-unknown", "a kind that does not exist", changed(2, "passport")),
        ("members-100", "over 99 members", changed(3, list(range(100)))),
        ("year-missing", "eight fields", protocol.pack([*fields[:5], *fields[6:]])),
        ("year-negative", "a year before all years", changed(5, -1)),
        ("year-2201", "a year after all years", changed(5, 2201)),
        ("choice-unknown", "a choice that does not exist", changed(4, ["blood-type"])),
        ("fee-negative", "a fee below nothing", changed(6, -1)),
        ("predecessor-letter-u", "U is no letter of an issue number", changed(7, [number.replace("F", "U"), 7])),
        ("predecessor-newline", "a newline after the issue number", changed(7, [number + "\n", 7])),
    ):
        yield _parse("IssueOrder", name, MALFORMED, why, data)


def answers() -> Iterator[Vector]:
    """Kind `answer`: open, check the checker's signature, parse; then the hash inside is that of the envelope."""
    ack: Value = ["ack", sample.ENVELOPE_HASH, [1, 2, 3]]

    def vector(name: str, expect: str, why: str, plaintext: bytes) -> Vector:
        sealed = seals.sealed_for(f"answer/{name}", sample.SESSION, seals.ANSWER_INFO, plaintext)
        fields = {
            "header": sample.HEADER,
            "envelope": sample.ENVELOPE,
            "key": sample.SESSION.secret,
            "checker-public": protocol.sign_public(sample.CHECKER_SECRET),
            "sealed": sealed,
        }
        return Vector(f"answer/{name}", expect, "answer", why, fields)

    def signed(payload: Value, *, secret: bytes = sample.CHECKER_SECRET, purpose: str = "answer") -> bytes:
        return protocol.pack([protocol.signed(secret, purpose, protocol.pack(payload))])

    yield vector("ack", "ok", "journal lines are durable", signed([ack]))
    yield vector("refusal", "ok", "a signed no", signed([["refusal", sample.ENVELOPE_HASH, "NOT_AVAILABLE"]]))
    bad = "SIGNATURE_BAD"
    yield vector("other-purpose", bad, "signed for the purpose record", signed([ack], purpose="record"))
    yield vector("other-signer", bad, "signed by another key", signed([ack], secret=sample.STRANGER_SECRET))
    yield vector("unsigned", MALFORMED, "an answer without a signature", protocol.pack([[ack]]))
    unknown: Value = [["permission", sample.ENVELOPE_HASH]]
    yield vector("kind-unknown", MALFORMED, "signed, but no kind of answer", signed(unknown))
    yield vector("code-unknown", MALFORMED, "a code that does not exist", signed([["refusal", sample.ENVELOPE_HASH, "MAYBE"]]))


def make() -> Iterator[Vector]:
    yield from headers()
    yield from frames()
    yield from orders()
    yield from answers()
