"""
The reference model: what must hold of every grant, certificate, number and yen, whatever else goes wrong.

It sees everything (the truth of the register, every registry answer, every kiosk's journal) and is as plain as can be. A rule
that does not hold raises `Violation` on the spot, so that the seed's trace ends where the bug is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from akashi.simulation.errors import Violation
from akashi.simulation.network import Call
from akashi.simulation.register import Register, Version, written_item
from akashi.simulation.site import FEE_YEN, Visitor
from akashi.wire import codec
from akashi.wire.certificates import Choice, Item, items_for
from akashi.wire.errors import WireCode
from akashi.wire.messages import (
    AnyRecord,
    CertificateAnswer,
    EligibilityAnswer,
    EligibilityRecord,
    JuminRecord,
    OpenGrantReply,
    Outcome,
    ReadRecordReply,
    Signed,
)
from akashi.zones.store.kiosk.service import Wish

CITY_DAY = date(2026, 11, 24)
STOPPED = frozenset({WireCode.CITY_STOPPED, WireCode.KIOSK_STOPPED, WireCode.CHECK_FAILED, WireCode.CONTRADICTION})
"""Nobody in a run gives a reason for these: relays and misfortune must not be able to bring them about."""

ReadFile = Callable[[bytes], AnyRecord | None]
"""The record that a finished file holds, where it can be told; None where only the checker's reader can."""


@dataclass(slots=True)
class Sheet:
    """
    One issue number as a kiosk knows it.

    Attributes:
        kiosk_id: who printed it.
        replaces: the voided number whose payment counts for this one, or "".
        row_version: which committed version of the household it says.
        outcome: what the kiosk wrote into its journal; None before.
        captured_yen: what the applicant paid for it.
    """

    kiosk_id: str
    replaces: str
    row_version: int
    outcome: Outcome | None = None
    captured_yen: int = 0


@dataclass(slots=True)
class Model:
    """
    All that is known and required.

    Attributes:
        register: the truth.
        read_file: looks into finished files.
        sheets: by issue number.
        refusals: by step and code.
        grants, checked_files: how many were checked.
    """

    register: Register
    read_file: ReadFile
    sheets: dict[str, Sheet] = field(default_factory=dict)
    refusals: Counter[tuple[str, WireCode]] = field(default_factory=Counter)
    grants: int = 0
    checked_files: int = 0
    _records: dict[str, list[JuminRecord]] = field(default_factory=dict)
    _eligibilities: dict[bytes, list[EligibilityRecord]] = field(default_factory=dict)

    def on_answer(self, call: Call, answer: bytes) -> None:
        """See what the registry really said (`network.Observer`)."""
        if call.method == "read_record":
            record = codec.parse(JuminRecord, codec.parse(Signed, codec.parse(ReadRecordReply, answer).record).payload)
            self._records.setdefault(record.issue_number, []).append(record)
        elif call.method == "open_grant":
            signed = codec.parse(Signed, codec.parse(OpenGrantReply, answer).record)
            found = codec.parse(EligibilityRecord, signed.payload)
            self._eligibilities.setdefault(found.subject_token, []).append(found)

    def granted(self, visitor: Visitor, answer: EligibilityAnswer) -> None:
        """Check a grant that a kiosk accepted: about the card's holder, who may have it, with the true members."""
        # A repeated call may have been answered twice, from two versions; the kiosk got one of them.
        said = self._eligibilities.get(answer.subject_token, [])
        record = next((one for one in said if (one.members, one.as_of_ms) == (answer.members, answer.as_of_ms)), None)
        if record is None:
            raise Violation("a grant follows from the registry's words", visitor.resident_no)
        version = self._version(visitor, record.row_version)
        self._check_may_use(visitor, version)
        told = [(one.member_ref, one.name, one.relationship) for one in answer.members]
        true = [(ref, one.name or one.name_latin, one.relationship) for ref, one in version.living.items()]
        if sorted(told) != sorted(true):
            raise Violation("the screen lists the household as it is", visitor.resident_no)
        applicant = [one.member_ref for one in answer.members if one.is_applicant]
        if [version.residents[ref].resident_no for ref in applicant] != [visitor.resident_no]:
            raise Violation("the applicant is the card's holder", visitor.resident_no)
        self.grants += 1

    def delivered(self, kiosk_id: str, visitor: Visitor, wish: Wish, answer: CertificateAnswer) -> None:
        """Check a certificate that a kiosk accepted: right person, right version, exactly what was chosen, a new number."""
        number = answer.issue_number
        if number in self.sheets:
            raise Violation("a number is delivered once", number)
        printed = self.read_file(answer.pdf)
        said = self._records.get(number, [])
        record = next((one for one in said if printed in (None, one)), None)
        if record is None or record.subject_token != answer.subject_token:
            raise Violation("a certificate follows from the registry's record and says the same", number)
        self.checked_files += printed is not None
        version = self._version(visitor, record.row_version)
        self._check_may_use(visitor, version)
        self._check_content(wish, record, version)
        self.sheets[number] = Sheet(kiosk_id, wish.predecessor.issue_number if wish.predecessor else "", record.row_version)
        if answer.fee_yen != (0 if wish.predecessor else FEE_YEN):
            raise Violation("the fee is the agreed one", number)

    def settled(self, number: str, outcome: Outcome, captured_yen: int) -> None:
        """Note what the kiosk wrote into its journal, and what it took from the applicant."""
        sheet = self.sheets[number]
        if sheet.outcome not in (None, outcome):
            raise Violation("a number has one outcome", number)
        sheet.outcome, sheet.captured_yen = outcome, captured_yen
        if sheet.replaces and sum(one.replaces == sheet.replaces for one in self.sheets.values()) > 1:
            raise Violation("a voided sheet is replaced once", number)
        paid = 0
        while number:
            paid += self.sheets[number].captured_yen
            number = self.sheets[number].replaces
        if paid > FEE_YEN:
            raise Violation("a reprint is not paid twice", number)

    def refused(self, step: str, code: WireCode, *, proven: bool, visitor: Visitor, since: int) -> None:
        """
        Check a refusal: nobody is refused as a person who may use the service, and nothing stops without a reason.

        Args:
            step: of the visit.
            code: of the refusal.
            proven: it is the city's signed no; any other one can be made up on the way, so it means nothing.
            visitor: who was refused.
            since: last record of the feed when the visit began.
        """
        self.refusals[step, code] += 1
        if not proven:
            return
        if code in STOPPED:
            raise Violation("misfortune and relays cannot stop anything", f"{step} {code}")
        versions = self.register.versions_until(self.register.home_of(visitor.resident_no), since)
        if code is WireCode.NOT_AVAILABLE and all(one.may_use(visitor.resident_no, CITY_DAY) for one in versions):
            raise Violation("who may use the service is not refused as a person", visitor.resident_no)

    def note_report(self, code: WireCode, *, proven: bool) -> None:
        """Check why a report of outcomes was not acknowledged."""
        self.refusals["outcome", code] += 1
        if proven and code in STOPPED:
            raise Violation("misfortune and relays cannot stop anything", f"outcome {code}")

    def _version(self, visitor: Visitor, row_version: int) -> Version:
        version = self.register.version(self.register.home_of(visitor.resident_no), row_version)
        if version is None:
            raise Violation("a record is one committed version of the card holder's household", visitor.resident_no)
        return version

    def _check_may_use(self, visitor: Visitor, version: Version) -> None:
        if version.editing or not version.may_use(visitor.resident_no, CITY_DAY):
            raise Violation("only who may use the service gets anything", visitor.resident_no)

    def _check_content(self, wish: Wish, record: JuminRecord, version: Version) -> None:
        if tuple(sorted(person.member_ref for person in record.persons)) != wish.members:
            raise Violation("exactly the chosen members", record.issue_number)
        items = items_for(wish.choices)
        for person in record.persons:
            resident = version.residents[person.member_ref]
            expected = tuple((item, written_item(resident, item)) for item in items)
            if tuple((one.item, one.value) for one in person.fields) != expected:
                raise Violation("exactly the chosen items, as they are in that version", record.issue_number)
        if record.address != version.household.address:
            raise Violation("the address of that version", record.issue_number)
        head = next(one for one in version.living.values() if one.relationship == "世帯主")
        expected_head = written_item(head, Item.NAME) or head.name_latin
        if record.household_head != (expected_head if Choice.RELATIONSHIP in wish.choices else ""):
            raise Violation("the head only where it was chosen", record.issue_number)
        if record.whole_household != (len(record.persons) == len(version.living)):
            raise Violation("whole household or part of it", record.issue_number)
