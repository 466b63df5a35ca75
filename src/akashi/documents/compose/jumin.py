"""住民票の写し (世帯連記式): from the registry's record to the finished file."""

from __future__ import annotations

from functools import lru_cache

from akashi.documents.compose.errors import GlyphMissing, RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed, certifier, seal_columns
from akashi.documents.compose.fit import Fitted, Line, fit
from akashi.documents.compose.fonts import FONTS_DEBIAN, Cluster, FontChain
from akashi.documents.compose.form import Cell, Form, juminhyo_form
from akashi.documents.compose.typeset import typesetter
from akashi.wire.certificates import ITEMS_OF, Choice, Item, items_for
from akashi.wire.messages.records import JuminPerson, JuminRecord

NOT_APPLICABLE = "＊＊＊"
LEFT_OUT = "（省略）"
ALL_MEMBERS = "この写しは、世帯全員の住民票の原本と相違ないことを証明する。"
SOME_MEMBERS = "この写しは、住民票の原本と相違ないことを証明する。"
_MARK_SIZE_PT = 8.5
_APART = frozenset("（）〔〕［］｛｝〈〉《》「」『』【】〖〗〘〙、。，．・：；！？‘’“”ﾞﾟ")
"""Full-width punctuation, which the typesetter may narrow; half-width voicing marks, which it would tie to what is before."""

_FOREIGN_ONLY = frozenset(ITEMS_OF[Choice.FOREIGN])
_JAPANESE_ONLY = frozenset(ITEMS_OF[Choice.HONSEKI])
_DIGITS = tuple("0123456789０１２３４５６７８９")


def compose_jumin(
    record: JuminRecord,
    choices: tuple[Choice, ...],
    face: CertificateFace,
    *,
    fonts: tuple[str, ...] = FONTS_DEBIAN,
) -> Composed:
    """
    Return the unsigned certificate. Runs in any process; the first call there opens the fonts (about 0.1 s).

    Args:
        record: as the registry signed it; holds exactly the items of `choices`.
        choices: what the applicant ticked.
        face: number, dates, officer.
        fonts: font files, the first one preferred.

    Raises:
        GlyphMissing: a character cannot be drawn exactly.
        TextOverflow: a value does not fit.
        RecordUnfit: the record does not hold exactly the chosen items.
        FontsRefused, TypesettingFailed: for the operator.

    Source: docs/spec/form-juminhyo.md; 住民基本台帳法 第12条; 住民記録システム標準仕様書 5.1, 5.6, 5.8.
    """
    setter = _Setter(juminhyo_form(), _chain(fonts))
    pages = _pages(record, choices, setter)
    data: dict[str, object] = {
        "title": "住民票の写し",
        "author": face.city_name,
        "date": [face.issued_on.year, face.issued_on.month, face.issued_on.day],
        "once": setter.texts(
            setter.form.once,
            {
                "number": face.issue_number,
                "address": _free(record.address, "address"),
                "household_head": _household_head(record, choices),
                "as_of": face.as_of_written,
            },
        ),
        "last": setter.texts(
            setter.form.last,
            {
                "statement": ALL_MEMBERS if record.whole_household else SOME_MEMBERS,
                "issued_on": face.issued_on_written,
                "certifier": _free(certifier(face), "certifier"),
                "officer": _free(face.officer_name, "officer"),
            },
        ),
        "seal": {"alt": "公印　" + "".join(map("".join, seal_columns(face))), "columns": setter.seal(face)},
        "pages": pages,
    }
    return Composed(typesetter(fonts).draw(data), len(pages))


@lru_cache(maxsize=2)
def _chain(fonts: tuple[str, ...]) -> FontChain:
    return FontChain(fonts)


class _Setter:
    """Measures values for the form's cells and gives them the shape that the drawing reads."""

    def __init__(self, form: Form, chain: FontChain) -> None:
        self.form = form
        self._chain = chain

    def text(self, cell: Cell, value: str) -> list[object]:
        if value in (NOT_APPLICABLE, LEFT_OUT):
            return [_MARK_SIZE_PT, [_runs([Cluster(char, 0, 1.0) for char in value])]]
        return _drawn(fit(value, cell, inset_mm=self.form.sheet.inset, chain=self._chain))

    def texts(self, cells: tuple[Cell, ...], values: dict[str, str]) -> dict[str, list[object]]:
        return {cell.name: self.text(cell, values[cell.name]) for cell in cells if cell.name in values}

    def seal(self, face: CertificateFace) -> list[list[str]]:
        columns = seal_columns(face)
        for column in columns:
            self._chain.clusters("".join(column), item="seal")
        return columns


def _pages(record: JuminRecord, choices: tuple[Choice, ...], setter: _Setter) -> list[dict[str, object]]:
    items = items_for(choices)
    blocks = [_person(person, items, setter) for person in record.persons]
    step = setter.form.sheet.persons_max
    count = -(-len(blocks) // step)
    return [
        {
            "persons": [values for values, _ in blocks[index * step : (index + 1) * step]],
            "foreign": [foreign for _, foreign in blocks[index * step : (index + 1) * step]],
            "once": setter.texts(setter.form.once, {"page": f"{index + 1}／{count}頁"}),
            "last": index == count - 1,
        }
        for index in range(count)
    ]


def _person(person: JuminPerson, items: tuple[Item, ...], setter: _Setter) -> tuple[list[list[object]], bool]:
    if tuple(field.item for field in person.fields) != items:
        raise RecordUnfit("items of a person are not those of the choices")
    values = {field.item: _free(field.value, field.item) for field in person.fields}
    foreign = _is_foreign(values)
    return [setter.text(cell, _printed(Item(cell.name), values, foreign=foreign)) for cell in setter.form.person.cell], foreign


def _printed(item: Item, values: dict[Item, str], *, foreign: bool) -> str:
    if values.get(item):
        return values[item]
    never = _JAPANESE_ONLY if foreign else _FOREIGN_ONLY
    return NOT_APPLICABLE if item in values or item in never else LEFT_OUT


def _is_foreign(values: dict[Item, str]) -> bool:
    """
    Return whether the person is a foreign resident, by the items that every copy holds.

    Source: 住民記録システム標準仕様書 1.1.9 (生年月日 is in 西暦 for foreign residents, else in 和暦); form-juminhyo.md.
    """
    return bool(values[Item.NAME_LATIN] or values[Item.ALIAS] or values[Item.BIRTH_DATE].startswith(_DIGITS))


def _household_head(record: JuminRecord, choices: tuple[Choice, ...]) -> str:
    if Choice.RELATIONSHIP not in choices:
        return LEFT_OUT
    if not record.household_head:
        raise RecordUnfit("household_head is chosen and empty")
    return _free(record.household_head, "household_head")


def _free(value: str, item: str) -> str:
    """
    Return the value.

    Raises:
        RecordUnfit: it looks like one of the form's own words.
        GlyphMissing: spaces at its ends, or two narrow ones in a row: nobody could read from paper or file that they are there.
    """
    if value in (NOT_APPLICABLE, LEFT_OUT):
        raise RecordUnfit(item)
    if value != value.strip() or "  " in value:
        raise GlyphMissing(item)
    return value


def _drawn(fitted: Fitted) -> list[object]:
    return [fitted.size_pt, [_runs(line) for line in fitted.lines]]


def _runs(line: Line) -> str | list[tuple[int, str]]:
    """
    Return the line as one string where that is enough, else as runs of (font, text).

    A run ends where the font changes and around characters that the typesetter treats otherwise beside others; they would not
    stand where they were measured, or not read back as what they are.
    """
    if all(cluster.font == 0 and cluster.text not in _APART for cluster in line):
        return "".join(cluster.text for cluster in line)
    runs: list[tuple[int, str]] = []
    for cluster in line:
        if runs and runs[-1][0] == cluster.font and _may_join(runs[-1][1], cluster.text):
            runs[-1] = (cluster.font, runs[-1][1] + cluster.text)
        else:
            runs.append((cluster.font, cluster.text))
    return runs


def _may_join(run: str, text: str) -> bool:
    """Return whether the text may follow in the same run. A space never stands in a run alone: the file's text would lose it."""
    return text.isspace() or run.isspace() or (text not in _APART and run[-1] not in _APART)
