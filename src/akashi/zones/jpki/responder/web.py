"""The method of jpki/responder as an endpoint. The body is the OCSP request itself, as over HTTP in the open."""

from __future__ import annotations

from akashi.base.ports import Caller, Endpoint
from akashi.pki.ocsp import REQUEST_BYTES_MAX
from akashi.wire.topology import Method
from akashi.zones.jpki.responder.service import OcspResponder


def endpoints(service: OcspResponder) -> dict[str, Endpoint]:
    """Return what the server offers."""

    async def ocsp(_caller: Caller, untrusted_body: bytes) -> bytes:
        return service.answer(untrusted_body)

    return {Method.OCSP: Endpoint(ocsp, REQUEST_BYTES_MAX)}
