"""The methods of center/validity as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Caller, Endpoint
from akashi.wire import codec
from akashi.wire.frames import BULLETIN_REQUEST_BYTES_MAX
from akashi.wire.messages import BulletinRequest, CheckCardCall
from akashi.wire.topology import Method
from akashi.zones.center.validity.service import Validity

CHECK_CARD_BYTES_MAX = 10_240
"""One sealed part V (8 KiB and the seal's overhead) and a hash."""


def endpoints(service: Validity) -> dict[str, Endpoint]:
    """Return what the server offers."""

    async def bulletin(_caller: Caller, untrusted_body: bytes) -> bytes:
        codec.parse(BulletinRequest, untrusted_body)
        return codec.encode(service.bulletin())

    async def check_card(_caller: Caller, untrusted_body: bytes) -> bytes:
        return await service.check_card(codec.parse(CheckCardCall, untrusted_body))

    return {
        Method.BULLETIN: Endpoint(bulletin, BULLETIN_REQUEST_BYTES_MAX),
        Method.CHECK_CARD: Endpoint(check_card, CHECK_CARD_BYTES_MAX),
    }
