"""
A hostile other end: whatever comes that is not this envelope's answer, signed by the city about this card, is refused by its
documented code, and nothing of it is left: no certificate, no journal line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from akashi.card.client import CardClient
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    BeaconPayload,
    Bulletin,
    CertificateAnswer,
    EligibilityAnswer,
    KeyUse,
    OutcomeAck,
    RefusalAnswer,
    SignedAnswer,
)
from akashi.zones.store.kiosk.errors import SealedRefusal
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.visit import Visit
from unit.zones.store_kiosk.far_end import (
    CITY,
    NOW_MS,
    OTHER_CITY,
    PIN,
    FarEnd,
    Twist,
    deployment,
    directory_keys,
    granted,
    other_city,
    replaced,
    resigned_directory,
    run,
    session,
    virtual_card,
    wish,
)

DAY_MS = 86_400_000
HASH = bytes(32)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal that must be as empty at the end as at the beginning."""
    journal = Journal(tmp_path / "journal.db")
    yield journal
    assert journal.pending() == ()
    assert journal.abandon(WireCode.INTERNAL) == 0
    journal.close()


def _order(far: FarEnd, journal: Journal, twist: Twist) -> tuple[Visit, Refused]:
    """Open a grant honestly, then order while the other end lies."""
    one, answer = granted(far, journal)
    visit = Visit(one, journal, holder="one", municipality=CITY)
    visit.answer = answer
    far.twist = twist
    with pytest.raises(Refused) as refused:
        run(visit.order(wish()))
    assert visit.certificate is None
    return visit, refused.value


LIES_ABOUT_AN_ORDER: dict[str, tuple[Twist, WireCode]] = {
    "sealed to another session": (Twist(seal={"public": SealPrivateKey.generate().public_bytes}), WireCode.SEAL_BROKEN),
    "sealed for another envelope": (Twist(seal={"envelope_hash": HASH}), WireCode.SEAL_BROKEN),
    "sealed under another header": (Twist(seal={"header": b"another header"}), WireCode.SEAL_BROKEN),
    "truncated": (Twist(sealed=lambda sealed: sealed[:-1]), WireCode.SEAL_BROKEN),
    "longer": (Twist(sealed=lambda sealed: sealed + b"\0"), WireCode.SEAL_BROKEN),
    "empty": (Twist(sealed=lambda _sealed: b""), WireCode.SEAL_BROKEN),
    "far too long": (Twist(sealed=lambda _sealed: bytes(4 * 1024 * 1024)), WireCode.SEAL_BROKEN),
    "one bit flipped": (Twist(sealed=lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1])), WireCode.SEAL_BROKEN),
    "signed with another key": (Twist(key=SigningKey.generate()), WireCode.SIGNATURE_BAD),
    "signed with the registry's key": (Twist(key=deployment().city.registry), WireCode.SIGNATURE_BAD),
    "signed with the center's key": (Twist(key=deployment().center.beacon), WireCode.SIGNATURE_BAD),
    "signed for another purpose": (Twist(purpose=Purpose.RECORD), WireCode.SIGNATURE_BAD),
    "signed by another city": (Twist(key=other_city().city.answer), WireCode.SIGNATURE_BAD),
    "not signed": (Twist(plaintext=lambda _plain: codec.encode(SignedAnswer(b"nothing"))), WireCode.MALFORMED),
    "no message": (Twist(plaintext=lambda _plain: b"\xc1"), WireCode.MALFORMED),
    "about another envelope": (Twist(answer=replaced(CertificateAnswer, envelope_hash=HASH)), WireCode.CONTRADICTION),
    "a refusal of another envelope": (Twist(answer=lambda _: RefusalAnswer(HASH, WireCode.KIND_OFF)), WireCode.CONTRADICTION),
    "about another person": (Twist(answer=replaced(CertificateAnswer, subject_token=HASH)), WireCode.CONTRADICTION),
    "another order's": (Twist(answer=replaced(CertificateAnswer, number=2)), WireCode.CONTRADICTION),
    "another fee": (Twist(answer=replaced(CertificateAnswer, fee_yen=300)), WireCode.CONTRADICTION),
    "another city's number": (
        Twist(answer=replaced(CertificateAnswer, issue_number=f"{OTHER_CITY}-7ZQ2-M0KD-4T9X-HB3E")),
        WireCode.CONTRADICTION,
    ),
    "no page": (Twist(answer=replaced(CertificateAnswer, page_count=0)), WireCode.MALFORMED),
    "too many pages": (Twist(answer=replaced(CertificateAnswer, page_count=100)), WireCode.MALFORMED),
    "a kind that does not exist": (Twist(answer=replaced(CertificateAnswer, kind="koseki")), WireCode.MALFORMED),
    "a number of another form": (Twist(answer=replaced(CertificateAnswer, issue_number="1")), WireCode.MALFORMED),
    "said to be too large": (Twist(plain=[WireCode.OVERSIZE]), WireCode.OVERSIZE),
}


@pytest.mark.promise("C4")
@pytest.mark.parametrize("lie", LIES_ABOUT_AN_ORDER)
def test_a_lie_about_an_order_is_refused_and_leaves_nothing(journal: Journal, lie: str) -> None:
    twist, code = LIES_ABOUT_AN_ORDER[lie]
    visit, refusal = _order(FarEnd(), journal, twist)
    assert refusal.code is code
    assert not isinstance(refusal, SealedRefusal)
    assert not visit.session.can_order


@pytest.mark.promise("C4")
def test_another_persons_certificate_ends_the_session(journal: Journal) -> None:
    """The mis-issuance of 2023: a true certificate, truly signed, for this very envelope, about somebody else."""
    far = FarEnd()
    other, _ = granted(far, journal, "別の人")
    token = run(other.order(wish())).subject_token
    visit, refusal = _order(far, journal, Twist(answer=replaced(CertificateAnswer, subject_token=token)))
    assert refusal.code is WireCode.CONTRADICTION
    assert not visit.session.can_repeat
    far.twist = Twist()
    with pytest.raises(Refused) as refused:
        run(visit.order(wish()))
    assert refused.value.code is WireCode.GRANT_ENDED


@pytest.mark.promise("C4")
def test_another_sessions_certificate_does_not_even_open(journal: Journal) -> None:
    far = FarEnd()
    other, _ = granted(far, journal)
    run(other.order(wish()))
    stolen = far._kept[far.frames[-1]]
    _, refusal = _order(far, journal, Twist(sealed=lambda _: stolen))
    assert refusal.code is WireCode.SEAL_BROKEN


def test_the_order_before_again_is_no_answer(journal: Journal) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)
    run(one.order(wish()))
    before = far._kept[far.frames[-1]]
    far.twist = Twist(sealed=lambda _: before)
    with pytest.raises(Refused) as refused:
        run(one.order(wish()))
    assert refused.value.code is WireCode.SEAL_BROKEN


def test_a_number_that_came_before_is_refused(journal: Journal) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)
    first = run(one.order(wish()))
    far.twist = Twist(answer=replaced(CertificateAnswer, issue_number=first.issue_number))
    with pytest.raises(Refused) as refused:
        run(one.order(wish()))
    assert refused.value.code is WireCode.CONTRADICTION


def test_an_answer_of_another_journey_is_refused(journal: Journal) -> None:
    def acknowledged(answer: Any) -> OutcomeAck:
        return OutcomeAck(answer.envelope_hash, (1,))

    def eligible(answer: Any) -> EligibilityAnswer:
        return EligibilityAnswer(answer.envelope_hash, answer.subject_token, 0, (), (), 0, 1)

    for tamper in (acknowledged, eligible):
        _, refusal = _order(FarEnd(), journal, Twist(answer=tamper))
        assert refusal.code is WireCode.MALFORMED


def test_after_a_lie_the_truth_still_comes(journal: Journal) -> None:
    """What does not verify tells nothing of the order: it stays open, and the identical envelope brings the one certificate."""
    far = FarEnd()
    one, _ = granted(far, journal)
    far.twist = Twist(sealed=lambda sealed: sealed[:-1])
    with pytest.raises(Refused):
        run(one.order(wish()))
    far.twist = Twist()
    assert list(far.issued) == [run(one.again()).issue_number]


LIES_ABOUT_A_GRANT: dict[str, tuple[Twist, WireCode]] = {
    "about another person": (Twist(answer=replaced(EligibilityAnswer, subject_token=HASH)), WireCode.CONTRADICTION),
    "about another envelope": (Twist(answer=replaced(EligibilityAnswer, envelope_hash=HASH)), WireCode.CONTRADICTION),
    "signed with another key": (Twist(key=SigningKey.generate()), WireCode.SIGNATURE_BAD),
    "sealed to another session": (Twist(seal={"public": SealPrivateKey.generate().public_bytes}), WireCode.SEAL_BROKEN),
    "of another journey": (Twist(answer=lambda one: OutcomeAck(one.envelope_hash, ())), WireCode.MALFORMED),
    "a refusal": (Twist(answer=lambda one: RefusalAnswer(one.envelope_hash, WireCode.NOT_AVAILABLE)), WireCode.NOT_AVAILABLE),
}


@pytest.mark.promise("C4")
@pytest.mark.parametrize("lie", LIES_ABOUT_A_GRANT)
def test_a_lie_about_a_grant_opens_none(journal: Journal, lie: str) -> None:
    twist, code = LIES_ABOUT_A_GRANT[lie]
    far = FarEnd()
    one = session(far, journal)
    run(one.prepare(CITY))
    far.twist = twist
    with pytest.raises(Refused) as refused:
        run(one.open_grant(CardClient(virtual_card()), PIN))
    assert refused.value.code is code
    assert not one.can_order


def _beacon(key: SigningKey, *, time_ms: int = NOW_MS, purpose: Purpose = Purpose.BEACON) -> bytes:
    return sign_message(key, purpose, BeaconPayload(time_ms, bytes(16)))


def _city(**changes: Any) -> Any:
    root = deployment().city.root
    return lambda one: structs.replace(one, city_directory=resigned_directory(one.city_directory, root, **changes))


def _center(**changes: Any) -> Any:
    root = deployment().center.root
    return lambda one: structs.replace(one, center_directory=resigned_directory(one.center_directory, root, **changes))


def _with(**changes: Any) -> Any:
    return lambda one: structs.replace(one, **changes)


LIES_IN_A_BULLETIN: dict[str, tuple[Any, WireCode]] = {
    "empty": (lambda _: Bulletin(), WireCode.MALFORMED),
    "no beacon": (_with(beacon=b""), WireCode.MALFORMED),
    "a beacon that nobody of the center signed": (_with(beacon=_beacon(SigningKey.generate())), WireCode.SIGNATURE_BAD),
    "a beacon signed with the token key": (_with(beacon=_beacon(deployment().center.token)), WireCode.SIGNATURE_BAD),
    "a beacon signed for another purpose": (
        _with(beacon=_beacon(deployment().center.beacon, purpose=Purpose.TICKET)),
        WireCode.SIGNATURE_BAD,
    ),
    "a beacon of tomorrow": (
        _with(beacon=_beacon(deployment().center.beacon, time_ms=NOW_MS + DAY_MS)),
        WireCode.DIRECTORY_STALE,
    ),
    "a beacon of yesterday": (
        _with(beacon=_beacon(deployment().center.beacon, time_ms=NOW_MS - DAY_MS)),
        WireCode.DIRECTORY_STALE,
    ),
    "the city's directory as the center's": (
        lambda one: structs.replace(one, center_directory=one.city_directory),
        WireCode.SIGNATURE_BAD,
    ),
    "the center's directory as the city's": (
        lambda one: structs.replace(one, city_directory=one.center_directory),
        WireCode.SIGNATURE_BAD,
    ),
    "another city's directory": (_city(authority=OTHER_CITY), WireCode.SIGNATURE_BAD),
    "a directory by another root": (
        lambda one: structs.replace(one, city_directory=resigned_directory(one.city_directory, SigningKey.generate())),
        WireCode.SIGNATURE_BAD,
    ),
    "an older city directory": (_city(sequence=6), WireCode.DIRECTORY_STALE),
    "an older center directory": (_center(sequence=6), WireCode.DIRECTORY_STALE),
    "a city directory that has run out": (_city(not_before_ms=NOW_MS - DAY_MS - 1), WireCode.DIRECTORY_STALE),
    "a city directory of tomorrow": (_city(not_before_ms=NOW_MS + 1), WireCode.DIRECTORY_STALE),
    "a city directory without keys": (_city(keys=()), WireCode.DIRECTORY_STALE),
    "a directory that is no message": (_with(city_directory=b"\xc1"), WireCode.MALFORMED),
}


@pytest.mark.promise("C4")
@pytest.mark.parametrize("lie", LIES_IN_A_BULLETIN)
def test_a_lie_in_a_bulletin_stops_before_the_card_signs(journal: Journal, lie: str) -> None:
    tamper, code = LIES_IN_A_BULLETIN[lie]
    far = FarEnd()
    run(session(far, journal).prepare(CITY))
    one = session(far, journal)
    far.twist.bulletin = tamper

    def until_the_card_signs() -> None:
        run(one.prepare(CITY))
        one.use_card(CardClient(virtual_card()), PIN)

    with pytest.raises(Refused) as refused:
        until_the_card_signs()
    assert refused.value.code is code
    assert far.frames == []
    assert (journal.highest_sequence("center"), journal.highest_sequence(CITY)) == (7, 7)


def test_a_directory_in_a_bulletin_that_does_not_hold_is_not_remembered(journal: Journal) -> None:
    # A relay that has tomorrow's directory early must not be able to make today's look old.
    far = FarEnd()
    one = session(far, journal)
    far.twist.bulletin = lambda bulletin: _city(not_before_ms=NOW_MS + 1, sequence=99)(_center(sequence=99)(bulletin))
    with pytest.raises(Refused):
        run(one.prepare(CITY))
    far.twist.bulletin = lambda bulletin: bulletin
    run(one.prepare(CITY))
    assert journal.highest_sequence("center") == 7


def test_a_city_without_a_pinned_root_cannot_be_asked(journal: Journal) -> None:
    far = FarEnd()
    one = session(far, journal)
    with pytest.raises(Refused) as refused:
        run(one.prepare(OTHER_CITY))
    assert refused.value.code is WireCode.SIGNATURE_BAD
    far.twist.plain = [WireCode.CITY_UNKNOWN]
    with pytest.raises(Refused) as refused:
        run(one.prepare(CITY))
    assert refused.value.code is WireCode.CITY_UNKNOWN


def test_an_answer_key_that_has_run_out_signs_nothing_here(journal: Journal) -> None:
    far = FarEnd()

    def without_answer_key_in_date(bulletin: Bulletin) -> Any:
        keys = tuple(
            structs.replace(key, not_after_ms=NOW_MS) if key.use is KeyUse.ANSWER else key
            for key in directory_keys(bulletin.city_directory)
        )
        return _city(keys=keys)(bulletin)

    far.twist.bulletin = without_answer_key_in_date
    one = session(far, journal)
    run(one.prepare(CITY))
    with pytest.raises(Refused) as refused:
        run(one.open_grant(CardClient(virtual_card()), PIN))
    assert refused.value.code is WireCode.SIGNATURE_BAD
