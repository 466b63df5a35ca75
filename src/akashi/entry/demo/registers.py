"""What the made-up city's other registries hold: seals, tax records, family registers; and the nightly delivery of tax data."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from akashi.entry.demo.layout import Layout
from akashi.pki.pem import write_public
from akashi.registers.report import LinesReport
from akashi.rules.eras import jst_date
from akashi.simulation.city.families import generate_families
from akashi.simulation.city.family_writer import write_families
from akashi.simulation.city.generator import generate
from akashi.simulation.city.outsiders import generate_outsiders
from akashi.simulation.city.places import MUNICIPALITY
from akashi.simulation.city.seals import make_seals, write_seals
from akashi.simulation.city.taxes import make_taxes, write_day
from akashi.wire.errors import Refused, WireCode
from akashi.zones.core.seals.importing import import_seals
from akashi.zones.core.seals.stores.opening import open_engine as open_seals
from akashi.zones.core.taxes.csv_form import TAXES
from akashi.zones.core.taxes.errors import DayRefused
from akashi.zones.core.taxes.loading import read_manifest
from akashi.zones.core.taxes.manifest import write_manifest
from akashi.zones.koseki.register.conditions import Condition
from akashi.zones.koseki.register.importing import import_registers
from akashi.zones.koseki.register.stores.opening import open_engine as open_koseki

OUTSIDERS = 20
"""People with a family register here who live elsewhere."""
_EXPORT_HOUR = 3
_HOUR_MS = 3_600_000
_ATTESTED_DAYS = 365


def make_registers(layout: Layout, seed: int, residents: int, *, now_ms: int) -> None:
    """
    Generate what seals, taxes and family registers hold about the city of that seed and size, and import it.

    Args:
        layout: where everything goes.
        seed: the city's.
        residents: how many people the city has.
        now_ms: the city's day.

    Raises:
        Refused: something cannot be generated or imported.
    """
    day = jst_date(now_ms)
    folder = layout.city / "seals"
    write_seals(folder, make_seals(seed, generate(seed, residents, day=day), day=day), as_of_ms=now_ms)
    seals = open_seals(layout.seals_url, create=True)
    try:
        _check("seals", import_seals(seals, folder))
    finally:
        seals.close()
    folder = layout.city / "koseki"
    families = generate_families(seed, generate(seed, residents, day=day), day=day)
    write_families(folder, families, generate_outsiders(seed, OUTSIDERS, day=day), as_of_ms=now_ms)
    koseki = open_koseki(layout.koseki_url, create=True)
    try:
        _check("family registers", import_registers(koseki, folder))
    finally:
        koseki.close()
    write_public(layout.koseki_conditions, _attested(day).encode())
    data_on = day - timedelta(days=1)
    entries = make_taxes(seed, generate(seed, residents, day=day), day=day)
    write_day(layout.tax_days / data_on.isoformat(), entries, data_on=data_on, as_of_ms=_exported_ms(now_ms))


def deliver_taxes(layout: Layout, *, now_ms: int) -> bool:
    """
    Do what the tax system does every night: deliver the day before's table; return whether one was missing.

    The made-up city's taxes do not change: the newest table is delivered again under the new day.
    """
    yesterday = jst_date(now_ms) - timedelta(days=1)
    delivered = {_day_of(folder): folder for folder in layout.tax_days.iterdir() if folder.is_dir()}
    newest = max(chain(delivered, (date.min,)))
    if newest >= yesterday or newest == date.min:
        return False
    folder = layout.tax_days / yesterday.isoformat()
    folder.mkdir(exist_ok=True)
    shutil.copyfile(delivered[newest] / TAXES.file, folder / TAXES.file)
    count = read_manifest(delivered[newest]).count
    # The table of another day has another digest, as a real one would have: one empty line more.
    with (folder / TAXES.file).open("ab") as stream:
        stream.write(b"\n")
    write_manifest(folder, municipality=MUNICIPALITY, data_on=yesterday, as_of_ms=_exported_ms(now_ms), count=count)
    for old in set(delivered) - {newest}:
        shutil.rmtree(delivered[old])
    return True


def _day_of(folder: Path) -> date:
    try:
        return read_manifest(folder).data_on
    except DayRefused:
        return date.min


def _exported_ms(now_ms: int) -> int:
    """Return three o'clock this morning in Japan, or now where it is earlier."""
    midnight_ms = (now_ms + 9 * _HOUR_MS) // (24 * _HOUR_MS) * (24 * _HOUR_MS) - 9 * _HOUR_MS
    return min(now_ms, midnight_ms + _EXPORT_HOUR * _HOUR_MS)


def _attested(day: date) -> str:
    """Return attestations of all conditions for the made-up city, from today on."""
    until = day + timedelta(days=_ATTESTED_DAYS)
    return "\n".join(
        f'[[attestation]]\ncondition = "{condition.value}"\nattested_on = {day}\nexpires_on = {until}\n'
        f'by = "made-up city"\nevidence = "{"0" * 64}"\nnote = "demonstration: nothing was attested"\n'
        for condition in Condition
    )


def _check(what: str, report: LinesReport) -> None:
    if report.refused_count:
        first = report.refused[0]
        raise Refused(WireCode.INTERNAL, f"the made-up {what} were not imported: {first.file} line {first.line}: {first.reason}")
