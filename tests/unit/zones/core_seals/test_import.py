"""A folder of seals into the register: all of it, or nothing, with the reasons; and images that could not be printed."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest

from akashi.registers.errors import RecordRefused, StoreRefused
from akashi.registers.report import RefusedLine
from akashi.registers.stores.engine import Engine
from akashi.zones.core.seals.csv_form import SEALS
from akashi.zones.core.seals.importing import import_seals
from akashi.zones.core.seals.records import SealBitmap, pack
from unit.registers.asker import number
from unit.zones.core_seals.office import IMAGE, Office, load, registration, square, write_folder


def test_a_good_folder_is_imported_whole(engine: Engine, tmp_path: Path) -> None:
    report = load(engine, tmp_path, registration(1), registration(2))
    assert (report.refused_count, report.counts) == (0, {"seals.csv": 2})
    state = Office(engine).store.feed_state()
    assert (state.municipality, state.sequence) == ("139998", 5)
    with pytest.raises(StoreRefused, match="already"):
        import_seals(engine, tmp_path / "seals")


@pytest.mark.promise("C2")
@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("registration_no", "", "not a number of at most 16 letters and digits"),
        ("registration_no", "000002", "given twice"),
        ("resident_no", "1234567890", "not 10 digits with their check digit"),
        ("resident_no", number(2), "given twice"),
        ("name", "", "must not be empty"),
        ("birth_day", "1982-04-31", "not a day like 2026-04-01"),
        ("width_px", "188", "out of range"),
        ("width_px", "592", "out of range"),
        ("height_px", "+200", "not a whole number"),
        ("height_px", "190", "not as many bytes as its size says"),
        ("image", "AAAA", "not zlib"),
        ("image", "!", "not base 64"),
        ("image", "", "not base 64 of an image"),
        ("sex", "x" * 17, "too long"),
    ],
)
def test_one_line_that_cannot_be_refuses_all_and_names_no_value(
    engine: Engine, tmp_path: Path, column: str, cell: str, reason: str
) -> None:
    folder = write_folder(tmp_path / "seals", registration(2), registration(1))
    place = SEALS.columns.index(column)
    path = folder / "seals.csv"
    header, first, second = path.read_text().splitlines()
    cells = second.split(",")
    cells[place] = cell
    path.write_text("\n".join((header, first, ",".join(cells))) + "\n")
    report = import_seals(engine, folder)
    shown = "image" if reason.startswith("not as many") else column
    assert report.refused == [RefusedLine("seals.csv", 3, shown, reason)]
    with engine.writing() as transaction:
        assert transaction.rows("SELECT 1 FROM registration_rows") == []


@pytest.mark.promise("C2")
@pytest.mark.parametrize(
    ("changes", "file", "reason"),
    [
        ({"seals": 3}, "seals.csv", "not as many lines as the manifest says"),
        ({"format": 2}, "manifest.toml", "another format"),
        ({"municipality": "1"}, "manifest.toml", "ValidationError"),
    ],
)
def test_a_folder_that_is_cut_short_is_refused(
    engine: Engine, tmp_path: Path, changes: dict[str, Any], file: str, reason: str
) -> None:
    report = load(engine, tmp_path, registration(1), registration(2), **changes)
    assert report.refused == [RefusedLine(file, 0, "", reason)]


def test_a_folder_without_manifest_or_with_bytes_of_another_kind_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert import_seals(engine, tmp_path / "empty").refused == [RefusedLine("manifest.toml", 0, "", "cannot be read")]
    folder = write_folder(tmp_path / "seals", registration(1))
    (folder / "manifest.toml").write_bytes(b"\xff")
    assert import_seals(engine, folder).refused == [RefusedLine("manifest.toml", 0, "", "not UTF-8")]


@pytest.mark.parametrize(
    ("width", "height", "packed", "reason"),
    [
        (188, 200, zlib.compress(b"\xff" * 24 * 200), "8 mm"),
        (200, 592, zlib.compress(b"\xff" * 25 * 592), "8 mm"),
        (200, 200, zlib.compress(b"\xff" * 25 * 199), "bytes"),
        (200, 200, zlib.compress(b"\xff" * 25 * 201), "bytes"),
        (200, 200, zlib.compress(b"\xff" * 25 * 200) + b"x", "bytes"),
        (200, 200, zlib.compress(b"\xff" * 25 * 200)[:-1], "bytes"),
        (200, 200, b"", "bytes"),
        (200, 200, zlib.compress(bytes(25 * 200)), "without ink"),
        (201, 200, zlib.compress(b"\xff" * 26 * 200), "beside"),
        (200, 200, zlib.compress(b"\xff" * 50_000_000), "bytes"),
    ],
)
def test_an_image_that_could_not_be_printed_cannot_be_made(width: int, height: int, packed: bytes, reason: str) -> None:
    with pytest.raises(RecordRefused, match=reason):
        SealBitmap(width, height, packed)


def test_an_image_comes_back_bit_for_bit() -> None:
    bits = IMAGE.bits()
    assert pack(bits, width_px=IMAGE.width_px, height_px=IMAGE.height_px).bits() == bits
    assert len(bits) == (IMAGE.width_px + 7) // 8 * IMAGE.height_px
    assert square().bits() == b"\xff" * 25 * 200
