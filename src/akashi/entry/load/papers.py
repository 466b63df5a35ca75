"""Records of made-up people, all different, to measure with: the generator's city, certificate by certificate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from random import Random

from akashi.documents.compose import CertificateFace
from akashi.documents.compose.errors import ComposeRefused
from akashi.documents.compose.jumin import compose_jumin
from akashi.rules.eras import format_wareki, format_wareki_minute
from akashi.simulation.city.generator import CITY_DAY, generate
from akashi.simulation.register import written_item
from akashi.wire.certificates import ITEMS_OF, Choice, Kind, items_for
from akashi.wire.messages import Field, IssueOrder, JuminPerson, JuminRecord
from akashi.zones.issuance.issuer.numbering import issue_number_from

_MUNICIPALITY = "139998"
_AS_OF_MS = 1_795_410_300_000
_SEED = 7
_CITY_SIZE = 20_000
_GROUPS = ((), (Choice.RELATIONSHIP,), (Choice.RELATIONSHIP, Choice.HONSEKI), tuple(one for one in Choice if ITEMS_OF[one]))


@dataclass(frozen=True, slots=True)
class Paper:
    """One certificate to be made."""

    record: JuminRecord
    choices: tuple[Choice, ...]
    face: CertificateFace

    @property
    def order(self) -> IssueOrder:
        """The order that asks for it."""
        members = tuple(sorted(person.member_ref for person in self.record.persons))
        return IssueOrder(self.record.transcript, 1, Kind.JUMINHYO, members, self.choices, 0, 200, None, 10_000)


def jumin_papers(count: int, *, persons_max: int | None = None, full: bool = False, fonts: tuple[str, ...]) -> list[Paper]:
    """
    Return so many different certificates; people whose names no font has exactly are left out.

    Args:
        count: how many.
        persons_max: of larger households only the first ones; None for all members.
        full: with every item, else with what applicants tick.
        fonts: of the city.
    """
    return list(islice(_papers(persons_max, fonts, full=full), count))


def _papers(persons_max: int | None, fonts: tuple[str, ...], *, full: bool) -> Iterator[Paper]:
    rng = Random(_SEED)  # noqa: S311 - made-up people
    for household in generate(_SEED, _CITY_SIZE):
        choices = _GROUPS[-1] if full else rng.choice(_GROUPS)
        items = items_for(choices)
        living = household.residents[:persons_max]
        number = issue_number_from(_MUNICIPALITY, rng.randbytes(10))
        record = JuminRecord(
            transcript=rng.randbytes(32),
            order_hash=rng.randbytes(32),
            issue_number=number,
            subject_token=rng.randbytes(32),
            row_version=1,
            as_of_ms=_AS_OF_MS,
            address=household.household.address,
            household_head=(living[0].name or living[0].name_latin) if Choice.RELATIONSHIP in choices else "",
            whole_household=len(living) == len(household.residents),
            persons=tuple(
                JuminPerson(ref, tuple(Field(item, written_item(one, item)) for item in items)) for ref, one in enumerate(living)
            ),
        )
        paper = Paper(record, choices, _face(number, CITY_DAY))
        try:
            compose_jumin(record, choices, paper.face, fonts=fonts)
        except ComposeRefused:
            continue
        yield paper


def _face(number: str, day: date) -> CertificateFace:
    return CertificateFace(
        issue_number=number,
        issued_on=day,
        issued_on_written=format_wareki(day),
        as_of_written=format_wareki_minute(_AS_OF_MS),
        city_name="東京都証野市",
        officer_title="市長",
        officer_name="証　野　太　郎",
    )
