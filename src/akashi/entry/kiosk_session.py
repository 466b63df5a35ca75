"""
The process that is one session: `python -m akashi.entry.kiosk_session CONFIG`, commands on standard input.

It is started while the kiosk is idle, so that its one-use keys are there when somebody comes, and it ends with the person.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from akashi.base.config import load_config
from akashi.card.errors import PinWrong
from akashi.entry.kiosk import Kiosk, build_kiosk, card_present
from akashi.wire.errors import Refused
from akashi.zones.store.kiosk.config import Config
from akashi.zones.store.kiosk.service import KioskSession, Wish
from akashi.zones.store.kiosk.session_pipe import Command, Done, No, OpenGrant, Order, Prepare, Reply, Settle, serve_commands


async def run(config: Config) -> None:
    """Serve one session over standard input and output until the screen closes them."""
    kiosk = build_kiosk(config)
    session = kiosk.session()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)

    def write(body: bytes) -> None:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()

    async def handle(command: Command) -> Reply:
        try:
            return await _handle(kiosk, session, command)
        except Refused as refusal:
            return Reply(No(refusal.code, refusal.tries_left if isinstance(refusal, PinWrong) else None))

    try:
        await serve_commands(handle, reader, write)
    finally:
        await kiosk.close()


async def _handle(kiosk: Kiosk, session: KioskSession, untrusted: Command) -> Reply:
    match untrusted.command:
        case Prepare(municipality):
            await session.prepare(municipality)
            return Reply(Done())
        case OpenGrant(card_image, pin):
            with card_present(kiosk.config, image=card_image, reader="") as card:
                return Reply(await session.open_grant(card, pin))
        case Order(kind, members, choices, fee_yen):
            return Reply(await session.order(Wish(kind, members, choices, fee_yen)))
        case Settle(issue_number, outcome, cause):
            kiosk.journal.record(issue_number, outcome, cause)
            return Reply(Done())


if __name__ == "__main__":
    asyncio.run(run(load_config(Path(sys.argv[1]), Config)))
