"""The four methods of koseki/register as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Caller, Endpoint
from akashi.wire import codec
from akashi.wire.messages import EnrolCall, HeldCall, OpenGrantCall, ReadRecordCall
from akashi.wire.topology import Method
from akashi.zones.koseki.register.service import KosekiRegister

OPEN_GRANT_BYTES_MAX = 3 * 16_384 + 64
ENROL_BYTES_MAX = 4 * 16_384 + 96
HELD_BYTES_MAX = 16_384 + 128
READ_RECORD_BYTES_MAX = 5 * 16_384 + 512
"""Longest calls: their fields at their limits."""


def endpoints(service: KosekiRegister) -> dict[str, Endpoint]:
    """Return what the server offers."""

    async def open_grant(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.open_grant(caller, codec.parse(OpenGrantCall, body)))

    async def held(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.held(caller, codec.parse(HeldCall, body)))

    async def read_record(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.read_record(caller, codec.parse(ReadRecordCall, body)))

    async def enrol(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.enrol(caller, codec.parse(EnrolCall, body)))

    return {
        Method.OPEN_GRANT: Endpoint(open_grant, OPEN_GRANT_BYTES_MAX),
        Method.HELD: Endpoint(held, HELD_BYTES_MAX),
        Method.READ_RECORD: Endpoint(read_record, READ_RECORD_BYTES_MAX),
        Method.ENROL: Endpoint(enrol, ENROL_BYTES_MAX),
    }
