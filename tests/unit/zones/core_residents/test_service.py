"""The two methods: who is let in, what is answered, what is fetched."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import msgspec
import pytest

from akashi.base.ports import Caller
from akashi.registers.stores.engine import Engine
from akashi.registers.stores.sqlite import SqliteEngine
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.certificates import ALWAYS, ITEMS_OF, Choice, Item, Kind, items_for
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import KINDS
from akashi.wire.messages import Header, JuminRecord, OpenGrantCall, OpenGrantReply, ReadRecordCall
from akashi.wire.transcript import card_link, order_hash, request_hash, subject_token
from akashi.zones.core.residents.changes import CardLinked, CardLinkRow, CardUnlinked, EditingBegun, EditingEnded
from akashi.zones.core.residents.stores.opening import SCHEMA
from akashi.zones.core.residents.web import endpoints
from unit.zones.core_residents.clusters import Cluster
from unit.zones.core_residents.counter import ISSUE_NUMBER, ISSUER, Counter, Made, Session
from unit.zones.core_residents.people import AS_OF_MS, feed, household, number, sample_city

EVERY_CHOICE = KINDS[Kind.JUMINHYO].choices
FAMILY = (0, 1, 2, 3)


def counter_for(made: Made, engine: Engine, folder: Path, *, resident: int, **settings: object) -> Counter:
    """A register with the sample city; the first made card belongs to `resident`."""
    city = sample_city()
    city.card_links.append(made.cards[0].link(resident))
    city.load(engine, folder)
    return Counter(made, engine, **settings)


def opened(counter: Counter) -> tuple[Session, OpenGrantReply]:
    session = counter.session(counter.made.cards[0])
    return session, counter.open(session)


def refusal(counter: Counter, session: Session) -> WireCode:
    with pytest.raises(Refused) as caught:
        counter.open(session)
    return caught.value.code


def read_refusal(counter: Counter, call: ReadRecordCall, *, caller: Caller = ISSUER) -> WireCode:
    with pytest.raises(Refused) as caught:
        asyncio.run(counter.service.read_record(caller, call))
    return caught.value.code


def values(record: JuminRecord, ref: int) -> dict[Item, str]:
    one = next(person for person in record.persons if person.member_ref == ref)
    return {field.item: field.value for field in one.fields}


@pytest.mark.promise("C4")
def test_a_grant_speaks_for_the_person_of_the_card(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    ticket, record = counter.ticket(reply), counter.eligibility(reply)
    assert ticket.resident_no == number(1)
    assert ticket.transcript == record.transcript == session.transcript
    assert ticket.sign_public == session.key.public_bytes
    assert ticket.kiosk_id == "K0001"
    assert ticket.not_after_ms == AS_OF_MS + 1_800_000
    assert record.request_hash == request_hash(session.call.request)
    assert record.as_of_ms == AS_OF_MS
    card = made.cards[0]
    assert record.subject_token == subject_token(session.secret, card_link(card.issuer_dn, card.serial))
    assert [(m.member_ref, m.relationship, m.is_applicant, m.foreign) for m in record.members] == [
        (0, "世帯主", True, False),
        (1, "妻", False, True),
        (3, "子", False, False),
        (2, "子", False, False),
    ]
    assert [m.name for m in record.members][:2] == ["証野1太郎", "AKASHI TARO 2"]


@pytest.mark.promise("C3", "C4")
def test_exactly_the_chosen_items_of_exactly_the_chosen_members(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    combinations = itertools.chain.from_iterable(itertools.combinations(EVERY_CHOICE, k) for k in range(len(EVERY_CHOICE) + 1))
    for tag, chosen in enumerate(combinations, 1):
        session = counter.session(made.cards[0], tag=tag)
        reply = counter.open(session)
        record = counter.read(session, reply, (0, 1), chosen)
        assert {person.member_ref for person in record.persons} == {0, 1}
        for person in record.persons:
            assert tuple(field.item for field in person.fields) == items_for(chosen)
        assert record.household_head == ("証野1太郎" if Choice.RELATIONSHIP in chosen else "")
        assert not record.whole_household


def test_the_values_are_as_written(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    record = counter.read(session, reply, FAMILY, EVERY_CHOICE)
    assert record.whole_household
    assert [person.member_ref for person in record.persons] == [0, 1, 3, 2]  # order of the household, not of the request
    assert record.address == household(1).address
    assert record.as_of_ms == AS_OF_MS
    assert record.issue_number == ISSUE_NUMBER
    assert record.order_hash == order_hash(codec.encode(counter.order(session, FAMILY, EVERY_CHOICE)))
    assert record.subject_token == counter.eligibility(reply).subject_token
    japanese, foreign = values(record, 0), values(record, 1)
    assert japanese[Item.BIRTH_DATE] == "昭和55年4月5日"
    assert japanese[Item.NAME_KANA] == "アカシノ1タロウ"
    assert japanese[Item.MY_NUMBER].startswith("10000000001")
    assert japanese[Item.HONSEKI] == "東京都証野市本町1番地"
    assert all(japanese[item] == "" for item in ITEMS_OF[Choice.FOREIGN])
    assert foreign[Item.BIRTH_DATE] == "1985年3月4日"
    assert foreign[Item.NAME] == ""
    assert foreign[Item.NAME_LATIN] == "AKASHI TARO 2"
    assert foreign[Item.HONSEKI] == foreign[Item.HITTOSHA] == ""
    assert foreign[Item.NATIONALITY] == "フィリピン"
    assert foreign[Item.RESIDENCE_EXPIRY] == "2030年1月31日"
    assert values(record, 3)[Item.NAME_KANA] == ""  # nobody confirmed it


@pytest.mark.promise("C3")
def test_unchosen_columns_stand_in_no_statement_on_sqlite(made: Made, tmp_path: Path) -> None:
    statements: list[str] = []
    engine = SqliteEngine(str(tmp_path / "traced.db"), SCHEMA, trace=statements.append)
    engine.create()
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    statements.clear()
    counter.read(session, reply, FAMILY)
    text = "\n".join(statements)
    assert "birth_date" in text
    for choice in Choice:
        assert all(item.value not in text for item in ITEMS_OF[choice]), choice
    statements.clear()
    counter.read(session, reply, FAMILY, (Choice.MY_NUMBER,))
    text = "\n".join(statements)
    assert "my_number" in text
    assert "honseki" not in text
    engine.close()


@pytest.mark.needs("postgresql")
@pytest.mark.promise("C3")
def test_unchosen_columns_stand_in_no_statement_on_postgresql(made: Made, cluster: Cluster, tmp_path: Path) -> None:
    from akashi.registers.stores.postgresql import PostgresqlEngine  # noqa: PLC0415 - needs libpq

    url = cluster.create("traced")
    engine = PostgresqlEngine(url, SCHEMA)
    try:
        engine.create()
        counter = counter_for(made, engine, tmp_path, resident=1)
        session, reply = opened(counter)
        before = len(cluster.log())
        counter.read(session, reply, FAMILY, (Choice.HONSEKI,))
        text = cluster.log()[before:]
        assert "honseki" in text
        for choice in set(EVERY_CHOICE) - {Choice.HONSEKI}:
            assert all(item.value not in text for item in ITEMS_OF[choice]), choice
    finally:
        engine.close()
        cluster.drop("traced")


@pytest.mark.promise("C4", "C12")
def test_only_the_issuer_may_ask(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    with pytest.raises(Refused) as caught:
        counter.open(session, caller=Caller("issuance/checker"))
    assert caught.value.code is WireCode.CALLER_REFUSED
    call = counter.read_call(session, reply, counter.order(session, (0,)))
    assert read_refusal(counter, call, caller=Caller("dmz/transfer")) is WireCode.CALLER_REFUSED


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("card_signature", WireCode.CARD_SIGNATURE),
        ("kiosk_signature", WireCode.SIGNATURE_BAD),
        ("session_secret", WireCode.SIGNATURE_BAD),
        ("sign_public", WireCode.SIGNATURE_BAD),
        ("salt", WireCode.SIGNATURE_BAD),
    ],
)
def test_a_forged_request_names_nobody(made: Made, engine: Engine, tmp_path: Path, field: str, code: WireCode) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session = counter.session(made.cards[0])
    from akashi.wire.messages import EligibilityRequest  # noqa: PLC0415 - only here

    request = codec.parse(EligibilityRequest, session.call.request)
    value: bytes = getattr(request, field)
    forged = msgspec.structs.replace(request, **{field: bytes([value[0] ^ 1]) + value[1:]})
    call = OpenGrantCall(session.call.header, codec.encode(forged), session.call.validity_token)
    assert refusal(counter, Session(session.key, session.secret, session.transcript, call)) is code


def test_another_citys_request_and_a_missing_token_are_refused(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    assert refusal(counter, counter.session(made.cards[0], municipality="011002")) is WireCode.CITY_UNKNOWN
    session = counter.session(made.cards[0])
    header = codec.encode(msgspec.structs.replace(codec.parse(Header, session.call.header), municipality="011002"))
    for call, code in (
        (OpenGrantCall(session.call.header, session.call.request, b""), WireCode.TOKEN_BAD),
        (OpenGrantCall(header, session.call.request, session.call.validity_token), WireCode.CITY_UNKNOWN),
        (OpenGrantCall(b"", session.call.request, session.call.validity_token), WireCode.MALFORMED),
        (OpenGrantCall(session.call.header, b"\x90", session.call.validity_token), WireCode.MALFORMED),
    ):
        assert refusal(counter, Session(session.key, session.secret, session.transcript, call)) is code


@pytest.mark.promise("C4")
def test_an_order_must_be_the_sessions_own(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    other = counter.session(made.cards[0], tag=2)
    order = counter.order(session, (0,))
    good = counter.read_call(session, reply, order)
    stranger = SigningKey.from_bytes(bytes(32))
    for call, code in (
        (msgspec.structs.replace(good, order=sign_message(stranger, Purpose.ORDER, order)), WireCode.SIGNATURE_BAD),
        (msgspec.structs.replace(good, order=sign_message(session.key, Purpose.OUTCOME, order)), WireCode.SIGNATURE_BAD),
        (counter.read_call(session, reply, counter.order(other, (0,))), WireCode.SIGNATURE_BAD),
        (msgspec.structs.replace(good, session_secret=bytes(32)), WireCode.SIGNATURE_BAD),
        (msgspec.structs.replace(good, issue_number="011002" + ISSUE_NUMBER[6:]), WireCode.MALFORMED),
        (msgspec.structs.replace(good, ticket=reply.record), WireCode.SIGNATURE_BAD),
        (
            msgspec.structs.replace(good, ticket=sign_message(stranger, Purpose.TICKET, counter.ticket(reply))),
            WireCode.SIGNATURE_BAD,
        ),
    ):
        assert read_refusal(counter, call) is code
    assert counter.read(session, reply, (0,)).persons[0].member_ref == 0


@pytest.mark.parametrize("members", [(1, 0), (0, 0)])
def test_members_must_ascend(made: Made, engine: Engine, tmp_path: Path, members: tuple[int, ...]) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    assert read_refusal(counter, counter.read_call(session, reply, counter.order(session, members))) is WireCode.MALFORMED


@pytest.mark.parametrize("choices", [(Choice.HONSEKI, Choice.RELATIONSHIP), (Choice.HONSEKI, Choice.HONSEKI)])
def test_choices_must_be_in_order(made: Made, engine: Engine, tmp_path: Path, choices: tuple[Choice, ...]) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    assert read_refusal(counter, counter.read_call(session, reply, counter.order(session, (0,), choices))) is WireCode.MALFORMED


@pytest.mark.promise("C4")
@pytest.mark.parametrize("members", [(4,), (0, 4), (998,), (0, 1, 2, 3, 4)])
def test_nobody_outside_the_household_can_be_named(made: Made, engine: Engine, tmp_path: Path, members: tuple[int, ...]) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    call = counter.read_call(session, reply, counter.order(session, members))
    assert read_refusal(counter, call) is WireCode.MEMBER_UNKNOWN


def test_a_ticket_and_a_grant_end(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1, feed_age_ms_max=3_600_000)
    session, reply = opened(counter)
    call = counter.read_call(session, reply, counter.order(session, (0,)))
    again = Counter(made, engine, feed_age_ms_max=3_600_000)  # a register that was started again: the ticket says enough
    assert asyncio.run(again.service.read_record(ISSUER, call)).record
    counter.clock.time_ms += 1_799_999
    assert counter.read(session, reply, (0,)).whole_household is False
    counter.clock.time_ms += 1
    assert read_refusal(counter, call) is WireCode.GRANT_ENDED


def test_only_so_many_grants_are_open(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1, grants_max=1, feed_age_ms_max=3_600_000)
    opened(counter)
    assert refusal(counter, counter.session(made.cards[0], tag=2)) is WireCode.BUSY
    counter.clock.time_ms += 1_800_000
    assert counter.open(counter.session(made.cards[0], tag=3)).ticket


@pytest.mark.promise("C4")
def test_each_of_several_cards_gives_its_own_token(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    feed(engine, [CardLinked(link=CardLinkRow(made.cards[1].link(1)))])
    for index, card in enumerate(made.cards[:2]):
        session = counter.session(card, tag=index + 1)
        reply = counter.open(session)
        token = subject_token(session.secret, card_link(card.issuer_dn, card.serial))
        assert counter.eligibility(reply).subject_token == token
        assert counter.read(session, reply, (0,)).subject_token == token


@pytest.mark.promise("C4")
def test_a_card_unlinked_in_the_middle_reads_nothing_more(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    feed(engine, [CardUnlinked(link=CardLinkRow(made.cards[0].link(1)))])
    call = counter.read_call(session, reply, counter.order(session, (0,)))
    assert read_refusal(counter, call) is WireCode.NOT_AVAILABLE
    assert refusal(counter, counter.session(made.cards[0], tag=2)) is WireCode.NOT_AVAILABLE


@pytest.mark.promise("C2")
def test_a_household_being_changed_is_not_given_out(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    feed(engine, [EditingBegun(household_no=number(1))])
    call = counter.read_call(session, reply, counter.order(session, (0,)))
    assert read_refusal(counter, call) is WireCode.RECORD_CHANGED
    assert refusal(counter, counter.session(made.cards[0], tag=2)) is WireCode.RECORD_CHANGED
    feed(engine, [EditingEnded(household_no=number(1))], after=1)
    assert counter.read(session, reply, (0,)).row_version == 2


@pytest.mark.promise("C6")
def test_the_log_holds_codes_only(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    session, reply = opened(counter)
    counter.read(session, reply, FAMILY, EVERY_CHOICE)
    read_refusal(counter, counter.read_call(session, reply, counter.order(session, (9,), number=2)))
    log = counter.log.getvalue()
    assert [line.split('"code": ')[1] for line in log.splitlines()] == ['"OK"}', '"OK"}', '"MEMBER_UNKNOWN"}']
    assert "証野" not in log
    assert number(1) not in log


def test_the_endpoints_carry_the_same(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=1)
    offered = endpoints(counter.service)
    session = counter.session(made.cards[0])
    body = codec.encode(session.call)
    assert len(body) <= offered["open_grant"].body_bytes_max
    reply = codec.parse(OpenGrantReply, asyncio.run(_handle(offered["open_grant"].handle, body)))
    call = codec.encode(counter.read_call(session, reply, counter.order(session, (0,))))
    assert len(call) <= offered["read_record"].body_bytes_max
    assert asyncio.run(_handle(offered["read_record"].handle, call))
    with pytest.raises(codec.Malformed):
        asyncio.run(_handle(offered["open_grant"].handle, b"\xc1"))


async def _handle(handle: object, body: bytes) -> bytes:
    assert callable(handle)
    answer: bytes = await handle(ISSUER, body)
    return answer


def test_the_items_of_every_copy_are_always_fetched(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_for(made, engine, tmp_path, resident=5)
    session, reply = opened(counter)
    record = counter.read(session, reply, (0,))
    assert tuple(field.item for field in record.persons[0].fields) == ALWAYS
    assert record.whole_household
