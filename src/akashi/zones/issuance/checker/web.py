"""The methods of issuance/checker as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Caller, Endpoint
from akashi.wire import codec
from akashi.wire.messages import AttestCertificateCall, AttestEligibilityCall, AttestOutcomeCall, AttestRefusalCall
from akashi.wire.topology import Method
from akashi.zones.issuance.checker.service import Checker

CERTIFICATE_BYTES_MAX = 4 * 1024 * 1024
"""File and record, each at most 2 MiB and a little, of which a household of 99 fills a half."""
SMALL_BYTES_MAX = 256 * 1024
"""Ticket, record and offers; or a report of 50 lines with its receipts."""
REFUSAL_BYTES_MAX = 256


def endpoints(service: Checker) -> dict[str, Endpoint]:
    """Return what the server offers."""

    async def attest_eligibility(caller: Caller, untrusted_body: bytes) -> bytes:
        return await service.attest_eligibility(caller, codec.parse(AttestEligibilityCall, untrusted_body))

    async def attest_certificate(caller: Caller, untrusted_body: bytes) -> bytes:
        return await service.attest_certificate(caller, codec.parse(AttestCertificateCall, untrusted_body))

    async def attest_outcome(caller: Caller, untrusted_body: bytes) -> bytes:
        return await service.attest_outcome(caller, codec.parse(AttestOutcomeCall, untrusted_body))

    async def attest_refusal(caller: Caller, untrusted_body: bytes) -> bytes:
        return await service.attest_refusal(caller, codec.parse(AttestRefusalCall, untrusted_body))

    return {
        Method.ATTEST_ELIGIBILITY: Endpoint(attest_eligibility, SMALL_BYTES_MAX),
        Method.ATTEST_CERTIFICATE: Endpoint(attest_certificate, CERTIFICATE_BYTES_MAX),
        Method.ATTEST_OUTCOME: Endpoint(attest_outcome, SMALL_BYTES_MAX),
        Method.ATTEST_REFUSAL: Endpoint(attest_refusal, REFUSAL_BYTES_MAX),
    }
