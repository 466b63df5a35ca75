"""What is given out: exactly the applicant's own register, exactly what was chosen, signed; and who is refused, how."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from akashi.base.ports import Caller
from akashi.registers.stores.engine import Engine
from akashi.sealing.keys import SigningKey
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages import HeldCall, KosekiLine, KosekiRecord
from akashi.wire.transcript import subject_row_hash
from akashi.zones.koseki.register.conditions import Conditions
from akashi.zones.koseki.register.notifications import EnteringBegun, EnteringEnded, PersonMatter
from akashi.zones.koseki.register.stores.opening import SCHEMA
from unit.zones.core_residents.counter import ISSUER, Made
from unit.zones.core_residents.people import AS_OF_MS
from unit.zones.koseki_register.families import feed, matter, person_no, register_no, resident_no, sample
from unit.zones.koseki_register.hall import PEOPLE, Hall, attested


@pytest.fixture
def hall(made: Made, engine: Engine, tmp_path: Path) -> Hall:
    sample().load(engine, tmp_path)
    return Hall(made, engine)


def code_of(work: Any) -> WireCode:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.code


def labels(facts: tuple[KosekiLine, ...]) -> dict[str, str]:
    return {line.label: line.value for line in facts}


@pytest.mark.promise("C1")
def test_the_whole_register_with_those_who_left(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    record: KosekiRecord = hall.read(session, Kind.KOSEKI_ZENBU)
    assert (record.honseki, record.hittosha, record.whole) == ("東京都証野市硯町二丁目3番", "甲野\u3000義太郎", True)
    assert [(one.title, one.lines[0].label, one.lines[0].value) for one in record.matters] == [
        ("戸籍編製", "編製日", "平成20年1月21日")
    ]
    assert [(one.member_ref, one.removed, one.facts[0].value) for one in record.persons] == [
        (0, False, "義太郎"),
        (1, False, "梅\U000e0101子"),
        (2, True, "松子"),
        (3, False, "竹夫"),
    ]
    assert [[one.title for one in person.matters] for person in record.persons] == [
        ["出生", "婚姻"],
        ["出生"],
        ["出生", "婚姻"],
        ["出生"],
    ]
    assert record.subject_row == subject_row_hash(session.transcript, resident_no(1))
    assert (record.subject_token, record.as_of_ms, record.row_version) == (session.subject_token, AS_OF_MS, 0)


@pytest.mark.promise("C1")
def test_the_facts_of_a_person_stand_in_the_order_of_the_form(hall: Hall) -> None:
    record: KosekiRecord = hall.read(hall.session(hall.made.cards[0]), Kind.KOSEKI_ZENBU)
    first, _, left, adopted = record.persons
    assert [line.label for line in first.facts] == ["名", "氏名の振り仮名", "生年月日", "配偶者区分", "父", "母", "続柄"]
    assert labels(first.facts)["配偶者区分"] == "夫"
    assert "配偶者区分" not in labels(left.facts)
    assert [(line.label, line.value) for line in adopted.facts[-3:]] == [
        ("続柄", "長男"),
        ("養父", "甲野義太郎"),
        ("続柄", "養子"),
    ]


@pytest.mark.promise("C3")
def test_one_chosen_person_and_nobody_else_is_fetched(made: Made, tmp_path: Path) -> None:
    from akashi.registers.stores.sqlite import SqliteEngine  # noqa: PLC0415 - a traced one

    statements: list[str] = []
    engine = SqliteEngine(":memory:", SCHEMA, trace=statements.append)
    engine.create()
    sample().load(engine, tmp_path)
    hall = Hall(made, engine)
    session = hall.session(made.cards[0])
    statements.clear()
    record: KosekiRecord = hall.read(session, Kind.KOSEKI_KOJIN, (1,))
    assert ([one.member_ref for one in record.persons], record.whole) == ([1], False)
    assert record.matters[0].title == "戸籍編製"
    read = [one for one in statements if "FROM matters" in one]
    assert read
    assert all("place IN (-1, 1)" in one for one in read)
    statements.clear()
    hall.read(session, Kind.FUHYO, (1,))
    assert not any("overseas_voter" in one or "honseki" in one or "hittosha" in one for one in statements)
    engine.close()


@pytest.mark.promise("C3")
def test_the_supplement_holds_what_was_chosen(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    bare = hall.read(session, Kind.FUHYO, (0, 1, 2, 3))
    assert (bare.honseki, bare.hittosha, bare.whole, bare.made_on) == ("", "", True, "平成20年1月21日")
    assert [one.name for one in bare.persons] == [PEOPLE[serial][0] for serial in (1, 2, 3, 4)]
    assert [one.overseas_voter for one in bare.persons] == [""] * 4
    assert [(one.address, one.since, one.note) for one in bare.persons[0].addresses] == [
        ("神奈川県浜野市1番地", "平成10年3月5日", ""),
        ("東京都証野市中町一丁目1番1号", "平成20年2月1日", "転居"),
    ]
    assert (bare.persons[2].removed, bare.persons[2].sex) == (True, "女")
    full = hall.read(session, Kind.FUHYO, (0, 1), (Choice.HONSEKI, Choice.OVERSEAS_VOTER))
    assert (full.honseki, full.hittosha, full.whole) == ("東京都証野市硯町二丁目3番", "甲野\u3000義太郎", False)
    assert [one.name for one in full.persons] == ["甲野\u3000義太郎", "梅\U000e0101子"]
    assert full.persons[1].overseas_voter == "在外選挙人名簿登録市区町村名\u3000東京都証野市"


@pytest.mark.promise("C4")
def test_nobody_outside_the_register_can_be_named(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    for kind in (Kind.KOSEKI_KOJIN, Kind.FUHYO):
        assert code_of(lambda kind=kind: hall.read(session, kind, (0, 9))) is WireCode.MEMBER_UNKNOWN


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("serial", "code"),
    [
        (11, WireCode.NOT_AVAILABLE),
        (12, WireCode.NOT_AVAILABLE),
        (4, WireCode.NOT_AVAILABLE),
        (13, WireCode.NOT_HELD),
        (14, WireCode.NOT_HELD),
        (15, WireCode.NOT_HELD),
        (99, WireCode.HONSEKI_ELSEWHERE),
    ],
    ids=["beside-a-protected-person", "protected", "under-15", "paper", "superseded", "closed", "elsewhere"],
)
def test_who_is_refused_and_how(hall: Hall, serial: int, code: WireCode) -> None:
    session = hall.session(hall.made.cards[0])
    held = hall.held(session, hall.ticket(session, resident_no(serial)))
    assert held.registry is Registry.KOSEKI
    assert [(one.kind, one.refusal) for one in held.holdings] == [
        (kind, code) for kind in (Kind.KOSEKI_ZENBU, Kind.KOSEKI_KOJIN, Kind.FUHYO)
    ]
    assert held.members == ()
    ticket = hall.ticket(session, resident_no(serial))
    for kind, members in ((Kind.KOSEKI_ZENBU, ()), (Kind.FUHYO, (0,))):
        call = hall.read_call(session, ticket, hall.order(session, kind, members), person=PEOPLE.get(serial, ("", "x")))
        assert code_of(lambda call=call: asyncio.run(hall.service.read_record(ISSUER, call))) is code


def test_what_is_held_names_the_people_to_choose_from(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    held = hall.held(session, hall.ticket(session, resident_no(2)))
    assert all(one.refusal is None for one in held.holdings)
    assert [(one.member_ref, one.relationship, one.is_applicant) for one in held.members] == [
        (0, "", False),
        (1, "", True),
        (2, "除籍", False),
        (3, "", False),
    ]
    assert held.subject_token == session.subject_token


@pytest.mark.promise("C2")
def test_while_a_notification_is_entered_nothing_is_given_out(hall: Hall, engine: Engine) -> None:
    session = hall.session(hall.made.cards[0])
    last = feed(engine, (EnteringBegun(register_no=register_no(1), reason="離婚届"),))
    held = hall.held(session, hall.ticket(session, resident_no(1)))
    assert {one.refusal for one in held.holdings} == {WireCode.KOSEKI_ENTERING}
    assert code_of(lambda: hall.read(session, Kind.KOSEKI_ZENBU)) is WireCode.KOSEKI_ENTERING
    assert hall.read(session, Kind.KOSEKI_ZENBU, serial=10).hittosha == "乙川\u3000一人"
    name = matter("名の変更", 名の変更日="令和8年5月1日")
    changed = PersonMatter(register_no=register_no(1), person_no=person_no(1), matter=name)
    feed(engine, (changed, EnteringEnded(register_no=register_no(1))), after=last)
    record = hall.read(session, Kind.KOSEKI_ZENBU)
    assert (record.row_version, record.persons[0].matters[-1].title) == (2, "名の変更")


@pytest.mark.promise("C4")
def test_a_person_of_another_name_or_birth_date_gets_nothing(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    ticket = hall.ticket(session, resident_no(1))
    for person in (("甲野\u3000義次郎", "昭和57年4月19日"), ("甲野\u3000義太郎", "昭和57年4月20日")):
        call = hall.read_call(session, ticket, hall.order(session, Kind.KOSEKI_ZENBU), person=person)
        assert code_of(lambda call=call: hall.koseki(call)) is WireCode.RECORD_CHANGED


@pytest.mark.promise("C13")
def test_the_link_is_shut_while_a_condition_is_not_attested(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    whole = attested().attestations
    for conditions in (
        Conditions(()),
        Conditions(whole[1:]),
        attested(date(2025, 1, 1), date(2025, 12, 31)),
        attested(date(2027, 1, 1), date(2027, 12, 31)),
    ):
        hall.conditions = conditions
        assert code_of(lambda: hall.held(session, hall.ticket(session, resident_no(1)))) is WireCode.KOSEKI_CLOSED
        assert code_of(lambda: hall.read(session, Kind.KOSEKI_ZENBU)) is WireCode.KOSEKI_CLOSED
    hall.conditions = attested()
    assert hall.read(session, Kind.KOSEKI_ZENBU).whole


@pytest.mark.promise("C4")
def test_only_the_resident_registers_ticket_counts_and_only_its_session(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    forged = hall.ticket(session, resident_no(1), key=SigningKey.generate())
    assert code_of(lambda: hall.held(session, forged)) is WireCode.SIGNATURE_BAD
    other = hall.session(hall.made.cards[1], tag=2)
    assert code_of(lambda: hall.held(other, hall.ticket(session, resident_no(1)))) is WireCode.SIGNATURE_BAD
    late = hall.ticket(session, resident_no(1), not_after_ms=hall.clock.now_ms())
    assert code_of(lambda: hall.held(session, late)) is WireCode.GRANT_ENDED
    call = HeldCall(hall.ticket(session, resident_no(1)), session.secret)
    for server in ("core/residents", "dmz/transfer", "issuance/checker"):
        assert code_of(lambda server=server: asyncio.run(hall.service.held(Caller(server), call))) is WireCode.CALLER_REFUSED


def test_a_kind_of_another_registry_and_wrong_members_are_refused(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    ticket = hall.ticket(session, resident_no(1))
    for kind, members, choices in (
        (Kind.JUMINHYO, (0,), ()),
        (Kind.KOSEKI_ZENBU, (0,), ()),
        (Kind.KOSEKI_KOJIN, (), ()),
        (Kind.KOSEKI_KOJIN, (1, 0), ()),
        (Kind.KOSEKI_KOJIN, (0,), (Choice.HONSEKI,)),
        (Kind.FUHYO, (0,), (Choice.MY_NUMBER,)),
    ):
        call = hall.read_call(session, ticket, hall.order(session, kind, members, choices), person=PEOPLE[1])
        assert code_of(lambda call=call: hall.koseki(call)) is WireCode.MALFORMED


@pytest.mark.promise("C2")
def test_a_feed_that_stands_still_refuses(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    hall.clock.time_ms += hall.config.feed_age_ms_max + 1
    assert hall.service.feed_status().stale
    assert code_of(lambda: hall.held(session, hall.ticket(session, resident_no(1)))) is WireCode.REGISTRY_STALE


@pytest.mark.promise("C6")
def test_the_log_holds_codes_only(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0])
    hall.read(session, Kind.KOSEKI_ZENBU)
    code_of(lambda: hall.read(session, Kind.KOSEKI_KOJIN, (8,)))
    logged = hall.log.getvalue()
    assert "read_record" in logged
    assert not any(word in logged for word in ("甲野", "義太郎", resident_no(1), person_no(1), register_no(1)))
