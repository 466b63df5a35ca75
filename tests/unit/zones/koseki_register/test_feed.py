"""Notifications: each whole or not at all, in order; what they do to registers; what they must not do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from akashi.registers.errors import FeedRefused
from akashi.registers.stores.engine import Engine
from akashi.wire.errors import WireCode
from akashi.zones.koseki.register.notifications import (
    AddressNotified,
    BlockCleared,
    BlockSet,
    EnteringEnded,
    FeedRecord,
    PersonCorrected,
    PersonEntered,
    PersonMatter,
    PersonRemoved,
    RegisterClosed,
    RegisterMade,
    RegisterMatter,
    ResidentLinked,
    Step,
    VoterNotified,
    format_line,
)
from akashi.zones.koseki.register.records import Address, Block, BlockReason, FamilyRegister, RegisterState
from akashi.zones.koseki.register.rows import load_register
from akashi.zones.koseki.register.store import KosekiStore
from akashi.zones.koseki.register.vocabulary import Sex, SpouseMark
from unit.zones.core_residents.counter import Made
from unit.zones.core_residents.people import AS_OF_MS
from unit.zones.koseki_register.families import (
    born,
    family,
    feed,
    matter,
    on,
    person,
    person_no,
    register,
    register_no,
    renamed,
    resident_no,
    sample,
)
from unit.zones.koseki_register.hall import Hall

MARRIAGE_DAY = on("令和8年6月1日", date(2026, 6, 1))


def stored(engine: Engine, serial: int) -> FamilyRegister:
    with engine.writing() as transaction:
        return load_register(transaction, register_no(serial))


def refs(engine: Engine, serial: int) -> dict[str, int]:
    with engine.writing() as transaction:
        rows = transaction.rows("SELECT person_no, member_ref FROM person_rows WHERE register_no = ?", register_no(serial))
    return {str(number): int(str(ref)) for number, ref in rows}


@pytest.fixture
def loaded(engine: Engine, tmp_path: Path) -> Engine:
    sample().load(engine, tmp_path)
    return engine


def marriage() -> tuple[Step, ...]:
    """一人 (10) leaves register 2 and makes register 20 with somebody from another city, in one notification."""
    leaves = matter("婚姻", 婚姻日="令和8年6月1日", 配偶者氏名="壬生花子", 新本籍="東京都証野市硯町二丁目5番", 称する氏="乙川")
    entry = matter("婚姻", 婚姻日="令和8年6月1日", 配偶者氏名="壬生花子", 従前戸籍="東京都証野市硯町二丁目3番\u3000乙川")
    made = register(
        20,
        "乙川",
        person(100, "一人", resident_no=resident_no(10), spouse=SpouseMark.HUSBAND, matters=(born("昭和57年4月19日"), entry)),
        person(101, "花子", resident_no="", sex=Sex.FEMALE, relationship="長女", spouse=SpouseMark.WIFE),
        honseki="東京都証野市硯町二丁目5番",
    )
    return (
        PersonRemoved(register_no=register_no(2), person_no=person_no(10), removed=MARRIAGE_DAY, matter=leaves),
        RegisterClosed(register_no=register_no(2)),
        RegisterMade(register=made),
    )


@pytest.mark.promise("C2")
def test_a_marriage_is_one_transaction_in_two_registers(loaded: Engine) -> None:
    feed(loaded, marriage())
    old, new = stored(loaded, 2), stored(loaded, 20)
    assert (old.state, old.persons[0].removed, old.persons[0].matters[-1].title) == (RegisterState.CLOSED, MARRIAGE_DAY, "婚姻")
    assert [one.given_name for one in new.persons] == ["一人", "花子"]
    assert new.persons[0].resident_no == resident_no(10)


@pytest.mark.promise("C2")
def test_a_notification_of_which_one_step_does_not_fit_changes_nothing(loaded: Engine) -> None:
    before = stored(loaded, 2)
    wrong = (*marriage(), RegisterMade(register=family()))
    with pytest.raises(FeedRefused):
        feed(loaded, wrong)
    assert stored(loaded, 2) == before
    assert KosekiStore(loaded).feed_state().sequence == 0


def test_birth_adoption_divorce_correction_address_and_voter(loaded: Engine) -> None:
    number = register_no(1)
    child = person(40, "菊子", resident_no="", sex=Sex.FEMALE, relationship="二女", birth=on("令和8年5月20日", date(2026, 5, 20)))
    divorce = matter("離婚", 離婚日="令和8年6月1日", 配偶者氏名="甲野梅子")
    moved = Address(address="北海道雪野原市川縁町1番地", since=on("令和8年6月2日", date(2026, 6, 2)))
    feed(
        loaded,
        (PersonEntered(register_no=number, person=child),),
        (
            PersonMatter(register_no=number, person_no=person_no(1), matter=divorce, spouse=SpouseMark.NONE),
            PersonRemoved(register_no=number, person_no=person_no(2), removed=MARRIAGE_DAY, matter=divorce),
        ),
        (AddressNotified(register_no=number, person_no=person_no(1), address=moved),),
        (VoterNotified(register_no=number, person_no=person_no(1), overseas_voter="登録"),),
        (PersonCorrected(register_no=number, person=renamed(family().persons[3], "竹雄")),),
        (ResidentLinked(register_no=number, person_no=person_no(4), resident_no=""),),
    )
    after = stored(loaded, 1)
    assert [one.given_name for one in after.persons] == ["義太郎", "梅\U000e0101子", "松子", "竹雄", "菊子"]
    assert refs(loaded, 1)[child.person_no] == 4
    assert (after.persons[0].spouse, after.persons[1].spouse) == (SpouseMark.NONE, SpouseMark.NONE)
    assert after.persons[1].removed == MARRIAGE_DAY
    assert (after.persons[0].addresses[-1], after.persons[0].overseas_voter) == (moved, "登録")
    assert after.persons[3].resident_no == ""


def test_a_move_of_the_register_inside_the_city_and_a_new_surname(loaded: Engine) -> None:
    moved = matter("転籍", 転籍日="令和8年6月1日", 従前本籍="東京都証野市硯町二丁目3番")
    surname = matter("氏の変更", 氏変更日="令和8年6月2日", 氏変更の事由="戸籍法107条1項の届出")
    feed(
        loaded,
        (RegisterMatter(register_no=register_no(1), matter=moved, honseki="東京都証野市朝露町一丁目1番"),),
        (RegisterMatter(register_no=register_no(1), matter=surname, surname="甲乃", hittosha="甲乃\u3000義太郎"),),
    )
    after = stored(loaded, 1)
    assert (after.honseki, after.surname, after.hittosha) == ("東京都証野市朝露町一丁目1番", "甲乃", "甲乃\u3000義太郎")
    assert [one.title for one in after.matters] == ["戸籍編製", "転籍", "氏の変更"]


@pytest.mark.parametrize(
    "steps",
    [
        (RegisterMade(register=family()),),
        (RegisterMade(register=replace(family(), register_no=register_no(50))),),
        (RegisterClosed(register_no=register_no(99)),),
        (PersonEntered(register_no=register_no(6), person=person(60, "新", resident_no="")),),
        (PersonEntered(register_no=register_no(1), person=person(10, "一人", resident_no="")),),
        (PersonEntered(register_no=register_no(1), person=person(60, "新", resident_no=resident_no(10))),),
        (PersonRemoved(register_no=register_no(1), person_no=person_no(3), removed=MARRIAGE_DAY),),
        (PersonRemoved(register_no=register_no(1), person_no=person_no(10), removed=MARRIAGE_DAY),),
        (PersonCorrected(register_no=register_no(1), person=replace(family().persons[2], removed=None)),),
        (RegisterMatter(register_no=register_no(1), matter=born("令和8年6月1日")),),
        (ResidentLinked(register_no=register_no(1), person_no=person_no(1), resident_no="1234567890"),),
        (BlockCleared(person_no=person_no(1), reason=BlockReason.COURT),),
        (BlockSet(block=Block(person_no=person_no(77), reason=BlockReason.COURT, since=date(2026, 1, 1))),),
        (EnteringEnded(register_no=register_no(1)),),
    ],
    ids=[
        "register-twice",
        "person-of-another-register",
        "no-such-register",
        "into-a-closed-register",
        "number-given-before",
        "resident-of-another-register",
        "left-before",
        "stands-elsewhere",
        "comes-back",
        "matter-of-a-person",
        "no-resident-number",
        "no-such-block",
        "no-such-person",
        "entering-not-begun",
    ],
)
def test_a_step_that_does_not_fit_is_refused_whole(loaded: Engine, steps: tuple[Step, ...]) -> None:
    with pytest.raises(FeedRefused):
        feed(loaded, steps)
    assert (stored(loaded, 1), KosekiStore(loaded).feed_state().sequence) == (family(), 0)


@pytest.mark.promise("C2")
def test_after_a_gap_nothing_is_read_until_it_is_filled(made: Made, loaded: Engine) -> None:
    hall = Hall(made, loaded)
    one, two = (format_line(FeedRecord(sequence=number, time_ms=AS_OF_MS, steps=())) for number in (1, 2))
    with pytest.raises(FeedRefused):
        hall.service.apply_feed([two])
    assert hall.service.feed_status().stopped == WireCode.CONTRADICTION
    assert hall.service.apply_feed([one, two, one]).sequence == 2
    assert not hall.service.feed_status().stale
    other = format_line(FeedRecord(sequence=2, time_ms=AS_OF_MS + 1, steps=()))
    with pytest.raises(FeedRefused):
        hall.service.apply_feed([other])
    assert hall.service.feed_status().stale


def test_the_sources_clock_must_not_be_ahead(made: Made, loaded: Engine) -> None:
    hall = Hall(made, loaded)
    ahead = format_line(FeedRecord(sequence=1, time_ms=hall.clock.now_ms() + 60_001, steps=()))
    with pytest.raises(FeedRefused, match="ahead"):
        hall.service.apply_feed([ahead])


def test_a_reference_never_passes_to_somebody_else(loaded: Engine) -> None:
    before = refs(loaded, 1)
    for serial in (60, 61):
        feed(
            loaded,
            (PersonEntered(register_no=register_no(1), person=person(serial, "新", resident_no="")),),
            after=KosekiStore(loaded).feed_state().sequence,
        )
    assert refs(loaded, 1) == {**before, person_no(60): 4, person_no(61): 5}
