"""The start: what must be there, and that the feed is followed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from akashi.admission import card_trust_files, trust_authorities
from akashi.base.config import ConfigRefused
from akashi.base.ports import Clock
from akashi.card.suites import JPKI_RSA2048
from akashi.entry.start import World
from akashi.entry.start.core_residents import start
from akashi.entry.world import InlineCompute, RandomIds
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY
from akashi.simulation.deployment import sign_center_directory, sign_city_directory
from akashi.wire import codec
from akashi.wire.messages import OpenGrantReply
from akashi.wire.topology import methods_of
from akashi.zones.core.residents.config import Config
from akashi.zones.core.residents.importing import import_city
from akashi.zones.core.residents.stores.opening import open_engine
from unit.zones.core_residents.counter import ISSUER, Counter, Made, StillClock, file_of
from unit.zones.core_residents.people import AS_OF_MS, CITY, line, sample_city


class NoLink:
    """The register calls nobody."""

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        raise AssertionError((callee, method, len(body), deadline_ms))


class PassingClock(StillClock):
    """Time goes on with every wait; the test's own turn comes in between."""

    async def sleep_ms(self, duration_ms: int) -> None:
        self.time_ms += duration_ms
        await asyncio.sleep(0)


def files(made: Made, folder: Path) -> dict[str, str]:
    cards = trust_authorities(made.authority.authorities, policy_oids=(USER_AUTHENTICATION_POLICY,), suites=(JPKI_RSA2048.name,))
    table, authorities = card_trust_files(cards)
    center, city = made.deployment.center, made.deployment.city
    return {
        "residents_url": f"sqlite:///{folder}/register.db",
        "registry_key": file_of(folder, "registry.key", city.registry.to_bytes()),
        "city_directory": file_of(folder, "city.dir", sign_city_directory(city, sequence=1, now_ms=made.now_ms)),
        "city_root": file_of(folder, "city.root", city.root.public_bytes),
        "center_directory": file_of(folder, "center.dir", sign_center_directory(center, sequence=1, now_ms=made.now_ms)),
        "center_root": file_of(folder, "center.root", center.root.public_bytes),
        "card_table": file_of(folder, "cards.toml", table),
        "card_authorities": file_of(folder, "cards.pem", authorities),
        "feed_source": str(folder / "feed.jsonl"),
    }


def configured(made: Made, folder: Path, *, municipality: str = CITY, **changed: str) -> Config:
    return msgspec.convert(
        {
            "server": "core/residents",
            "listen": "127.0.0.1:7108",
            "tls": {"certificate": "c", "key": "k", "authority": "a"},
            "service": {"municipality": municipality},
            "files": {**files(made, folder), **changed},
        },
        Config,
    )


def imported(made: Made, folder: Path) -> None:
    city = sample_city()
    city.card_links.append(made.cards[0].link(1))
    city.write(folder)
    engine = open_engine(f"sqlite:///{folder}/register.db", create=True)
    assert import_city(engine, folder).refused_count == 0
    engine.close()


def world(clock: Clock) -> World:
    return World(clock, RandomIds(), NoLink(), InlineCompute())


async def run_for(task: Callable[[], Awaitable[None]], turns: int) -> None:
    running = asyncio.ensure_future(task())
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def test_the_server_starts_answers_and_follows_its_feed(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(made, tmp_path)
    clock = PassingClock()
    started = start(configured(made, tmp_path), world(clock))
    assert set(started.endpoints) == set(methods_of("core/residents"))
    engine = open_engine("sqlite:///:memory:", create=True)
    session = Counter(made, engine).session(made.cards[0])
    engine.close()
    body = codec.encode(session.call)
    reply = codec.parse(OpenGrantReply, asyncio.run(_open(started.endpoints["open_grant"].handle, body)))
    assert reply.ticket
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(line(1, time_ms=AS_OF_MS) + line(2, time_ms=AS_OF_MS) + line(4, time_ms=AS_OF_MS))
    asyncio.run(run_for(started.background[0], 20))
    feed.write_bytes(
        line(1, time_ms=AS_OF_MS) + line(2, time_ms=AS_OF_MS) + line(3, time_ms=AS_OF_MS) + line(4, time_ms=AS_OF_MS)
    )
    asyncio.run(run_for(started.background[0], 20))
    started.close()
    told = [json.loads(text) for text in capsys.readouterr().err.splitlines()]
    states = [(one["sequence"], one["stopped"]) for one in told if one["event"] == "feed"]
    assert states == [(2, "CONTRADICTION"), (4, None)]


async def _open(handle: object, body: bytes) -> bytes:
    assert callable(handle)
    answer: bytes = await handle(ISSUER, body)
    return answer


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("registry.key", b"short"),
        ("center.dir", b"x"),
        ("city.dir", b"x"),
        ("city.root", bytes(32)),
        ("cards.toml", b"suites = []"),
        ("center.root", None),
    ],
)
def test_a_bad_file_refuses_the_start(made: Made, tmp_path: Path, name: str, content: bytes | None) -> None:
    imported(made, tmp_path)
    config = configured(made, tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigRefused):
        start(config, world(StillClock()))


def test_no_register_or_another_citys_refuses_the_start(made: Made, tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="no register yet"):
        start(configured(made, tmp_path), world(StillClock()))
    imported(made, tmp_path)
    with pytest.raises(ConfigRefused, match="another authority"):
        start(configured(made, tmp_path, municipality="011002"), world(StillClock()))
    elsewhere = replace(made.deployment.city, municipality="011002")
    directory = file_of(tmp_path, "elsewhere.dir", sign_city_directory(elsewhere, sequence=1, now_ms=made.now_ms))
    with pytest.raises(ConfigRefused, match=CITY):
        start(configured(made, tmp_path, municipality="011002", city_directory=directory), world(StillClock()))
