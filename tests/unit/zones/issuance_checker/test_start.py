"""Starts with the right files, and with no others."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import structs

from akashi.base.config import ConfigRefused, TlsConfig
from akashi.documents.read import FONTS_DEBIAN
from akashi.entry.start import World
from akashi.entry.start.issuance_checker import start
from akashi.sealing.keys import SigningKey
from akashi.simulation.deployment import sign_center_directory, sign_city_directory
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import IssueOrder, StopEntry, StopScope
from akashi.wire.topology import methods_of
from akashi.zones.issuance.checker.cms import signed_data
from akashi.zones.issuance.checker.config import Config, FilesConfig, ServiceConfig
from akashi.zones.issuance.checker.errors import KeyUnfit, SigningFailed
from akashi.zones.issuance.checker.finishing import CodePage, Prepared, finish
from akashi.zones.issuance.checker.readers import READERS
from akashi.zones.issuance.checker.signer import DocumentKey, embed_signature
from akashi.zones.issuance.checker.store import Stops, StopStore
from unit.documents.people import PRINTED, SHAPES, composed
from unit.zones.issuance_checker.court import CITY, NOON_MS, SAMPLE, STOP_INDEX, Clock, Ids, Inline, Ledger, deployment

pytestmark = pytest.mark.needs("fonts")


class YieldingClock(Clock):
    """Lets others run while it sleeps."""

    async def sleep_ms(self, duration_ms: int) -> None:
        await super().sleep_ms(duration_ms)
        await asyncio.sleep(0)


def pem(key: Any) -> bytes:
    text: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return text


@pytest.fixture
def files(tmp_path: Path) -> FilesConfig:
    made = deployment()
    contents = {
        "answer_key": made.city.answer.to_bytes(),
        "document_key": pem(made.city.document_key),
        "policy": SAMPLE.read_bytes(),
        "city_directory": sign_city_directory(made.city, sequence=3, now_ms=NOON_MS),
        "city_root": made.city.root.public_bytes,
        "center_directory": sign_center_directory(made.center, sequence=2, now_ms=NOON_MS),
        "center_root": made.center.root.public_bytes,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return FilesConfig(**{name: str(tmp_path / name) for name in (*contents, "stops")}, fonts=FONTS_DEBIAN)


def begin(files: FilesConfig, *, municipality: str = CITY, ledger: Ledger | None = None) -> Any:
    config = Config(
        server="issuance/checker",
        listen="127.0.0.1:0",
        tls=TlsConfig(certificate="", key="", authority=""),
        service=ServiceConfig(municipality=municipality),
        files=files,
    )
    return start(config, World(YieldingClock(), Ids(), ledger or Ledger(), Inline()))


def test_starts_with_the_files_of_its_city(files: FilesConfig) -> None:
    started = begin(files)
    assert set(started.endpoints) == methods_of("issuance/checker")
    assert len(started.background) == 1


@pytest.mark.parametrize("name", ["answer_key", "document_key", "policy", "city_directory", "city_root", "center_directory"])
@pytest.mark.parametrize("content", [None, b"", b"x" * 32])
def test_refuses_a_missing_or_wrong_file(files: FilesConfig, name: str, content: bytes | None) -> None:
    path = Path(getattr(files, name))
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigRefused):
        begin(files)


@pytest.mark.promise("C16")
def test_a_debt_of_the_last_run_is_settled_first(files: FilesConfig) -> None:
    stop = StopEntry(StopScope.CITY, CITY, "-", WireCode.CHECK_FAILED, b"i" * 16)
    StopStore(Path(files.stops)).save(Stops(stop, -1))
    ledger = Ledger()
    ledger.down = True
    (settle,) = begin(files, ledger=ledger).background

    async def scene() -> None:
        task = asyncio.ensure_future(settle())
        for _ in range(5):
            await asyncio.sleep(0)
        assert ledger.calls > 1
        assert StopStore(Path(files.stops)).load().owed == stop
        ledger.down = False
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scene())
    assert ledger.stops == [stop]
    assert StopStore(Path(files.stops)).load() == Stops(None, STOP_INDEX)


def test_a_file_of_stops_that_cannot_be_used_refuses_the_start(files: FilesConfig) -> None:
    Path(files.stops).write_bytes(b"x")
    with pytest.raises(ConfigRefused, match="stops"):
        begin(files)
    Path(files.stops).unlink()
    with pytest.raises(ConfigRefused, match="stops"):
        begin(structs.replace(files, stops=f"{files.policy}/stops"))


def test_refuses_keys_that_the_directory_does_not_name(files: FilesConfig) -> None:
    right = Path(files.document_key).read_bytes()
    for other in (pem(ec.generate_private_key(ec.SECP256R1())), pem(ec.generate_private_key(ec.SECP384R1()))):
        Path(files.document_key).write_bytes(other)
        with pytest.raises(ConfigRefused):
            begin(files)
    Path(files.document_key).write_bytes(right)
    Path(files.answer_key).write_bytes(SigningKey.generate().to_bytes())
    with pytest.raises(ConfigRefused, match="does not name the answer key"):
        begin(files)


def test_refuses_another_citys_policy_and_fonts_that_are_not_there(files: FilesConfig) -> None:
    Path(files.policy).write_text(SAMPLE.read_text("utf-8").replace('"139998"', '"131016"'), "utf-8")
    with pytest.raises(ConfigRefused, match="the policy of 131016"):
        begin(files)
    Path(files.policy).write_bytes(SAMPLE.read_bytes())
    without = FilesConfig(**{name: getattr(files, name) for name in files.__struct_fields__ if name != "fonts"}, fonts=("x",))
    with pytest.raises(ConfigRefused):
        begin(without)


def test_document_key_shows_nothing_and_is_p256_only() -> None:
    assert repr(DocumentKey(deployment().city.document_key)) == "<DocumentKey>"
    for other in (rsa.generate_private_key(65537, 2048), SigningKey.generate(), None):
        with pytest.raises(KeyUnfit):
            DocumentKey(other)
    assert not DocumentKey(deployment().city.document_key).fits(b"no certificate")


def test_a_signature_that_does_not_fit_refuses() -> None:
    city = deployment().city
    with pytest.raises(SigningFailed) as caught:
        embed_signature(Prepared(b"<00>", b"d" * 32, 0, 4), DocumentKey(city.document_key), city.document_certificate)
    assert isinstance(caught.value, Refused)


@pytest.mark.promise("C11")
def test_codes_are_filled_into_their_rooms_page_by_page() -> None:
    paper, choices = SHAPES["six, two sheets"]
    done = composed("six, two sheets")
    asked: list[CodePage] = []

    def codes(page: CodePage) -> bytes:
        asked.append(page)
        return bytes([page.page]) * 621

    read_back, order = READERS[Kind.JUMINHYO].read_back, IssueOrder(bytes(32), 1, Kind.JUMINHYO, (0,), choices, 0, 200, None, 1)
    finished = finish(read_back, done.pdf, paper, order, PRINTED, time_ms=NOON_MS, codes=codes)
    assert [(page.page, page.page_count, page.width, page.height) for page in asked] == [(1, 2, 69, 69), (2, 2, 69, 69)]
    assert {(page.kind, page.issue_number) for page in asked} == {(Kind.JUMINHYO, PRINTED.issue_number)}
    assert dict(asked[1].words)["page"] == "2／2頁"
    assert asked[0].words[:2] == (("title", "住　民　票"), ("label number", "発行番号"))
    pdf, room = finished.prepared.pdf, (finished.prepared.room_start, finished.prepared.room_end)
    assert b"\x01" * 621 in pdf
    assert b"\x02" * 621 in pdf
    assert finished.prepared.digest == hashlib.sha256(pdf[: room[0]] + pdf[room[1] :]).digest()
    differing = sum(one != other for one, other in zip(pdf, done.pdf, strict=True))
    assert differing <= 2 * 621 + 14
    with pytest.raises(SigningFailed):
        finish(read_back, done.pdf, paper, order, PRINTED, time_ms=NOON_MS, codes=lambda _: b"\0" * 620)


def test_long_contents_get_long_lengths() -> None:
    city = deployment().city
    short = signed_data(b"d" * 32, city.document_certificate, lambda _: b"s" * 70)
    long = signed_data(b"d" * 32, city.document_certificate, lambda _: b"s" * 70_000)
    assert short[:2] == b"\x30\x82"
    assert long[:2] == b"\x30\x83"
    assert int.from_bytes(long[2:5], "big") == len(long) - 5
