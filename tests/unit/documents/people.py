"""Made-up people, and records, faces and files of them."""

from __future__ import annotations

from datetime import date
from functools import cache

from akashi.documents.compose import CertificateFace, Composed, compose_jumin
from akashi.documents.read import PrintedFace
from akashi.wire.certificates import ITEMS_OF, Choice, Item, items_for
from akashi.wire.messages import Field, JuminPerson, JuminRecord

Values = dict[Item, str]
ALL: tuple[Choice, ...] = tuple(choice for choice, items in ITEMS_OF.items() if items)
NONE: tuple[Choice, ...] = ()
NUMBER = "139998-7Q2M-8XKD-0V4T-HC93"

HEAD: Values = {
    Item.NAME: "葛\U000e0102城　髙志",
    Item.NAME_KANA: "カツラギ　タカシ",
    Item.BIRTH_DATE: "昭和60年4月12日",
    Item.SEX: "男",
    Item.RESIDENT_SINCE: "平成25年10月26日",
    Item.ADDRESS_SINCE: "令和3年6月1日",
    Item.NOTIFIED_ON: "令和3年6月3日",
    Item.PREVIOUS_ADDRESS: "東京都葛\U000e0102飾区立石五丁目12番14号　メゾン立石201",
    Item.RELATIONSHIP: "世帯主",
    Item.HONSEKI: "福岡県北九州市小倉北区城内72番地",
    Item.HITTOSHA: "葛\U000e0102城　髙志",
    Item.MY_NUMBER: "123456789018",
    Item.JUMINHYO_CODE: "12345678903",
}
WIFE: Values = HEAD | {
    Item.NAME: "辻\U000e0102﨑　𠮷子",
    Item.NAME_KANA: "ツジサキ　ヨシコ",
    Item.BIRTH_DATE: "昭和61年頃",
    Item.SEX: "女",
    Item.FORMER_NAME: "髙橋",
    Item.RELATIONSHIP: "妻",
    Item.PREVIOUS_ADDRESS: "【空欄】",
    Item.MY_NUMBER: "210987654321",
    Item.JUMINHYO_CODE: "30987654321",
}
CHILD: Values = HEAD | {
    Item.NAME: "葛\U000e0102城　さくら",
    Item.NAME_KANA: "カツラギ　サクラ",
    Item.BIRTH_DATE: "令和元年5月1日",
    Item.SEX: "女",
    Item.RELATIONSHIP: "子",
    Item.ADDRESS_SINCE: "",
    Item.MY_NUMBER: "555555555555",
}
FOREIGN: Values = {
    Item.NAME_LATIN: "GARCIA RODRIGUEZ MARIA FERNANDA DE LOS ANGELES",
    Item.ALIAS: "山田　マリア",
    Item.NAME_KANA: "ガルシア　ロドリゲス　マリア　フェルナンダ",
    Item.BIRTH_DATE: "1990年8月15日",
    Item.SEX: "女",
    Item.RESIDENT_SINCE: "平成30年4月2日",
    Item.ADDRESS_SINCE: "令和2年3月14日",
    Item.NOTIFIED_ON: "令和2年3月16日",
    Item.PREVIOUS_ADDRESS: "神奈川県横浜市中区山下町999番地9　ハイツ山下1203",
    Item.RELATIONSHIP: "妻",
    Item.MY_NUMBER: "987654321098",
    Item.JUMINHYO_CODE: "98765432101",
    Item.NATIONALITY: "フィリピン共和国",
    Item.STATUS_30_45: "中長期在留者",
    Item.RESIDENCE_STATUS: "技術・人文知識・国際業務",
    Item.RESIDENCE_PERIOD: "5年",
    Item.RESIDENCE_EXPIRY: "2028年4月1日",
    Item.RESIDENCE_CARD: "AB12345678CD",
}
NEIGHBOUR: Values = HEAD | {Item.NAME: "渡邉\U000e010f　光", Item.NAME_KANA: "ワタナベ　ヒカル", Item.MY_NUMBER: "777777777777"}

FACE = CertificateFace(
    issue_number=NUMBER,
    issued_on=date(2026, 11, 23),
    issued_on_written="令和8年11月23日",
    as_of_written="令和8年11月23日14時05分",
    city_name="東京都証野市",
    officer_title="市長",
    officer_name="証　野　太　郎",
)
PRINTED = PrintedFace(
    issue_number=NUMBER,
    issued_on=date(2026, 11, 23),
    issued_on_written="令和8年11月23日",
    as_of_written="令和8年11月23日14時05分",
    city_name="東京都証野市",
    officer_title="市長",
    officer_name="証　野　太　郎",
)


def person(values: Values, choices: tuple[Choice, ...], *, ref: int = 0) -> JuminPerson:
    return JuminPerson(ref, tuple(Field(item, values.get(item, "")) for item in items_for(choices)))


def record(*people: Values, choices: tuple[Choice, ...] = ALL, whole: bool = True, address: str = "") -> JuminRecord:
    return JuminRecord(
        transcript=b"t" * 32,
        order_hash=b"o" * 32,
        issue_number=NUMBER,
        subject_token=b"s" * 32,
        row_version=7,
        as_of_ms=1_795_410_300_000,
        address=address or "東京都証野市緑が丘四丁目27番2号　コーポひかり515",
        household_head="葛\U000e0102城　髙志",
        whole_household=whole,
        persons=tuple(person(values, choices, ref=ref) for ref, values in enumerate(people)),
    )


SHAPES: dict[str, tuple[JuminRecord, tuple[Choice, ...]]] = {
    "one, everything": (record(HEAD), ALL),
    "three, everything": (record(HEAD, WIFE, CHILD), ALL),
    "foreign resident, everything": (record(FOREIGN), ALL),
    "two, nothing chosen": (record(HEAD, FOREIGN, choices=NONE, whole=False), NONE),
    "four, one full sheet": (record(HEAD, WIFE, CHILD, FOREIGN, choices=(Choice.FOREIGN,)), (Choice.FOREIGN,)),
    "six, two sheets": (record(HEAD, WIFE, CHILD, FOREIGN, NEIGHBOUR, CHILD), ALL),
}


@cache
def composed(shape: str) -> Composed:
    """Return the file of a shape, made once for all tests."""
    paper, choices = SHAPES[shape]
    return compose_jumin(paper, choices, FACE)
