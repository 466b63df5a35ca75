"""
What the register reads: one snapshot, bound to one subject, exactly the items of the certificate that was ordered.

Source: docs/spec/taxes.md section 4; requirements C2, C3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from akashi.registers.stores.engine import Cell, Engine, Snapshot, number, text
from akashi.rules.taxes import TaxFacts
from akashi.wire.tax_items import TaxItem
from akashi.zones.core.taxes.csv_form import COLUMN_OF


@dataclass(frozen=True, slots=True)
class DayState:
    """
    Which day's file is served.

    Attributes:
        municipality: whose data they are; empty before the first file.
        batch: how many files were taken.
        data_on: the day; None before the first file.
        as_of_ms: moment of the export.
    """

    municipality: str
    batch: int
    data_on: date | None
    as_of_ms: int


@dataclass(frozen=True, slots=True, repr=False)
class HeldRead:
    """What decides about the subject's certificates, by 年度, newest first."""

    day: DayState
    years: tuple[tuple[int, TaxFacts], ...]


@dataclass(frozen=True, slots=True, repr=False)
class TaxRead:
    """The subject's record of one year. `resident_no` is the one stored with the row; `amounts` are those that were asked for."""

    resident_no: str
    facts: TaxFacts
    name: str
    birth_date: str
    address: str
    levy_address: str
    note: str
    amounts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, repr=False)
class RecordRead:
    """All that `read_record` reads; `tax` is None where there is no record of that year."""

    day: DayState
    tax: TaxRead | None


def read_day(engine: Engine) -> DayState:
    """Return which day's file is served."""
    with engine.reading() as snapshot:
        return _day(snapshot)


def read_held(engine: Engine, resident_no: str) -> HeldRead:
    """Return what decides about the person's certificates, of one day's file."""
    with engine.reading() as snapshot:
        day = _day(snapshot)
        snapshot.bind_subject(resident_no)
        rows = snapshot.rows("SELECT fiscal_year, levy_address, declared, tax_total FROM tax ORDER BY fiscal_year DESC")
        return HeldRead(day, tuple((number(year), _facts(*cells)) for year, *cells in rows))


def read_tax(engine: Engine, resident_no: str, *, fiscal_year: int, items: tuple[TaxItem, ...]) -> RecordRead:
    """
    Return the person's record of that year, of one day's file.

    Args:
        engine: the database.
        resident_no: the subject, from a ticket that was verified.
        fiscal_year: 年度.
        items: exactly what may be fetched.
    """
    columns = ", ".join(COLUMN_OF[item] for item in items)
    with engine.reading() as snapshot:
        day = _day(snapshot)
        snapshot.bind_subject(resident_no)
        rows = snapshot.rows(
            "SELECT resident_no, levy_address, declared, tax_total, name, birth_date, address, note, "  # noqa: S608 - constants
            f"{columns} FROM tax WHERE fiscal_year = ?",
            fiscal_year,
        )
        if not rows:
            return RecordRead(day, None)
        stored_no, levy_address, declared, total, name, birth_date, address, note, *amounts = rows[0]
        tax = TaxRead(
            resident_no=text(stored_no),
            facts=_facts(levy_address, declared, total),
            name=text(name),
            birth_date=text(birth_date),
            address=text(address),
            levy_address=text(levy_address),
            note=text(note),
            amounts=tuple(None if amount is None else number(amount) for amount in amounts),
        )
        return RecordRead(day, tax)


def _facts(levy_address: Cell, declared: Cell, tax_total: Cell) -> TaxFacts:
    return TaxFacts(bool(text(levy_address)), bool(number(declared)), number(tax_total))


def _day(snapshot: Snapshot) -> DayState:
    municipality, batch, data_on, as_of_ms = snapshot.rows("SELECT municipality, batch, data_on, as_of_ms FROM day")[0]
    day = date.fromisoformat(text(data_on)) if data_on else None
    return DayState(text(municipality), number(batch), day, number(as_of_ms))
