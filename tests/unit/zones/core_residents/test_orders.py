"""One order, one number, one intent in the ledger: what a taken-over issuer cannot read with what one session signed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from akashi.registers.stores.engine import Engine
from akashi.sealing.keys import SigningKey
from akashi.wire import codec
from akashi.wire.certificates import Choice
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import IntentEntry, OpenGrantReply, ReadRecordCall
from unit.zones.core_residents.counter import ISSUE_NUMBER, ISSUER, Counter, Made, Session, issue_number_of
from unit.zones.core_residents.people import sample_city

OTHER_NUMBER = ISSUE_NUMBER[:-4] + "0000"


@pytest.fixture
def counter(made: Made, engine: Engine, tmp_path: Path) -> Counter:
    city = sample_city()
    city.card_links.append(made.cards[0].link(1))
    city.load(engine, tmp_path)
    return Counter(made, engine, feed_age_ms_max=3_600_000)


@pytest.fixture
def session(counter: Counter) -> Session:
    return counter.session(counter.made.cards[0])


@pytest.fixture
def reply(counter: Counter, session: Session) -> OpenGrantReply:
    return counter.open(session)


def asked(counter: Counter, call: ReadRecordCall) -> WireCode | None:
    try:
        asyncio.run(counter.service.read_record(ISSUER, call))
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.promise("C4", "C23")
def test_nothing_is_read_without_a_receipt_for_exactly_this_orders_intent(
    counter: Counter, session: Session, reply: OpenGrantReply
) -> None:
    order = counter.order(session, (0,))
    good = counter.read_call(session, reply, order)
    intent = codec.parse(IntentEntry, good.intent)
    stranger = SigningKey.from_bytes(bytes(32))
    other = msgspec.structs.replace(intent, issue_number=OTHER_NUMBER)
    cases = {
        "none": (msgspec.structs.replace(good, receipt=b""), WireCode.MALFORMED),
        "no recorder's": (msgspec.structs.replace(good, receipt=counter.receipt(intent, key=stranger)), WireCode.SIGNATURE_BAD),
        "the registry's": (
            msgspec.structs.replace(good, receipt=counter.receipt(intent, key=counter.key)),
            WireCode.SIGNATURE_BAD,
        ),
        "another entry's": (msgspec.structs.replace(good, receipt=counter.receipt(other)), WireCode.CONTRADICTION),
        "another salt": (msgspec.structs.replace(good, intent_salt=bytes(32)), WireCode.CONTRADICTION),
        "another number": (msgspec.structs.replace(good, issue_number=OTHER_NUMBER), WireCode.CONTRADICTION),
        "another kiosk": (counter.read_call(session, reply, order, kiosk_id="K0002"), WireCode.CONTRADICTION),
        "another city": (counter.read_call(session, reply, order, municipality="011002"), WireCode.CONTRADICTION),
        "another order": (counter.read_call(session, reply, order, commitment=bytes(32)), WireCode.CONTRADICTION),
        "no entry": (msgspec.structs.replace(good, intent=b"\x90"), WireCode.MALFORMED),
    }
    assert {name: asked(counter, call) for name, (call, _) in cases.items()} == {name: code for name, (_, code) in cases.items()}
    assert asked(counter, good) is None


@pytest.mark.promise("C4", "C23")
def test_one_order_is_read_for_one_number_only(counter: Counter, session: Session, reply: OpenGrantReply) -> None:
    order = counter.order(session, (0,))
    call = counter.read_call(session, reply, order)
    assert asked(counter, call) is None
    assert asked(counter, call) is None  # the answer was lost: the same call again
    for again in (
        counter.read_call(session, reply, order, issue_number=OTHER_NUMBER),
        counter.read_call(session, reply, counter.order(session, (0, 1))),
        counter.read_call(session, reply, counter.order(session, (0,), (Choice.MY_NUMBER,))),
    ):
        assert asked(counter, again) is WireCode.CONTRADICTION
    assert asked(counter, call) is None


@pytest.mark.promise("C4")
def test_numbers_only_go_up_and_end_at_ten(counter: Counter, session: Session, reply: OpenGrantReply) -> None:
    def ask(number: int) -> WireCode | None:
        return asked(counter, counter.read_call(session, reply, counter.order(session, (0,), number=number)))

    assert ask(1) is None
    assert ask(3) is None  # the second was refused by the city's rules, and never came here
    assert ask(2) is WireCode.GRANT_ORDER
    assert [ask(number) for number in range(4, 11)] == [None] * 7
    eleventh = counter.order(session, (0,), number=11)
    call = counter.read_call(session, reply, eleventh, issue_number=issue_number_of(10))
    assert asked(counter, call) is WireCode.MALFORMED
    assert asked(counter, counter.read_call(session, reply, counter.order(session, (0,), number=9))) is None


@pytest.mark.promise("C4")
def test_a_grant_that_is_opened_again_keeps_its_end_and_its_orders(
    counter: Counter, session: Session, reply: OpenGrantReply
) -> None:
    first = counter.read_call(session, reply, counter.order(session, (0,)))
    assert asked(counter, first) is None
    counter.clock.time_ms += 179_000
    again = counter.open(session)
    assert counter.ticket(again) == counter.ticket(reply)
    other = counter.read_call(session, again, counter.order(session, (0,)), issue_number=OTHER_NUMBER)
    assert asked(counter, other) is WireCode.CONTRADICTION
    counter.clock.time_ms += 1_800_000 - 179_000
    assert asked(counter, counter.read_call(session, again, counter.order(session, (0,), number=2))) is WireCode.GRANT_ENDED


@pytest.mark.promise("C4")
def test_a_grant_that_has_ended_is_not_opened_again(made: Made, engine: Engine, tmp_path: Path) -> None:
    city = sample_city()
    city.card_links.append(made.cards[0].link(1))
    city.load(engine, tmp_path)
    counter = Counter(made, engine, grant_ms=1_000, grants_max=1)
    session = counter.session(made.cards[0])
    counter.open(session)
    counter.clock.time_ms += 1_000
    with pytest.raises(Refused) as caught:
        counter.open(session)
    assert caught.value.code is WireCode.GRANT_ENDED
    # It is not forgotten for another one either, while its token counts.
    with pytest.raises(Refused) as caught:
        counter.open(counter.session(made.cards[0], tag=2))
    assert caught.value.code is WireCode.BUSY


@pytest.mark.promise("C4")
def test_a_kiosk_revoked_in_the_middle_reads_nothing_more(counter: Counter, session: Session, reply: OpenGrantReply) -> None:
    call = counter.read_call(session, reply, counter.order(session, (0,)))
    assert asked(counter, call) is None
    counter.center = counter.center_directory(sequence=2, revoked_kiosks=("K0002", "K0001"))
    assert asked(counter, call) is WireCode.KIOSK_UNTRUSTED
    counter.center = counter.center_directory(sequence=3, revoked_kiosks=("K0002",))
    assert asked(counter, call) is None
