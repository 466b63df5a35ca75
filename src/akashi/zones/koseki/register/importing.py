"""
A folder of family registers into an empty register: all of it, or nothing.

Promise: the report names file, line, place and reason, never a value. Source: docs/spec/koseki.md section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from akashi.registers.errors import RecordRefused, StoreRefused
from akashi.registers.report import LinesReport
from akashi.registers.stores.engine import Engine, Row, Transaction
from akashi.registers.tail import LINE_BYTES_MAX
from akashi.zones.koseki.register.files import BLOCKS, ENROLLED, REGISTERS, EnrolledCard, LineFile
from akashi.zones.koseki.register.manifest import MANIFEST_FILE, Manifest, parse_manifest
from akashi.zones.koseki.register.records import DECOY_NO, Block, FamilyRegister
from akashi.zones.koseki.register.rows import (
    ADDRESS_COLUMNS,
    BLOCK_COLUMNS,
    ENROLLED_COLUMNS,
    MATTER_COLUMNS,
    PERSON_COLUMNS,
    REGISTER_COLUMNS,
    REGISTER_PLACE,
    address_rows,
    block_row,
    matter_rows,
    person_row,
    register_row,
)

R = TypeVar("R")
Progress = Callable[[str, int], None]
"""Told the file and how many of its lines are done, now and then."""

_BATCH: Final = 500


class _Refused(Exception):  # noqa: N818 - only to leave the transaction; never leaves this module
    """Something was refused: the transaction must not be committed."""


def import_registers(engine: Engine, folder: Path, *, progress: Progress = lambda _file, _lines: None) -> LinesReport:
    """
    Import the folder into a register that holds nobody yet.

    Args:
        engine: an open database with the right schema.
        folder: with the four files of docs/spec/koseki.md section 2.
        progress: told now and then how far it is.

    Raises:
        StoreRefused: the register is not empty.
        StoreFailed: the database said no; nothing was imported.
    """
    report = LinesReport()
    manifest = _read_manifest(folder, report)
    if manifest is None:
        return report
    try:
        with engine.writing() as transaction:
            if transaction.rows("SELECT 1 FROM register_rows WHERE register_no <> ? LIMIT 1", DECOY_NO):
                raise StoreRefused("the register holds people already; import into an empty one")
            _Import(transaction, folder, report, progress).run(manifest)
            if report.refused_count:
                raise _Refused  # noqa: TRY301 - the way to roll back
    except _Refused:
        pass
    return report


class _Import:
    def __init__(self, transaction: Transaction, folder: Path, report: LinesReport, progress: Progress) -> None:
        self._transaction = transaction
        self._folder = folder
        self._report = report
        self._progress = progress
        # Numbers as integers: a third of the memory of text.
        self._registers: set[int] = set()
        self._persons: set[int] = set()
        self._residents: set[int] = set()
        self._blocks: set[tuple[int, str]] = set()
        self._cards: set[tuple[str, str]] = set()

    def run(self, manifest: Manifest) -> None:
        registers = self._records(REGISTERS, self._check_register)
        while batch := tuple(one for _, one in zip(range(_BATCH), registers, strict=False)):
            self._load(batch, manifest.sequence)
        self._transaction.load("block_rows", BLOCK_COLUMNS, map(block_row, self._records(BLOCKS, self._check_block)))
        self._transaction.load("enrolled_rows", ENROLLED_COLUMNS, map(_card_row, self._records(ENROLLED, self._check_card)))
        counts = self._report.counts
        for file, count in ((REGISTERS, manifest.registers), (BLOCKS, manifest.blocks), (ENROLLED, manifest.enrolled)):
            if counts.get(file.file, 0) != count:
                self._report.refuse(file.file, 0, "", "not as many lines as the manifest says")
        self._transaction.run(
            "UPDATE feed_rows SET municipality = ?, sequence = ?, as_of_ms = ?",
            manifest.municipality,
            manifest.sequence,
            manifest.as_of_ms,
        )

    def _load(self, batch: tuple[FamilyRegister, ...], sequence: int) -> None:
        registers: list[Row] = []
        persons: list[Row] = []
        matters: list[Row] = []
        addresses: list[Row] = []
        for one in batch:
            number = one.register_no
            registers.append(register_row(one, row_version=sequence, next_ref=len(one.persons)))
            matters += matter_rows(one.matters, number, place=REGISTER_PLACE)
            for ref, person in enumerate(one.persons):
                persons.append(person_row(person, number, member_ref=ref, listed_at=ref + 1))
                matters += matter_rows(person.matters, number, place=ref)
                addresses += address_rows(person.addresses, number, member_ref=ref)
        load = self._transaction.load
        load("register_rows", REGISTER_COLUMNS, registers)
        load("person_rows", PERSON_COLUMNS, persons)
        load("matter_rows", MATTER_COLUMNS, matters)
        load("address_rows", ADDRESS_COLUMNS, addresses)

    def _check_register(self, one: FamilyRegister) -> None:
        _claim("register_no", int(one.register_no), self._registers)
        for person in one.persons:
            _claim("person_no", int(person.person_no), self._persons)
            if person.resident_no and person.removed is None:
                _claim("resident_no", int(person.resident_no), self._residents)

    def _check_block(self, one: Block) -> None:
        self._check_known(one.person_no)
        _claim("reason", (int(one.person_no), one.reason.value), self._blocks)

    def _check_card(self, one: EnrolledCard) -> None:
        self._check_known(one.person_no)
        _claim("serial", (one.issuer_dn, one.serial), self._cards)

    def _check_known(self, person_no: str) -> None:
        if not person_no.isdecimal() or int(person_no) not in self._persons:
            raise RecordRefused("person_no", "no such person")

    def _records(self, form: LineFile[R], check: Callable[[R], None]) -> Iterator[R]:
        """Yield the records of one file that can be; note the others."""
        counts = self._report.counts
        counts[form.file] = 0
        for number, line in _lines(self._folder / form.file, form.file, self._report):
            counts[form.file] += 1
            try:
                record = form.parse(line)
                check(record)
            except RecordRefused as refused:
                self._report.refuse(form.file, number, refused.column, refused.reason)
            else:
                yield record
            if counts[form.file] % _BATCH == 0:
                self._progress(form.file, counts[form.file])
        self._progress(form.file, counts[form.file])


def _claim(column: str, key: R, seen: set[R]) -> None:
    if key in seen:
        raise RecordRefused(column, "given twice")
    seen.add(key)


def _card_row(one: EnrolledCard) -> Row:
    return (bytes.fromhex(one.issuer_dn), bytes.fromhex(one.serial), one.person_no, one.enrolled_on.isoformat(), "")


def _lines(path: Path, file: str, report: LinesReport) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line) of every line that is not empty; a line over the limit comes cut, and is refused by its parser."""
    try:
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(LINE_BYTES_MAX + 2):
                number += 1
                if line.strip() or len(line) > LINE_BYTES_MAX:
                    yield number, line.rstrip(b"\r\n")
                while not line.endswith(b"\n") and (line := stream.readline(LINE_BYTES_MAX)):
                    pass  # the rest of a line that is too long
    except OSError:
        report.refuse(file, 0, "", "cannot be read")


def _read_manifest(folder: Path, report: LinesReport) -> Manifest | None:
    try:
        return parse_manifest((folder / MANIFEST_FILE).read_text(encoding="utf-8-sig"))
    except RecordRefused as refused:
        report.refuse(MANIFEST_FILE, 0, "", refused.reason)
    except OSError:
        report.refuse(MANIFEST_FILE, 0, "", "cannot be read")
    except UnicodeDecodeError:
        report.refuse(MANIFEST_FILE, 0, "", "not UTF-8")
    return None
