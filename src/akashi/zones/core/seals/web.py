"""The two methods of core/seals as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Caller, Endpoint
from akashi.wire import codec
from akashi.wire.messages import HeldCall, ReadRecordCall
from akashi.wire.topology import Method
from akashi.zones.core.seals.service import Seals

HELD_BYTES_MAX = 16_384 + 64
READ_RECORD_BYTES_MAX = 5 * 16_384 + 512
"""Longest calls: their fields at their limits."""


def endpoints(service: Seals) -> dict[str, Endpoint]:
    """Return what the server offers."""

    async def held(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.held(caller, codec.parse(HeldCall, body)))

    async def read_record(caller: Caller, body: bytes) -> bytes:
        return codec.encode(await service.read_record(caller, codec.parse(ReadRecordCall, body)))

    return {
        Method.HELD: Endpoint(held, HELD_BYTES_MAX),
        Method.READ_RECORD: Endpoint(read_record, READ_RECORD_BYTES_MAX),
    }
