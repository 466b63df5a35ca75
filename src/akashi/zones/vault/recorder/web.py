"""The method of vault/recorder as an endpoint: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Caller, Endpoint
from akashi.wire.codec import encode, parse
from akashi.wire.messages.ledger import AppendCall
from akashi.wire.topology import Method
from akashi.zones.vault.recorder.service import Recorder

APPEND_BYTES_MAX = 24_576
"""Above the largest call: an outcome, with a report and a certificate at their limits."""


def endpoints(service: Recorder) -> dict[str, Endpoint]:
    """Return what the server offers."""

    async def append(caller: Caller, untrusted_body: bytes) -> bytes:
        return encode(await service.append(caller, parse(AppendCall, untrusted_body)))

    return {Method.APPEND: Endpoint(append, APPEND_BYTES_MAX)}
