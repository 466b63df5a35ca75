"""The search finds a name however it is written or wrapped, and does not find what is not there."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import quopri
import subprocess
import zlib
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.evidence import searching
from akashi.evidence.control import CONTROL_WAYS
from akashi.evidence.errors import MeasurementFailed
from akashi.evidence.needles import make_marker
from akashi.evidence.programs import find_program, run_program
from akashi.evidence.searching import find_marker
from evidence.papers import pdf_page, pdf_with

NAME = "証野　花子"
BARE = "証野花子"
MARKER = make_marker(NAME)
pytestmark = [pytest.mark.promise("C8"), pytest.mark.needs("poppler")]


def _noise(count: int) -> bytes:
    return os.urandom(count)


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-16-le", "utf-16-be", "euc_jp", "shift_jis", "cp932", "utf-32-le", "iso2022_jp"]
)
@pytest.mark.parametrize("written", [NAME, BARE, "証野 花子"])
def test_character_sets(charset: str, written: str) -> None:
    assert find_marker(_noise(999) + written.encode(charset) + _noise(999), MARKER)


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("encoder", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "cp932"])
def test_base64_at_any_alignment(before: int, encoder: object, charset: str) -> None:
    assert callable(encoder)
    content = encoder(b"x" * before + NAME.encode(charset) + b"more")
    assert find_marker(content, MARKER) == (f"{charset} as base 64",)


@pytest.mark.parametrize(
    "content",
    [
        NAME.encode().hex().encode(),
        NAME.encode("cp932").hex().upper().encode(),
        quote(NAME).encode(),
        quote_plus(NAME, encoding="euc_jp").lower().encode(),
        json.dumps({"name": NAME}).encode(),
        json.dumps({"name": NAME}).upper().replace("\\U", "\\u").encode(),
        repr(NAME.encode()).encode(),
        escape(NAME).encode("ascii", "xmlcharrefreplace"),
        "".join(f"&#x{ord(character):X};" for character in NAME).encode(),
        quopri.encodestring(NAME.encode()),
        "".join(f"\\{byte:03o}" for byte in NAME.encode()).encode(),
    ],
)
def test_escapes(content: bytes) -> None:
    assert find_marker(content, MARKER)


def _zstd(content: bytes) -> bytes:
    return subprocess.run([find_program("zstd"), "-q"], input=content, capture_output=True, check=True).stdout


def _nested(content: bytes) -> bytes:
    return gzip.compress(b"first " + zlib.compress(b"second " + gzip.compress(content)))


@pytest.mark.parametrize(
    ("pack", "how"),
    [
        (gzip.compress, "gzip > utf-8"),
        (zlib.compress, "deflate > utf-8"),
        (lambda content: zlib.compress(content, 1), "deflate > utf-8"),
        pytest.param(_zstd, "zstd > utf-8", marks=pytest.mark.needs("zstd")),
        (_nested, "gzip > deflate > gzip > utf-8"),
        (lambda content: gzip.compress(content)[:-12], "gzip > utf-8"),
    ],
)
def test_compressed_pieces_anywhere(pack: object, how: str) -> None:
    assert callable(pack)
    packed = pack(b"a letter to " + NAME.encode() + b" about this and that, long enough to be worth it" * 3)
    assert NAME.encode() not in packed
    assert how in find_marker(_noise(500) + packed + _noise(500), MARKER)


def test_pages_of_pdf_files() -> None:
    paper = pdf_with(NAME)
    other = pdf_with("別の人の名前です")
    assert not any(needle in paper for _, needle in MARKER.needles)
    assert find_marker(_noise(100) + other + paper + other + _noise(100), MARKER) == ("PDF page",)
    assert "gzip > PDF page" in find_marker(gzip.compress(paper), MARKER)
    assert find_marker(other, MARKER) == ()


@pytest.mark.parametrize("drawn_last", [False, True])
def test_a_name_that_a_form_tears_apart(drawn_last: bool) -> None:  # noqa: FBT001 - parametrised
    """Family and given name in two columns of one line, with other text below each and drawn before or after."""
    name = [(50, 700, "証野"), (90, 700, "花子")]
    other = [(across, up, "別の記載事項") for across in (50, 300) for up in (600, 620, 640, 660)]
    paper = pdf_page([*other, *name] if drawn_last else [name[0], *other, name[1]])
    assert find_marker(paper, MARKER) == ("PDF page",)


def test_the_control_is_found_in_every_way_that_is_asked_for() -> None:
    copy = NAME.encode() + gzip.compress(NAME.encode() + b"\n" + pdf_with(NAME))
    assert set(CONTROL_WAYS) <= set(find_marker(copy, MARKER))


def test_a_cut_off_pdf_is_no_page() -> None:
    assert find_marker(pdf_with(NAME)[:-10], MARKER) == ()


def test_nothing_is_found_in_ciphertext_and_other_names() -> None:
    assert find_marker(_noise(2_000_000), MARKER) == ()
    assert find_marker("証野　太郎, 花子, 野花".encode() * 100 + gzip.compress("証野太郎".encode() * 9), MARKER) == ()


def test_a_bomb_is_said_not_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "OPENED_BYTES_MAX", 100_000)
    with pytest.raises(MeasurementFailed, match="too large"):
        find_marker(gzip.compress(bytes(10_000_000)), MARKER)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"\x1f\x8b\x08", b"\x78\x9c", b"%PDF-1.7"]))
def test_any_bytes_can_be_searched(content: bytes, head: bytes) -> None:
    assert find_marker(head + content, MARKER) == ()


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from(["utf-8", "utf-16-le", "euc_jp"]))
def test_a_planted_name_is_always_found(before: bytes, after: bytes, charset: str) -> None:
    found = find_marker(before + zlib.compress(before + NAME.encode(charset) + after) + after, MARKER)
    assert f"deflate > {charset}" in found


@pytest.mark.parametrize("short", ["花子", "野花子", "", "ab"])
def test_markers_that_chance_could_meet_are_refused(short: str) -> None:
    with pytest.raises(MeasurementFailed, match="short"):
        make_marker(short)


@pytest.mark.parametrize("written", ["葛󠄂西　拓太郎", "𠮷田　奈緒子", "O’Brien Máire"])
def test_names_that_old_character_sets_lack(written: str) -> None:
    marker = make_marker(written)
    assert find_marker(written.encode(), marker) == ("utf-8",)
    assert find_marker(json.dumps(written).encode(), marker) == ("JSON escapes",)


def test_a_missing_program_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MeasurementFailed, match="poppler-utils"):
        find_marker(pdf_with(NAME), MARKER)


def test_a_program_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tshark").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "tshark").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("akashi.evidence.programs.SECONDS_MAX", 0.2)
    with pytest.raises(MeasurementFailed, match="did not end"):
        run_program(["tshark"])


def test_the_papers_here_are_real_papers(tmp_path: Path) -> None:
    """Another reader of PDF agrees that the hand-written file shows the name."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf_with(NAME)))
    assert "".join(document[0].get_textpage().get_text_range().split()) == BARE
    document.close()
    assert not list(tmp_path.iterdir())
