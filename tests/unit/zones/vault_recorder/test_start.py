"""The recorder's start: configuration, keys, what it refuses, what runs beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from akashi.base.config import ConfigRefused, load_config
from akashi.base.ports import CallFailed
from akashi.entry.start import Started, World
from akashi.entry.start.vault_recorder import start
from akashi.entry.world import InlineCompute, RandomIds
from akashi.ledger.append import CHECKPOINT_FILE, ENTRIES_FILE
from akashi.ledger.checkpoint import open_checkpoint
from akashi.ledger.sign import NoteSigner
from akashi.simulation.deployment import sign_center_directory
from akashi.wire import topology
from akashi.wire.codec import encode
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import AppendCall, StopEntry, StopScope
from akashi.zones.vault.recorder.config import Config
from unit.ledger.samples import CITY, intent
from unit.zones.vault_recorder.desk import ISSUER, NOW_MS, OPERATORS, StepClock, ask, deployment, order, signed_by

SIGNER = NoteSigner("akashino.example/ledger", b"n" * 32)


class NoLink:
    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:  # noqa: ARG002 - the port
        raise CallFailed("RELAY_DOWN")


def _config(folder: Path, extra: str = "") -> Config:
    (folder / "note.key").write_bytes(b"n" * 32)
    (folder / "receipt.key").write_bytes(b"r" * 32)
    center = deployment().center
    (folder / "center.dir").write_bytes(sign_center_directory(center, sequence=1, now_ms=NOW_MS))
    (folder / "center.root").write_bytes(center.root.public_bytes)
    operators = "\n".join(f'{name} = "{key.public_bytes.hex()}"' for name, key in OPERATORS.items())
    (folder / "recorder.toml").write_text(
        f"""
server = "vault/recorder"
listen = "127.0.0.1:7109"
[tls]
certificate = "c"
key = "k"
authority = "a"
[service]
municipalities = ["{CITY}"]
folder = "{folder}/ledger"
inbox = "{folder}/inbox"
voids = "{folder}"
note_name = "akashino.example/ledger"
note_key = "{folder}/note.key"
receipt_key = "{folder}/receipt.key"
center_directory = "{folder}/center.dir"
center_root = "{folder}/center.root"
{extra}
[service.operators]
{operators}
"""
    )
    return load_config(folder / "recorder.toml", Config)


def _start(folder: Path, clock: StepClock | None = None) -> Started:
    return start(_config(folder), World(clock or StepClock(), RandomIds(), NoLink(), InlineCompute()))


def test_it_offers_what_the_topology_lists(tmp_path: Path) -> None:
    started = _start(tmp_path)
    assert set(started.endpoints) == set(topology.methods_of("vault/recorder"))
    started.close()


def test_the_background_publishes_and_reopens(tmp_path: Path) -> None:
    started = _start(tmp_path)

    async def scene() -> list[WireCode | None]:
        tasks = [asyncio.ensure_future(task()) for task in started.background]
        append = started.endpoints["append"].handle
        stop = StopEntry(StopScope.CITY, CITY, "-", WireCode.CHECK_FAILED, b"i" * 16)
        await append(ISSUER, encode(AppendCall(stop)))
        codes: list[WireCode | None] = []
        for _ in range(2):
            try:
                await append(ISSUER, encode(AppendCall(intent(0))))
                codes.append(None)
            except Refused as refusal:
                codes.append(refusal.code)
            for name in ("aoki", "baba"):
                (tmp_path / "inbox" / f"{name}.signed").write_bytes(signed_by(name, order(b"i" * 16)))
            for _ in range(20):
                await asyncio.sleep(0)
        published = open_checkpoint((tmp_path / "ledger" / CHECKPOINT_FILE).read_bytes(), SIGNER.key)
        assert published.size == 3
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return codes

    assert asyncio.run(scene()) == [WireCode.CITY_STOPPED, None]
    started.close()


def test_a_failing_disk_ends_the_background_and_refuses_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = _start(tmp_path)

    async def scene() -> None:
        append = started.endpoints["append"].handle
        await append(ISSUER, encode(AppendCall(intent(0))))
        (tmp_path / "ledger" / "checkpoint.new").mkdir()  # the next checkpoint cannot be written
        for name in ("aoki", "baba"):
            (tmp_path / "inbox" / f"{name}.signed").write_bytes(signed_by(name, order(b"i" * 16)))
        await asyncio.gather(*(task() for task in started.background))
        with pytest.raises(Refused) as caught:
            await append(ISSUER, encode(AppendCall(intent(1))))
        assert caught.value.code is WireCode.LEDGER_DOWN

    asyncio.run(scene())
    assert capsys.readouterr().err.count("ledger_down") == 2
    started.close()


def test_it_does_not_start_on_what_is_not_in_order(tmp_path: Path) -> None:
    started = _start(tmp_path)
    ask(started.endpoints["append"], encode(AppendCall(intent(0))))
    started.close()
    entries = tmp_path / "ledger" / ENTRIES_FILE
    content = entries.read_bytes()
    entries.write_bytes(content[:-200])
    with pytest.raises(ConfigRefused, match="shorter than its checkpoint"):
        _start(tmp_path)
    entries.write_bytes(content)
    _start(tmp_path).close()


def test_two_recorders_do_not_share_a_folder(tmp_path: Path) -> None:
    started = _start(tmp_path)
    with pytest.raises(ConfigRefused, match="must not start"):
        _start(tmp_path)
    started.close()


@pytest.mark.parametrize("name", ["note.key", "receipt.key", "center.dir", "center.root"])
def test_key_files_must_hold_keys(tmp_path: Path, name: str) -> None:
    config = _config(tmp_path)
    (tmp_path / name).write_bytes(b"short")
    with pytest.raises(ConfigRefused):
        start(config, World(StepClock(), RandomIds(), NoLink(), InlineCompute()))
    (tmp_path / name).unlink()
    with pytest.raises(ConfigRefused, match=name):
        start(config, World(StepClock(), RandomIds(), NoLink(), InlineCompute()))


@pytest.mark.parametrize("extra", ["batch_entries_max = 0", "unknown = 1", 'folder_two = ""'])
def test_wrong_settings(tmp_path: Path, extra: str) -> None:
    with pytest.raises(ConfigRefused):
        _config(tmp_path, extra)


@pytest.mark.parametrize("cities", [[], [CITY, "131000"], [CITY, CITY], ["13999"], ["any city"]])
def test_a_ledger_is_one_citys(tmp_path: Path, cities: list[str]) -> None:
    """A caller's name says "an issuer", not whose: with two cities, each one's issuer could speak for the other."""
    _config(tmp_path)
    path = tmp_path / "recorder.toml"
    path.write_text(path.read_text().replace(f'["{CITY}"]', str(cities)))
    with pytest.raises(ConfigRefused):
        load_config(path, Config)


def test_one_operator_is_not_enough(tmp_path: Path) -> None:
    _config(tmp_path)
    text = (tmp_path / "recorder.toml").read_text().splitlines()
    (tmp_path / "recorder.toml").write_text("\n".join(line for line in text if not line.startswith(("baba", "chiba"))))
    with pytest.raises(ConfigRefused):
        load_config(tmp_path / "recorder.toml", Config)
