"""check_card: a token for a valid card that has just signed, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as x509_ocsp

from akashi.base.ports import CallFailed
from akashi.pki import ocsp
from akashi.pki.errors import CardRevoked, RevocationUnknown
from akashi.pki.moments import moment
from akashi.pki.revoked import REASONS
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import BeaconPayload, RevocationSource, ValidityRequest
from akashi.wire.transcript import header_hash, transcript_hash
from unit.admission.made_session import P384_SUITE, TOKEN_MS, beacon, card_signs, center
from unit.pki.made_pki import DAY_MS, NOW, SIGNATURE_POLICY, Odd, card, card_key, other_ca
from unit.zones.center_validity.made_validity import HEADER, ROOT, Stage, down, silent, slow


@pytest.mark.promise("C24")
@pytest.mark.parametrize(
    ("policy", "source"),
    [("ocsp", RevocationSource.OCSP), ("crl", RevocationSource.CRL), ("ocsp-then-crl", RevocationSource.OCSP)],
)
def test_a_valid_card_gets_a_token_for_its_transcript(policy: str, source: RevocationSource) -> None:
    stage = Stage(policy)
    stage.publish_lists()
    request = stage.request()
    said = stage.ask(request)
    assert said.source is source
    assert said.not_after_ms == NOW + TOKEN_MS
    assert said.transcript == transcript_hash(beacon=request.beacon, card_certificate=request.card_certificate, root=ROOT)


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_cards_of_every_generation_are_checked_at_their_own_authority(generation: int) -> None:
    stage = Stage("ocsp")
    assert stage.ask(stage.request(certificate=card(generation).certificate_der)).source is RevocationSource.OCSP


@pytest.mark.promise("C24")
@pytest.mark.parametrize("policy", ["ocsp", "crl", "ocsp-then-crl"])
@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_revoked_card_gets_none_a_card_on_hold_neither(policy: str, reason: str) -> None:
    stage = Stage(policy)
    stage.ca.revoke(card().certificate_der, reason=REASONS[reason], now_ms=NOW)
    stage.publish_lists()
    with pytest.raises(CardRevoked) as refusal:
        stage.ask()
    assert refusal.value.code is WireCode.CARD_REVOKED


@pytest.mark.promise("C24")
def test_a_hold_that_was_lifted_and_a_card_that_was_revoked_since_are_seen_at_once() -> None:
    stage = Stage("ocsp")
    stage.ca.revoke(card().certificate_der, reason=x509.ReasonFlags.certificate_hold, now_ms=NOW)
    with pytest.raises(CardRevoked):
        stage.ask()
    stage.ca.lift_hold(card().certificate_der)
    stage.ask()
    stage.ca.revoke(card().certificate_der, reason=x509.ReasonFlags.key_compromise, now_ms=NOW)
    with pytest.raises(CardRevoked):
        stage.ask()


class Unanswered:
    """Every way in which the responder can fail to say anything that counts."""

    def __init__(self) -> None:
        self.before = b""

    def replayed(self, answer: bytes) -> bytes:
        self.before, earlier = answer, self.before
        return earlier or answer


@pytest.mark.parametrize("twist", [down, slow, silent, lambda answer: answer[:-1], lambda _answer: b"\x30\x03\x0a\x01\x06"])
def test_without_an_answer_there_is_no_token(twist: Callable[[bytes], bytes]) -> None:
    stage = Stage("ocsp")
    stage.link.twist = twist
    with pytest.raises(RevocationUnknown) as refusal:
        stage.ask()
    assert refusal.value.code is WireCode.REVOCATION_UNKNOWN


@pytest.mark.promise("C24")
@pytest.mark.parametrize("twist", [down, slow, silent])
def test_where_the_responder_is_down_a_list_in_date_serves(twist: Callable[[bytes], bytes]) -> None:
    stage = Stage("ocsp-then-crl")
    stage.publish_lists()
    stage.link.twist = twist
    assert stage.ask().source is RevocationSource.CRL
    stage.clock.now = NOW + DAY_MS + 1
    with pytest.raises(RevocationUnknown, match="no revocation list in date"):
        stage.ask()
    assert '"event": "revocation_second_source"' in stage.log_text.getvalue()


def test_a_revoked_by_the_responder_is_final_whatever_older_lists_say() -> None:
    stage = Stage("ocsp-then-crl")
    stage.publish_lists()
    stage.ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    with pytest.raises(CardRevoked):
        stage.ask()


def test_a_revoked_in_the_list_counts_where_the_responder_is_down() -> None:
    stage = Stage("ocsp-then-crl")
    stage.ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    stage.publish_lists()
    stage.link.twist = down
    with pytest.raises(CardRevoked):
        stage.ask()


@pytest.mark.promise("C24")
def test_an_answer_given_before_the_revocation_cannot_be_replayed_after_it() -> None:
    stage, old = Stage("ocsp"), Unanswered()
    stage.link.twist = old.replayed
    stage.ask()
    stage.ca.revoke(card().certificate_der, reason=x509.ReasonFlags.key_compromise, now_ms=NOW)
    with pytest.raises(RevocationUnknown, match="nonce"):
        stage.ask()


def test_the_responder_is_asked_with_a_fresh_nonce_and_a_deadline() -> None:
    stage = Stage("ocsp")
    stage.ask()
    stage.ask()
    questions = [body for body, _deadline in stage.link.asked]
    assert questions[0] != questions[1]
    assert {deadline for _body, deadline in stage.link.asked} == {2_000}


def test_a_responder_that_does_not_know_the_card_says_nothing() -> None:
    stage = Stage("ocsp")

    def unknown(_answer: bytes) -> bytes:
        asked = ocsp.parse_question(stage.link.asked[-1][0])
        newest = stage.ca.generations[-1]
        certificate = x509.load_der_x509_certificate(newest.responder_der)
        builder = x509_ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial,
            asked.algorithm,
            x509_ocsp.OCSPCertStatus.UNKNOWN,
            moment(NOW),
            moment(NOW + DAY_MS),
            None,
            None,
        )
        builder = builder.responder_id(x509_ocsp.OCSPResponderEncoding.HASH, certificate).certificates([certificate])
        builder = builder.add_extension(x509.OCSPNonce(asked.nonce), critical=False)
        return builder.sign(newest.responder_key, hashes.SHA256()).public_bytes(Encoding.DER)

    stage.link.twist = unknown
    with pytest.raises(RevocationUnknown, match="does not know"):
        stage.ask()


def test_a_stale_list_is_no_answer() -> None:
    stage = Stage("crl")
    stage.publish_lists(now_ms=NOW - 2 * DAY_MS)
    with pytest.raises(RevocationUnknown):
        stage.ask()
    stage.lists = ()
    with pytest.raises(RevocationUnknown):
        stage.ask()


def changed(**changes: object) -> Callable[[ValidityRequest], ValidityRequest]:
    return lambda request: msgspec.structs.replace(request, **changes)


def signed_for(der: bytes) -> Callable[[ValidityRequest], ValidityRequest]:
    """The card signs for this certificate, so that nothing but the certificate is wrong."""

    def change(request: ValidityRequest) -> ValidityRequest:
        transcript = transcript_hash(beacon=request.beacon, card_certificate=der, root=request.root)
        signature = card_signs(card_key(), transcript)
        return msgspec.structs.replace(request, card_certificate=der, card_signature=signature)

    return change


def foreign_card() -> bytes:
    return other_ca().issue(now_ms=NOW, public_key=card_key().public_key()).certificate_der


LIES: dict[str, tuple[Callable[[ValidityRequest], ValidityRequest], WireCode]] = {
    "suite not accepted": (changed(suite="jpki-rsa2048-pss"), WireCode.CARD_UNTRUSTED),
    "suite of another key": (changed(suite=P384_SUITE), WireCode.CARD_UNTRUSTED),
    "another root": (changed(root=bytes(32)), WireCode.CARD_SIGNATURE),
    "no signature": (changed(card_signature=bytes(256)), WireCode.CARD_SIGNATURE),
    "another beacon of ours": (changed(beacon=beacon(NOW - 1)), WireCode.CARD_SIGNATURE),
    "another's beacon": (changed(beacon=beacon(NOW, SigningKey.generate())), WireCode.SIGNATURE_BAD),
    "no beacon": (changed(beacon=b""), WireCode.MALFORMED),
    "another card": (changed(card_certificate=card(0).certificate_der), WireCode.CARD_SIGNATURE),
    "expired": (signed_for(Odd(days=(-10, -1)).build()), WireCode.CARD_EXPIRED),
    "not yet": (signed_for(Odd(days=(1, 10)).build()), WireCode.CARD_UNTRUSTED),
    "another CA of that name": (signed_for(foreign_card()), WireCode.CARD_UNTRUSTED),
    "signature certificate": (signed_for(Odd(policy=SIGNATURE_POLICY).build()), WireCode.CARD_UNTRUSTED),
}


@pytest.mark.promise("C24")
@pytest.mark.parametrize(("lie", "code"), LIES.values(), ids=LIES.keys())
def test_each_lie_alone_gets_its_own_code_and_nobody_is_asked_about_it(
    lie: Callable[[ValidityRequest], ValidityRequest], code: WireCode
) -> None:
    stage = Stage("ocsp")
    with pytest.raises(Refused) as refusal:
        stage.ask(lie(stage.request()))
    assert refusal.value.code is code
    assert stage.link.asked == []


@pytest.mark.parametrize(
    ("age_ms", "code"),
    [
        (0, None),
        (180_000, None),
        (180_001, WireCode.BEACON_STALE),
        (-2_000, None),
        (-2_001, WireCode.BEACON_STALE),
    ],
)
def test_a_beacon_counts_for_three_minutes(age_ms: int, code: WireCode | None) -> None:
    stage = Stage("ocsp")
    request = stage.request(time_ms=NOW - age_ms)
    if code is None:
        stage.ask(request)
    else:
        with pytest.raises(Refused) as refusal:
            stage.ask(request)
        assert refusal.value.code is code


def test_a_signature_of_ours_that_is_no_beacon_is_none() -> None:
    stage = Stage("ocsp")
    other_purpose = sign_message(center().beacon, Purpose.ANSWER, BeaconPayload(NOW, bytes(16)))
    with pytest.raises(Refused) as refusal:
        stage.ask(changed(beacon=other_purpose)(stage.request()))
    assert refusal.value.code is WireCode.SIGNATURE_BAD


@pytest.mark.promise("C7")
def test_part_v_of_another_header_does_not_open() -> None:
    stage = Stage("ocsp")
    call = stage.call(codec.encode(stage.request()))
    moved = msgspec.structs.replace(call, header_hash=header_hash(HEADER + b"!"))
    for wrong in (moved, msgspec.structs.replace(call, sealed=call.sealed[:-1]), msgspec.structs.replace(call, sealed=b"")):
        with pytest.raises(Refused) as refusal:
            stage.send(wrong)
        assert refusal.value.code is WireCode.SEAL_BROKEN


def test_what_opens_and_is_no_request_is_malformed() -> None:
    stage = Stage("ocsp")
    for plaintext in (b"", b"\x95", codec.encode(stage.request()) + b"\x00"):
        with pytest.raises(Refused) as refusal:
            stage.send(stage.call(plaintext))
        assert refusal.value.code is WireCode.MALFORMED


def test_the_seal_key_of_before_still_opens_and_a_third_one_does_not() -> None:
    stage = Stage("ocsp", seal=(SealPrivateKey.generate(), SealPrivateKey.generate()))
    stage.send(stage.call(codec.encode(stage.request()), key=1))
    older = Stage("ocsp")
    with pytest.raises(Refused) as refusal:
        stage.send(older.call(codec.encode(stage.request())))
    assert refusal.value.code is WireCode.SEAL_BROKEN


@pytest.mark.promise("C6")
def test_nothing_of_a_card_is_logged_or_said_in_a_refusal() -> None:
    texts = []
    for twist in (down, slow, silent):
        stage = Stage("ocsp-then-crl")
        stage.link.twist = twist
        with pytest.raises(Refused) as refusal:
            stage.ask()
        texts += [str(refusal.value), refusal.value.detail, stage.log_text.getvalue()]
    for lie, _code in LIES.values():
        stage = Stage("ocsp")
        with pytest.raises(Refused) as refusal:
            stage.ask(lie(stage.request()))
        texts += [str(refusal.value), stage.log_text.getvalue()]
    assert any(texts)
    for text in texts:
        for trace in (str(card().serial), f"{card().serial:x}", f"{card().serial:X}", card().certificate_der.hex()[:40]):
            assert trace not in text


def test_a_bug_in_the_link_is_not_taken_for_an_answer() -> None:
    stage = Stage("ocsp-then-crl")
    stage.publish_lists()

    def broken(_answer: bytes) -> bytes:
        raise CallFailed("a text that is no code")

    stage.link.twist = broken
    assert stage.ask().source is RevocationSource.CRL
    assert "no code" not in stage.log_text.getvalue()
