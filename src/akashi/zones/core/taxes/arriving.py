"""
New days in the folder to which the tax system delivers: each is a folder of its own, whole as soon as it has its manifest.

A day that was refused is not tried again until its manifest changes; the day before it is served meanwhile, until it is too old.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from akashi.base.log import Log
from akashi.registers.report import LinesReport
from akashi.wire.errors import Refused
from akashi.zones.core.taxes.errors import DayRefused
from akashi.zones.core.taxes.loading import read_manifest
from akashi.zones.core.taxes.manifest import MANIFEST_FILE, Manifest
from akashi.zones.core.taxes.store import TaxStore

_LOGGED_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class _Seen:
    folder: Path
    manifest: Manifest


class Arrivals:
    """
    What the tax system delivers.

    Args:
        source: the folder in which a folder a day appears; may come into being later.
        store: where days go.
        municipality: whose data they must be.
        log: is told of days that were taken or refused; never of a person.
    """

    def __init__(self, source: Path, store: TaxStore, *, municipality: str, log: Log) -> None:
        self._source = source
        self._store = store
        self._municipality = municipality
        self._log = log
        self._refused: set[tuple[str, str]] = set()
        self._unreadable: set[str] = set()

    def take(self) -> bool:
        """
        Take the newest day that is newer than what is served; return whether there was one.

        A day that cannot be taken is told to the log and nothing changes; older days are then looked at, so that yesterday's good
        file comes through a bad one of today.

        Raises:
            StoreFailed: the database said no.
        """
        served_on = self._store.day().data_on
        for seen in self._newest_first(served_on):
            key = (seen.folder.name, seen.manifest.sha256)
            if key in self._refused:
                continue
            try:
                report = self._store.load_day(seen.folder, municipality=self._municipality)
            except DayRefused as refused:
                self._refused.add(key)
                self._log.event(
                    "day_refused", day=str(seen.manifest.data_on), code=refused.code.value, rule=_rule(refused.detail)
                )
                continue
            if report is not None and report.refused_count:
                self._refused.add(key)
                self._tell(seen.manifest.data_on, report)
                continue
            self._log.event("day_taken", day=str(seen.manifest.data_on), lines=seen.manifest.count)
            return True
        return False

    def _newest_first(self, served_on: date | None) -> list[_Seen]:
        found = []
        try:
            folders = sorted(folder for folder in self._source.iterdir() if (folder / MANIFEST_FILE).is_file())
        except OSError:
            return []
        for folder in folders:
            try:
                manifest = read_manifest(folder)
            except Refused as refused:
                if folder.name not in self._unreadable:
                    self._unreadable.add(folder.name)
                    self._log.event("manifest_refused", code=refused.code.value, rule=_rule(refused.detail))
                continue
            if served_on is None or manifest.data_on > served_on:
                found.append(_Seen(folder, manifest))
        return sorted(found, key=lambda seen: seen.manifest.data_on, reverse=True)

    def _tell(self, day: date, report: LinesReport) -> None:
        self._log.event("day_refused", day=str(day), lines=report.refused_count)
        for line in report.refused[:_LOGGED_LINES]:
            self._log.event("line_refused", day=str(day), line=line.line, column=line.column or "-", rule=_rule(line.reason))


def _rule(detail: str) -> str:
    return detail.replace(" ", "_")
