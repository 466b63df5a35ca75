"""
Journey ISSUE at the issuer: one signed order, one number, one certificate, or a number that is void.

Promises: nothing is read before the intent is durable in the ledger; a number ends in one state, whatever stops the work and
wherever; no lock, time-out or retry ever decides whose certificate something is: everything hangs on T, the order number and the
request's mark. Source: docs/spec/protocol.md section 5; incidents T1, T3, T6.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from msgspec import structs

from akashi.admission import check_kiosk_standing
from akashi.rules.certificates import check_officer, check_order, facts_hash
from akashi.rules.eras import jst_date
from akashi.rules.errors import RuleRefused
from akashi.sealing.records import verify_record
from akashi.sealing.signing import Purpose, verify_message
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import KINDS, Registry
from akashi.wire.messages import (
    AnyRecord,
    AttestCertificateCall,
    IntentEntry,
    IssueOrder,
    IssueRequest,
    ReadRecordCall,
    Signed,
)
from akashi.wire.transcript import intent_commitment, order_hash
from akashi.zones.issuance.issuer.composing import face_of, with_tax
from akashi.zones.issuance.issuer.eligibility import OpenSessions, SessionSecrets
from akashi.zones.issuance.issuer.errors import Incident, IssuerRefused
from akashi.zones.issuance.issuer.journey import Opened, Parts, seal_for, sealed_refusal
from akashi.zones.issuance.issuer.ledgering import STOPPED, Ledgering
from akashi.zones.issuance.issuer.numbering import issue_number_from
from akashi.zones.issuance.issuer.store import Grant, IntentFate, NewOrder

_TELLS_THE_PERSON = frozenset(
    {
        WireCode.NOT_AVAILABLE,
        WireCode.NOT_HELD,
        WireCode.TAX_UNDECLARED,
        WireCode.LEVY_DAY_ELSEWHERE,
        WireCode.HONSEKI_ELSEWHERE,
        WireCode.KOSEKI_CLOSED,
        WireCode.KOSEKI_ENTERING,
        WireCode.CLOSED_HOURS,
        WireCode.KIND_OFF,
        WireCode.OPTION_OFF,
        WireCode.MEMBER_UNKNOWN,
        WireCode.FEE_CHANGED,
        WireCode.YEAR_CHANGED,
        WireCode.CITY_STOPPED,
        WireCode.KIOSK_STOPPED,
        WireCode.GRANT_ENDED,
        WireCode.GRANT_ORDER,
        WireCode.CONTRADICTION,
        WireCode.REGISTRY_STALE,
        WireCode.RECORD_CHANGED,
        WireCode.GLYPH_MISSING,
        WireCode.TEXT_OVERFLOW,
        WireCode.CHECK_FAILED,
        WireCode.MALFORMED,
    }
)
"""Reasons that an order's final refusal may name. Any other (a neighbour down, too late, a bug) becomes ISSUE_VOIDED."""


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """
    An authenticated order of an open grant.

    Attributes:
        signed: the encoded `Signed`, as it came.
        hash: of the signed payload.
        salt: of the intent's commitment.
    """

    order: IssueOrder
    signed: bytes
    hash: bytes
    grant: Grant
    secrets: SessionSecrets
    salt: bytes
    intent: IntentEntry

    @property
    def issue_number(self) -> str:
        """The number that this order gets, if it gets one."""
        return self.intent.issue_number


class Issue:
    """
    Carries orders out.

    Args:
        parts: what it works with.
        ledgering: for intents, seals and contradictions.
        sessions: the secrets of open grants.
    """

    def __init__(self, parts: Parts, ledgering: Ledgering, sessions: OpenSessions) -> None:
        self._parts = parts
        self._ledgering = ledgering
        self._sessions = sessions

    async def answer(self, opened: Opened, untrusted_request: bytes) -> bytes:
        """
        Return the sealed certificate, or a signed no.

        Raises:
            Refused: malformed, a grant that this server does not know (GRANT_ENDED: it has no key to seal to), no time left, or
                a neighbour without whom neither certificate nor refusal can leave.
        """
        untrusted_order = codec.parse(IssueRequest, untrusted_request).order
        transcript = codec.parse(IssueOrder, codec.parse(Signed, untrusted_order).payload).transcript
        grant = self._parts.store.grant(transcript)
        if grant is None:
            raise IssuerRefused(WireCode.GRANT_ENDED, "no such grant")
        try:
            order = self._authenticate(opened, untrusted_order, grant)
            await self._carry_out(opened, order)
        except Refused as refusal:
            if isinstance(refusal, Incident):
                await self._ledgering.stop(refusal, opened.deadline)
            # Where the order was claimed, the claim has the final code; else nothing was used up and this code is the answer.
            claim = self._parts.store.find(opened.mark)
            code = claim.refusal if claim is not None and claim.refusal is not None else refusal.code
            sealed = await sealed_refusal(self._parts, opened, code, grant.kem_public)
            return self._parts.store.keep_refusal(opened.mark, sealed)
        return await self.deliver(opened, order.issue_number)

    async def deliver(self, opened: Opened, issue_number: str) -> bytes:
        """
        Return the sealed certificate of a SEALED number, once the ledger knows that it is sealed.

        Raises:
            Refused: the ledger cannot be asked; the same envelope again gets the same bytes later.
        """
        await self._ledgering.settle(issue_number, opened.deadline)
        claim = self._parts.store.find(opened.mark)
        if claim is None or claim.answer is None:
            raise IssuerRefused(WireCode.GRANT_ENDED, "forgotten meanwhile")
        return claim.answer

    def _authenticate(self, opened: Opened, untrusted_order: bytes, grant: Grant) -> Order:
        """Return the order, signed by the session of a grant that is open here, at a kiosk in good standing."""
        order = verify_message(grant.sign_public, Purpose.ORDER, IssueOrder, untrusted_order)
        opened.deadline.shorten(order.deadline_ms)
        if opened.sender_kiosk != grant.kiosk_id:
            raise IssuerRefused(WireCode.KIOSK_UNTRUSTED, "the header names another kiosk than the grant")
        now_ms = self._parts.clock.now_ms()
        check_kiosk_standing(grant.kiosk_id, center=self._parts.trust.center(now_ms), now_ms=now_ms)
        secrets = self._sessions.find(order.transcript)
        if grant.state != "answered" or grant.not_after_ms <= now_ms or secrets is None:
            raise IssuerRefused(WireCode.GRANT_ENDED, "not open here (any more)")
        hashed = order_hash(codec.parse(Signed, untrusted_order).payload)
        salt = self._parts.ids.random_bytes(32)
        municipality = self._parts.limits.municipality
        number = issue_number_from(municipality, self._parts.ids.random_bytes(10))
        intent = IntentEntry(municipality, grant.kiosk_id, number, intent_commitment(salt, hashed))
        return Order(order, untrusted_order, hashed, grant, secrets, salt, intent)

    async def _carry_out(self, opened: Opened, order: Order) -> None:
        """Bring the order's number from nothing to SEALED, or to VOID and raise."""
        # 1. Rules; claim order number and issue number in one transaction. 2. Intent, durable. 3. Read, compose, check, seal.
        self._begin(opened, order)  # 1
        code, intent, sealed = WireCode.ISSUE_VOIDED, IntentFate.UNKNOWN, False
        try:
            receipt = await self._ledgering.append(order.intent, opened.deadline)  # 2
            intent = IntentFate.RECORDED
            await self._make(opened, order, receipt)  # 3
            sealed = True
        except Refused as refusal:
            if intent is IntentFate.UNKNOWN and refusal.code in STOPPED:
                intent = IntentFate.REFUSED
            if refusal.code in _TELLS_THE_PERSON:
                code = refusal.code
            self._parts.log.event("number_void", code=refusal.code, told=code, at=refusal.detail or None)
            raise
        finally:
            # Also where the work was cancelled or broke: a number never stays half-way.
            if not sealed:
                self._parts.store.give_up(order.issue_number, code, intent=intent)

    def _begin(self, opened: Opened, order: Order) -> None:
        parts, policy = self._parts, self._parts.policy()
        refusal = None
        try:
            group = policy.group_of(order.grant.kiosk_id)
            now_ms = parts.clock.now_ms()
            check_order(policy, order.order, forms=parts.forms, kiosk_group=group, now_ms=now_ms)
        except RuleRefused as refused:
            refusal = refused.code
        claim = parts.store.begin_order(
            NewOrder(
                transcript=order.order.transcript,
                number=order.order.number,
                mark=opened.mark,
                envelope_hash=opened.envelope_hash,
                kiosk_id=order.grant.kiosk_id,
                kind=order.order.kind,
                predecessor=order.order.predecessor,
                certificates_max=policy.certificates_max,
                refusal=refusal,
                issue_number=order.issue_number,
                intent=codec.encode(order.intent),
            )
        )
        if claim.refusal is WireCode.CONTRADICTION and order.order.predecessor is not None:
            key = f"predecessor:{order.order.predecessor.issue_number}"
            raise Incident(WireCode.CONTRADICTION, key, kiosk_id=order.grant.kiosk_id)
        if claim.refusal is not None:
            raise IssuerRefused(claim.refusal)

    async def _make(self, opened: Opened, order: Order, receipt: bytes) -> None:
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        signed_record = await self._read(opened, order, receipt)
        record = self._check_record(signed_record, order)
        policy = parts.policy()
        officer = check_officer(policy, jst_date(now_ms))
        kind = order.order.kind
        face = face_of(policy, officer, kind, issue_number=order.issue_number, now_ms=now_ms, as_of_ms=record.as_of_ms)
        face = with_tax(face, policy, record, now_ms=now_ms)
        compose = parts.composers[kind].compose
        composed = await parts.compute.run(compose, record, order.order, face, fonts=parts.fonts)
        signed = await parts.checker.attest_certificate(
            AttestCertificateCall(
                envelope_hash=opened.envelope_hash,
                ticket=order.secrets.ticket,
                order=order.signed,
                record=signed_record,
                intent=codec.encode(order.intent),
                intent_salt=order.salt,
                receipt=receipt,
                issue_number=order.issue_number,
                issued_on_ms=now_ms,
                facts_hash=facts_hash(policy, officer, order.order.kind),
                pdf=composed.pdf,
            ),
            deadline_ms=opened.deadline.left_ms(),
        )
        answer = seal_for(opened, signed, order.grant.kem_public)
        opened.deadline.left_ms()
        parts.store.seal(order.issue_number, answer, hashlib.sha256(answer).digest())

    async def _read(self, opened: Opened, order: Order, receipt: bytes) -> bytes:
        """Return the signed record of the registry that answers for the kind; the others need core/residents' word first."""
        parts = self._parts
        call = ReadRecordCall(
            order.secrets.ticket,
            order.signed,
            order.secrets.session_secret,
            order.issue_number,
            codec.encode(order.intent),
            order.salt,
            receipt,
        )
        registry = KINDS[order.order.kind].registry
        if registry is Registry.RESIDENTS:
            return (await parts.residents.read_record(call, deadline_ms=opened.deadline.left_ms())).record
        standing = await parts.residents.confirm(call, deadline_ms=opened.deadline.left_ms())
        call = structs.replace(call, standing=standing)
        return (await parts.registries[registry].read_record(call, deadline_ms=opened.deadline.left_ms())).record

    def _check_record(self, untrusted_record: bytes, order: Order) -> AnyRecord:
        """Return the registry's record; one about another order stops the city before anything is composed."""
        now_ms = self._parts.clock.now_ms()
        record = verify_record(self._parts.keys.directory(now_ms), order.order.kind, untrusted_record, now_ms=now_ms)
        found = (record.transcript, record.order_hash, record.issue_number)
        if found != (order.order.transcript, order.hash, order.issue_number):
            raise Incident(WireCode.CHECK_FAILED, f"record:{order.issue_number}", kiosk_id="")
        return record
