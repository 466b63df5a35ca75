"""
Every hash of the protocol: length-framed and labelled, so that no two uses and no two splits of the bytes ever collide.

Promises: the same input gives the same 32 bytes on every server; a hash of one use is never a hash of another.
Source: docs/spec/protocol.md section 3, whose names are used here.
"""

from __future__ import annotations

import hashlib
import hmac

from akashi.wire.codec import Malformed
from akashi.wire.messages import PROTOCOL_VERSION, EligibilityRequest

HASH_BYTES = 32
KEY_ID_BYTES = 8
SERIAL_BYTES_MAX = 20
"""RFC 5280 section 4.1.2.2: a certificate serial has at most 20 octets."""


def lp(value: bytes) -> bytes:
    """Return the value after its length in 4 bytes, big-endian: the only way in which Akashi joins byte strings."""
    return len(value).to_bytes(4, "big") + value


def labelled_hash(label: str, *parts: bytes) -> bytes:
    """Return H(label; parts) of section 3: SHA-256 over the length-framed label and parts, 32 bytes."""
    digest = hashlib.sha256(lp(label.encode("ascii")))
    for part in parts:
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def key_id(public: bytes) -> bytes:
    """Return the 8-byte name of a key: the start of the SHA-256 of its public bytes (or of its certificate's DER)."""
    return hashlib.sha256(public).digest()[:KEY_ID_BYTES]


def header_hash(header: bytes) -> bytes:
    """Return H("akashi/header/1"; header). All that center/validity learns of a header. Source: section 3.4."""
    return labelled_hash("akashi/header/1", header)


def envelope_hash(envelope: bytes) -> bytes:
    """Return H("akashi/envelope/1"; encoded Envelope): what an answer is bound to. Source: section 3.1."""
    return labelled_hash("akashi/envelope/1", envelope)


def request_hash(request: bytes) -> bytes:
    """Return H("akashi/request/1"; encoded EligibilityRequest): what the registry says it answered. Source: section 4.5."""
    return labelled_hash("akashi/request/1", request)


def order_hash(order_payload: bytes) -> bytes:
    """Return H("akashi/order/1"; encoded IssueOrder, as signed). Source: section 5.2."""
    return labelled_hash("akashi/order/1", order_payload)


def certificate_hash(der: bytes) -> bytes:
    """Return the plain SHA-256 of a certificate's DER, as every certificate tool shows it. Source: section 3.5."""
    return hashlib.sha256(der).digest()


def intent_commitment(salt: bytes, order_hash: bytes) -> bytes:
    """
    Return H("akashi/intent/1"; salt, order hash): what the ledger keeps of an order before it is carried out.

    Args:
        salt: 32 fresh random bytes, so that nobody can guess orders and compare.
        order_hash: of the order, from `order_hash`.

    Source: section 5.2.
    """
    return labelled_hash("akashi/intent/1", salt, order_hash)


def root_hash(request: EligibilityRequest, *, municipality: str, issuer_key_id: bytes) -> bytes:
    """
    Return R: everything of a session that the card signs and center/validity does not see.

    Args:
        request: the content of part I.
        municipality: of the header, 6 digits; must be what the header says, not what anybody claims.
        issuer_key_id: of the header, 8 bytes: the key to which part I is sealed.

    Source: section 3.5.
    """
    return labelled_hash(
        "akashi/root/1",
        request.salt,
        PROTOCOL_VERSION.to_bytes(2, "big"),
        request.suite.encode(),
        request.kem_public,
        request.sign_public,
        hashlib.sha256(request.session_secret).digest(),
        certificate_hash(request.kiosk_certificate),
        request.build.encode(),
        municipality.encode(),
        request.service.encode(),
        issuer_key_id,
        request.directory_sequence.to_bytes(8, "big"),
    )


def transcript_hash(*, beacon: bytes, card_certificate: bytes, root: bytes) -> bytes:
    """
    Return T: the 32 bytes that the card signs as its message, and the kiosk's device key too.

    Args:
        beacon: the beacon as it came, an encoded `Signed`.
        card_certificate: DER of the card's user-authentication certificate.
        root: R, from `root_hash`.

    Source: section 3.5.
    """
    return labelled_hash("akashi/transcript/1", beacon, certificate_hash(card_certificate), root)


def card_link(issuer_dn_der: bytes, serial: int) -> bytes:
    """
    Return H("akashi/card-link/1"; issuer DN, serial): one user certificate, as tickets name it.

    Args:
        issuer_dn_der: DER of the issuer name in the card's certificate.
        serial: serial number of the card's certificate, 1 to 2**160 - 1.

    Raises:
        Malformed: the serial is not one that a certificate may have.

    Source: section 3.6; RFC 5280 section 4.1.2.2.
    """
    if not 0 < serial < 1 << (8 * SERIAL_BYTES_MAX):
        raise Malformed("serial number out of range")
    minimal = serial.to_bytes((serial.bit_length() + 7) // 8, "big")
    return labelled_hash("akashi/card-link/1", issuer_dn_der, minimal)


def subject_token(session_secret: bytes, link: bytes) -> bytes:
    """
    Return what ties an answer to one card in one session, and means nothing outside it.

    Args:
        session_secret: 32 random bytes that the kiosk made for this session.
        link: of the card, from `card_link`.

    Source: section 3.6.
    """
    return hmac.digest(session_secret, lp(b"akashi/subject/1") + lp(link), "sha256")


def subject_row_hash(transcript: bytes, resident_no: str) -> bytes:
    """
    Return H("akashi/subject-row/1"; T, 宛名番号): whose row a registry read, for one session.

    A registry makes it from the number *stored with the row*; the checker from the ticket's. So a record that was read for
    somebody else never fits.

    Source: section 3.6.
    """
    return labelled_hash("akashi/subject-row/1", transcript, resident_no.encode())


def person_hash(transcript: bytes, name: str, birth_date: str) -> bytes:
    """
    Return H("akashi/person/1"; T, name, birth date as written): whom core/residents means, for a registry that knows the same.

    Source: section 5.3.
    """
    return labelled_hash("akashi/person/1", transcript, name.encode(), birth_date.encode())
