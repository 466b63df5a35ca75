"""A city as a folder of files: the register's import form (docs/spec/registry.md) and `people.json`, the labelled people."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from akashi.registers.csv_form import Form
from akashi.simulation.city.errors import CityRefused
from akashi.simulation.city.household import GeneratedHousehold
from akashi.simulation.city.places import MUNICIPALITY
from akashi.zones.core.residents.csv_form import BLOCKS, CARD_LINKS, HOUSEHOLDS, RESIDENTS
from akashi.zones.core.residents.manifest import Manifest, write_manifest

PEOPLE_FILE = "people.json"
PROGRESS_EVERY = 1000

R = TypeVar("R")


class LabelledPerson(msgspec.Struct, frozen=True, kw_only=True):
    """
    One entry of `people.json`.

    Attributes:
        label: stable name.
        why: what is particular.
        expected: what becomes of a request for the person's own certificate ("issued", a wire code, or "no card").
        resident_no, household_no: 宛名番号, 世帯番号.
        name: as written (Latin letters where there is no other).
        household_size: people in the household, all states.
        certificates: serial numbers of the user certificates, lower-case hexadecimal.
    """

    label: str
    why: str
    expected: str
    resident_no: str
    household_no: str
    name: str
    household_size: int
    certificates: tuple[str, ...]


class People(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `people.json`."""

    municipality: str
    people: tuple[LabelledPerson, ...]


@dataclass(slots=True)
class Written:
    """Lines written so far, by file."""

    households: int = 0
    residents: int = 0
    card_links: int = 0
    blocks: int = 0


class _Rows(Generic[R]):
    """One CSV file being written."""

    def __init__(self, stack: ExitStack, folder: Path, form: Form[R]) -> None:
        stream = stack.enter_context((folder / form.file).open("w", encoding="utf-8", newline=""))
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(form.columns)
        self._cells = form.cells

    def add(self, rows: Iterable[R]) -> int:
        """Write rows and return how many."""
        lines = [self._cells(row) for row in rows]
        self._writer.writerows(lines)
        return len(lines)


def write_city(
    folder: Path,
    households: Iterable[GeneratedHousehold],
    *,
    as_of_ms: int,
    progress: Callable[[int], None] = lambda _residents: None,
) -> Written:
    """
    Write the city into `folder` (made where it is missing), household by household, and return the counts.

    Args:
        folder: an empty or new folder, or one with an older city, which is replaced.
        households: the stream of `generator.generate`.
        as_of_ms: time of the export for the manifest, milliseconds since 1970 UTC.
        progress: called about every thousand residents with how many were added.

    Raises:
        CityRefused: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written, people = _write_files(folder, households, progress)
        (folder / PEOPLE_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(people), indent=1) + b"\n")
        write_manifest(
            folder,
            Manifest(
                municipality=MUNICIPALITY,
                as_of_ms=as_of_ms,
                sequence=0,
                households=written.households,
                residents=written.residents,
                card_links=written.card_links,
                blocks=written.blocks,
            ),
        )
    except OSError as error:
        raise CityRefused(f"{folder}: cannot be written ({error.strerror})") from None
    return written


def labelled_people(household: GeneratedHousehold) -> tuple[LabelledPerson, ...]:
    """Return the entries of `people.json` that this household has; none for nearly all."""
    entries = []
    for label in household.labels:
        person = next(one for one in household.residents if one.resident_no == label.resident_no)
        entries.append(
            LabelledPerson(
                label=label.name,
                why=label.why,
                expected=label.expected.value,
                resident_no=label.resident_no,
                household_no=household.household.household_no,
                name=person.name or person.name_latin,
                household_size=len(household.residents),
                certificates=tuple(f"{card.serial:x}" for card in household.cards if card.resident_no == label.resident_no),
            )
        )
    return tuple(entries)


def _write_files(
    folder: Path, households: Iterable[GeneratedHousehold], progress: Callable[[int], None]
) -> tuple[Written, People]:
    written, told = Written(), 0
    people: list[LabelledPerson] = []
    with ExitStack() as stack:
        household_rows = _Rows(stack, folder, HOUSEHOLDS)
        resident_rows = _Rows(stack, folder, RESIDENTS)
        card_rows = _Rows(stack, folder, CARD_LINKS)
        block_rows = _Rows(stack, folder, BLOCKS)
        for one in households:
            written.households += household_rows.add((one.household,))
            written.residents += resident_rows.add(one.residents)
            written.card_links += card_rows.add(one.cards)
            written.blocks += block_rows.add(one.blocks)
            people += labelled_people(one)
            if written.residents - told >= PROGRESS_EVERY:
                progress(written.residents - told)
                told = written.residents
    progress(written.residents - told)
    return written, People(municipality=MUNICIPALITY, people=tuple(people))
