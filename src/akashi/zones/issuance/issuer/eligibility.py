"""
Journey ELIGIBILITY at the issuer: from the card's signature to a grant.

Promises: one T opens one grant; the person is found by the registry, which checks everything again, never named from here;
what the registry's ticket says is compared with what the card signed. Ticket and session secret stay in memory, so a restart
ends the grant.
Source: docs/spec/protocol.md sections 4.5, 4.6.
"""

from __future__ import annotations

from dataclasses import dataclass

from akashi.admission import Admitted, admit
from akashi.rules.certificates import Held, offers, registries_to_ask
from akashi.sealing.records import verify_held
from akashi.sealing.signing import Purpose
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    AttestEligibilityCall,
    EligibilityRequest,
    HeldCall,
    HeldWord,
    KeyUse,
    OpenGrantCall,
    OpenGrantReply,
    SubjectTicket,
)
from akashi.zones.issuance.issuer.errors import Incident
from akashi.zones.issuance.issuer.journey import Opened, Parts, on_disk, seal_for, sealed_refusal
from akashi.zones.issuance.issuer.ledgering import Ledgering
from akashi.zones.issuance.issuer.store import NewGrant

_HELD_REFUSALS = frozenset({WireCode.NOT_AVAILABLE, WireCode.RECORD_CHANGED, WireCode.KOSEKI_CLOSED})
"""Reasons of a registry that the person may read; any other is that it cannot be asked now."""


@dataclass(frozen=True, slots=True, repr=False)
class SessionSecrets:
    """What reads a person's record, for one grant. Has no repr and is never written anywhere."""

    ticket: bytes
    session_secret: bytes


class OpenSessions:
    """The secrets of open grants, in memory only, by T."""

    def __init__(self) -> None:
        self._by_transcript: dict[bytes, SessionSecrets] = {}

    def keep(self, transcript: bytes, secrets: SessionSecrets) -> None:
        """Keep them until the grant ends or the server does."""
        self._by_transcript[transcript] = secrets

    def find(self, transcript: bytes) -> SessionSecrets | None:
        """Return them, or None where the grant ended or the server was restarted since."""
        return self._by_transcript.get(transcript)

    def forget_all_but(self, transcripts: frozenset[bytes]) -> None:
        """Forget the secrets of every other grant."""
        for transcript in self._by_transcript.keys() - transcripts:
            del self._by_transcript[transcript]

    def __len__(self) -> int:
        return len(self._by_transcript)


class Eligibility:
    """
    Opens grants.

    Args:
        parts: what it works with.
        ledgering: for contradictions.
        sessions: where secrets are kept.
    """

    def __init__(self, parts: Parts, ledgering: Ledgering, sessions: OpenSessions) -> None:
        self._parts = parts
        self._ledgering = ledgering
        self._sessions = sessions

    async def answer(self, opened: Opened, untrusted_request: bytes) -> bytes:
        """
        Return the sealed answer to an opened request: the grant, or a signed no.

        Raises:
            Refused: malformed, no time left, or the checker cannot be asked.
        """
        request = codec.parse(EligibilityRequest, untrusted_request)
        opened.deadline.shorten(request.deadline_ms)
        try:
            return await self._open(opened, request, untrusted_request)
        except Refused as refusal:
            if isinstance(refusal, Incident):
                await self._ledgering.stop(refusal, opened.deadline)
            sealed = await sealed_refusal(self._parts, opened, refusal.code, request.kem_public)
            return self._parts.store.keep_refusal(opened.mark, sealed)

    async def _open(self, opened: Opened, request: EligibilityRequest, request_bytes: bytes) -> bytes:
        # 1. All checks of section 4.5. 2. Claim T. From here on whatever happens ends in an answer or a refusal of this claim:
        # 3. the registry finds the person; 4. its words are compared with the request, and only then do the other registries say
        # what they hold; 5. the checker signs; 6. sealed, kept.
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        token = opened.frame.validity_token
        admitted = admit(opened.header, opened.envelope.header, request, token, trust=parts.trust, now_ms=now_ms)  # 1
        claim = NewGrant(
            transcript=admitted.transcript,
            mark=opened.mark,
            envelope_hash=opened.envelope_hash,
            kiosk_id=admitted.kiosk_id,
            kem_public=admitted.kem_public,
            sign_public=admitted.sign_public,
            not_after_ms=now_ms + parts.limits.grant_ms,
        )
        parts.store.claim_grant(claim)  # 2
        refusal, answered = WireCode.GRANT_ENDED, False
        try:
            await on_disk(parts.clock, parts.database)
            call = OpenGrantCall(opened.envelope.header, request_bytes, token)
            reply = await parts.residents.open_grant(call, deadline_ms=opened.deadline.left_ms())  # 3
            end_ms = min(self._check_ticket(reply.ticket, admitted), claim.not_after_ms)  # 4
            held = await self._ask_held(opened, reply.ticket, admitted)
            signed = await self._attest(opened, reply, held, admitted.kiosk_id)  # 5
            answer = seal_for(opened, signed, admitted.kem_public)
            self._sessions.keep(admitted.transcript, SessionSecrets(reply.ticket, admitted.session_secret))
            parts.store.answer_grant(admitted.transcript, answer, not_after_ms=end_ms)  # 6
            answered = True
        except Refused as error:
            refusal = error.code
            raise
        finally:
            # Also where the work was cancelled or broke.
            if not answered:
                parts.store.refuse_grant(admitted.transcript, refusal)
        return answer

    def _check_ticket(self, untrusted_ticket: bytes, admitted: Admitted) -> int:
        """Return the ticket's end; a ticket about another session stops the city."""
        now_ms = self._parts.clock.now_ms()
        ticket = self._parts.keys.directory(now_ms).verify_message(
            SubjectTicket, untrusted_ticket, use=KeyUse.REGISTRY, purpose=Purpose.TICKET, now_ms=now_ms
        )
        found = (ticket.transcript, ticket.municipality, ticket.sign_public, ticket.kiosk_id)
        if found != (admitted.transcript, self._parts.limits.municipality, admitted.sign_public, admitted.kiosk_id):
            raise Incident(WireCode.CHECK_FAILED, f"ticket:{admitted.transcript.hex()}", kiosk_id="")
        return ticket.not_after_ms

    async def _ask_held(self, opened: Opened, ticket: bytes, admitted: Admitted) -> tuple[HeldWord, ...]:
        """Return the word of each registry that answers for a kind which the rules allow now; a silent one is a refusal."""
        parts = self._parts
        policy = parts.policy()
        group = policy.group_of(admitted.kiosk_id)
        words = []
        for registry in registries_to_ask(policy, parts.forms, group, parts.clock.now_ms()):
            deadline_ms = min(parts.limits.held_deadline_ms, opened.deadline.left_ms())
            call = HeldCall(ticket, admitted.session_secret)
            try:
                word = HeldWord(registry, await parts.registries[registry].held(call, deadline_ms=deadline_ms), None)
                self._check_held(word, admitted)
            except Incident:
                raise
            except Refused as refused:
                parts.log.event("held", registry=registry, code=refused.code)
                code = refused.code if refused.code in _HELD_REFUSALS else WireCode.REGISTRY_STALE
                word = HeldWord(registry, b"", code)
            words.append(word)
        return tuple(words)

    def _check_held(self, word: HeldWord, admitted: Admitted) -> None:
        """Check that the word is the registry's; one about another session stops the city."""
        now_ms = self._parts.clock.now_ms()
        record = verify_held(self._parts.keys.directory(now_ms), word.registry, word.record, now_ms=now_ms)
        if (record.transcript, record.registry) != (admitted.transcript, word.registry):
            raise Incident(WireCode.CHECK_FAILED, f"held:{admitted.transcript.hex()}", kiosk_id="")

    async def _attest(self, opened: Opened, reply: OpenGrantReply, words: tuple[HeldWord, ...], kiosk_id: str) -> bytes:
        policy, now_ms = self._parts.policy(), self._parts.clock.now_ms()
        city = self._parts.keys.directory(now_ms)
        held = Held(
            {word.registry: verify_held(city, word.registry, word.record, now_ms=now_ms) for word in words if word.record},
            {word.registry: word.refusal for word in words if word.refusal is not None},
        )
        call = AttestEligibilityCall(
            opened.envelope_hash,
            reply.ticket,
            reply.record,
            offers(policy, policy.group_of(kiosk_id), now_ms, forms=self._parts.forms, held=held),
            policy.certificates_max,
            words,
        )
        return await self._parts.checker.attest_eligibility(call, deadline_ms=opened.deadline.left_ms())
