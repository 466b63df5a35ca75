"""The checker's one neighbour."""

from __future__ import annotations

from akashi.base.ports import Link
from akashi.wire import calls, codec
from akashi.wire.messages import AppendCall, AppendReply, StopEntry
from akashi.wire.topology import Method


class Recorder:
    """vault/recorder: makes a stop durable before it answers."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def append(self, entry: StopEntry, *, deadline_ms: int) -> bytes:
        """Return the receipt, an encoded `Signed`. Raises Refused where the recorder cannot be asked or says no."""
        body = codec.encode(AppendCall(entry))
        reply = await calls.call(self._link, "vault/recorder", Method.APPEND, body, deadline_ms=deadline_ms)
        return codec.parse(AppendReply, reply).receipt
