"""The start: reads its files, refuses to start on a wrong one with its name, recovers before it serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from akashi.admission import card_trust_files
from akashi.base.config import ConfigRefused, TlsConfig, load_config
from akashi.entry.start import Started, World
from akashi.entry.start.issuance_issuer import start
from akashi.simulation.deployment import sign_center_directory, sign_city_directory
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.messages import Bulletin, BulletinRequest
from akashi.wire.topology import Method, methods_of
from akashi.zones.issuance.issuer.config import Config, FilesConfig, ServiceConfig
from unit.zones.issuance_issuer.stage import CITY, NOON_MS, SAMPLE, TRANSFER, Stage, deployment, run, step
from unit.zones.issuance_issuer.visitor import Visitor, frame_of


def write_files(folder: Path, stage: Stage) -> Config:
    """Write what a deployment gives this server, and return its configuration."""
    keys = deployment()
    (folder / "seal").mkdir()
    table, authorities = card_trust_files(stage.trust.cards)
    files = {
        "seal/today.key": keys.city.seal.to_bytes(),
        "city.toml": SAMPLE.read_bytes(),
        "city.directory": stage.city_signed,
        "city.root": keys.city.root.public_bytes,
        "center.directory": sign_center_directory(keys.center, sequence=1, now_ms=NOON_MS),
        "center.root": keys.center.root.public_bytes,
        "cards.toml": table,
        "cards.pem": authorities,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Config(
        server="issuance/issuer",
        listen="127.0.0.1:7106",
        tls=TlsConfig(certificate="c", key="k", authority="a"),
        service=ServiceConfig(municipality=CITY),
        files=FilesConfig(
            store=str(folder / "started.sqlite"),
            seal_keys=str(folder / "seal"),
            policy=str(folder / "city.toml"),
            city_directory=str(folder / "city.directory"),
            city_root=str(folder / "city.root"),
            center_directory=str(folder / "center.directory"),
            center_root=str(folder / "center.root"),
            card_table=str(folder / "cards.toml"),
            card_authorities=str(folder / "cards.pem"),
        ),
    )


@pytest.fixture
def config(tmp_path: Path, stage: Stage) -> Config:
    return write_files(tmp_path, stage)


def world(stage: Stage) -> World:
    return World(stage.clock, stage.ids, stage.link, stage.compute)


def call(started: Started, method: Method, body: bytes) -> bytes:
    answer: Any = run(started.endpoints[method].handle(TRANSFER, body))  # type: ignore[arg-type]  # a coroutine
    return bytes(answer)


def test_it_offers_what_the_topology_says_and_serves(stage: Stage, config: Config) -> None:
    started = start(config, world(stage))
    assert set(started.endpoints) == set(methods_of("issuance/issuer"))
    bulletin = codec.parse(Bulletin, call(started, Method.BULLETIN, codec.encode(BulletinRequest(CITY))))
    assert bulletin == Bulletin(city_directory=stage.city_signed)
    visitor = Visitor(stage, kiosk=1)
    journey = visitor.eligibility()
    visitor.open(journey, call(started, Method.FORWARD, frame_of(journey, visitor.token())))
    started.close()


def test_files_that_change_count_and_bad_versions_do_not(stage: Stage, config: Config, tmp_path: Path) -> None:
    started = start(config, world(stage))
    newer = sign_city_directory(deployment().city, sequence=2, now_ms=NOON_MS)
    (tmp_path / "city.directory").write_bytes(newer)
    asked = codec.encode(BulletinRequest(CITY))
    assert codec.parse(Bulletin, call(started, Method.BULLETIN, asked)).city_directory == newer
    # an older sequence, or rubbish, changes nothing
    for bad in (stage.city_signed, b"rubbish"):
        (tmp_path / "city.directory").write_bytes(bad)
        assert codec.parse(Bulletin, call(started, Method.BULLETIN, asked)).city_directory == newer
    (tick,) = started.background
    work: Any = tick()
    (tmp_path / "seal/half.key").write_bytes(b"half")
    assert step(work) == "sleep"
    assert step(work) == "sleep"
    work.close()
    started.close()


@pytest.mark.parametrize(
    "wrong",
    [
        ("city.toml", b"municipality = 1", "policy|refused"),
        ("city.toml", b"\xff", "utf-8"),
        ("city.toml", SAMPLE.read_bytes().replace(b"139998", b"131000"), "131000"),
        ("city.directory", b"rubbish", "city.directory"),
        ("city.root", bytes(32), "city.directory"),
        ("center.directory", b"", "center.directory"),
        ("cards.toml", b"suites = []", "cards"),
        ("cards.pem", b"", "cards"),
        ("seal/today.key", b"half", "seal keys"),
        ("started.sqlite", b"not a database" * 100, "store"),
    ],
)
def test_a_wrong_file_refuses_the_start_by_name(
    stage: Stage, config: Config, tmp_path: Path, wrong: tuple[str, bytes, str]
) -> None:
    name, content, word = wrong
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigRefused, match=word):
        start(config, world(stage))


@pytest.mark.parametrize("name", ["city.toml", "city.directory", "center.root", "cards.toml", "cards.pem"])
def test_a_missing_file_refuses_the_start_by_name(stage: Stage, config: Config, tmp_path: Path, name: str) -> None:
    (tmp_path / name).unlink()
    with pytest.raises(ConfigRefused, match=name):
        start(config, world(stage))


def test_it_recovers_before_it_serves(stage: Stage, config: Config) -> None:
    first = start(config, world(stage))
    visitor = Visitor(stage, kiosk=1)
    journey = visitor.eligibility()
    visitor.open(journey, call(first, Method.FORWARD, frame_of(journey, visitor.token())))
    order = visitor.order()
    work: Any = first.endpoints[Method.FORWARD].handle(TRANSFER, frame_of(order))
    step(work)
    again = start(config, world(stage))
    answer = visitor.open(order, call(again, Method.FORWARD, frame_of(order)))
    assert getattr(answer, "code", None) is WireCode.ISSUE_VOIDED
    work.close()
    again.close()


@pytest.mark.parametrize(
    "change",
    [
        {"municipality": "13999"},
        {"grant_ms": 31 * 60_000},
        {"wait_step_ms": 0},
        {"eligibility_floor_ms": -1},
        {"tick_seconds": 5},
    ],
)
def test_limits_have_limits(tmp_path: Path, change: dict[str, object]) -> None:
    service = {"municipality": CITY, **change}
    lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in service.items()]
    files = [f'{field} = "x"' for field in FilesConfig.__struct_fields__ if field != "fonts"]
    text = [
        'server = "issuance/issuer"',
        'listen = "127.0.0.1:7106"',
        "[tls]",
        'certificate = "c"',
        'key = "k"',
        'authority = "a"',
        "[files]",
        *files,
        "[service]",
        *lines,
    ]
    (tmp_path / "issuer.toml").write_text("\n".join(text))
    with pytest.raises(ConfigRefused, match=next(iter(change))):
        load_config(tmp_path / "issuer.toml", Config)
