"""
Admission's truth table: each lie alone is refused with its own code.

A lie is either told *after* signing (nobody signs it) or signed by everybody it could be signed by, so that exactly one check
stands against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from akashi.admission import Trust, verify_kiosk
from akashi.pki.errors import KioskUntrusted
from akashi.pki.kiosk import issue_kiosk_certificate, make_kiosk_authority
from akashi.sealing.directory import Directory
from akashi.sealing.errors import DirectoryStale
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, sign_raw
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import JourneyClass, KeyUse, RevocationSource, ValidityTokenPayload
from akashi.wire.transcript import card_link, subject_token
from unit.admission.made_session import (
    CITY,
    P384_SUITE,
    RSA_SUITE,
    TOKEN_MS,
    Center,
    Session,
    cards,
    center,
    device_key,
    entry,
    kiosk_certificate,
    p384_session,
    session,
    token,
)
from unit.pki.made_pki import DAY_MS, NOW, SIGNATURE_POLICY, Odd, card, card_key, other_ca, p384_key

Change = Callable[[Session], Session]


def trusting(directory: Directory) -> Change:
    return lambda made: replace(made, trust=Trust(lambda _now_ms: directory, cards()))


@pytest.mark.promise("C4", "C24")
def test_an_honest_session_is_admitted_with_exactly_what_was_proven() -> None:
    made = session()
    admitted = made.admit()
    assert admitted.transcript == made.transcript()
    assert admitted.kiosk_id == "K0001"
    assert admitted.card.serial == card().serial
    assert admitted.sign_public == made.request.sign_public
    assert admitted.kem_public == made.request.kem_public
    assert subject_token(admitted.session_secret, card_link(admitted.card.issuer_dn_der, admitted.card.serial))


@pytest.mark.promise("C24")
def test_the_next_kind_of_card_is_admitted() -> None:
    assert p384_session().admit().card.policy_oid


UNSIGNED_LIES: dict[str, tuple[Change, WireCode]] = {
    "salt": (lambda made: made.with_request(salt=bytes(32)), WireCode.SIGNATURE_BAD),
    "suite": (lambda made: made.with_request(suite=P384_SUITE), WireCode.SIGNATURE_BAD),
    "answer key": (lambda made: made.with_request(kem_public=bytes(1216)), WireCode.SIGNATURE_BAD),
    "session key": (
        lambda made: made.with_request(sign_public=SigningKey.generate().public_bytes),
        WireCode.SIGNATURE_BAD,
    ),
    "session secret": (lambda made: made.with_request(session_secret=bytes(32)), WireCode.SIGNATURE_BAD),
    "build": (lambda made: made.with_request(build="kiosk-2"), WireCode.SIGNATURE_BAD),
    "service": (lambda made: made.with_request(service="other"), WireCode.SIGNATURE_BAD),
    "directory sequence": (lambda made: made.with_request(directory_sequence=2), WireCode.SIGNATURE_BAD),
    "beacon": (lambda made: made.with_request(beacon=b"another"), WireCode.SIGNATURE_BAD),
    "card certificate": (
        lambda made: made.with_request(card_certificate=card(0).certificate_der),
        WireCode.SIGNATURE_BAD,
    ),
    "municipality": (lambda made: made.with_header(municipality="131164"), WireCode.SIGNATURE_BAD),
    "issuer key": (lambda made: made.with_header(key_id=bytes(8)), WireCode.SIGNATURE_BAD),
    "kiosk signature": (lambda made: made.with_request(kiosk_signature=bytes(64)), WireCode.SIGNATURE_BAD),
    "card signature": (lambda made: made.with_request(card_signature=bytes(256)), WireCode.CARD_SIGNATURE),
    "sender": (lambda made: made.with_header(sender="store/kiosk/K0002"), WireCode.MALFORMED),
    "sender's prefix": (lambda made: made.with_header(sender="K0001"), WireCode.MALFORMED),
    "version": (lambda made: made.with_header(version=2), WireCode.MALFORMED),
    "journey": (lambda made: made.with_header(journey=JourneyClass.ISSUE), WireCode.MALFORMED),
    "receiver": (lambda made: made.with_header(receiver="core/residents"), WireCode.MALFORMED),
    "header's bytes": (
        lambda made: replace(made, header_bytes=codec.encode(session().with_header(municipality="131164").header)),
        WireCode.MALFORMED,
    ),
    "no header": (lambda made: replace(made, header_bytes=b""), WireCode.MALFORMED),
    "no token": (lambda made: replace(made, validity_token=b""), WireCode.TOKEN_BAD),
}


@pytest.mark.promise("C4", "C24")
@pytest.mark.parametrize(("change", "code"), UNSIGNED_LIES.values(), ids=UNSIGNED_LIES.keys())
def test_what_nobody_signed_is_refused(change: Change, code: WireCode) -> None:
    with pytest.raises(Refused) as refusal:
        change(session()).admit()
    assert refusal.value.code is code


def other_card(odd: Odd) -> Change:
    """Everybody signs for this card certificate: the card itself, the kiosk, center/validity."""
    return lambda made: made.with_request(card_certificate=odd.build()).signed()


def foreign_card(made: Session) -> Session:
    der = other_ca().issue(now_ms=NOW, public_key=card_key().public_key()).certificate_der
    return made.with_request(card_certificate=der).signed()


def foreign_kiosk(made: Session) -> Session:
    authority = make_kiosk_authority(now_ms=NOW)
    der = issue_kiosk_certificate(authority, kiosk_id="K0001", public=device_key().public_bytes, now_ms=NOW)
    return made.with_request(kiosk_certificate=der).signed()


SIGNED_LIES: dict[str, tuple[Change, WireCode]] = {
    "card of another authority": (foreign_card, WireCode.CARD_UNTRUSTED),
    "signature certificate": (other_card(Odd(policy=SIGNATURE_POLICY)), WireCode.CARD_UNTRUSTED),
    "expired card": (other_card(Odd(days=(-10, -1))), WireCode.CARD_EXPIRED),
    "kiosk of another authority": (foreign_kiosk, WireCode.KIOSK_UNTRUSTED),
    "no kiosk certificate": (
        lambda made: made.with_request(kiosk_certificate=card().certificate_der).signed(),
        WireCode.KIOSK_UNTRUSTED,
    ),
    "another card signed": (lambda made: made.signed(card_private=p384_key()), WireCode.CARD_SIGNATURE),
    "another device signed": (lambda made: made.signed(device=SigningKey.generate()), WireCode.SIGNATURE_BAD),
    "unknown suite": (lambda made: made.with_request(suite="none").signed(), WireCode.CARD_UNTRUSTED),
    "suite of another key": (lambda made: made.with_request(suite=P384_SUITE).signed(), WireCode.CARD_UNTRUSTED),
    "revoked kiosk": (trusting(center().directory(revoked=("K0001",))), WireCode.KIOSK_UNTRUSTED),
}


@pytest.mark.promise("C4", "C24")
@pytest.mark.parametrize(("change", "code"), SIGNED_LIES.values(), ids=SIGNED_LIES.keys())
def test_what_the_wrong_party_signed_is_refused(change: Change, code: WireCode) -> None:
    with pytest.raises(Refused) as refusal:
        change(session()).admit()
    assert refusal.value.code is code


def wrong_purpose(transcript: bytes) -> bytes:
    payload = ValidityTokenPayload(transcript, NOW + TOKEN_MS, RevocationSource.OCSP)
    return sign_message(center().token, Purpose.TICKET, payload)


TOKENS: dict[str, Callable[[bytes], bytes]] = {
    "another transcript": lambda _transcript: token(bytes(32)),
    "over": lambda transcript: token(transcript, not_after_ms=NOW - 1),
    "another key": lambda transcript: token(transcript, key=SigningKey.generate()),
    "the beacon's key": lambda transcript: token(transcript, key=center().beacon),
    "another purpose": wrong_purpose,
    "cut off": lambda transcript: token(transcript)[:-1],
    "not a token inside": lambda _transcript: sign_message(center().token, Purpose.VALIDITY_TOKEN, session().header),
}


@pytest.mark.parametrize("make", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_that_is_not_for_this_transcript_now_is_refused(make: Callable[[bytes], bytes]) -> None:
    made = session()
    with pytest.raises(Refused) as refusal:
        replace(made, validity_token=make(made.transcript())).admit()
    assert refusal.value.code is WireCode.TOKEN_BAD


def test_a_token_counts_until_its_last_millisecond() -> None:
    made = session()
    made.admit(now_ms=NOW + TOKEN_MS)
    with pytest.raises(Refused) as refusal:
        made.admit(now_ms=NOW + TOKEN_MS + 1)
    assert refusal.value.code is WireCode.TOKEN_BAD


@pytest.mark.promise("C4")
def test_a_card_signature_made_at_another_kiosk_is_not_admitted_here() -> None:
    """A card signs any digest: what it signed for one kiosk must not serve another, nor another municipality."""
    made = session()
    certificate = issue_kiosk_certificate(
        center().kiosk_authority, kiosk_id="K0002", public=device_key(2).public_bytes, now_ms=NOW
    )
    stolen = made.with_request(kiosk_certificate=certificate).with_header(sender="store/kiosk/K0002")
    transcript = stolen.transcript()
    resigned = stolen.with_request(kiosk_signature=sign_raw(device_key(2), Purpose.KIOSK, transcript))
    with pytest.raises(Refused) as refusal:
        replace(resigned, validity_token=token(transcript)).admit()
    assert refusal.value.code is WireCode.CARD_SIGNATURE


def test_without_a_directory_in_date_nobody_is_admitted() -> None:
    with pytest.raises(DirectoryStale):
        session().admit(now_ms=NOW + 2 * DAY_MS)
    lacking = center().directory(keys=(entry(KeyUse.VALIDITY_TOKEN, center().token.public_bytes),))
    with pytest.raises(DirectoryStale):
        trusting(lacking)(session()).admit()


def test_while_the_kiosk_authority_changes_both_count() -> None:
    successor = make_kiosk_authority(now_ms=NOW)
    both = (*center().keys(), entry(KeyUse.KIOSK_AUTHORITY, successor.certificate_der))
    directory = center().directory(keys=both)
    trusting(directory)(session()).admit()
    der = issue_kiosk_certificate(successor, kiosk_id="K0001", public=device_key().public_bytes, now_ms=NOW)
    trusting(directory)(session().with_request(kiosk_certificate=der).signed()).admit()


@pytest.mark.parametrize("span", [(NOW + 1, NOW + DAY_MS), (NOW - DAY_MS, NOW)])
def test_a_kiosk_authority_out_of_its_time_in_the_directory_does_not_count(span: tuple[int, int]) -> None:
    in_date = make_kiosk_authority(now_ms=NOW)
    keys = (
        entry(KeyUse.KIOSK_AUTHORITY, center().kiosk_authority.certificate_der, from_ms=span[0], until_ms=span[1]),
        entry(KeyUse.KIOSK_AUTHORITY, in_date.certificate_der),
    )
    with pytest.raises(KioskUntrusted):
        verify_kiosk(kiosk_certificate(), center=center().directory(keys=keys), now_ms=NOW)


def test_another_centers_words_do_not_count() -> None:
    with pytest.raises(Refused) as refusal:
        trusting(Center().directory())(session()).admit()
    assert refusal.value.code is WireCode.KIOSK_UNTRUSTED


def test_a_suite_that_this_server_does_not_accept_is_refused_though_the_table_of_suites_knows_it() -> None:
    made = p384_session()
    narrow = replace(cards(), suites=frozenset({RSA_SUITE}))
    with pytest.raises(Refused) as refusal:
        replace(made, trust=Trust(made.trust.center, narrow)).admit()
    assert refusal.value.code is WireCode.CARD_UNTRUSTED


def test_a_policy_that_is_not_the_suites_is_refused_though_the_table_of_cards_lists_it() -> None:
    rows = tuple(replace(row, policy_oid=SIGNATURE_POLICY) for row in cards().policies)
    made = session().with_request(card_certificate=Odd(policy=SIGNATURE_POLICY).build()).signed()
    with pytest.raises(Refused, match="policy is not one of the suite's"):
        replace(made, trust=Trust(made.trust.center, replace(cards(), policies=rows))).admit()


@pytest.mark.promise("C4")
def test_nothing_personal_or_secret_shows() -> None:
    made = session()
    admitted = made.admit()
    for secret in (admitted.session_secret.hex(), str(admitted.card.serial), f"{admitted.card.serial:x}"):
        assert secret not in repr(admitted)
    for change, _code in (*UNSIGNED_LIES.values(), *SIGNED_LIES.values()):
        with pytest.raises(Refused) as refusal:
            change(session()).admit()
        for secret in (CITY, str(card().serial), f"{card().serial:x}", "K0001"):
            assert secret not in str(refusal.value)
