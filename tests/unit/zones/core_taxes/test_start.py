"""The start: what must be there, the newest day is taken at once, later days while it runs."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import msgspec
import pytest

from akashi.base.config import ConfigRefused
from akashi.base.ports import Endpoint
from akashi.entry.start.core_taxes import start
from akashi.sealing.signing import Purpose, verify_message
from akashi.wire import codec
from akashi.wire.errors import Refused
from akashi.wire.messages import HeldRecord, HeldReply
from akashi.zones.core.taxes.config import Config
from akashi.zones.core.taxes.store import TaxStore
from unit.registers.asker import CITY, ISSUER, Asker, Clock, deployment
from unit.zones.core_residents.test_start import run_for, world
from unit.zones.core_seals.test_start import configured as seals_configured
from unit.zones.core_seals.test_start import file_of
from unit.zones.core_taxes.desk import entry, write_day


def configured(folder: Path, *, municipality: str = CITY, **changed: str) -> Config:
    files = msgspec.to_builtins(seals_configured(folder, municipality=municipality).files)
    kept = {name: path for name, path in files.items() if name.startswith(("city", "center"))}
    own = {
        "taxes_url": f"sqlite:///{folder}/taxes.db",
        "taxes_key": file_of(folder, "taxes.key", deployment().city.taxes.to_bytes()),
        "days": str(folder / "days"),
    }
    return msgspec.convert(
        {
            "server": "core/taxes",
            "listen": "127.0.0.1:7112",
            "tls": {"certificate": "c", "key": "k", "authority": "a"},
            "service": {"municipality": municipality},
            "files": kept | own | changed,
        },
        Config,
    )


def years(endpoint: Endpoint) -> tuple[int, ...]:
    reply = codec.parse(HeldReply, asyncio.run(_handled(endpoint, codec.encode(Asker(Clock()).held_call()))))
    record = verify_message(deployment().city.taxes.public_bytes, Purpose.HELD, HeldRecord, reply.record)
    return record.holdings[0].years


async def _handled(endpoint: Endpoint, body: bytes) -> bytes:
    return await endpoint.handle(ISSUER, body)


@pytest.mark.promise("C2")
def test_a_started_server_answers_from_the_newest_day_and_takes_later_ones(tmp_path: Path) -> None:
    write_day(tmp_path / "days" / "a", entry(1))
    started = start(configured(tmp_path), world(Clock()))
    try:
        assert years(started.endpoints["held"]) == (2026,)
        write_day(tmp_path / "days" / "b", entry(1, 2025), entry(1), data_on=date(2026, 6, 16))
        asyncio.run(run_for(started.background[0], 3))
        assert years(started.endpoints["held"]) == (2026, 2025)
    finally:
        started.close()


@pytest.mark.promise("C2")
def test_without_a_day_it_starts_and_refuses(tmp_path: Path) -> None:
    started = start(configured(tmp_path), world(Clock()))
    try:
        with pytest.raises(Refused, match="REGISTRY_STALE"):
            years(started.endpoints["held"])
    finally:
        started.close()


def test_what_is_missing_or_anothers_keeps_it_from_starting(tmp_path: Path) -> None:
    write_day(tmp_path / "days" / "a", entry(1), municipality="011002")
    store = TaxStore.open(f"sqlite:///{tmp_path}/taxes.db")
    store.load_day(tmp_path / "days" / "a", municipality="011002")
    store.close()
    with pytest.raises(ConfigRefused, match="another municipality"):
        start(configured(tmp_path), world(Clock()))
    with pytest.raises(ConfigRefused, match="absent"):
        start(configured(tmp_path, taxes_key="absent"), world(Clock()))
    with pytest.raises(ConfigRefused, match="cannot be opened"):
        start(configured(tmp_path, taxes_url="sqlite:///absent/taxes.db"), world(Clock()))
