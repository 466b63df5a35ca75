"""
The comparisons: signed words against signed words, by the city's directory and policy. Pure.

A signature that does not verify is refused and stops nothing. Words that are signed and contradict each other are a
`Contradiction`, and stop the city. Source: docs/spec/protocol.md sections 4.6, 5.4, 6.2, 7.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from akashi.admission import verify_kiosk
from akashi.documents.read import PrintedFace, PrintedTax
from akashi.ledger.entries import entry_hash
from akashi.rules.certificates import Forms, Held, check_officer, check_order, facts_hash, offers
from akashi.rules.eras import format_wareki, format_wareki_minute, jst_date
from akashi.rules.policy import CityPolicy
from akashi.rules.statements import statement
from akashi.rules.taxes import written_tax_days
from akashi.sealing.directory import Directory
from akashi.sealing.records import verify_held, verify_record
from akashi.sealing.signing import Purpose, verify, verify_message
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.kinds import KINDS, About, Registry
from akashi.wire.messages import (
    AnyRecord,
    AttestCertificateCall,
    AttestEligibilityCall,
    AttestOutcomeCall,
    EligibilityAnswer,
    EligibilityRecord,
    IntentEntry,
    IssueOrder,
    KeyUse,
    KindOffer,
    Member,
    OutcomeAck,
    OutcomeRecorded,
    OutcomeReport,
    Receipt,
    SubjectTicket,
    TaxRecord,
)
from akashi.wire.transcript import intent_commitment, order_hash
from akashi.zones.issuance.checker.errors import CheckerRefused, Contradiction
from akashi.zones.issuance.checker.matching import check_age_of_data, check_record


@dataclass(frozen=True, slots=True)
class Bench:
    """
    What the checker judges by, at one moment.

    Attributes:
        municipality: the city that it signs for.
        city, center: their directories.
        policy: the city's decisions, the checker's own copy.
        forms: what this build can read back.
        fonts: files of the city's fonts.
        now_ms: the checker's time.
        issued_on_skew_ms_max: how far the issuer's moment of issue may lie from it.
        stopped_at: where in the ledger the last stop by this server stands; -1 where there was none.
    """

    municipality: str
    city: Directory
    center: Directory
    policy: CityPolicy
    forms: Forms
    fonts: tuple[str, ...]
    now_ms: int
    issued_on_skew_ms_max: int
    stopped_at: int = -1


@dataclass(frozen=True, slots=True)
class CertificateCase:
    """
    Order and record that agree.

    Attributes:
        face: what must stand on the paper beside the record.
        intent_index: where in the ledger the intent stands.
    """

    order: IssueOrder
    record: AnyRecord
    face: PrintedFace
    intent_index: int


def check_not_stopped(intent_index: int, stopped_at: int) -> None:
    """
    Check that the recorder took the intent after the last stop of the city.

    It takes none while the city is stopped; so one that stands behind the stop proves that two people have re-opened.

    Raises:
        CheckerRefused: CITY_STOPPED.
    """
    if intent_index <= stopped_at:
        raise CheckerRefused(WireCode.CITY_STOPPED, "the intent is not younger than the last stop")


def judge_eligibility(call: AttestEligibilityCall, bench: Bench) -> EligibilityAnswer:
    """
    Return the answer that follows from the registry's signed words.

    Raises:
        Refused: not authenticated, the ticket has ended (GRANT_ENDED), or offers that the city's rules do not make (FEE_CHANGED).
        Contradiction: ticket and record are of different sessions, or the record names no applicant.
    """
    ticket = _ticket(call.ticket, bench)
    record = bench.city.verify_message(
        EligibilityRecord, call.record, use=KeyUse.REGISTRY, purpose=Purpose.ELIGIBILITY, now_ms=bench.now_ms
    )
    if (record.transcript, record.subject_token) != (ticket.transcript, ticket.subject_token):
        raise Contradiction("eligibility: ticket and record")
    if sum(member.is_applicant for member in record.members) != 1:
        raise Contradiction("eligibility: not one applicant")
    group = bench.policy.group_of(ticket.kiosk_id)
    # The issuer decided a moment ago; at the edge of an hour or a day both answers are right.
    moments_ms = (bench.now_ms, max(0, bench.now_ms - bench.issued_on_skew_ms_max))
    held = _held(call, ticket, bench)
    expected = [offers(bench.policy, group, moment_ms, forms=bench.forms, held=held) for moment_ms in moments_ms]
    if call.offers not in expected:
        raise CheckerRefused(WireCode.FEE_CHANGED, "offers are not those of the city's rules")
    if not 1 <= call.certificates_max <= bench.policy.certificates_max:
        raise CheckerRefused(WireCode.FEE_CHANGED, "more certificates than the city's rules give")
    return EligibilityAnswer(
        envelope_hash=call.envelope_hash,
        subject_token=record.subject_token,
        as_of_ms=record.as_of_ms,
        members=record.members,
        offers=call.offers,
        grant_not_after_ms=ticket.not_after_ms,
        certificates_max=call.certificates_max,
        koseki_members=_koseki_members(held, call.offers),
    )


def judge_certificate(call: AttestCertificateCall, bench: Bench) -> CertificateCase:
    """
    Return order, record and face where ticket, order, record, intent and receipt are of one session, order and number.

    Raises:
        Refused: not authenticated, CITY_STOPPED, the ticket has ended, the moment of issue is off, the order is against the
            city's rules, or issuer and checker have different certification facts at the moment (BUSY).
        Contradiction: signed words that do not belong together.
    """
    # 1. Authenticate: ticket, order by the ticket's key, record, receipt; the receipt is younger than the last stop, else
    # nothing more is judged, and nothing stops twice. 2. The moment. 3. One session, order, number.
    # 4. The intent was durable first. 5. The city's rules, by this server's own policy, at the moment of issue.
    ticket = _ticket(call.ticket, bench)  # 1
    order_payload = verify(ticket.sign_public, Purpose.ORDER, call.order)
    order = codec.parse(IssueOrder, order_payload)
    record = verify_record(bench.city, order.kind, call.record, now_ms=bench.now_ms)
    receipt = _receipt(call.receipt, bench)
    check_not_stopped(receipt.index, bench.stopped_at)
    if abs(call.issued_on_ms - bench.now_ms) > bench.issued_on_skew_ms_max:  # 2
        raise CheckerRefused(WireCode.DEADLINE_PASSED, "the moment of issue is not now")
    hashed = order_hash(order_payload)  # 3
    check_record(record, ticket, order, order_hash=hashed, issue_number=call.issue_number)
    _check_intent(call, receipt, kiosk_id=ticket.kiosk_id, hashed=hashed, municipality=bench.municipality)  # 4
    group = bench.policy.group_of(ticket.kiosk_id)
    check_order(bench.policy, order, forms=bench.forms, kiosk_group=group, now_ms=call.issued_on_ms)  # 5
    check_age_of_data(record, bench.policy, now_ms=call.issued_on_ms)
    issued_on = jst_date(call.issued_on_ms)
    officer = check_officer(bench.policy, issued_on)
    if call.facts_hash != facts_hash(bench.policy, officer, order.kind):
        # A new policy reaches two servers seconds apart. The number becomes VOID; nothing was printed under either.
        raise CheckerRefused(WireCode.BUSY, "the issuer certifies by another policy")
    face = PrintedFace(
        issue_number=call.issue_number,
        issued_on=issued_on,
        issued_on_written=format_wareki(issued_on),
        as_of_written=format_wareki_minute(record.as_of_ms),
        city_name=bench.policy.name,
        officer_title=officer.title,
        officer_name=officer.name,
        statement=statement(bench.policy, order.kind),
        tax=_printed_tax(record, bench.policy, now_ms=call.issued_on_ms),
        fonts=bench.fonts,
    )
    return CertificateCase(order, record, face, receipt.index)


def _printed_tax(record: AnyRecord, policy: CityPolicy, *, now_ms: int) -> PrintedTax | None:
    if not isinstance(record, TaxRecord):
        return None
    days = written_tax_days(policy, record, now_ms)
    return PrintedTax(year=days.year, income_year=days.income_year, data_on=days.data_on, marked=days.marked)


def judge_outcome(call: AttestOutcomeCall, bench: Bench) -> OutcomeAck:
    """
    Return the acknowledgement of a report all of whose lines the ledger has.

    Raises:
        Refused: the kiosk, its signature or a receipt is not authenticated.
        Contradiction: a receipt is for something else than the line of the report, or the report is another kiosk's.
    """
    kiosk = verify_kiosk(call.kiosk_certificate, center=bench.center, now_ms=bench.now_ms)
    report = verify_message(kiosk.public, Purpose.OUTCOME, OutcomeReport, call.report)
    if report.kiosk_id != kiosk.kiosk_id:
        raise Contradiction("outcome: kiosk")
    receipts = [_receipt(signed, bench) for signed in call.receipts]
    if not len(receipts) == len(call.report_hashes) == len(report.entries):
        raise Contradiction("outcome: lines and receipts")
    for entry, receipt, report_hash in zip(report.entries, receipts, call.report_hashes, strict=True):
        recorded = OutcomeRecorded(
            bench.municipality, entry.issue_number, report.kiosk_id, entry.sequence, entry.outcome, entry.cause, report_hash
        )
        if receipt.entry_hash != entry_hash(recorded):
            raise Contradiction("outcome: receipt")
    return OutcomeAck(call.envelope_hash, tuple(entry.sequence for entry in report.entries))


def _ticket(signed: bytes, bench: Bench) -> SubjectTicket:
    ticket = bench.city.verify_message(SubjectTicket, signed, use=KeyUse.REGISTRY, purpose=Purpose.TICKET, now_ms=bench.now_ms)
    if ticket.municipality != bench.municipality:
        raise Contradiction("ticket: city")
    if ticket.not_after_ms <= bench.now_ms:
        raise CheckerRefused(WireCode.GRANT_ENDED, "the ticket has ended")
    return ticket


def _held(call: AttestEligibilityCall, ticket: SubjectTicket, bench: Bench) -> Held:
    """Return what the registries said; a word about another session or subject is a contradiction."""
    records, refusals = {}, {}
    for word in call.held:
        if not word.record:
            refusals[word.registry] = word.refusal or WireCode.REGISTRY_STALE
            continue
        record = verify_held(bench.city, word.registry, word.record, now_ms=bench.now_ms)
        if record.registry is not word.registry or record.transcript != ticket.transcript:
            raise Contradiction("eligibility: held")
        if record.subject_token != ticket.subject_token:
            raise Contradiction("eligibility: held by somebody else")
        records[word.registry] = record
    return Held(records, refusals)


def _koseki_members(held: Held, offered: tuple[KindOffer, ...]) -> tuple[Member, ...]:
    """Return the persons of the family register, where a kind that needs them can be had."""
    needed = any(one.refusal is None and KINDS[one.kind].about is About.KOSEKI_MEMBERS for one in offered)
    record = held.records.get(Registry.KOSEKI)
    return record.members if needed and record is not None else ()


def _receipt(signed: bytes, bench: Bench) -> Receipt:
    return bench.city.verify_message(Receipt, signed, use=KeyUse.RECEIPT, purpose=Purpose.RECEIPT, now_ms=bench.now_ms)


def _check_intent(call: AttestCertificateCall, receipt: Receipt, *, kiosk_id: str, hashed: bytes, municipality: str) -> None:
    intent = codec.parse(IntentEntry, call.intent)
    expected = IntentEntry(municipality, kiosk_id, call.issue_number, intent_commitment(call.intent_salt, hashed))
    if intent != expected or hashlib.sha256(call.intent).digest() != receipt.entry_hash:
        raise Contradiction("certificate: intent")
