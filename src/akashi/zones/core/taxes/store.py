"""The register's store: what the service asks of a database, one transaction a call, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from pathlib import Path

from akashi.registers.report import LinesReport
from akashi.registers.stores.engine import Engine
from akashi.wire.tax_items import TaxItem
from akashi.zones.core.taxes import loading, reading
from akashi.zones.core.taxes.reading import DayState, HeldRead, RecordRead
from akashi.zones.core.taxes.stores.opening import open_engine


class TaxStore:
    """
    The tax records.

    Args:
        engine: an open database with the right schema.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, reader_url: str = "") -> TaxStore:
        """
        Return the tax records at `url`, made where there are none: they come from the day's file.

        Raises:
            StoreRefused: not reachable, no tax records there, or of another schema version.
            StoreFailed: the schema could not be made.
        """
        return cls(open_engine(url, reader_url=reader_url, create=True))

    def day(self) -> DayState:
        """Return which day's file is served."""
        return reading.read_day(self._engine)

    def read_held(self, resident_no: str) -> HeldRead:
        """Return what decides about the person's certificates."""
        return reading.read_held(self._engine, resident_no)

    def read_tax(self, resident_no: str, *, fiscal_year: int, items: tuple[TaxItem, ...]) -> RecordRead:
        """Return the person's record of that year, exactly these items."""
        return reading.read_tax(self._engine, resident_no, fiscal_year=fiscal_year, items=items)

    def load_day(self, folder: Path, *, municipality: str) -> LinesReport | None:
        """Load a day's folder; see `loading.load_day`."""
        return loading.load_day(self._engine, folder, municipality=municipality)

    def close(self) -> None:
        """Close the database."""
        self._engine.close()
