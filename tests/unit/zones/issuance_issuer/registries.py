"""Fakes of the registries beside core/residents, and a stage on which every kind can be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import structs

from akashi.documents.compose import CertificateFace, Composed
from akashi.sealing.keys import SigningKey
from akashi.sealing.records import FAMILIES
from akashi.sealing.signing import Purpose, sign_message, verify_message
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import KINDS, Registry, kinds_of
from akashi.wire.messages import (
    AnyRecord,
    ConfirmReply,
    HeldCall,
    HeldRecord,
    HeldReply,
    Holding,
    IssueOrder,
    ReadRecordCall,
    ReadRecordReply,
    SealImage,
    SealRecord,
    Signed,
    Standing,
    SubjectTicket,
    TaxLine,
    TaxRecord,
)
from akashi.wire.tax_items import TAX_ITEMS_OF
from akashi.wire.transcript import order_hash, person_hash, subject_row_hash
from akashi.zones.issuance.issuer.composers import COMPOSERS, Composer, Composers
from unit.zones.issuance_issuer.neighbours import Now


def draw(record: AnyRecord, order: IssueOrder, face: CertificateFace, *, fonts: tuple[str, ...]) -> Composed:
    """Stands for a form: whatever the record says, behind a PDF's first line."""
    assert isinstance(record, FAMILIES[order.kind].record)
    assert face.issue_number == record.issue_number
    assert fonts
    return Composed(b"%PDF-2.0\n" + codec.encode(record), 1)


EVERY_COMPOSER: Composers = {kind: COMPOSERS.get(kind, Composer(frozenset(facts.choices), draw)) for kind, facts in KINDS.items()}


class FakeRegistry:
    """
    Answers for its kinds from what a test says it holds.

    Attributes:
        refusals: code by method.
        refused: kinds that it does not hold, with the reason.
        held_changes, record_changes: fields of what it signs that are not as they should be.
        asked: methods, in order.
        standings: what core/residents confirmed, as it came here.
    """

    def __init__(self, clock: Now, registry: Registry, key: SigningKey) -> None:
        self._clock = clock
        self._registry = registry
        self._key = key
        self.refusals: dict[str, WireCode] = {}
        self.refused: dict[Kind, WireCode] = {}
        self.held_changes: dict[str, Any] = {}
        self.record_changes: dict[str, Any] = {}
        self.asked: list[str] = []
        self.standings: list[Standing] = []

    def take(self, method: str, body: bytes) -> bytes:
        self.asked.append(method)
        if method in self.refusals:
            raise Refused(self.refusals[method])
        return self._held(body) if method == "held" else self._read(body)

    def _held(self, body: bytes) -> bytes:
        call = codec.parse(HeldCall, body)
        ticket = codec.parse(SubjectTicket, codec.parse(Signed, call.ticket).payload)
        holdings = tuple(
            Holding(kind, self.refused.get(kind), (2026, 2025) if KINDS[kind].yearly else ()) for kind in kinds_of(self._registry)
        )
        record = HeldRecord(ticket.transcript, ticket.subject_token, self._registry, self._clock.now_ms(), holdings)
        signed = sign_message(self._key, Purpose.HELD, structs.replace(record, **self.held_changes))
        return codec.encode(HeldReply(signed))

    def _read(self, body: bytes) -> bytes:
        call = codec.parse(ReadRecordCall, body)
        ticket = codec.parse(SubjectTicket, codec.parse(Signed, call.ticket).payload)
        order = verify_message(ticket.sign_public, Purpose.ORDER, IssueOrder, call.order)
        self.standings.append(codec.parse(Standing, codec.parse(Signed, call.standing).payload))
        common: dict[str, Any] = {
            "transcript": ticket.transcript,
            "order_hash": order_hash(codec.parse(Signed, call.order).payload),
            "issue_number": call.issue_number,
            "subject_token": ticket.subject_token,
            "row_version": 3,
            "as_of_ms": self._clock.now_ms(),
            "subject_row": subject_row_hash(ticket.transcript, ticket.resident_no),
            "name": "朝倉氏名目印",
            "birth_date": "昭和57年4月19日",
            "address": "東京都証野市硯町1番地",
        }
        record: AnyRecord
        if order.kind is Kind.INKAN:
            empty: dict[str, Any] = dict.fromkeys(("former_name", "alias", "name_kana", "sex"), "")
            image = SealImage(200, 200, b"\xff" * 25 * 200)
            record = SealRecord(**common, **empty, registered_on="平成20年5月7日", image=image)
        else:
            lines = tuple(TaxLine(item, 0) for item in TAX_ITEMS_OF[order.kind])
            record = TaxRecord(
                **common,
                fiscal_year=order.year,
                income_year=order.year - 1,
                data_on="2026-06-15",
                levy_address="東京都証野市硯町1番地",
                lines=lines,
                note="",
            )
        changed = structs.replace(record, **self.record_changes)
        return codec.encode(ReadRecordReply(sign_message(self._key, FAMILIES[order.kind].purpose, changed)))


@dataclass
class Confirming:
    """core/residents' third method, beside the fake's two."""

    clock: Now
    key: SigningKey
    refusal: WireCode | None = None

    def confirm(self, body: bytes) -> bytes:
        if self.refusal is not None:
            raise Refused(self.refusal)
        call = codec.parse(ReadRecordCall, body)
        assert call.standing == b""
        ticket = codec.parse(SubjectTicket, codec.parse(Signed, call.ticket).payload)
        standing = Standing(
            transcript=ticket.transcript,
            order_hash=order_hash(codec.parse(Signed, call.order).payload),
            issue_number=call.issue_number,
            resident_no=ticket.resident_no,
            subject_token=ticket.subject_token,
            person_hash=person_hash(ticket.transcript, "朝倉氏名目印", "昭和57年4月19日"),
            row_version=1,
            as_of_ms=self.clock.now_ms(),
            not_after_ms=self.clock.now_ms() + 60_000,
        )
        return codec.encode(ConfirmReply(sign_message(self.key, Purpose.STANDING, standing)))
