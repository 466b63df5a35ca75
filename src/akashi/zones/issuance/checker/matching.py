"""
Does a registry's signed record answer exactly the order and the ticket? Pure; one comparison per family.

Whatever does not fit is a `Contradiction`: two parties signed words that cannot both be right.
Source: docs/spec/protocol.md sections 3.6, 5.3, 5.4; requirements C3, C4.
"""

from __future__ import annotations

from datetime import date

from akashi.rules.policy import CityPolicy
from akashi.rules.taxes import check_data_day
from akashi.wire.certificates import Choice, Kind
from akashi.wire.messages import (
    AnyRecord,
    FuhyoRecord,
    IssueOrder,
    JuminRecord,
    KosekiRecord,
    SealRecord,
    SubjectTicket,
    TaxRecord,
)
from akashi.wire.tax_items import TAX_ITEMS_OF
from akashi.wire.transcript import subject_row_hash
from akashi.zones.issuance.checker.errors import Contradiction


def check_record(record: AnyRecord, ticket: SubjectTicket, order: IssueOrder, *, order_hash: bytes, issue_number: str) -> None:
    """
    Check that the record is of this session, order, number and person, and holds exactly what was chosen.

    Raises:
        Contradiction: it is not.
    """
    if not order.transcript == ticket.transcript == record.transcript:
        raise Contradiction("certificate: session")
    if record.order_hash != order_hash:
        raise Contradiction("certificate: order")
    if record.issue_number != issue_number or not issue_number.startswith(f"{ticket.municipality}-"):
        raise Contradiction("certificate: number")
    if record.subject_token != ticket.subject_token:
        raise Contradiction("certificate: subject")
    if not isinstance(record, JuminRecord) and record.subject_row != subject_row_hash(ticket.transcript, ticket.resident_no):
        # The registry read somebody else's row.
        raise Contradiction("certificate: row")
    match record:
        case JuminRecord():
            _check_jumin(record, order)
        case SealRecord():
            _check_seal(record)
        case TaxRecord():
            _check_tax(record, order)
        case KosekiRecord():
            _check_koseki(record, order)
        case FuhyoRecord():
            _check_fuhyo(record, order)


def check_age_of_data(record: AnyRecord, policy: CityPolicy, *, now_ms: int) -> None:
    """
    Check that data which are not real time are not too old.

    Raises:
        RuleRefused: REGISTRY_STALE, KIND_OFF.
        Contradiction: the day is none.
    """
    if isinstance(record, TaxRecord):
        check_data_day(policy, _day(record.data_on), now_ms)


def _check_jumin(record: JuminRecord, order: IssueOrder) -> None:
    if tuple(sorted(person.member_ref for person in record.persons)) != order.members:
        raise Contradiction("certificate: members")


def _check_seal(record: SealRecord) -> None:
    image = record.image
    if len(image.bits) != (image.width_px + 7) // 8 * image.height_px:
        raise Contradiction("certificate: image")


def _check_tax(record: TaxRecord, order: IssueOrder) -> None:
    if record.fiscal_year != order.year:
        raise Contradiction("certificate: year")
    if tuple(line.item for line in record.lines) != TAX_ITEMS_OF[order.kind]:
        raise Contradiction("certificate: items")


def _check_koseki(record: KosekiRecord, order: IssueOrder) -> None:
    if record.whole is not (order.kind is Kind.KOSEKI_ZENBU):
        raise Contradiction("certificate: whole")
    if not record.whole and tuple(sorted(person.member_ref for person in record.persons)) != order.members:
        raise Contradiction("certificate: members")


def _check_fuhyo(record: FuhyoRecord, order: IssueOrder) -> None:
    if tuple(sorted(person.member_ref for person in record.persons)) != order.members:
        raise Contradiction("certificate: members")
    if Choice.HONSEKI not in order.choices and (record.honseki or record.hittosha):
        raise Contradiction("certificate: items")
    if Choice.OVERSEAS_VOTER not in order.choices and any(person.overseas_voter for person in record.persons):
        raise Contradiction("certificate: items")


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Contradiction("certificate: day") from None
