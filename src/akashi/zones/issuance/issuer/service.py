"""
issuance/issuer: opens requests, has them answered, and seals what leaves.

A request is checked from the outside in, and refused with a plain code until it could be opened; from then on every answer is
signed by the checker and sealed, yes or no. Which journey did what is in `eligibility`, `issue` and `outcome`.
Source: docs/spec/protocol.md sections 2.4, 4 to 8.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from akashi.base.ports import Caller
from akashi.sealing.unseal import unseal_issuer_part
from akashi.wire.errors import Refused, WireCode
from akashi.wire.frames import parse_frame
from akashi.wire.messages import Bulletin, JourneyClass
from akashi.wire.transcript import envelope_hash, lp
from akashi.zones.issuance.issuer.eligibility import Eligibility, OpenSessions
from akashi.zones.issuance.issuer.errors import IssuerRefused
from akashi.zones.issuance.issuer.issue import Issue
from akashi.zones.issuance.issuer.journey import Deadline, Opened, Parts, on_disk, sealed_refusal
from akashi.zones.issuance.issuer.ledgering import Ledgering
from akashi.zones.issuance.issuer.outcome import Outcomes

SENDER_PREFIX = "store/kiosk/"


class Journey(Protocol):
    """One of the three journeys."""

    async def answer(self, opened: Opened, untrusted_request: bytes) -> bytes:
        """Return the sealed answer."""
        ...


class Issuer:
    """
    The issuing server of one city.

    Args:
        parts: clock, compute, neighbours, store, keys, policy, limits.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sessions = OpenSessions()
        self._ledgering = Ledgering(parts)
        self._issue = Issue(parts, self._ledgering, self._sessions)
        self._journeys: dict[JourneyClass, Journey] = {
            JourneyClass.ELIGIBILITY: Eligibility(parts, self._ledgering, self._sessions),
            JourneyClass.ISSUE: self._issue,
            JourneyClass.OUTCOME: Outcomes(parts, self._ledgering),
        }

    def recover(self) -> None:
        """
        End what a stop left half-way. Call once, before anything is served; `tick` then tells the ledger.

        Source: docs/spec/protocol.md section 5.6.
        """
        numbers, grants = self._parts.store.recover()
        self._parts.log.event("recovered", voided_numbers=numbers, ended_grants=grants)

    async def bulletin(self, municipality: str) -> Bulletin:
        """
        Return the city's signed directory; beacon and center directory are others' to fill in.

        Raises:
            IssuerRefused: another city (CITY_UNKNOWN).
        """
        if municipality != self._parts.limits.municipality:
            raise IssuerRefused(WireCode.CITY_UNKNOWN, "another city")
        return Bulletin(city_directory=self._parts.keys.signed_directory())

    async def forward(self, caller: Caller, untrusted_frame: bytes) -> bytes:  # noqa: ARG002 - may_call checked it; any relay is as good
        """
        Return the sealed answer to a frame.

        The same request again gets the same bytes. While it is being worked on, the second one waits for the first one's answer
        as long as its own deadline allows, so that a kiosk that lost an answer gets it and nothing happens twice.

        Raises:
            Refused: a plain code: the frame is malformed, for another city, late, or does not open; or neither a yes nor a
                signed no could be made (a neighbour is down, no time is left).
        """
        opened = self._open(untrusted_frame)
        try:
            if self._parts.store.find(opened.mark) is None:
                plaintext = self._unseal(opened)
                sealed = await self._journeys[opened.header.journey].answer(opened, plaintext)
            else:
                sealed = await self._again(opened)
        except Refused:
            await on_disk(self._parts.clock, self._parts.database)
            raise
        await on_disk(self._parts.clock, self._parts.database)
        if opened.header.journey is JourneyClass.ELIGIBILITY:
            await self._hold(opened)
        return sealed

    async def tick(self) -> None:
        """
        Do what is due: tell the ledger what it lacks, forget ended grants, destroy ended keys.

        Never raises for a neighbour that is down: the next tick tries again.
        """
        parts = self._parts
        now_ms = parts.clock.now_ms()
        try:
            parts.keys.destroy_ended(now_ms)
        except Refused as refusal:
            # An operator must remove it; residents are served meanwhile.
            parts.log.event("key_not_destroyed", code=refusal.code)
        parts.store.forget_expired(now_ms)
        self._sessions.forget_all_but(parts.store.open_grants())
        try:
            deadline = Deadline(parts.clock, parts.clock.monotonic_ms(), parts.limits.settle_deadline_ms)
            refused = await self._ledgering.settle_all(deadline)
        except Refused as refusal:
            parts.log.event("ledger_waits", code=refusal.code)
        else:
            if refused:
                parts.log.event("ledger_refuses", entries=refused)

    def _open(self, untrusted_frame: bytes) -> Opened:
        arrived_ms = self._parts.clock.monotonic_ms()
        parsed = parse_frame(untrusted_frame)
        header, envelope = parsed.header, parsed.envelope
        if header.municipality != self._parts.limits.municipality:
            raise IssuerRefused(WireCode.CITY_UNKNOWN, "another city")
        if not header.sender.startswith(SENDER_PREFIX):
            raise IssuerRefused(WireCode.MALFORMED, "sender")
        return Opened(
            parsed.frame,
            envelope,
            header,
            envelope_hash(parsed.frame.envelope),
            hashlib.sha256(lp(envelope.header) + lp(envelope.issuer_part)).digest(),
            arrived_ms,
            Deadline(self._parts.clock, arrived_ms, parsed.frame.deadline_ms),
        )

    def _unseal(self, opened: Opened) -> bytes:
        """Return what part I holds, with the key that the header names."""
        key = self._parts.keys.find(opened.header.key_id, self._parts.clock.now_ms())
        if key is None:
            # Not SEAL_BROKEN: a kiosk with yesterday's directory can fetch today's and try again.
            raise IssuerRefused(WireCode.DIRECTORY_STALE, "sealed to a key that is not here (any more)")
        return unseal_issuer_part(opened.envelope.issuer_part, header=opened.envelope.header, key=key)

    async def _again(self, opened: Opened) -> bytes:
        """Return the answer of a request that was claimed before: kept, still to be sealed, or being worked on."""
        store = self._parts.store
        while (claim := store.find(opened.mark)) is not None:
            if claim.envelope_hash != opened.envelope_hash:
                # The same sealed request in an altered envelope: a relay's doing, so a plain code and no incident.
                raise IssuerRefused(WireCode.SEAL_BROKEN, "the envelope around the request was altered")
            if claim.answer is not None:
                is_certificate = claim.issue_number and claim.refusal is None
                return await self._issue.deliver(opened, claim.issue_number) if is_certificate else claim.answer
            if claim.refusal is not None:
                sealed = await sealed_refusal(self._parts, opened, claim.refusal, claim.kem_public)
                return store.keep_refusal(opened.mark, sealed)
            await self._parts.clock.sleep_ms(min(self._parts.limits.wait_step_ms, opened.deadline.left_ms()))
        raise IssuerRefused(WireCode.GRANT_ENDED, "forgotten meanwhile")

    async def _hold(self, opened: Opened) -> None:
        """Wait until the answer may leave: a fixed time after its request came, or a multiple where the work took longer."""
        floor_ms = self._parts.limits.eligibility_floor_ms
        elapsed_ms = self._parts.clock.monotonic_ms() - opened.arrived_ms
        if floor_ms and elapsed_ms % floor_ms:
            await self._parts.clock.sleep_ms(floor_ms - elapsed_ms % floor_ms)
        elif not elapsed_ms:
            await self._parts.clock.sleep_ms(floor_ms)
