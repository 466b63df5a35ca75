"""The issuer's neighbours: typed calls, each with the time that is left."""

from __future__ import annotations

from collections.abc import Mapping

from akashi.base.ports import Link
from akashi.wire import calls, codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages import (
    AppendCall,
    AppendReply,
    AttestCertificateCall,
    AttestEligibilityCall,
    AttestOutcomeCall,
    AttestRefusalCall,
    ConfirmReply,
    HeldCall,
    HeldReply,
    LedgerEntry,
    Message,
    OpenGrantCall,
    OpenGrantReply,
    OutcomeEvidence,
    ReadRecordCall,
    ReadRecordReply,
    SignedAnswer,
)
from akashi.wire.topology import Method
from akashi.zones.issuance.issuer.errors import IssuerRefused


class RegistryClient:
    """
    A registry: says what it holds for the ticket's person, and reads what the signed order names.

    Args:
        link: to it.
        registry: which one.
    """

    def __init__(self, link: Link, registry: Registry) -> None:
        self._link = link
        self._registry = registry

    async def held(self, call: HeldCall, *, deadline_ms: int) -> bytes:
        """Return an encoded `Signed` over a `HeldRecord`. Raises Refused with the registry's code."""
        return codec.parse(HeldReply, await self._call(Method.HELD, call, deadline_ms)).record

    async def read_record(self, call: ReadRecordCall, *, deadline_ms: int) -> ReadRecordReply:
        """Return the signed record. Raises Refused with the registry's code."""
        return codec.parse(ReadRecordReply, await self._call(Method.READ_RECORD, call, deadline_ms))

    async def _call(self, method: Method, message: Message, deadline_ms: int) -> bytes:
        return await _ask(self._link, self._registry, method, message, deadline_ms=deadline_ms)


class Residents(RegistryClient):
    """core/residents: finds the person for itself, and confirms the person for the other registries, order by order."""

    def __init__(self, link: Link) -> None:
        super().__init__(link, Registry.RESIDENTS)

    async def open_grant(self, call: OpenGrantCall, *, deadline_ms: int) -> OpenGrantReply:
        """Return ticket and eligibility record. Raises Refused with the registry's code."""
        return codec.parse(OpenGrantReply, await self._call(Method.OPEN_GRANT, call, deadline_ms))

    async def confirm(self, call: ReadRecordCall, *, deadline_ms: int) -> bytes:
        """Return an encoded `Signed` over the `Standing` of the order. Raises Refused with the registry's code."""
        return codec.parse(ConfirmReply, await self._call(Method.CONFIRM, call, deadline_ms)).standing


def other_registries(link: Link) -> Mapping[Registry, RegistryClient]:
    """Return a client of every registry but core/residents."""
    return {registry: RegistryClient(link, registry) for registry in Registry if registry is not Registry.RESIDENTS}


class Checker:
    """issuance/checker: alone signs answers. What it returns is sealed as it came."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def attest_eligibility(self, call: AttestEligibilityCall, *, deadline_ms: int) -> bytes:
        """Return an encoded `SignedAnswer`. Raises Refused, CHECK_FAILED where it found a mismatch."""
        return await self._call(Method.ATTEST_ELIGIBILITY, call, deadline_ms)

    async def attest_certificate(self, call: AttestCertificateCall, *, deadline_ms: int) -> bytes:
        """Return an encoded `SignedAnswer` with the signed file. Raises Refused, CHECK_FAILED where it found a mismatch."""
        return await self._call(Method.ATTEST_CERTIFICATE, call, deadline_ms)

    async def attest_outcome(self, call: AttestOutcomeCall, *, deadline_ms: int) -> bytes:
        """Return an encoded `SignedAnswer` that acknowledges. Raises Refused."""
        return await self._call(Method.ATTEST_OUTCOME, call, deadline_ms)

    async def attest_refusal(self, call: AttestRefusalCall, *, deadline_ms: int) -> bytes:
        """Return an encoded `SignedAnswer` that says no. Raises Refused."""
        return await self._call(Method.ATTEST_REFUSAL, call, deadline_ms)

    async def _call(self, method: Method, message: Message, deadline_ms: int) -> bytes:
        reply = await calls.call(self._link, "issuance/checker", method, codec.encode(message), deadline_ms=deadline_ms)
        codec.parse(SignedAnswer, reply)
        return reply


class Recorder:
    """vault/recorder: makes one entry durable before it answers."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def append(self, entry: LedgerEntry, *, deadline_ms: int, evidence: OutcomeEvidence | None = None) -> bytes:
        """Return the receipt, an encoded `Signed`. Raises Refused, CITY_STOPPED or KIOSK_STOPPED for an intent."""
        reply = await _ask(self._link, "vault/recorder", Method.APPEND, AppendCall(entry, evidence), deadline_ms=deadline_ms)
        return codec.parse(AppendReply, reply).receipt


async def _ask(link: Link, callee: str, method: Method, message: Message, *, deadline_ms: int) -> bytes:
    """
    Return the reply of a neighbour other than the checker.

    CHECK_FAILED, which stops the city, is the checker's word alone: from anybody else it is a fault of that server (INTERNAL).
    """
    try:
        return await calls.call(link, callee, method, codec.encode(message), deadline_ms=deadline_ms)
    except Refused as refusal:
        if refusal.code is WireCode.CHECK_FAILED:
            raise IssuerRefused(WireCode.INTERNAL, f"{callee} speaks for the checker") from None
        raise
