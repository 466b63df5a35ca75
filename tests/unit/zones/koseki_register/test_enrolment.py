"""利用登録: a statement waits for two people, then the card speaks for exactly one person; nothing less opens the register."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from akashi.base.inbox import Inbox
from akashi.base.log import Log
from akashi.registers.stores.engine import Engine
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, verify_message
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Service
from akashi.wire.messages import (
    EligibilityRecord,
    EnrolDecision,
    EnrolState,
    EnrolStatement,
    OpenGrantReply,
    StatedField,
    SubjectTicket,
)
from akashi.wire.transcript import subject_row_hash
from akashi.zones.koseki.register.approving import Approvals
from akashi.zones.koseki.register.errors import DecisionRefused
from akashi.zones.koseki.register.notifications import BlockSet, PersonRemoved
from akashi.zones.koseki.register.records import Block, BlockReason
from unit.zones.core_residents.counter import ISSUER, Made
from unit.zones.core_residents.people import CITY, LINKED_ON
from unit.zones.koseki_register.families import feed, matter, on, person_no, register_no, sample
from unit.zones.koseki_register.hall import STAFF, Hall, Session
from unit.zones.koseki_register.test_reads import code_of


@pytest.fixture
def hall(made: Made, engine: Engine, tmp_path: Path) -> Hall:
    sample().load(engine, tmp_path)
    return Hall(made, engine)


class Office:
    """Two desks of staff: files that they sign, and the folder that they put them into."""

    def __init__(self, hall: Hall, folder: Path) -> None:
        self.hall = hall
        self.log = io.StringIO()
        self.inbox = Inbox(folder, Log("koseki/register", self.log))
        self.folder = folder
        staff = {name: key.public_bytes for name, key in STAFF.items()}
        self.approvals = Approvals(hall.store, staff, municipality=CITY, clock=hall.clock, log=Log("koseki/register", self.log))

    def decision(self, **changes: Any) -> EnrolDecision:
        """What fits the only statement that waits, but for what is named."""
        (waiting,) = self.hall.store.pending()
        fits = EnrolDecision(CITY, waiting.enrolment_id, waiting.statement_hash, person_no(17), (), "本人確認書類で照合")
        return msgspec.structs.replace(fits, **changes)

    def put(self, who: str, decision: EnrolDecision, *, key: SigningKey | None = None) -> None:
        signed = sign_message(key or STAFF[who], Purpose.ENROL_DECISION, decision)
        (self.folder / f"{who}{len(list(self.folder.iterdir()))}.signed").write_bytes(signed)

    def take(self, *who: str, **changes: Any) -> None:
        decision = self.decision(**changes)
        for one in who:
            self.put(one, decision)
        self.approvals.take(self.inbox)


@pytest.fixture
def office(hall: Hall, tmp_path: Path) -> Office:
    return Office(hall, tmp_path / "inbox")


def open_grant(hall: Hall, session: Session) -> tuple[bytes, SubjectTicket]:
    reply: OpenGrantReply = asyncio.run(hall.service.open_grant(ISSUER, session.grant_call))
    ticket = verify_message(hall.key.public_bytes, Purpose.TICKET, SubjectTicket, reply.ticket)
    record = verify_message(hall.key.public_bytes, Purpose.ELIGIBILITY, EligibilityRecord, reply.record)
    assert (record.members, record.subject_token) == ((), ticket.subject_token)
    return reply.ticket, ticket


@pytest.mark.promise("C4")
def test_a_card_speaks_for_somebody_only_after_two_people_said_so(hall: Hall, office: Office) -> None:
    card = hall.made.cards[0]
    visit = hall.session(card, Service.HONSEKI)
    assert code_of(lambda: open_grant(hall, visit)) is WireCode.ENROL_NEEDED
    word = hall.enrol(hall.session(card, Service.ENROL, tag=2))
    assert (word.state, word.received_ms) == (EnrolState.PENDING, hall.clock.now_ms())
    assert code_of(lambda: open_grant(hall, visit)) is WireCode.ENROL_PENDING
    office.take("sato")
    assert code_of(lambda: open_grant(hall, visit)) is WireCode.ENROL_PENDING
    office.put("sato", office.decision())
    office.approvals.take(office.inbox)
    assert code_of(lambda: open_grant(hall, visit)) is WireCode.ENROL_PENDING
    office.take("suzuki")
    assert hall.enrol(hall.session(card, Service.ENROL, tag=3)).state is EnrolState.APPROVED
    _, ticket = open_grant(hall, visit)
    assert (ticket.resident_no, ticket.subject_token) == (person_no(17), visit.subject_token)
    told = [json.loads(line) for line in office.log.getvalue().splitlines()]
    assert [(one["author"], one["approver"]) for one in told if one["event"] == "decision"] == [("sato", "suzuki")]


@pytest.mark.promise("C4")
def test_the_enrolled_person_reads_the_own_register_and_needs_no_standing(hall: Hall, office: Office) -> None:
    card = hall.made.cards[0]
    hall.enrol(hall.session(card, Service.ENROL, tag=2))
    office.take("sato", "suzuki")
    visit = hall.session(card, Service.HONSEKI)
    signed, _ = open_grant(hall, visit)
    held = hall.held(visit, signed)
    assert all(one.refusal is None for one in held.holdings)
    assert [(one.name, one.is_applicant) for one in held.members] == [("辛島\u3000遠子", False), ("辛島\u3000遠夫", True)]
    record = hall.koseki(hall.read_call(visit, signed, hall.order(visit, Kind.KOSEKI_ZENBU)))
    assert (record.hittosha, record.subject_row) == (
        "辛島\u3000遠子",
        subject_row_hash(visit.transcript, person_no(17)),
    )


@pytest.mark.promise("C4")
def test_a_number_of_ours_means_nobody_in_the_resident_registers_ticket_and_the_reverse(hall: Hall, office: Office) -> None:
    card = hall.made.cards[0]
    hall.enrol(hall.session(card, Service.ENROL, tag=2))
    office.take("sato", "suzuki")
    visit = hall.session(card, Service.HONSEKI)
    by_residents = hall.held(visit, hall.ticket(visit, person_no(17)))
    assert {one.refusal for one in by_residents.holdings} == {WireCode.HONSEKI_ELSEWHERE}
    stolen = hall.ticket(visit, person_no(1), key=hall.key)
    assert {one.refusal for one in hall.held(visit, stolen).holdings} == {WireCode.NOT_AVAILABLE}


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    "changes",
    [
        {"person_no": person_no(16)},
        {"person_no": person_no(15)},
        {"person_no": "1234567890"},
        {"differs": (StatedField.NAME,)},
        {"statement_hash": bytes(32)},
        {"enrolment_id": bytes(16)},
        {"municipality": "131016"},
    ],
    ids=["birth-unknown", "closed-register", "nobody", "no-such-difference", "another-statement", "no-such-request", "city"],
)
def test_a_decision_that_does_not_fit_is_not_carried_out(hall: Hall, office: Office, changes: dict[str, Any]) -> None:
    hall.enrol(hall.session(hall.made.cards[0], Service.ENROL))
    office.take("sato", "suzuki", **changes)
    assert len(hall.store.pending()) == 1
    assert len(list((office.folder / "refused").iterdir())) == 2
    assert code_of(lambda: open_grant(hall, hall.session(hall.made.cards[0], Service.HONSEKI))) is WireCode.ENROL_PENDING


def test_differences_are_shown_to_staff_and_must_be_named(hall: Hall, office: Office) -> None:
    session = hall.session(hall.made.cards[0], Service.ENROL)
    hall.enrol(session, hall.statement(session, name="辛嶋遠夫", honseki="東京都証野市硯町２丁目3番", hittosha="辛島 遠子"))
    (waiting,) = hall.store.pending()
    best = waiting.candidates[0]
    assert (best.person_no, best.differs) == (person_no(17), (StatedField.NAME, StatedField.HONSEKI))
    assert len(waiting.candidates) >= 3
    office.take("sato", "suzuki")
    assert len(hall.store.pending()) == 1
    office.take("sato", "suzuki", differs=best.differs)
    assert hall.store.pending() == ()


def test_strangers_and_one_person_twice_decide_nothing(hall: Hall, office: Office) -> None:
    hall.enrol(hall.session(hall.made.cards[0], Service.ENROL))
    decision = office.decision()
    office.put("sato", decision)
    office.put("sato", decision)
    office.put("stranger", decision, key=SigningKey.generate())
    office.approvals.take(office.inbox)
    assert len(hall.store.pending()) == 1
    assert [path.name for path in (office.folder / "refused").iterdir()] == ["stranger4.signed"]


def test_a_refusal_is_told_as_such_and_a_new_statement_may_come(hall: Hall, office: Office) -> None:
    card = hall.made.cards[0]
    first = hall.session(card, Service.ENROL)
    hall.enrol(first)
    office.take("sato", "takahashi", person_no=None, reason="該当する戸籍がない")
    assert hall.enrol(first).state is EnrolState.REFUSED
    assert code_of(lambda: open_grant(hall, hall.session(card, Service.HONSEKI, tag=2))) is WireCode.ENROL_NEEDED
    assert hall.enrol(hall.session(card, Service.ENROL, tag=3)).state is EnrolState.PENDING


def test_a_newer_statement_replaces_the_one_that_waits(hall: Hall, office: Office) -> None:
    card = hall.made.cards[0]
    first, second = (hall.session(card, Service.ENROL, tag=tag) for tag in (2, 3))
    hall.enrol(first)
    old = office.decision()
    hall.clock.time_ms += 1000
    hall.enrol(second, hall.statement(second, phone=""))
    assert len(hall.store.pending()) == 1
    for who in ("sato", "suzuki"):
        office.put(who, old)
    office.approvals.take(office.inbox)
    assert hall.enrol(first).state is EnrolState.REPLACED
    assert hall.enrol(second).state is EnrolState.PENDING


def test_a_renewed_card_enrols_again(hall: Hall, office: Office) -> None:
    hall.enrol(hall.session(hall.made.cards[0], Service.ENROL))
    office.take("sato", "suzuki")
    renewed = hall.session(hall.made.cards[1], Service.HONSEKI, tag=2)
    assert code_of(lambda: open_grant(hall, renewed)) is WireCode.ENROL_NEEDED


def test_who_left_the_register_or_is_protected_opens_nothing(hall: Hall, office: Office, engine: Engine) -> None:
    card = hall.made.cards[0]
    hall.enrol(hall.session(card, Service.ENROL))
    office.take("sato", "suzuki")
    visit = hall.session(card, Service.HONSEKI, tag=2)
    signed, _ = open_grant(hall, visit)
    block = Block(person_no=person_no(16), reason=BlockReason.COURT, since=LINKED_ON)
    last = feed(engine, (BlockSet(block=block),))
    assert code_of(lambda: open_grant(hall, visit)) is WireCode.NOT_AVAILABLE
    assert {one.refusal for one in hall.held(visit, signed).holdings} == {WireCode.NOT_AVAILABLE}
    away = matter("婚姻", 婚姻日="令和8年5月1日", 配偶者氏名="壬生花子", 新本籍="京都府山科野市1番地")
    leave = PersonRemoved(
        register_no=register_no(7), person_no=person_no(17), removed=on("令和8年5月1日", LINKED_ON), matter=away
    )
    feed(engine, (leave,), after=last)
    assert code_of(lambda: open_grant(hall, visit)) is WireCode.ENROL_NEEDED
    call = hall.read_call(visit, signed, hall.order(visit, Kind.KOSEKI_ZENBU))
    assert code_of(lambda: hall.koseki(call)) is WireCode.NOT_AVAILABLE


@pytest.mark.promise("C4")
def test_a_statement_of_another_session_or_service_is_refused(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0], Service.ENROL)
    other = hall.session(hall.made.cards[1], Service.ENROL, tag=2)
    assert code_of(lambda: hall.enrol(session, hall.statement(other))) is WireCode.SIGNATURE_BAD
    foreign = msgspec.structs.replace(hall.enrol_call(session), statement=hall.enrol_call(other).statement)
    assert code_of(lambda: asyncio.run(hall.service.enrol(ISSUER, foreign))) is WireCode.SIGNATURE_BAD
    for service in (Service.CERTIFICATES, Service.HONSEKI):
        wrong = hall.session(hall.made.cards[0], service, tag=3)
        assert code_of(lambda wrong=wrong: hall.enrol(wrong)) is WireCode.MALFORMED
    assert code_of(lambda: open_grant(hall, session)) is WireCode.MALFORMED
    away = hall.session(hall.made.cards[0], Service.ENROL, city="131016")
    assert code_of(lambda: hall.enrol(away)) is WireCode.CITY_UNKNOWN


def test_too_many_that_wait_is_busy_and_a_retry_is_not_one_more(made: Made, engine: Engine, tmp_path: Path) -> None:
    sample().load(engine, tmp_path)
    hall = Hall(made, engine, pending_max=1)
    first = hall.session(made.cards[0], Service.ENROL)
    assert hall.enrol(first).state is hall.enrol(first).state is EnrolState.PENDING
    again = hall.session(made.cards[0], Service.ENROL, tag=2)
    assert hall.enrol(again).state is EnrolState.PENDING
    assert code_of(lambda: hall.enrol(hall.session(made.cards[1], Service.ENROL, tag=3))) is WireCode.BUSY


def test_a_statement_is_kept_as_it_was_signed(hall: Hall) -> None:
    session = hall.session(hall.made.cards[0], Service.ENROL)
    stated = hall.statement(session, name="辛島\U000e0102遠夫")
    hall.enrol(session, stated)
    (waiting,) = hall.store.pending()
    assert waiting.statement == stated
    assert codec.parse(EnrolStatement, codec.encode(stated)) == stated


def test_staff_must_be_two_people_with_two_keys(hall: Hall) -> None:
    one = STAFF["sato"].public_bytes
    for staff in ({"sato": one}, {"sato": one, "suzuki": one}):
        with pytest.raises(DecisionRefused):
            Approvals(hall.store, staff, municipality=CITY, clock=hall.clock, log=Log("koseki/register", io.StringIO()))


def test_nothing_is_enrolled_while_the_link_is_shut(hall: Hall) -> None:
    from akashi.zones.koseki.register.conditions import Conditions  # noqa: PLC0415 - only here

    hall.conditions = Conditions(())
    with pytest.raises(Refused) as refused:
        hall.enrol(hall.session(hall.made.cards[0], Service.ENROL))
    assert refused.value.code is WireCode.KOSEKI_CLOSED
    assert hall.store.pending() == ()
