"""Starts with the right files, and with no others."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import structs

from akashi.base.config import ConfigRefused, TlsConfig
from akashi.documents.paper_seal import PaperContent
from akashi.documents.read import FONTS_DEBIAN, CodeRoom, ReadFile, ReadPage, SignatureRoom
from akashi.documents.read.places import Box, ExpectedPage, PageMap, Picture, Role
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
from akashi.zones.issuance.checker.finishing import CodeMaker, Filling, Prepared, fill_rooms, finish, prepare
from akashi.zones.issuance.checker.readers import READERS
from akashi.zones.issuance.checker.signer import DocumentKey, embed_signature
from akashi.zones.issuance.checker.store import Stops, StopStore
from unit.documents.people import PRINTED, SHAPES, composed
from unit.zones.issuance_checker.court import CITY, NOON_MS, SAMPLE, STOP_INDEX, Clock, Ids, Inline, Ledger, deployment

pytestmark = pytest.mark.needs("fonts")
SALT = bytes(range(16))


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
        "paper_key": pem(made.city.paper_key),
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


@pytest.mark.parametrize(
    "name", ["answer_key", "document_key", "paper_key", "policy", "city_directory", "city_root", "center_directory"]
)
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


@pytest.mark.promise("C11")
def test_refuses_keys_that_the_directory_does_not_name(files: FilesConfig) -> None:
    others = [pem(ec.generate_private_key(curve)) for curve in (ec.SECP256R1(), ec.SECP384R1())]
    for path, name in ((Path(files.document_key), "document key"), (Path(files.paper_key), "paper key")):
        right = path.read_bytes()
        # A key of the city is no good either where another use is named for it.
        swapped = Path(files.paper_key if name == "document key" else files.document_key).read_bytes()
        for other in (*others, swapped):
            path.write_bytes(other)
            with pytest.raises(ConfigRefused, match=name):
                begin(files)
        path.write_bytes(right)
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


def codes_of(image: bytes) -> CodeMaker:
    """Return what makes the same image for every page."""

    def make(content: PaperContent, _salt: bytes, _issued_on: date) -> tuple[bytes, ...]:
        return (image,) * len(content.pages)

    return make


@pytest.mark.promise("C11")
def test_what_codes_are_made_for_is_what_was_read_back_and_nothing_else_changes() -> None:
    paper, choices = SHAPES["six, two sheets"]
    done = composed("six, two sheets")
    asked: list[tuple[PaperContent, bytes, date]] = []

    def codes(content: PaperContent, salt: bytes, issued_on: date) -> tuple[bytes, ...]:
        asked.append((content, salt, issued_on))
        return b"\x01" * 621, b"\x02" * 621

    read_back, order = READERS[Kind.JUMINHYO].read_back, IssueOrder(bytes(32), 1, Kind.JUMINHYO, (0,), choices, 0, 200, None, 1)
    finished = finish(read_back, done.pdf, paper, order, PRINTED, filling=Filling(NOON_MS, SALT, codes))
    [(content, salt, issued_on)] = asked
    assert (content.kind, content.issue_number, salt, issued_on) == ("juminhyo", PRINTED.issue_number, SALT, PRINTED.issued_on)
    first, second = content.pages
    assert first.values[0] == PRINTED.issue_number
    assert "2／2頁" in second.values
    assert "住　民　票" not in first.values
    assert first.shown
    assert second.shown
    assert {word.text for word in first.shown} <= set(first.values)
    pdf, room = finished.prepared.pdf, (finished.prepared.room_start, finished.prepared.room_end)
    assert b"\x01" * 621 in pdf
    assert b"\x02" * 621 in pdf
    assert b"><%b>]>>\nstartxref" % SALT.hex().upper().encode() in pdf
    assert finished.prepared.digest == hashlib.sha256(pdf[: room[0]] + pdf[room[1] :]).digest()
    differing = sum(one != other for one, other in zip(pdf, done.pdf, strict=True))
    assert differing <= 2 * 621 + 32 + 14
    for wrong in (Filling(NOON_MS, SALT, codes_of(bytes(620))), Filling(NOON_MS, SALT[1:], codes)):
        with pytest.raises(SigningFailed):
            finish(read_back, done.pdf, paper, order, PRINTED, filling=wrong)
    with pytest.raises(SigningFailed):
        finish(read_back, done.pdf, paper, order, PRINTED, filling=Filling(NOON_MS, SALT, lambda *_: (bytes(621),)))


def test_an_image_stands_in_the_content_by_its_rows() -> None:
    boxes = (Box("label name", 0, 0, 1, 1, Role.LABEL), Box("name", 1, 0, 2, 1), Box("seal", 2, 0, 3, 1, Role.IMAGE))
    rows = bytes(range(32))
    page = ExpectedPage(
        PageMap(name=("made",), boxes=boxes, ruled=()),
        {"label name": "氏名", "name": "証野　太郎", "seal": "印影"},
        {"seal": Picture(16, 16, rows)},
    )
    found = ReadFile((ReadPage(CodeRoom(0, 2, 4, 4), page),), SignatureRoom(34, 48, 52), 2)
    asked: list[PaperContent] = []

    def codes(content: PaperContent, _salt: bytes, _issued_on: date) -> tuple[bytes, ...]:
        asked.append(content)
        return (b"\x01\x02",)

    filled = fill_rooms(bytes(60), found, Kind.INKAN, PRINTED, filling=Filling(NOON_MS, SALT, codes))
    assert asked[0].pages[0].values == ("証野　太郎", f"image 16 16 {hashlib.sha256(rows).hexdigest()}")
    assert filled[:2] == b"\x01\x02"
    assert filled[2:34] == SALT.hex().upper().encode()
    assert prepare(filled, found).digest == hashlib.sha256(filled[:48] + filled[52:]).digest()


def test_long_contents_get_long_lengths() -> None:
    city = deployment().city
    short = signed_data(b"d" * 32, city.document_certificate, lambda _: b"s" * 70)
    long = signed_data(b"d" * 32, city.document_certificate, lambda _: b"s" * 70_000)
    assert short[:2] == b"\x30\x82"
    assert long[:2] == b"\x30\x83"
    assert int.from_bytes(long[2:5], "big") == len(long) - 5
