"""The city's family registers as a folder of files: the import form of docs/spec/koseki.md, and `outsiders.json`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from akashi.simulation.city.errors import CityRefused
from akashi.simulation.city.families import GeneratedFamily
from akashi.simulation.city.outsiders import GeneratedOutsider
from akashi.simulation.city.places import MUNICIPALITY
from akashi.zones.koseki.register.files import BLOCKS, ENROLLED, REGISTERS, format_record, write_lines
from akashi.zones.koseki.register.manifest import Manifest, write_manifest
from akashi.zones.koseki.register.records import Closed

OUTSIDERS_FILE = "outsiders.json"


class LabelledOutsider(msgspec.Struct, frozen=True, kw_only=True):
    """
    One entry of `outsiders.json`: what the person would state in a 利用登録, and the cards.

    Attributes:
        person_no: the register's number of the person.
        honseki, hittosha, name, birth_date, address: as the person states them.
        certificates: serial numbers of the user certificates, lower-case hexadecimal.
    """

    person_no: str
    honseki: str
    hittosha: str
    name: str
    birth_date: str
    address: str
    certificates: tuple[str, ...]


def write_families(
    folder: Path, families: Iterable[GeneratedFamily], outsiders: Iterable[GeneratedOutsider] = (), *, as_of_ms: int
) -> Manifest:
    """
    Write the family registers into `folder` (made where it is missing) and return what the manifest says.

    Args:
        folder: an empty or new folder, or one with older files, which are replaced.
        families: the stream of `families.generate_families`.
        outsiders: people who live elsewhere; their cards are not enrolled yet.
        as_of_ms: time of the export for the manifest, milliseconds since 1970 UTC.

    Raises:
        CityRefused: the folder cannot be written.
    """
    people: list[LabelledOutsider] = []
    register_count = block_count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            registers = stack.enter_context((folder / REGISTERS.file).open("wb"))
            blocks = stack.enter_context((folder / BLOCKS.file).open("wb"))
            for family in families:
                register_count += _add(registers, (family.register,))
                block_count += _add(blocks, family.blocks)
            for outsider in outsiders:
                register_count += _add(registers, (outsider.family.register,))
                people.append(labelled_outsider(outsider))
        write_lines(folder, ENROLLED, ())
        (folder / OUTSIDERS_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(people), indent=1) + b"\n")
        manifest = Manifest(
            municipality=MUNICIPALITY,
            as_of_ms=as_of_ms,
            sequence=0,
            registers=register_count,
            blocks=block_count,
            enrolled=0,
        )
        write_manifest(folder, manifest)
    except OSError as error:
        raise CityRefused(f"{folder}: cannot be written ({error.strerror})") from None
    return manifest


def labelled_outsider(outsider: GeneratedOutsider) -> LabelledOutsider:
    """Return the entry of `outsiders.json` for this person."""
    register = outsider.family.register
    person = next(one for one in register.persons if one.person_no == outsider.person_no)
    return LabelledOutsider(
        person_no=person.person_no,
        honseki=register.honseki,
        hittosha=register.hittosha,
        name=register.full_name(person),
        birth_date=person.birth.written,
        address=person.addresses[-1].address,
        certificates=tuple(f"{card.serial:x}" for card in outsider.cards),
    )


def _add(stream: BinaryIO, records: Iterable[Closed]) -> int:
    lines = [format_record(record) for record in records]
    stream.writelines(lines)
    return len(lines)
