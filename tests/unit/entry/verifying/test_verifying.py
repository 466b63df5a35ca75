"""Checking from the outside: lists from files, a process with limits, the command, the form's bytes, words."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.config import ConfigRefused
from akashi.base.locale import LANGUAGES, texts
from akashi.documents.paper_seal import ShownItem
from akashi.entry.cli import cli
from akashi.entry.verifying.judging import Bench
from akashi.entry.verifying.lists import Lists, read_lists
from akashi.entry.verifying.upload import FILES_MAX, UPLOAD_BYTES_MAX, Upload, parse_upload
from akashi.entry.verifying.words import tell
from akashi.entry.verifying.worker import MEMORY_BYTES_MAX, Question, answer
from akashi.sealing.paper_trust import Voided, VoidState
from akashi.verifier import Finding, Items, NotProven, PageReport, Reason, Report, Source, Verdict, Voids, judge
from akashi.verifier.errors import Unreadable
from akashi.wire.certificates import Kind
from unit.verifier.made_paper import DAY, NUMBER, MadeCity, png, sheet

pytestmark = pytest.mark.promise("C11")
CITY = MadeCity()
FILE = CITY.file()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "139998.trust").write_bytes(CITY.trust_list())
    (tmp_path / "139998.root").write_bytes(CITY.root.public_bytes)
    return tmp_path


# lists


def test_lists_are_read_from_folders_and_files(folder: Path) -> None:
    (folder / "139998.voids").write_bytes(CITY.void_list({NUMBER: Voided(VoidState.VOID, DAY)}))
    assert judge([FILE], read_lists([folder]).parsed()).verdict is Verdict.VOIDED
    alone = read_lists([folder / "139998.trust"])
    assert judge([FILE], alone.parsed()).verdict is Verdict.AUTHENTIC
    assert len(read_lists([folder / "139998.trust"], [folder / "139998.voids"]).voids) == 1


def test_lists_that_do_not_fit_refuse_to_start(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigRefused, match="no trust list"):
        read_lists([empty])
    with pytest.raises(ConfigRefused, match="cannot be read"):
        read_lists([folder], [folder / "absent.voids"])
    (folder / "139998.root").write_bytes(MadeCity().root.public_bytes)
    with pytest.raises(ConfigRefused, match="trust list"):
        read_lists([folder]).parsed()
    (folder / "139998.root").write_bytes(b"short")
    with pytest.raises(ConfigRefused, match="32 bytes"):
        read_lists([folder])
    (folder / "139998.root").unlink()
    with pytest.raises(ConfigRefused, match="cannot be read"):
        read_lists([folder])


def test_a_void_list_of_nobody_refuses(folder: Path) -> None:
    (folder / "x.voids").write_bytes(MadeCity().void_list({}))
    with pytest.raises(ConfigRefused, match="void list"):
        read_lists([folder]).parsed()
    twice = Lists(((CITY.root.public_bytes, CITY.trust_list()),) * 2, ())
    with pytest.raises(ConfigRefused, match="two trust lists"):
        twice.parsed()


# the process


def _lists() -> Lists:
    return Lists(((CITY.root.public_bytes, CITY.trust_list()),), ())


def test_the_process_gives_the_same_report_and_is_gone_afterwards() -> None:
    async def twice() -> tuple[Report, Report, int | None]:
        bench = Bench()
        await bench.warm()
        warm = bench._warm
        first = await bench.judge([FILE], _lists())
        second = await bench.judge([png(sheet(CITY.code(1)))], _lists())
        await bench.warm()
        await bench.close()
        return first, second, warm.returncode if warm else None

    first, second, status = asyncio.run(twice())
    assert first == judge([FILE], CITY.trust())
    assert second == judge([png(sheet(CITY.code(1)))], CITY.trust())
    assert status is not None


def test_a_process_that_takes_too_long_or_dies_is_an_answer() -> None:
    async def slow() -> Report:
        return await Bench().judge([FILE], _lists(), seconds_max=0.01)

    async def dies() -> Report:
        bench = Bench()
        await bench.warm()
        assert bench._warm is not None
        bench._warm.kill()
        return await bench.judge([FILE], _lists())

    for report in (asyncio.run(slow()), asyncio.run(dies())):
        assert {finding.reason for finding in report.findings} <= {Reason.UNREADABLE, Reason.FILE_SIGNED}
    assert asyncio.run(slow()).verdict is Verdict.CANNOT_TELL


def test_the_process_can_write_no_file_and_has_no_more_memory_than_it_is_given(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from akashi.entry.verifying import worker\n"
        "worker._confine()\n"
        "try:\n"
        f"    open({str(tmp_path / 'x')!r}, 'wb', buffering=0).write(b'certificate')\n"
        "    print('written')\n"
        "except OSError as error:\n"
        "    print('refused', error.errno)\n"
        "try:\n"
        f"    bytearray({MEMORY_BYTES_MAX})\n"
        "    print('taken')\n"
        "except MemoryError:\n"
        "    print('no memory')\n"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": "/usr/bin"}
    # Python leaves SIGXFSZ ignored, so a write past the limit is an error and not the end.
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["refused 27", "no memory"]
    assert (tmp_path / "x").read_bytes() == b""


def test_lists_that_do_not_verify_in_the_process_are_no_answer() -> None:
    assert answer(Question((FILE,), ((bytes(32), b"x"),), ())).verdict is Verdict.CANNOT_TELL


# the command


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli, ["verify", *map(str, arguments)])


def test_the_command_says_it_in_words_and_in_its_exit_code(folder: Path) -> None:
    path = folder / "certificate.pdf"
    path.write_bytes(FILE)
    done = run(path, "--trust", folder)
    assert done.exit_code == 0
    assert done.output.startswith(texts("verify", "ja")["verdict_authentic"])
    assert NUMBER in done.output
    assert texts("verify", "ja")["voids_none"] in done.output
    assert texts("verify", "ja")["not_original-sheet"] in done.output
    path.write_bytes(FILE[:-400] + bytes([FILE[-400] ^ 1]) + FILE[-399:])
    assert run(path, "--trust", folder).exit_code in {4, 6}
    path.write_bytes(b"nothing")
    done = run(path, "--trust", folder, "--language", "en")
    assert (done.exit_code, done.output.splitlines()[0]) == (6, "Cannot tell")
    (folder / "139998.voids").write_bytes(CITY.void_list({NUMBER: Voided(VoidState.VOID, DAY)}))
    path.write_bytes(FILE)
    done = run(path, "--trust", folder, "--language", "en")
    assert (done.exit_code, f"It became void on {DAY}." in done.output) == (5, True)


def test_the_command_as_json(folder: Path) -> None:
    path = folder / "certificate.pdf"
    path.write_bytes(FILE)
    done = run(path, "--trust", folder, "--json")
    assert json.loads(done.output)["verdict"] == "authentic"
    assert msgspec.json.decode(done.output, type=Report) == judge([FILE], CITY.trust())


def test_two_photos_are_one_certificate(folder: Path) -> None:
    for page in (1, 2):
        (folder / f"{page}.png").write_bytes(png(sheet(CITY.code(page))))
    assert run(folder / "1.png", folder / "2.png", "--trust", folder).exit_code == 0
    assert run(folder / "1.png", "--trust", folder).exit_code == 6


def test_without_lists_there_is_no_judging(folder: Path) -> None:
    path = folder / "certificate.pdf"
    path.write_bytes(FILE)
    assert run(path).exit_code == 2
    empty = folder / "empty"
    empty.mkdir()
    assert isinstance(run(path, "--trust", empty).exception, ConfigRefused)


# words


def _report(**changes: Any) -> Report:
    items = Items(NUMBER, "東京都証野市", "juminhyo", DAY.isoformat(), 1, 2, (("name", "証野 太郎"),))
    findings = tuple(Finding(reason, 1, (1, 2)) for reason in Reason)
    fields: dict[str, Any] = {
        "verdict": Verdict.ALTERED,
        "source": Source.PAPER,
        "findings": findings,
        "pages": (PageReport(1, Verdict.AUTHENTIC, findings, items), PageReport(2, Verdict.CANNOT_TELL, (), None)),
        "voids": Voids(1_795_400_000_000, covers=True, since=DAY.isoformat()),
        "trust_made_at_ms": 1_795_400_000_000,
        "not_proven": tuple(NotProven),
    }
    return Report(**{**fields, **changes})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_has_a_sentence_in_every_language(language: str) -> None:
    words = texts("verify", language)
    assert set(words) == set(texts("verify", "ja"))
    for key in (
        *(f"verdict_{each}" for each in Verdict),
        *(f"reason_{each}" for each in Reason),
        *(f"not_{each}" for each in NotProven),
        *(f"item_{each.name.lower()}" for each in ShownItem),
    ):
        assert words[key]
    assert all(texts("certificates", language)[kind] for kind in Kind)
    for report in (
        _report(),
        _report(voids=Voids(None), trust_made_at_ms=None),
        _report(voids=Voids(1, covers=False), source=Source.CITY_FILE),
        _report(verdict=Verdict.AUTHENTIC),
    ):
        told = tell(report, language)
        said = str(told)
        assert "{" not in said.replace("{}", "")
        assert "reason_" not in said
        assert told.headline in words.values()
        assert told.lists
        assert told.not_proven


def test_of_paper_the_headline_asks_to_compare() -> None:
    told = tell(_report(verdict=Verdict.AUTHENTIC), "ja")
    assert told.headline == texts("verify", "ja")["verdict_authentic_paper"]
    assert told.compare
    assert not tell(_report(verdict=Verdict.AUTHENTIC, source=Source.CITY_FILE), "ja").compare
    odd = _report(voids=Voids(2**62, covers=True, since="not a day"))
    assert "not a day" in str(tell(odd, "ja"))


# the form

KIND = "multipart/form-data; boundary=XX"


def form(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        b'--XX\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), content) for name, content in parts
    )
    return body + b"--XX--\r\n"


def test_a_form_with_files() -> None:
    content = b"\r\n--X\x00\r\n\r\n" * 3
    whole = form(("lang", b"en"), ("file", content), ("file", b"b"), ("file", b""))
    assert parse_upload(KIND, whole) == Upload((content, b"b"), "en")
    assert parse_upload('multipart/form-data; boundary="XX"', form(("lang", b"ja"))) == Upload((), "ja")
    assert "certificate" not in repr(Upload((b"certificate",), "ja"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", form(("file", b"a"))),
        ("multipart/form-data", form(("file", b"a"))),
        ("multipart/form-data; boundary=" + "X" * 71, b""),
        (KIND, b""),
        (KIND, b"--X"),
        (KIND, b"x" + form(("file", b"a"))),
        (KIND, form(("file", b"a"))[:-4]),
        (KIND, b"--XX\r\nno head--XX--"),
        (KIND, b'--XX\r\nContent-Disposition: form-data; name="file"\r\n\r\na--XX--\r\n'),
        (KIND, form(*[("file", b"a")] * (FILES_MAX + 1))),
        (KIND, form(*[("lang", b"a")] * 40)),
        (KIND, bytes(UPLOAD_BYTES_MAX + 1)),
    ],
)
def test_anything_else_is_no_form(kind: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_upload(kind, body)


PIECES = [b"--XX", b"\r\n", b"--", b"x", b'Content-Disposition: form-data; name="file"']


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.binary(max_size=300) | st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_any_bytes_are_a_form_or_refused(kind: str, body: bytes) -> None:
    for each in (kind, KIND):
        try:
            upload = parse_upload(each, body)
        except Unreadable:
            continue
        assert all(upload.files)
