"""Authorities and messages that no honest party makes, crafted where the library refuses to; each has its own refusal."""

from __future__ import annotations

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as x509_ocsp
from cryptography.x509.oid import NameOID

from akashi.pki import ocsp
from akashi.pki.authority import USAGE_CA, load_authority
from akashi.pki.crl import DER_BYTES_MAX, build_crl, parse_crl
from akashi.pki.errors import CardUntrusted, MaterialBad, RevocationUnknown
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY, AcceptedPolicy, verify_card_certificate
from akashi.pki.moments import moment
from akashi.pki.pem import key_text, pem_text
from akashi.pki.testca import Generation
from unit.pki.made_pki import DAY_MS, NOW, Odd, card, card_key, fresh_ca, jpki_ca, kiosk_authority, p384_key, usage


def authority(
    *,
    ca: bool = True,
    key_usage: x509.KeyUsage | None = USAGE_CA,
    identified: bool = True,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return a self-signed certificate of the shared key, almost an authority."""
    key = key or card_key(7)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "almost an authority")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment(NOW - 900 * DAY_MS))
        .not_valid_after(moment(NOW + 900 * DAY_MS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if key_usage is not None:
        builder = builder.add_extension(key_usage, critical=True)
    if identified:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def verify_under(authority_der: bytes) -> None:
    newest = jpki_ca().generations[-1]
    issuer = Generation(card_key(7), authority_der, newest.responder_key, newest.responder_der)
    key_id = x509.SubjectKeyIdentifier.from_public_key(card_key(7).public_key()).digest
    row = AcceptedPolicy(USER_AUTHENTICATION_POLICY, key_id, 0, NOW * 2)
    verify_card_certificate(Odd().build(issuer), authorities=[authority_der], now_ms=NOW, policies=[row])


def test_the_authority_without_oddities_vouches() -> None:
    verify_under(authority())


@pytest.mark.promise("C24")
@pytest.mark.parametrize(
    "authority_der",
    [authority(ca=False), authority(key_usage=usage()), authority(key_usage=None)],
    ids=["no CA", "usage of a card", "no usage"],
)
def test_a_certificate_that_is_no_ca_vouches_for_nobody_even_in_the_table(authority_der: bytes) -> None:
    with pytest.raises(CardUntrusted, match="chain"):
        verify_under(authority_der)


def test_an_authority_that_cannot_be_told_from_others_is_our_fault() -> None:
    with pytest.raises(MaterialBad, match="subject key identifier"):
        verify_card_certificate(
            card().certificate_der, authorities=[authority(identified=False)], now_ms=NOW, policies=jpki_ca().accepted()
        )


@pytest.mark.parametrize("key_usage", [None, usage(key_cert_sign=True)], ids=["no usage", "certificates only"])
def test_an_authority_that_may_not_sign_lists_signs_none(key_usage: x509.KeyUsage | None) -> None:
    der = authority(key_usage=key_usage)
    made = build_crl(authority_der=der, key=card_key(7), number=1, dates_ms=(NOW, NOW + DAY_MS), revoked=())
    with pytest.raises(RevocationUnknown, match="not signed"):
        parse_crl(made, authorities=[der])
    good = authority()
    made = build_crl(authority_der=good, key=card_key(7), number=1, dates_ms=(NOW, NOW + DAY_MS), revoked=())
    assert parse_crl(made, authorities=[good]).next_update_ms == NOW + DAY_MS


def test_authorities_with_elliptic_curves_serve_too() -> None:
    der = authority(key=p384_key())
    made = build_crl(authority_der=der, key=p384_key(), number=1, dates_ms=(NOW, NOW + DAY_MS), revoked=())
    assert parse_crl(made, authorities=[der]).serials == frozenset()
    asked = ocsp.make_question(authority_der=der, serial=5, nonce=bytes(range(32)))
    itself = ocsp.Responder(der, der, p384_key())
    answer = ocsp.build_answer(asked, responder=itself, revocation=None, dates_ms=(NOW, NOW + DAY_MS))
    assert ocsp.verify_answer(answer, question=asked, authority_der=der, now_ms=NOW) is ocsp.Status.GOOD


def test_a_list_without_an_end_never_counts() -> None:
    """The library does not build one; this is taken apart, shortened and signed again by the authority."""
    newest = jpki_ca().generations[-1]
    parsed = asn1_crl.CertificateList.load(fresh_ca().crls(now_ms=NOW)[-1])
    del parsed["tbs_cert_list"]["next_update"]
    parsed["signature"] = newest.key.sign(parsed["tbs_cert_list"].dump(force=True), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(RevocationUnknown, match="next update"):
        parse_crl(parsed.dump(force=True), authorities=jpki_ca().authorities)


def test_a_list_beyond_measure_is_not_even_parsed() -> None:
    with pytest.raises(RevocationUnknown, match="larger"):
        parse_crl(bytes(DER_BYTES_MAX + 1), authorities=jpki_ca().authorities)


def question() -> ocsp.Question:
    return ocsp.make_question(authority_der=card().authority_der, serial=card().serial, nonce=bytes(range(32)))


def test_an_answer_signed_over_a_short_hash_is_refused() -> None:
    newest = jpki_ca().generations[-1]
    asked = question()
    certificate = x509.load_der_x509_certificate(newest.responder_der)
    builder = (
        x509_ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial,
            asked.algorithm,
            x509_ocsp.OCSPCertStatus.GOOD,
            moment(NOW),
            moment(NOW + DAY_MS),
            None,
            None,
        )
        .responder_id(x509_ocsp.OCSPResponderEncoding.HASH, certificate)
        .certificates([certificate])
        .add_extension(x509.OCSPNonce(asked.nonce), critical=False)
    )
    for algorithm, counts in ((hashes.SHA224(), False), (hashes.SHA384(), True)):
        der = builder.sign(newest.responder_key, algorithm).public_bytes(Encoding.DER)
        if counts:
            status = ocsp.verify_answer(der, question=asked, authority_der=card().authority_der, now_ms=NOW)
            assert status is ocsp.Status.GOOD
        else:
            with pytest.raises(RevocationUnknown, match="another hash"):
                ocsp.verify_answer(der, question=asked, authority_der=card().authority_der, now_ms=NOW)


def test_two_answers_in_one_message_are_none() -> None:
    newest = jpki_ca().generations[-1]
    signer = ocsp.Responder(newest.certificate_der, newest.responder_der, newest.responder_key)
    der = ocsp.build_answer(question(), responder=signer, revocation=None, dates_ms=(NOW, NOW + DAY_MS))
    parsed = asn1_ocsp.OCSPResponse.load(der)
    basic = parsed["response_bytes"]["response"].parsed
    basic["tbs_response_data"]["responses"].append(basic["tbs_response_data"]["responses"][0].copy())
    parsed["response_bytes"]["response"] = asn1_ocsp.ParsableOctetString(basic.dump(force=True))
    with pytest.raises(RevocationUnknown, match="not one"):
        ocsp.verify_answer(parsed.dump(force=True), question=question(), authority_der=card().authority_der, now_ms=NOW)


def test_an_operators_authority_is_an_elliptic_curve_p256_key() -> None:
    pem = pem_text("CERTIFICATE", kiosk_authority().certificate_der)
    for key in (p384_key(), card_key()):
        with pytest.raises(MaterialBad, match="P-256"):
            load_authority(key_text(key), pem)
