"""Fixed material that the vectors share: made from names, so that every run of the maker gives the same bytes."""

from __future__ import annotations

import hashlib

from vectors.independent import protocol, xwing_hpke
from vectors.independent.protocol import Value


def take(name: str, count: int) -> bytes:
    """Return `count` bytes that belong to that name."""
    return hashlib.shake_256(b"akashi vectors 1: " + name.encode()).digest(count)


ISSUER = xwing_hpke.key_pair(take("issuer seal key", 96))
VALIDITY = xwing_hpke.key_pair(take("validity seal key", 96))
VALIDITY_BEFORE = xwing_hpke.key_pair(take("validity seal key of the day before", 96))
SESSION = xwing_hpke.key_pair(take("session seal key", 96))
STRANGER = xwing_hpke.key_pair(take("somebody else's seal key", 96))

ROOT_SECRET = take("city root", 32)
CHECKER_SECRET = take("checker answer key", 32)
KIOSK_SECRET = take("kiosk device key", 32)
BEACON_SECRET = take("beacon key", 32)
SESSION_SECRET = take("session sign key", 32)
STRANGER_SECRET = take("somebody else's sign key", 32)

NOW_MS = 1_795_392_000_000
"""2026-11-23 00:00 UTC."""


def header(
    *,
    municipality: str = "139998",
    journey: str = "eligibility",
    key_id: bytes = protocol.key_id(ISSUER.public),
    request_id: bytes = take("request id", 16),
) -> bytes:
    """Return the bytes of a header."""
    return protocol.pack([1, municipality, journey, request_id, "store/kiosk/K0001", "issuance/issuer", key_id])


HEADER = header()
BEACON = protocol.signed(BEACON_SECRET, "beacon", protocol.pack([NOW_MS, take("beacon nonce", 16)]))
CARD_CERTIFICATE = take("card certificate", 1100)
KIOSK_CERTIFICATE = take("kiosk certificate", 420)
"""Not certificates: the hashes do not look inside, and whoever checks chains has vectors of its own."""

REQUEST: list[Value] = [
    take("salt", 32),
    "jpki-rsa2048-sha256-v15",
    SESSION.public,
    protocol.sign_public(SESSION_SECRET),
    take("session secret", 32),
    "kiosk-1.0.0",
    "juminhyo",
    41,
    BEACON,
    CARD_CERTIFICATE,
    take("card signature", 256),
    KIOSK_CERTIFICATE,
    bytes(64),
    30_000,
]
"""An `EligibilityRequest`, the kiosk's signature still open."""
FIELDS = [
    "salt",
    "suite",
    "kem_public",
    "sign_public",
    "session_secret",
    "build",
    "service",
    "directory_sequence",
    "beacon",
    "card_certificate",
    "card_signature",
    "kiosk_certificate",
    "kiosk_signature",
    "deadline_ms",
]
"""Names of the fields of `REQUEST`, in order."""


def signed_request(root: bytes) -> list[Value]:
    """Return `REQUEST` with the kiosk's signature over the transcript that follows from `root`."""
    request = list(REQUEST)
    request[FIELDS.index("kiosk_signature")] = protocol.signature(KIOSK_SECRET, "kiosk", protocol.transcript(request, root))
    return request


ROOT = protocol.root(REQUEST, municipality="139998", issuer_key_id=protocol.key_id(ISSUER.public))
TRANSCRIPT = protocol.transcript(REQUEST, ROOT)
VALIDITY_REQUEST = protocol.pack(["jpki-rsa2048-sha256-v15", BEACON, CARD_CERTIFICATE, ROOT, take("card signature", 256)])
ISSUER_REQUEST = protocol.pack(signed_request(ROOT))
ENVELOPE = protocol.pack([HEADER, take("part V", 9328), take("part I", 9328)])
ENVELOPE_HASH = protocol.h("akashi/envelope/1", ENVELOPE)
