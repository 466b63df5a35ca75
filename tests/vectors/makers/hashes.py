"""Vectors of section 3: hashes, root and transcript, subject token."""

from __future__ import annotations

from collections.abc import Iterator

from vectors.independent import protocol
from vectors.independent.protocol import Value
from vectors.independent.vector import FieldValue, Vector
from vectors.makers import sample


def simple_hashes() -> Iterator[Vector]:
    for kind, label, data in (
        ("header-hash", "akashi/header/1", sample.HEADER),
        ("envelope-hash", "akashi/envelope/1", sample.ENVELOPE),
        ("request-hash", "akashi/request/1", sample.ISSUER_REQUEST),
        ("order-hash", "akashi/order/1", sample.take("order", 150)),
    ):
        yield Vector(f"hash/{kind}", "ok", kind, f"label {label}", {"input": data, "output": protocol.h(label, data)})
        empty = protocol.h(label, b"")
        yield Vector(f"hash/{kind}-of-nothing", "ok", kind, "a part of length 0 is framed, too", {"input": "", "output": empty})
    der = sample.CARD_CERTIFICATE
    yield Vector("hash/certificate-hash", "ok", "certificate-hash", "no label", {"input": der, "output": protocol.sha256(der)})
    public = sample.ISSUER.public
    yield Vector("hash/key-id", "ok", "key-id", "8 bytes of SHA-256", {"input": public, "output": protocol.key_id(public)})
    salt, order = sample.take("intent salt", 32), sample.take("order hash", 32)
    output = protocol.h("akashi/intent/1", salt, order)
    fields = {"salt": salt, "order-hash": order, "output": output}
    yield Vector("hash/intent-commitment", "ok", "intent-commitment", "salt, then order hash", fields)


def roots() -> Iterator[Vector]:
    key_id = protocol.key_id(sample.ISSUER.public)
    for name, why, municipality, sequence in (
        ("root", "all fields of section 3.5", "139998", 41),
        ("root-large-sequence", "the directory sequence has 8 bytes", "139998", 2**40 + 1),
        ("root-other-city", "municipality and key id come from the header", "131008", 41),
    ):
        request = list(sample.REQUEST)
        request[sample.FIELDS.index("directory_sequence")] = sequence
        output = protocol.root(request, municipality=municipality, issuer_key_id=key_id)
        fields: dict[str, FieldValue] = {
            "request": protocol.pack(request),
            "municipality": municipality,
            "issuer-key-id": key_id,
            "output": output,
        }
        yield Vector(f"hash/{name}", "ok", "root", why, fields)
    fields = {
        "beacon": sample.BEACON,
        "card-certificate": sample.CARD_CERTIFICATE,
        "root": sample.ROOT,
        "output": sample.TRANSCRIPT,
    }
    yield Vector("hash/transcript", "ok", "transcript", "the certificate goes in as its hash", fields)


def subject_tokens() -> Iterator[Vector]:
    secret, issuer_dn = sample.take("session secret", 32), sample.take("issuer dn", 90)
    for name, why, serial in (
        ("serial-1", "one byte", b"\x01"),
        ("serial-128", "unsigned: no zero byte before a high bit", b"\x80"),
        ("serial-256", "two bytes", b"\x01\x00"),
        ("serial-20-bytes", "the longest that RFC 5280 allows", b"\xff" * 20),
    ):
        fields: dict[str, FieldValue] = {
            "session-secret": secret,
            "issuer-dn": issuer_dn,
            "serial": int.from_bytes(serial, "big"),
            "link": protocol.card_link(issuer_dn, serial),
            "output": protocol.subject_token(secret, protocol.card_link(issuer_dn, serial)),
        }
        yield Vector(f"subject-token/{name}", "ok", "subject-token", why, fields)
    for name, why, number in (
        ("serial-0", "a serial is positive", 0),
        ("serial-negative", "a serial is positive", -1),
        ("serial-21-bytes", "over 20 bytes", 1 << 160),
    ):
        fields = {"session-secret": secret, "issuer-dn": issuer_dn, "serial": number}
        yield Vector(f"subject-token/{name}", "MALFORMED", "subject-token", why, fields)


def transcripts() -> Iterator[Vector]:
    """The kiosk's signature over T, with each field that goes into T changed after signing."""
    good = sample.signed_request(sample.ROOT)

    def vector(name: str, expect: str, why: str, request: list[Value], header: bytes = sample.HEADER) -> Vector:
        fields = {"header": header, "request": protocol.pack(request), "kiosk-public": protocol.sign_public(sample.KIOSK_SECRET)}
        return Vector(f"transcript/{name}", expect, "transcript-signature", why, fields)

    yield vector("good", "ok", "nothing changed", good)
    changes: dict[str, Value] = {
        "suite": "next-ecdsa-p384-sha384",
        "kem_public": sample.STRANGER.public,
        "sign_public": protocol.sign_public(sample.STRANGER_SECRET),
        "build": "kiosk-1.0.1",
        "service": "koseki",
        "directory_sequence": 42,
        "beacon": protocol.signed(sample.BEACON_SECRET, "beacon", protocol.pack([sample.NOW_MS + 1, bytes(16)])),
    }
    for name in ("salt", "session_secret", "card_certificate", "kiosk_certificate"):
        value = good[sample.FIELDS.index(name)]
        assert isinstance(value, bytes)
        changes[name] = value[:-1] + bytes([value[-1] ^ 1])
    for name, value in changes.items():
        request = list(good)
        request[sample.FIELDS.index(name)] = value
        yield vector(f"changed-{name.replace('_', '-')}", "SIGNATURE_BAD", f"{name} is not what was signed", request)
    other_city = sample.header(municipality="131008")
    yield vector("changed-municipality", "SIGNATURE_BAD", "the header names another city", good, other_city)
    other_key = sample.header(key_id=protocol.key_id(sample.STRANGER.public))
    yield vector("changed-issuer-key-id", "SIGNATURE_BAD", "the header names another key of the issuer", good, other_key)
    key_id = protocol.key_id(sample.ISSUER.public)
    second = protocol.root(sample.REQUEST, municipality="139998", issuer_key_id=key_id, version=2)
    yield vector("version-2", "SIGNATURE_BAD", "the root was made for version 2", sample.signed_request(second))
    label = protocol.root(sample.REQUEST, municipality="139998", issuer_key_id=key_id, label="akashi/root/2")
    yield vector("wrong-root-label", "SIGNATURE_BAD", "the root has another label", sample.signed_request(label))
    at = sample.FIELDS.index("kiosk_signature")
    for name, why, value in (
        ("wrong-transcript-label", "T has another label", protocol.transcript(good, sample.ROOT, label="akashi/transcript/2")),
        ("root-signed", "R is signed in place of T", sample.ROOT),
        ("transcript-hashed-once-more", "SHA-256(T) is signed in place of T", protocol.sha256(sample.TRANSCRIPT)),
    ):
        request = list(good)
        request[at] = protocol.signature(sample.KIOSK_SECRET, "kiosk", value)
        yield vector(name, "SIGNATURE_BAD", why, request)
    for name, why, value in (
        ("wrong-purpose", "signed for another purpose", protocol.signature(sample.KIOSK_SECRET, "outcome", sample.TRANSCRIPT)),
        ("other-kiosk", "another device key", protocol.signature(sample.STRANGER_SECRET, "kiosk", sample.TRANSCRIPT)),
    ):
        request = list(good)
        request[at] = value
        yield vector(name, "SIGNATURE_BAD", why, request)
    for name, value in (("deadline_ms", 29_999), ("card_signature", bytes(256))):
        request = list(good)
        request[sample.FIELDS.index(name)] = value
        yield vector(f"unsigned-{name.replace('_', '-')}", "ok", f"{name} is not part of T", request)


def make() -> Iterator[Vector]:
    yield from simple_hashes()
    yield from roots()
    yield from subject_tokens()
    yield from transcripts()
