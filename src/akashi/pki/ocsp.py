"""
OCSP (RFC 6960): ask about one card certificate, answer, and verify an answer before it is believed.

Promises: a status is returned only from an answer that the card's own authority signed or let a responder sign, about exactly
the certificate asked for, with our nonce, in date now. Everything else is RevocationUnknown: no answer is no "good".
Source: RFC 6960 sections 3.2, 4.2; RFC 8954 (nonce); docs/spec/pki.md section 5.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, OCSPExtensionOID

from akashi.pki.authority import EXTENSIONS_UNREAD, is_issued_by, own_certificate
from akashi.pki.crl import Revocation
from akashi.pki.errors import MaterialBad, QuestionBad, RevocationUnknown
from akashi.pki.moments import millis, moment

NONCE_BYTES: Final = 32
REQUEST_BYTES_MAX: Final = 4096
RESPONSE_BYTES_MAX: Final = 16384
SKEW_MS_MAX: Final = 60_000
"""How far an answer's beginning may lie ahead of the verifier's clock."""

_Strong = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_RESPONDER_READ_CRITICAL: Final = frozenset(
    {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
)


class Status(enum.Enum):
    """What a verified answer says."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Failure(enum.Enum):
    """Unsigned answers of a responder that will not or cannot answer."""

    MALFORMED = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    TRY_LATER = ocsp.OCSPResponseStatus.TRY_LATER
    UNAUTHORIZED = ocsp.OCSPResponseStatus.UNAUTHORIZED


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """
    One question about one certificate. Has no repr: the serial stands for a person.

    Attributes:
        issuer_name_hash: of the issuer's name, by `digest`.
        issuer_key_hash: of the issuer's key, by `digest`.
        serial: of the certificate asked about.
        nonce: 1 to 32 bytes; empty where the asker sent none.
        digest: "sha256" or "sha1". SHA-1 only names the issuer here, as RFC 6960 clients do; it protects nothing.
    """

    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    nonce: bytes
    digest: str = "sha256"

    def is_about(self, authority: x509.Certificate) -> bool:
        """Return whether the certificate asked about is one of this authority's."""
        return (self.issuer_name_hash, self.issuer_key_hash) == issuer_hashes(authority, self.digest)

    @property
    def algorithm(self) -> hashes.SHA256 | hashes.SHA1:
        """`digest` as the X.509 library wants it."""
        return hashes.SHA256() if self.digest == "sha256" else hashes.SHA1()  # noqa: S303 - names an issuer, RFC 6960


def issuer_hashes(authority: x509.Certificate, digest: str) -> tuple[bytes, bytes]:
    """
    Return the hashes by which OCSP names an authority: of its name and of its key's bits.

    Raises:
        MaterialBad: the authority's key is neither RSA nor elliptic-curve.
    """
    key = authority.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        bits = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        bits = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    else:
        raise MaterialBad("an authority's key is RSA or elliptic-curve")
    return hashlib.new(digest, authority.subject.public_bytes()).digest(), hashlib.new(digest, bits).digest()


def make_question(*, authority_der: bytes, serial: int, nonce: bytes) -> Question:
    """
    Return a question.

    Args:
        authority_der: certificate of the authority that issued the card's certificate.
        serial: of the card's certificate.
        nonce: `NONCE_BYTES` fresh random bytes.
    """
    return Question(*issuer_hashes(own_certificate(authority_der), "sha256"), serial, nonce)


def encode_question(question: Question) -> bytes:
    """Return the OCSP request, DER."""
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        question.issuer_name_hash, question.issuer_key_hash, question.serial, question.algorithm
    )
    if question.nonce:
        builder = builder.add_extension(x509.OCSPNonce(question.nonce), critical=False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def parse_question(untrusted_der: bytes) -> Question:
    """
    Return the question that the bytes hold.

    Raises:
        QuestionBad: no OCSP request, or one with several certificates, another hash, a bad nonce or a critical extension.
    """
    if len(untrusted_der) > REQUEST_BYTES_MAX:
        raise QuestionBad("larger than 4 KiB")
    try:
        request = ocsp.load_der_ocsp_request(untrusted_der)
        digest = {"sha256": "sha256", "sha1": "sha1"}.get(request.hash_algorithm.name, "")
        nonce = _nonce(request.extensions)
        question = Question(request.issuer_name_hash, request.issuer_key_hash, request.serial_number, nonce, digest)
    except (NotImplementedError, *EXTENSIONS_UNREAD):
        raise QuestionBad("not an OCSP request for one certificate") from None
    if not digest or any(each.critical and each.oid != OCSPExtensionOID.NONCE for each in request.extensions):
        raise QuestionBad("a hash or critical extension that is not read here")
    if len(nonce) > NONCE_BYTES or question.serial <= 0:
        raise QuestionBad("nonce or serial number out of range")
    return question


@dataclass(frozen=True, slots=True, repr=False)
class Responder:
    """
    Who signs answers for one authority.

    Attributes:
        authority_der: the authority's certificate.
        certificate_der: the responder's, with OCSPSigning.
        key: the responder's key.
    """

    authority_der: bytes
    certificate_der: bytes
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def build_answer(question: Question, *, responder: Responder, revocation: Revocation | None, dates_ms: tuple[int, int]) -> bytes:
    """
    Return a signed answer (DER): revoked where there is a revocation, good otherwise.

    Args:
        question: about a certificate of the responder's authority.
        responder: who signs.
        revocation: of the certificate asked about, or None.
        dates_ms: this update and next update.
    """
    certificate = own_certificate(responder.certificate_der)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=question.issuer_name_hash,
            issuer_key_hash=question.issuer_key_hash,
            serial_number=question.serial,
            algorithm=question.algorithm,
            cert_status=ocsp.OCSPCertStatus.GOOD if revocation is None else ocsp.OCSPCertStatus.REVOKED,
            this_update=moment(dates_ms[0]),
            next_update=moment(dates_ms[1]),
            revocation_time=None if revocation is None else moment(revocation.time_ms),
            revocation_reason=None if revocation is None else revocation.reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
        .certificates([certificate])
    )
    if question.nonce:
        builder = builder.add_extension(x509.OCSPNonce(question.nonce), critical=False)
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def build_failure(failure: Failure) -> bytes:
    """Return an unsigned answer that says why there is none, DER."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(failure.value).public_bytes(serialization.Encoding.DER)


def verify_answer(untrusted_der: bytes, *, question: Question, authority_der: bytes, now_ms: int) -> Status:
    """
    Return what the authority says about the certificate asked for.

    Args:
        untrusted_der: the answer as it came; at most 16 KiB.
        question: as it was sent; its nonce must come back.
        authority_der: the authority that issued the card's certificate.
        now_ms: the verifier's time.

    Raises:
        RevocationUnknown: not one successful answer about that certificate, without or with another nonce, out of date, or not
            signed by the authority or a responder that it let sign.
        MaterialBad: the authority's certificate cannot be parsed.
    """
    # 1. Parse: successful, one answer. 2. Signature, before anything it says counts. 3. About our certificate. 4. Our nonce:
    # an old answer replayed stops here. 5. In date.
    authority = own_certificate(authority_der)
    if len(untrusted_der) > RESPONSE_BYTES_MAX:
        raise RevocationUnknown("OCSP answer larger than 16 KiB")
    try:
        answer = ocsp.load_der_ocsp_response(untrusted_der)  # 1
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise RevocationUnknown(f"OCSP status {answer.response_status.name}")
        singles = list(answer.responses)
        if len(singles) != 1:
            raise RevocationUnknown("not one OCSP answer")
        _check_signature(answer, authority, now_ms)  # 2
        _check_subject(singles[0], question)  # 3
        if not question.nonce or _nonce(answer.extensions) != question.nonce:  # 4
            raise RevocationUnknown("OCSP answer with another nonce or none")
        if any(each.critical for each in (*answer.extensions, *answer.single_extensions)):
            raise RevocationUnknown("OCSP answer with a critical extension")
        _check_dates(singles[0], now_ms)  # 5
        return _STATUS[singles[0].certificate_status]
    except (NotImplementedError, *EXTENSIONS_UNREAD):
        raise RevocationUnknown("not an OCSP answer") from None


_STATUS: Final = {
    ocsp.OCSPCertStatus.GOOD: Status.GOOD,
    ocsp.OCSPCertStatus.REVOKED: Status.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: Status.UNKNOWN,
}


def _nonce(extensions: x509.Extensions) -> bytes:
    try:
        return extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return b""


def _check_subject(single: ocsp.OCSPSingleResponse, question: Question) -> None:
    named = (single.issuer_name_hash, single.issuer_key_hash, single.serial_number, single.hash_algorithm.name)
    if named != (question.issuer_name_hash, question.issuer_key_hash, question.serial, question.digest):
        raise RevocationUnknown("OCSP answer about another certificate")


def _check_dates(single: ocsp.OCSPSingleResponse, now_ms: int) -> None:
    if single.next_update_utc is None:
        raise RevocationUnknown("OCSP answer without next update")
    if not millis(single.this_update_utc) - SKEW_MS_MAX <= now_ms <= millis(single.next_update_utc):
        raise RevocationUnknown("OCSP answer out of date")


def _check_signature(answer: ocsp.OCSPResponse, authority: x509.Certificate, now_ms: int) -> None:
    """Accept the authority's own signature, or one by a certificate in the answer that the authority made for OCSP."""
    if not isinstance(answer.signature_hash_algorithm, _Strong):
        raise RevocationUnknown("OCSP answer signed with another hash")
    for signer in (authority, *answer.certificates):
        if signer is not authority and not _may_sign(signer, authority, now_ms):
            continue
        if _is_signed_by(answer, signer, answer.signature_hash_algorithm):
            return
    raise RevocationUnknown("OCSP answer not signed by the authority or its responder")


def _may_sign(signer: x509.Certificate, authority: x509.Certificate, now_ms: int) -> bool:
    """RFC 6960 section 4.2.2.2: issued by the authority itself, for OCSPSigning, in date; no-check: nobody asks about it."""
    extensions = signer.extensions
    by_oid = {each.oid: each.value for each in extensions}
    purposes = by_oid.get(ExtensionOID.EXTENDED_KEY_USAGE)
    usage = by_oid.get(ExtensionOID.KEY_USAGE)
    constraints = by_oid.get(ExtensionOID.BASIC_CONSTRAINTS)
    return (
        is_issued_by(signer, authority)
        and signer.not_valid_before_utc <= moment(now_ms) <= signer.not_valid_after_utc
        and isinstance(purposes, x509.ExtendedKeyUsage)
        and ExtendedKeyUsageOID.OCSP_SIGNING in purposes
        and (not isinstance(usage, x509.KeyUsage) or usage.digital_signature)
        and not (isinstance(constraints, x509.BasicConstraints) and constraints.ca)
        and ExtensionOID.OCSP_NO_CHECK in by_oid
        and all(not each.critical or each.oid in _RESPONDER_READ_CRITICAL for each in extensions)
    )


def _is_signed_by(answer: ocsp.OCSPResponse, signer: x509.Certificate, algorithm: _Strong) -> bool:
    key = signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
