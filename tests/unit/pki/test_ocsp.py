"""OCSP: an answer is believed only if everything about it fits; every misfit is REVOCATION_UNKNOWN."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as x509_ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from akashi.pki import ocsp
from akashi.pki.authority import key_identifier
from akashi.pki.crl import Revocation
from akashi.pki.errors import QuestionBad, RevocationUnknown
from akashi.pki.moments import moment
from akashi.pki.pem import pem_text
from akashi.wire.errors import WireCode
from unit.pki.made_pki import DAY_MS, NOW, card, jpki_ca, other_ca, usage

NONCE = bytes(range(32))
MINUTE_MS = 60_000


def question(nonce: bytes = NONCE) -> ocsp.Question:
    return ocsp.make_question(authority_der=card().authority_der, serial=card().serial, nonce=nonce)


def responder(generation: int = -1) -> ocsp.Responder:
    each = jpki_ca().generations[generation]
    return ocsp.Responder(each.certificate_der, each.responder_der, each.responder_key)


def answer(
    asked: ocsp.Question | None = None,
    *,
    by: ocsp.Responder | None = None,
    revocation: Revocation | None = None,
    dates_ms: tuple[int, int] = (NOW, NOW + 5 * MINUTE_MS),
) -> bytes:
    return ocsp.build_answer(asked or question(), responder=by or responder(), revocation=revocation, dates_ms=dates_ms)


def verify(der: bytes, *, asked: ocsp.Question | None = None, now_ms: int = NOW) -> ocsp.Status:
    return ocsp.verify_answer(der, question=asked or question(), authority_der=card().authority_der, now_ms=now_ms)


@dataclass(frozen=True)
class OddResponder:
    """A responder certificate like the real one, but for what is changed here."""

    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.OCSP_SIGNING,)
    no_check: bool = True
    ca: bool = False
    signs: bool = True
    days: tuple[int, int] = (-1, 1)
    unknown_critical: bool = False
    other_issuer: bool = False

    def build(self) -> ocsp.Responder:
        issuer = (other_ca() if self.other_issuer else jpki_ca()).generations[-1]
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(issuer.certificate.subject)
            .public_key(key.public_key())
            .serial_number(5)
            .not_valid_before(moment(NOW + self.days[0] * DAY_MS))
            .not_valid_after(moment(NOW + self.days[1] * DAY_MS))
            .add_extension(usage(digital_signature=self.signs, key_agreement=not self.signs), critical=True)
            .add_extension(x509.BasicConstraints(ca=self.ca, path_length=None), critical=True)
        )
        if self.purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.purposes), critical=False)
        if self.no_check:
            builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        if self.unknown_critical:
            unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
            builder = builder.add_extension(unknown, critical=True)
        certificate = builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)
        return ocsp.Responder(jpki_ca().generations[-1].certificate_der, certificate, key)


@pytest.mark.promise("C24")
def test_good_and_revoked_are_told_apart() -> None:
    assert verify(answer()) is ocsp.Status.GOOD
    for reason in (x509.ReasonFlags.key_compromise, x509.ReasonFlags.certificate_hold, x509.ReasonFlags.unspecified):
        assert verify(answer(revocation=Revocation(card().serial, NOW, reason))) is ocsp.Status.REVOKED


def test_the_authority_may_answer_itself() -> None:
    newest = jpki_ca().generations[-1]
    itself = ocsp.Responder(newest.certificate_der, newest.certificate_der, newest.key)
    assert verify(answer(by=itself)) is ocsp.Status.GOOD


def test_the_odd_responder_without_oddities_is_taken() -> None:
    assert verify(answer(by=OddResponder().build())) is ocsp.Status.GOOD


@pytest.mark.parametrize(
    "odd",
    [
        OddResponder(purposes=()),
        OddResponder(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
        OddResponder(no_check=False),
        OddResponder(ca=True),
        OddResponder(signs=False),
        OddResponder(days=(-5, -1)),
        OddResponder(days=(1, 5)),
        OddResponder(unknown_critical=True),
        OddResponder(other_issuer=True),
    ],
    ids=repr,
)
def test_a_responder_that_the_authority_did_not_make_one_is_not_believed(odd: OddResponder) -> None:
    with pytest.raises(RevocationUnknown, match="not signed"):
        verify(answer(by=odd.build()))


def test_another_generations_responder_is_not_believed() -> None:
    with pytest.raises(RevocationUnknown, match="not signed"):
        verify(answer(by=responder(0)))


@pytest.mark.parametrize(
    "change",
    [
        lambda asked: replace(asked, serial=asked.serial + 1),
        lambda asked: replace(asked, issuer_key_hash=bytes(32)),
        lambda asked: replace(asked, issuer_name_hash=bytes(32)),
        lambda asked: ocsp.Question(
            *ocsp.issuer_hashes(jpki_ca().generations[-1].certificate, "sha1"), asked.serial, asked.nonce, "sha1"
        ),
    ],
    ids=["serial", "issuer key", "issuer name", "hash"],
)
def test_an_answer_about_another_certificate_is_not_ours(change: Callable[[ocsp.Question], ocsp.Question]) -> None:
    with pytest.raises(RevocationUnknown, match="another certificate"):
        verify(answer(change(question())))


@pytest.mark.promise("C24")
def test_a_replayed_answer_has_the_wrong_nonce() -> None:
    for old in (bytes(32), NONCE[:16], b""):
        with pytest.raises(RevocationUnknown, match="nonce"):
            verify(answer(question(old)))
    with pytest.raises(RevocationUnknown, match="nonce"):
        verify(answer(question(b"")), asked=question(b""))


@pytest.mark.parametrize(
    ("dates_ms", "counts"),
    [
        ((NOW - DAY_MS, NOW), True),
        ((NOW - DAY_MS, NOW - 1_000), False),
        ((NOW + MINUTE_MS, NOW + DAY_MS), True),
        ((NOW + MINUTE_MS + 1_000, NOW + DAY_MS), False),
    ],
)
def test_an_answer_counts_between_its_dates_only(dates_ms: tuple[int, int], counts: bool) -> None:  # noqa: FBT001 - a column
    if counts:
        assert verify(answer(dates_ms=dates_ms)) is ocsp.Status.GOOD
    else:
        with pytest.raises(RevocationUnknown, match="out of date"):
            verify(answer(dates_ms=dates_ms))


def crafted(
    *,
    status: x509_ocsp.OCSPCertStatus = x509_ocsp.OCSPCertStatus.GOOD,
    has_end: bool = True,
    critical_extension: bool = False,
) -> bytes:
    asked, signer = question(), responder()
    certificate = x509.load_der_x509_certificate(signer.certificate_der)
    builder = (
        x509_ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial,
            asked.algorithm,
            status,
            moment(NOW),
            moment(NOW + MINUTE_MS) if has_end else None,
            None,
            None,
        )
        .responder_id(x509_ocsp.OCSPResponderEncoding.NAME, certificate)
        .certificates([certificate])
        .add_extension(x509.OCSPNonce(asked.nonce), critical=False)
    )
    if critical_extension:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_crafted_answers_are_taken_for_what_they_are() -> None:
    assert verify(crafted()) is ocsp.Status.GOOD
    assert verify(crafted(status=x509_ocsp.OCSPCertStatus.UNKNOWN)) is ocsp.Status.UNKNOWN
    with pytest.raises(RevocationUnknown, match="next update"):
        verify(crafted(has_end=False))
    with pytest.raises(RevocationUnknown, match="critical"):
        verify(crafted(critical_extension=True))


@pytest.mark.parametrize(
    "der",
    [b"", b"\x30\x03\x0a\x01\x00", bytes(20_000), *(ocsp.build_failure(each) for each in ocsp.Failure)],
    ids=["nothing", "success without answer", "too long", *(each.name for each in ocsp.Failure)],
)
def test_no_answer_is_no_good(der: bytes) -> None:
    with pytest.raises(RevocationUnknown) as refusal:
        verify(der)
    assert refusal.value.code is WireCode.REVOCATION_UNKNOWN


def test_a_flipped_bit_in_the_signature_is_refused() -> None:
    der = answer()
    signature = x509_ocsp.load_der_ocsp_response(der).signature
    at = der.index(signature) + len(signature) // 2
    with pytest.raises(RevocationUnknown):
        verify(der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :])


def test_a_question_comes_back_as_it_was() -> None:
    for asked in (question(), question(b""), replace(question(), digest="sha256")):
        again = ocsp.parse_question(ocsp.encode_question(asked))
        assert (again.serial, again.nonce, again.digest) == (asked.serial, asked.nonce, asked.digest)
        assert again.is_about(jpki_ca().generations[-1].certificate)
        assert not again.is_about(jpki_ca().generations[0].certificate)


def test_bad_questions_are_refused() -> None:
    asked = ocsp.encode_question(question())
    builder = x509_ocsp.OCSPRequestBuilder().add_certificate_by_hash(bytes(64), bytes(64), 5, hashes.SHA512())
    other_hash = builder.build().public_bytes(Encoding.DER)
    long_nonce = ocsp.encode_question(question(bytes(64)))
    for bad in (b"", asked[:-1], asked + b"\x00", bytes(5000), other_hash, long_nonce):
        with pytest.raises(QuestionBad) as refusal:
            ocsp.parse_question(bad)
        assert refusal.value.code is WireCode.MALFORMED


def test_questions_of_other_clients_are_understood() -> None:
    """Most clients name the issuer by SHA-1 and send no nonce."""
    newest = jpki_ca().generations[-1].certificate
    builder = x509_ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(card().certificate_der),
        newest,
        hashes.SHA1(),  # noqa: S303 - names an issuer, RFC 6960
    )
    asked = ocsp.parse_question(builder.build().public_bytes(Encoding.DER))
    assert asked.is_about(newest)
    assert (asked.serial, asked.nonce) == (card().serial, b"")
    answered = x509_ocsp.load_der_ocsp_response(answer(asked))
    assert answered.certificate_status is x509_ocsp.OCSPCertStatus.GOOD
    assert answered.issuer_key_hash == key_identifier(newest)


def test_an_authority_with_another_kind_of_key_cannot_be_asked_about() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment(NOW))
        .not_valid_after(moment(NOW + DAY_MS))
        .sign(key, None)
    )
    with pytest.raises(Exception, match="RSA or elliptic-curve"):
        ocsp.issuer_hashes(certificate, "sha256")


def test_openssl_agrees(tmp_path: Path) -> None:
    """An independent implementation asks and checks."""
    newest = jpki_ca().generations[-1]
    (tmp_path / "ca.pem").write_bytes(pem_text("CERTIFICATE", newest.certificate_der))
    (tmp_path / "card.pem").write_bytes(pem_text("CERTIFICATE", card().certificate_der))
    run(tmp_path, "-issuer", "ca.pem", "-cert", "card.pem", "-reqout", "question.der")
    asked = ocsp.parse_question((tmp_path / "question.der").read_bytes())
    revocation = Revocation(card().serial, NOW, x509.ReasonFlags.key_compromise)
    any_time = (1_500_000_000_000, 4_000_000_000_000)  # openssl compares it with the wall clock
    (tmp_path / "answer.der").write_bytes(answer(asked, revocation=revocation, dates_ms=any_time))
    common = ("-respin", "answer.der", "-issuer", "ca.pem", "-CAfile", "ca.pem", "-attime", str(NOW // 1000))
    assert "Response verify OK" in run(tmp_path, *common, "-reqin", "question.der")
    # With -cert it makes a question of its own, whose nonce cannot be ours.
    checked = run(tmp_path, *common, "-cert", "card.pem", "-no_nonce")
    assert "card.pem: revoked" in checked
    assert "keyCompromise" in checked


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", "ocsp", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
