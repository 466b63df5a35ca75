"""Made-up registered seals, and records and faces for certificates of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from akashi.rules.statements import STATEMENTS
from akashi.wire.certificates import Kind
from akashi.wire.messages.records import SealImage, SealRecord
from unit.documents.people import FACE, NUMBER, PRINTED

SEAL_FACE = replace(FACE, statement=STATEMENTS[Kind.INKAN])
SEAL_PRINTED = replace(PRINTED, statement=STATEMENTS[Kind.INKAN])


def seal_image(width: int = 331, height: int = 347, *, turn: int = 0) -> SealImage:
    """Return a seal: two rings, strokes between them, a dot in each corner; `turn` gives other strokes."""
    across, down = (width - 1) / 2, (height - 1) / 2
    rows = bytearray()
    for y in range(height):
        row = 0
        for x in range(width):
            far = ((x - across) / (across + 0.5)) ** 2 + ((y - down) / (down + 0.5)) ** 2
            stroke = far < 0.7 and ((x + turn) % 37 < 9 or (y - 2 * turn) % 53 < 7)
            corner = x in (0, width - 1) and y in (0, height - 1)
            row = row << 1 | (0.86 < far <= 1 or stroke or corner)
        rows += (row << -width % 8).to_bytes((width + 7) // 8)
    return SealImage(width, height, bytes(rows))


IMAGE = seal_image()


def seal_record(**changed: Any) -> SealRecord:
    """Return a record, changed as wanted."""
    values: dict[str, Any] = {
        "transcript": b"t" * 32,
        "order_hash": b"o" * 32,
        "issue_number": NUMBER,
        "subject_token": b"s" * 32,
        "row_version": 7,
        "as_of_ms": 1_795_410_300_000,
        "subject_row": b"r" * 32,
        "name": "葛\U000e0102城　髙志",
        "former_name": "",
        "alias": "",
        "name_kana": "",
        "birth_date": "昭和60年4月12日",
        "sex": "",
        "address": "東京都証野市緑が丘四丁目27番2号　コーポひかり515",
        "registered_on": "平成25年11月5日",
        "image": IMAGE,
    }
    return SealRecord(**(values | changed))


FOREIGN_SEAL = seal_record(
    name="GARCIA RODRIGUEZ MARIA FERNANDA DE LOS ANGELES",
    alias="山田　マリア",
    name_kana="ガルシア　ロドリゲス　マリア　フェルナンダ",
    former_name="渡邉\U000e010f",
    birth_date="1990年8月15日",
    sex="女",
    image=seal_image(591, 480, turn=11),
)
