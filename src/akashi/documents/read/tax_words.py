"""What the page must say, from record, kind and face: the reader's own reading of form-tax.md, sections 2 to 4."""

from __future__ import annotations

import re
from itertools import chain

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.face import PrintedFace
from akashi.documents.read.places import Expected, ExpectedPage, Role
from akashi.documents.read.tax_map import HEADINGS, ITEM_LABELS, LABELS, REST, TITLES, page_map
from akashi.wire.certificates import Kind
from akashi.wire.messages import TaxLine, TaxRecord
from akashi.wire.tax_items import PERSONS, TAX_ITEMS_OF

_PROPERTIES_TITLE = {Kind.SHOTOKU: "所得証明書", Kind.KAZEI: "課税証明書", Kind.HIKAZEI: "非課税証明書"}
_LETTERS = frozenset(chain(*LABELS.values(), *TITLES.values(), *HEADINGS.values(), *ITEM_LABELS.values(), REST))
_FORM_WORDS = {"", "＊", "＊＊＊"}
_BEFORE_CITY = re.compile(r"(東京都|北海道|京都府|大阪府|[^県]{2,3}県)?(.*)", re.DOTALL)


def expected_tax(record: TaxRecord, kind: Kind, face: PrintedFace) -> Expected:
    """
    Return what the file must say.

    Raises:
        FileRefused: RECORD_ITEMS, where the record is not of the kind.
    """
    wanted = TAX_ITEMS_OF.get(kind)
    own = (record.address, record.levy_address, record.name, record.birth_date)
    if (
        wanted is None
        or face.tax is None
        or tuple(line.item for line in record.lines) != wanted
        or record.fiscal_year - record.income_year != 1
        or not _FORM_WORDS.isdisjoint(own)
        or record.note in _FORM_WORDS - {""}
    ):
        raise FileRefused(Rule.RECORD_ITEMS)
    ledger = face.tax.data_on + "現在の課税台帳による"
    words = {
        **LABELS,
        "title": TITLES[kind],
        "year": face.tax.year,
        "number": face.issue_number,
        "page": "1／1頁",
        "address": record.address,
        "levy_address": record.levy_address,
        "name": record.name,
        "birth_date": record.birth_date,
        "income_year": face.tax.income_year,
        "data_on": ledger + "（注意：最新の台帳ではありません）" if face.tax.marked else ledger,
        "note": record.note or "＊＊＊",
    }
    for line in record.lines:
        words[f"label {line.item}"] = ITEM_LABELS[line.item]
        words[line.item] = _amount(line)
    places = page_map(kind)
    words |= {f"heading {section}": heading for section, heading in HEADINGS.items()}
    words |= {"rest": REST} | _foot(face)
    words = {box.name: words[box.name] for box in places.boxes if box.role is not Role.CODE}
    return Expected(
        title=_PROPERTIES_TITLE[kind],
        author=face.city_name,
        issued_on=face.issued_on,
        letters=_LETTERS,
        pages=(ExpectedPage(places, words),),
    )


def _amount(line: TaxLine) -> str:
    """Return how an amount is printed: docs/spec/form-tax.md section 3."""
    if line.amount is None:
        return "＊"
    digits = str(line.amount).removeprefix("-")
    if line.item in PERSONS:
        if line.amount < 0:
            raise FileRefused(Rule.RECORD_ITEMS)
        return digits + "人"
    first = len(digits) % 3 or 3
    groups = [digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))]
    return ("△" if line.amount < 0 else "") + ",".join(groups) + "円"


def _foot(face: PrintedFace) -> dict[str, str]:
    shared = face.city_name[-1:] if face.officer_title.startswith(face.city_name[-1:]) else ""
    title = face.city_name + face.officer_title[len(shared) :]
    prefixed = _BEFORE_CITY.fullmatch(title.split("職務代理者", 1)[0])
    own = prefixed.group(2) if prefixed else title
    return {
        "statement": face.statement,
        "issued_on": face.issued_on_written,
        "certifier": title,
        "officer": face.officer_name,
        "seal": own + ("職務代理者" if "職務代理者" in title else "") + "之印",
    }
