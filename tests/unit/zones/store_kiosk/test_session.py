"""A session against an honest city: the whole way, lost answers, and what a refusal does to the order numbers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from akashi.card.client import CardClient
from akashi.card.errors import PinForm, PinLocked, PinWrong
from akashi.wire import codec
from akashi.wire.certificates import Choice
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import Envelope, Header, Predecessor
from akashi.zones.store.kiosk import service
from akashi.zones.store.kiosk.errors import SealedRefusal, SessionRefused
from akashi.zones.store.kiosk.service import KioskSession
from akashi.zones.store.kiosk.store import Journal
from unit.zones.store_kiosk.far_end import CITY, NAME, PDF, PIN, FarEnd, granted, run, session, virtual_card, wish


def _refusal(one: KioskSession, what: str = "order") -> Refused:
    with pytest.raises(Refused) as refused:
        run(one.order(wish()) if what == "order" else one.again())
    return refused.value


@pytest.mark.promise("C4")
def test_from_the_card_to_two_certificates(journal: Journal) -> None:
    far = FarEnd()
    one, answer = granted(far, journal)
    assert answer.members[0].name == NAME
    first = run(one.order(wish()))
    second = run(one.order(wish(members=(1, 0, 1), choices=(Choice.HONSEKI, Choice.RELATIONSHIP))))
    assert first.pdf == PDF
    assert (first.number, second.number) == (1, 2)
    assert first.issue_number != second.issue_number
    assert one.can_order
    assert not one.can_repeat


def test_the_header_names_this_kiosk_and_nothing_of_the_person(journal: Journal) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)
    run(one.order(wish()))
    envelopes = [codec.parse(Envelope, envelope) for envelope in far.frames]
    headers = [codec.parse(Header, envelope.header) for envelope in envelopes]
    assert len({header.request_id for header in headers}) == 2
    assert [bool(envelope.validity_part) for envelope in envelopes] == [True, False]
    assert not any(NAME.encode() in envelope or PIN.encode() in envelope for envelope in far.frames)


def test_the_card_can_be_taken_out_before_the_answer_comes(journal: Journal) -> None:
    far = FarEnd()
    one = session(far, journal)
    run(one.prepare(CITY))
    one.use_card(CardClient(virtual_card()), PIN)
    assert far.frames == []
    assert one.can_ask
    run(one.ask())
    assert not one.can_ask


def test_a_lost_grant_is_asked_for_again_with_the_identical_envelope(journal: Journal) -> None:
    far = FarEnd()
    one = session(far, journal)
    run(one.prepare(CITY))
    one.use_card(CardClient(virtual_card()), PIN)
    far.twist.lose = 1
    with pytest.raises(Refused) as refused:
        run(one.ask())
    assert refused.value.code is WireCode.DEADLINE_PASSED
    run(one.ask())
    assert far.frames[0] == far.frames[1]
    assert run(one.order(wish())).number == 1


@pytest.mark.promise("C15", "C20")
@pytest.mark.parametrize("code", [WireCode.DEADLINE_PASSED, WireCode.RELAY_DOWN, WireCode.ISSUE_VOIDED, WireCode.GRANT_ENDED])
def test_a_lost_answer_is_asked_for_again_and_never_ordered_anew(journal: Journal, code: WireCode) -> None:
    # Whatever code somebody on the way says: it is no proof, so the order stays open.
    far = FarEnd()
    one, _ = granted(far, journal)
    far.twist.lose, far.twist.lost_as = 3, code
    assert _refusal(one).code is code
    assert one.can_repeat
    assert not one.can_order
    assert _refusal(one).code is WireCode.GRANT_ORDER
    far.twist.lose = 0
    answer = run(one.again())
    assert answer.number == 1
    assert list(far.issued) == [answer.issue_number]
    assert len(set(far.frames[1:])) == 1
    assert run(one.order(wish())).number == 2


def test_only_a_broken_way_is_tried_again_at_once(journal: Journal) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)
    far.twist.plain = [WireCode.RELAY_DOWN] * 2
    assert run(one.order(wish())).number == 1
    for code in (WireCode.BUSY, WireCode.DEADLINE_PASSED):
        far.twist.plain = [code, code]
        assert _refusal(one, "order" if code is WireCode.BUSY else "again").code is code
        assert far.twist.plain == [code]
    far.twist.plain = []
    assert run(one.again()).number == 2


@pytest.mark.promise("C15")
@pytest.mark.parametrize("code", sorted(service._USES_UP_THE_NUMBER))
def test_a_final_no_uses_up_its_number(journal: Journal, code: WireCode) -> None:
    far = FarEnd(refusals=[])
    one, _ = granted(far, journal)
    far.refusals = [code]
    refusal = _refusal(one)
    assert isinstance(refusal, SealedRefusal)
    assert refusal.code is code
    assert one.can_order
    assert run(one.order(wish())).number == 2


@pytest.mark.parametrize("code", sorted(service._ENDS_THE_SESSION))
def test_a_no_that_ends_the_session_ends_it(journal: Journal, code: WireCode) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)
    far.refusals = [code]
    assert _refusal(one).code is code
    assert not one.can_order
    assert not one.can_repeat
    assert _refusal(one).code is WireCode.GRANT_ENDED
    assert len(far.frames) == 2


@pytest.mark.parametrize("code", [WireCode.BUSY, WireCode.INTERNAL, WireCode.LEDGER_DOWN])
def test_any_other_no_leaves_the_order_open(journal: Journal, code: WireCode) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)
    far.refusals = [code]
    assert _refusal(one).code is code
    assert one.can_repeat


def test_the_tables_of_refusals_agree_with_the_issuer() -> None:
    from akashi.zones.issuance.issuer.issue import _TELLS_THE_PERSON  # noqa: PLC0415 - only to compare

    final = service._USES_UP_THE_NUMBER
    assert not final & service._ENDS_THE_SESSION
    assert final | service._ENDS_THE_SESSION >= _TELLS_THE_PERSON | {WireCode.ISSUE_VOIDED}
    assert final <= _TELLS_THE_PERSON | {WireCode.ISSUE_VOIDED}


def test_a_predecessor_that_is_refused_uses_up_its_number(journal: Journal) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)
    first = run(one.order(wish()))
    far.refusals = [WireCode.GRANT_ORDER]
    with pytest.raises(SealedRefusal):
        run(one.order(wish(fee_yen=0, predecessor=Predecessor(first.issue_number, 1))))
    assert one.can_order


def test_the_city_says_how_many(journal: Journal) -> None:
    far = FarEnd(certificates_max=2)
    one, _ = granted(far, journal)
    for _ in range(2):
        run(one.order(wish()))
    assert not one.can_order
    assert _refusal(one).code is WireCode.GRANT_ENDED
    assert len(far.frames) == 3


def test_two_orders_at_once_are_one(journal: Journal) -> None:
    far = FarEnd()
    one, _ = granted(far, journal)

    async def both() -> list[object]:
        return list(await asyncio.gather(one.order(wish()), one.order(wish()), return_exceptions=True))

    outcomes = run(both())
    assert sum(isinstance(each, Refused) and each.code is WireCode.GRANT_ORDER for each in outcomes) == 1
    assert len(far.issued) == 1


def test_steps_out_of_turn_are_refused(journal: Journal) -> None:
    far = FarEnd()
    one = session(far, journal)
    card = CardClient(virtual_card())
    for step, code in (
        (lambda: one.use_card(card, PIN), WireCode.DIRECTORY_STALE),
        (lambda: run(one.ask()), WireCode.GRANT_ORDER),
        (lambda: run(one.order(wish())), WireCode.GRANT_ORDER),
        (lambda: run(one.again()), WireCode.GRANT_ORDER),
    ):
        with pytest.raises(SessionRefused) as refused:
            step()
        assert refused.value.code is code
    run(one.prepare(CITY))
    run(one.open_grant(card, PIN))
    for again in (lambda: one.use_card(card, PIN), lambda: run(one.prepare(CITY)), lambda: run(one.ask())):
        with pytest.raises(SessionRefused) as refused:
            again()
        assert refused.value.code is WireCode.GRANT_ORDER


def test_an_order_before_the_grant_is_answered_is_refused(journal: Journal) -> None:
    one = session(FarEnd(), journal)
    run(one.prepare(CITY))
    one.use_card(CardClient(virtual_card()), PIN)
    assert _refusal(one).code is WireCode.GRANT_ORDER


@pytest.mark.promise("C19")
def test_a_wrong_pin_says_how_many_tries_are_left_and_sends_nothing(journal: Journal) -> None:
    far = FarEnd()
    one = session(far, journal)
    run(one.prepare(CITY))
    card = CardClient(virtual_card())
    with pytest.raises(PinForm):
        one.use_card(card, "12a4")
    for tries in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            one.use_card(card, "0000")
        assert wrong.value.tries_left == tries
    with pytest.raises(PinLocked):
        one.use_card(card, "0000")
    assert far.frames == []


@pytest.mark.promise("C19")
def test_after_a_wrong_pin_the_right_one_opens_the_same_session(journal: Journal) -> None:
    one = session(FarEnd(), journal)
    run(one.prepare(CITY))
    card = CardClient(virtual_card())
    with pytest.raises(PinWrong):
        one.use_card(card, "0000")
    assert run(one.open_grant(card, PIN)).members


@pytest.mark.promise("C4")
def test_a_refused_grant_orders_nothing(journal: Journal) -> None:
    far = FarEnd(refusals=[WireCode.NOT_AVAILABLE])
    one = session(far, journal)
    run(one.prepare(CITY))
    with pytest.raises(SealedRefusal) as refused:
        run(one.open_grant(CardClient(virtual_card()), PIN))
    assert refused.value.code is WireCode.NOT_AVAILABLE
    assert not one.can_ask
    assert _refusal(one).code is WireCode.GRANT_ENDED


@pytest.mark.promise("C14", "C19")
def test_nothing_of_a_session_is_in_its_repr_or_on_disk(journal: Journal, tmp_path: Path) -> None:
    one, _ = granted(FarEnd(), journal)
    run(one.order(wish()))
    shown = repr(one) + repr(vars(one)["_kem"]) + repr(vars(one)["_session_key"])
    assert one._secret.hex() not in shown
    for path in tmp_path.rglob("*"):
        assert not any(word in path.read_bytes() for word in (NAME.encode(), PIN.encode(), one._secret, PDF))
