"""The three methods of core/residents as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Caller, Endpoint
from akashi.wire import codec
from akashi.wire.messages import OpenGrantCall, ReadRecordCall
from akashi.wire.topology import Method
from akashi.zones.core.residents.service import Residents

OPEN_GRANT_BYTES_MAX = 3 * 16_384 + 64
READ_RECORD_BYTES_MAX = 4 * 16_384 + 512
"""Longest calls: their fields at their limits."""


def endpoints(service: Residents) -> dict[str, Endpoint]:
    """Return what the server offers."""

    async def open_grant(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.open_grant(caller, codec.parse(OpenGrantCall, body)))

    async def confirm(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.confirm(caller, codec.parse(ReadRecordCall, body)))

    async def read_record(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.read_record(caller, codec.parse(ReadRecordCall, body)))

    return {
        Method.OPEN_GRANT: Endpoint(open_grant, OPEN_GRANT_BYTES_MAX),
        Method.CONFIRM: Endpoint(confirm, READ_RECORD_BYTES_MAX),
        Method.READ_RECORD: Endpoint(read_record, READ_RECORD_BYTES_MAX),
    }
