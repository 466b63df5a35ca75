"""What the 印鑑登録証明書 must say and show, from record and face: the reader's own reading of form-inkan.md, sections 1 to 3."""

from __future__ import annotations

from itertools import chain

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.face import PrintedFace
from akashi.documents.read.inkan_map import IMPRINT, LABELS, ROW_LABELS, inkan_map
from akashi.documents.read.jumin_words import foot_words
from akashi.documents.read.places import Expected, ExpectedPage, Picture
from akashi.wire.messages.records import SealImage, SealRecord

TITLE = "印鑑登録証明書"
"""Of the file, in its properties."""

_LETTERS = frozenset(chain(*LABELS.values(), *ROW_LABELS.values()))
_DESCRIPTION = "登録された印影"
_NONE = "＊＊＊"
_SIDE_MIN, _SIDE_MAX = 189, 591
"""Of an image, in dots."""


def expected_inkan(record: SealRecord, face: PrintedFace) -> Expected:
    """
    Return what the file must say and show.

    Raises:
        FileRefused: RECORD_ITEMS, where an item that is never empty is, or the image is not what it says.
    """
    if not (record.name and record.birth_date and record.address and record.registered_on):
        raise FileRefused(Rule.RECORD_ITEMS)
    picture = _picture(record.image)
    words = LABELS | {
        "number": face.issue_number,
        "page": "1／1頁",
        IMPRINT: _DESCRIPTION,
        "name": record.name,
        "name_kana": record.name_kana or _NONE,
        "former_name": record.former_name or _NONE,
        "alias": record.alias or _NONE,
        "birth_date": record.birth_date,
        "address": record.address,
        "registered_on": record.registered_on,
        "as_of": face.as_of_written,
        "statement": face.statement,
    }
    if record.sex:
        words["sex"] = record.sex
    words |= {f"label {name}": label for name, label in ROW_LABELS.items() if name in words} | foot_words(face)
    places = inkan_map(picture.columns, picture.rows, sex=bool(record.sex))
    return Expected(
        title=TITLE,
        author=face.city_name,
        issued_on=face.issued_on,
        letters=_LETTERS,
        pages=(ExpectedPage(places, words, {IMPRINT: picture}),),
    )


def _picture(image: SealImage) -> Picture:
    """Return the image that must be in the file, every row whole, nothing set beside it, some ink in it."""
    width, height, bits = image.width_px, image.height_px, image.bits
    row_bytes = (width + 7) // 8
    if not (min(width, height) >= _SIDE_MIN and max(width, height) <= _SIDE_MAX and len(bits) == row_bytes * height):
        raise FileRefused(Rule.RECORD_ITEMS)
    unused = row_bytes * 8 - width
    ends = bits[row_bytes - 1 :: row_bytes]
    if any(end % (1 << unused) for end in ends) or bits == bytes(len(bits)):
        raise FileRefused(Rule.RECORD_ITEMS)
    return Picture(width, height, bits)
