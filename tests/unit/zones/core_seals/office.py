"""The seal register's service with a store, and made-up registrations."""

from __future__ import annotations

import asyncio
import io
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from akashi.base.log import Log
from akashi.registers.csv_form import write_rows
from akashi.registers.dates import WrittenDate
from akashi.registers.report import LinesReport
from akashi.registers.stores.engine import Engine
from akashi.sealing.signing import Purpose, verify_message
from akashi.simulation.city.seals import draw_seal
from akashi.wire.certificates import Kind
from akashi.wire.messages import HeldRecord, SealRecord
from akashi.zones.core.seals.changes import Change, FeedRecord, format_line
from akashi.zones.core.seals.config import ServiceConfig
from akashi.zones.core.seals.csv_form import SEALS
from akashi.zones.core.seals.importing import import_seals
from akashi.zones.core.seals.manifest import Manifest, write_manifest
from akashi.zones.core.seals.records import Registration, SealBitmap
from akashi.zones.core.seals.service import Seals
from akashi.zones.core.seals.store import SealStore
from unit.registers.asker import CITY, ISSUER, NOW_MS, Asker, Clock, deployment, number

IMAGE = draw_seal("朝倉", 12.0)
BORN = WrittenDate("昭和57年4月19日", date(1982, 4, 19))


def registration(place: int = 1, *, no: str = "", **changes: Any) -> Registration:
    given: dict[str, Any] = {
        "registration_no": no or f"{place:06}",
        "resident_no": number(place),
        "name": f"朝倉\u3000{place}",
        "birth": BORN,
        "sex": "女",
        "address": f"東京都証野市硯町{place}番地",
        "registered_on": WrittenDate("平成20年5月7日", date(2008, 5, 7)),
        "image": IMAGE,
    }
    return Registration(**(given | changes))


def person(place: int = 1) -> tuple[str, str]:
    """Name and birth date as the resident record has them."""
    return registration(place).name, BORN.written


def square(side: int = 200, *, fill: bytes = b"\xff") -> SealBitmap:
    return SealBitmap(side, side, zlib.compress(fill * ((side + 7) // 8) * side))


def write_folder(folder: Path, *registrations: Registration, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    count = write_rows(folder, SEALS, registrations)
    manifest = Manifest(municipality=CITY, as_of_ms=NOW_MS, sequence=5, seals=count)
    write_manifest(folder, msgspec.structs.replace(manifest, **changes))
    return folder


def load(engine: Engine, folder: Path, *registrations: Registration, **changes: Any) -> LinesReport:
    return import_seals(engine, write_folder(folder / "seals", *registrations, **changes))


class Office:
    """The service behind its desk."""

    def __init__(self, engine: Engine, **settings: Any) -> None:
        self.clock = Clock()
        self.asker = Asker(self.clock)
        self.log = io.StringIO()
        self.store = SealStore(engine)
        self.key = deployment().city.seals
        config = msgspec.convert({"municipality": CITY, **settings}, ServiceConfig)
        self.service = Seals(
            self.store,
            self.key,
            self.asker.trust(),
            clock=self.clock,
            config=config,
            log=Log("core/seals", self.log),
        )
        self.sequence = self.store.feed_state().sequence

    def held(self, asker: Asker | None = None) -> HeldRecord:
        reply = asyncio.run(self.service.held(ISSUER, (asker or self.asker).held_call()))
        return verify_message(self.key.public_bytes, Purpose.HELD, HeldRecord, reply.record)

    def read(self, order: int = 1, *, asker: Asker | None = None, who: tuple[str, str] | None = None) -> SealRecord:
        one = asker or self.asker
        call = one.read_call(one.order(Kind.INKAN, order), person=who or person(one.place))
        reply = asyncio.run(self.service.read_record(ISSUER, call))
        return verify_message(self.key.public_bytes, Purpose.SEAL_RECORD, SealRecord, reply.record)

    def feed(self, *changes: Change) -> None:
        """Apply these changes as the next records of the feed."""
        for change in changes:
            record = FeedRecord(sequence=self.sequence + 1, time_ms=self.clock.now_ms(), change=change)
            self.service.apply_feed([format_line(record)])
            self.sequence += 1
