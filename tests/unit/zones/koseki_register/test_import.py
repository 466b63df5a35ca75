"""Import: all of it or nothing, and a report that names file, line, place and reason, never a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from akashi.registers.errors import StoreRefused
from akashi.registers.report import RefusedLine
from akashi.registers.stores.engine import Engine
from akashi.zones.koseki.register.files import BLOCKS, ENROLLED, REGISTERS, EnrolledCard
from akashi.zones.koseki.register.importing import import_registers
from akashi.zones.koseki.register.rows import load_register
from akashi.zones.koseki.register.store import KosekiStore
from unit.zones.core_residents.people import AS_OF_MS, CITY, LINKED_ON
from unit.zones.koseki_register.families import person_no, register_no, sample

Spoil = Callable[[Any], object]


def test_everything_is_imported(engine: Engine, tmp_path: Path) -> None:
    families = sample()
    told: list[tuple[str, int]] = []
    families.write(tmp_path, sequence=41)
    report = import_registers(engine, tmp_path, progress=lambda file, lines: told.append((file, lines)))
    assert (report.refused, report.counts) == ([], {REGISTERS.file: 7, BLOCKS.file: 1, ENROLLED.file: 0})
    assert told[-3:] == [(REGISTERS.file, 7), (BLOCKS.file, 1), (ENROLLED.file, 0)]
    with engine.writing() as transaction:
        assert [load_register(transaction, one.register_no) for one in families.registers] == families.registers
    state = KosekiStore(engine).feed_state()
    assert (state.municipality, state.sequence, state.as_of_ms) == (CITY, 41, AS_OF_MS)


def test_a_second_import_is_refused(engine: Engine, tmp_path: Path) -> None:
    sample().load(engine, tmp_path)
    with pytest.raises(StoreRefused, match="already"):
        import_registers(engine, tmp_path)


def set_in(*path: str | int, value: object) -> Spoil:
    def spoil(record: Any) -> object:
        place = record
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return record

    return spoil


SPOILED: dict[str, tuple[str, int, Spoil, RefusedLine]] = {
    "label": (
        REGISTERS.file,
        1,
        set_in("persons", 0, "matters", 0, "lines", 0, "label", value="出生した日"),
        RefusedLine(REGISTERS.file, 1, "persons[0].matters[0].lines[0].label", "not in the vocabulary"),
    ),
    "day": (
        REGISTERS.file,
        1,
        set_in("persons", 0, "matters", 0, "lines", 0, "value", value="昭和70年4月19日"),
        RefusedLine(REGISTERS.file, 1, "persons[0].matters[0].lines[0].value", "a day outside its era"),
    ),
    "title": (
        REGISTERS.file,
        2,
        set_in("matters", 0, "title", value="出生"),
        RefusedLine(REGISTERS.file, 2, "title", "does not stand here"),
    ),
    "control": (
        REGISTERS.file,
        2,
        set_in("persons", 0, "given_name", value="一\n人"),
        RefusedLine(REGISTERS.file, 2, "persons[0].given_name", "holds a control character"),
    ),
    "type": (
        REGISTERS.file,
        2,
        set_in("persons", 0, "father", value=7),
        RefusedLine(REGISTERS.file, 2, "persons[0].father", "missing, unknown or of another type"),
    ),
    "unknown-field": (
        REGISTERS.file,
        2,
        set_in("secret", value="x"),
        RefusedLine(REGISTERS.file, 2, "", "missing, unknown or of another type"),
    ),
    "twice": (
        REGISTERS.file,
        2,
        set_in("register_no", value=register_no(1)),
        RefusedLine(REGISTERS.file, 2, "register_no", "given twice"),
    ),
    "person-twice": (
        REGISTERS.file,
        2,
        set_in("persons", 0, "person_no", value=person_no(1)),
        RefusedLine(REGISTERS.file, 2, "person_no", "given twice"),
    ),
    "block-of-nobody": (
        BLOCKS.file,
        1,
        set_in("person_no", value=person_no(99)),
        RefusedLine(BLOCKS.file, 1, "person_no", "no such person"),
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_one_wrong_line_and_nothing_is_imported(engine: Engine, tmp_path: Path, name: str) -> None:
    file, line, spoil, expected = SPOILED[name]
    sample().write(tmp_path)
    lines = (tmp_path / file).read_text("utf-8").splitlines()
    lines[line - 1] = json.dumps(spoil(json.loads(lines[line - 1])), ensure_ascii=False)
    (tmp_path / file).write_text("\n".join(lines) + "\n", "utf-8")
    report = import_registers(engine, tmp_path)
    assert report.refused[0] == expected
    with engine.writing() as transaction:
        assert transaction.rows("SELECT COUNT(*) FROM register_rows") == [(1,)]


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        (REGISTERS.file, b"{", "not JSON"),
        (REGISTERS.file, b"\xff\xfe", "not JSON"),
        (REGISTERS.file, b"[" * 5000, "missing, unknown or of another type"),
        (REGISTERS.file, b" " * (1024 * 1024 + 10) + b"x", "line too long"),
        (REGISTERS.file, b"", "not as many lines as the manifest says"),
        ("manifest.toml", b"format = 1", "ValidationError"),
        ("manifest.toml", b"\xff", "not UTF-8"),
    ],
)
def test_what_is_no_file_of_that_form(engine: Engine, tmp_path: Path, file: str, content: bytes, reason: str) -> None:
    sample().write(tmp_path)
    (tmp_path / file).write_bytes(content)
    report = import_registers(engine, tmp_path)
    assert reason in {one.reason for one in report.refused}


@pytest.mark.parametrize("file", [REGISTERS.file, BLOCKS.file, ENROLLED.file, "manifest.toml"])
def test_a_missing_file(engine: Engine, tmp_path: Path, file: str) -> None:
    sample().write(tmp_path)
    (tmp_path / file).unlink()
    assert RefusedLine(file, 0, "", "cannot be read") in import_registers(engine, tmp_path).refused


def test_cards_enrolled_before_come_along(engine: Engine, tmp_path: Path) -> None:
    families = sample()
    card = EnrolledCard(issuer_dn="3000", serial="0abc", person_no=person_no(17), enrolled_on=LINKED_ON)
    families.enrolled = [card]
    families.load(engine, tmp_path)
    with engine.writing() as transaction:
        rows = transaction.rows("SELECT issuer_dn, serial, person_no FROM enrolled_rows")
    assert rows == [(b"0\x00", b"\x0a\xbc", person_no(17))]
    families.enrolled = [card, card]
    families.write(tmp_path)
    with engine.writing() as transaction:
        for table in ("enrolled_rows", "block_rows", "address_rows", "matter_rows"):
            transaction.run(f"DELETE FROM {table}")  # noqa: S608 - constants
        for table in ("person_rows", "register_rows"):
            transaction.run(f"DELETE FROM {table} WHERE register_no <> '0000000000'")  # noqa: S608 - constants
    assert import_registers(engine, tmp_path).refused == [RefusedLine(ENROLLED.file, 2, "serial", "given twice")]
