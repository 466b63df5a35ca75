"""
What can be asked for: kinds of certificate, what the applicant may choose, and the items of a resident record.

Which registry answers for a kind, about whom, with which choices: `akashi.wire.kinds`; the items of a tax record:
`akashi.wire.tax_items`. Source: 住民基本台帳法 第7条 (items of the resident record), 第12条 (copies); requirements C1, C3.
"""

from __future__ import annotations

import enum


class Kind(enum.StrEnum):
    """A kind of certificate. Each is switched on or off per city by a dated decision."""

    JUMINHYO = "juminhyo"
    """住民票の写し: copy of the resident record, whole household or chosen members."""
    JUMINHYO_KISAI = "juminhyo-kisai"
    """住民票記載事項証明書: the same record as a certificate of what is recorded."""
    INKAN = "inkan"
    """印鑑登録証明書: the registered seal."""
    SHOTOKU = "shotoku"
    """所得証明書: income of the year before."""
    KAZEI = "kazei"
    """課税証明書: income, deductions and the residents' tax of a year."""
    HIKAZEI = "hikazei"
    """非課税証明書: that no residents' tax is due for a year."""
    KOSEKI_ZENBU = "koseki-zenbu"
    """戸籍全部事項証明書: everything in the family register."""
    KOSEKI_KOJIN = "koseki-kojin"
    """戸籍個人事項証明書: everything in it about chosen persons."""
    FUHYO = "fuhyo"
    """戸籍の附票の写し: addresses since the register was made, of all or chosen persons."""


class Item(enum.StrEnum):
    """
    One item of a resident record.

    Items in `ALWAYS` are part of every copy; those in `OPTIONAL` are fetched only when the applicant chose them.
    """

    NAME = "name"
    """氏名 as written, variation selectors included."""
    NAME_KANA = "name_kana"
    """氏名の振り仮名."""
    NAME_LATIN = "name_latin"
    """氏名（アルファベット） of a foreign resident."""
    FORMER_NAME = "former_name"
    """旧氏 (registered former surname)."""
    ALIAS = "alias"
    """通称 of a foreign resident."""
    BIRTH_DATE = "birth_date"
    """生年月日 as written: 和暦 for Japanese, 西暦 for foreign residents; may be 不詳."""
    SEX = "sex"
    """性別."""
    RESIDENT_SINCE = "resident_since"
    """住民となった年月日; for foreign residents 外国人住民となった年月日."""
    ADDRESS_SINCE = "address_since"
    """住所を定めた年月日; empty if never moved inside the city."""
    NOTIFIED_ON = "notified_on"
    """届出日."""
    PREVIOUS_ADDRESS = "previous_address"
    """転入前住所."""
    RELATIONSHIP = "relationship"
    """世帯主の氏名・続柄 (optional)."""
    HONSEKI = "honseki"
    """本籍 (optional; with 筆頭者)."""
    HITTOSHA = "hittosha"
    """筆頭者 (chosen together with 本籍)."""
    MY_NUMBER = "my_number"
    """個人番号, 12 digits (optional)."""
    JUMINHYO_CODE = "juminhyo_code"
    """住民票コード, 11 digits (optional; most cities never at a kiosk)."""
    NATIONALITY = "nationality"
    """国籍・地域 (optional, foreign residents)."""
    STATUS_30_45 = "status_30_45"
    """住基法30条の45に規定する区分 (optional, foreign residents)."""
    RESIDENCE_STATUS = "residence_status"
    """在留資格 (optional, foreign residents)."""
    RESIDENCE_PERIOD = "residence_period"
    """在留期間等 (optional, foreign residents)."""
    RESIDENCE_EXPIRY = "residence_expiry"
    """在留期間の満了の日 (optional, foreign residents; 西暦)."""
    RESIDENCE_CARD = "residence_card"
    """在留カード等の番号 (optional, foreign residents)."""


ALWAYS: tuple[Item, ...] = (
    Item.NAME,
    Item.NAME_KANA,
    Item.NAME_LATIN,
    Item.FORMER_NAME,
    Item.ALIAS,
    Item.BIRTH_DATE,
    Item.SEX,
    Item.RESIDENT_SINCE,
    Item.ADDRESS_SINCE,
    Item.NOTIFIED_ON,
    Item.PREVIOUS_ADDRESS,
)


class Choice(enum.StrEnum):
    """What the applicant ticks. Each opens items: of a resident record those in `ITEMS_OF`."""

    RELATIONSHIP = "relationship"
    """世帯主・続柄."""
    HONSEKI = "honseki"
    """本籍・筆頭者."""
    MY_NUMBER = "my-number"
    """個人番号."""
    JUMINHYO_CODE = "juminhyo-code"
    """住民票コード."""
    FOREIGN = "foreign-items"
    """国籍・地域、30条の45の区分、在留資格、在留期間等、満了の日、在留カード等の番号."""
    INDIVIDUAL_SHEETS = "individual-sheets"
    """個人票: one member a sheet instead of 世帯連記式. Opens no item."""
    OVERSEAS_VOTER = "overseas-voter"
    """在外選挙人名簿等への登録 (附票 only)."""


ITEMS_OF: dict[Choice, tuple[Item, ...]] = {
    Choice.RELATIONSHIP: (Item.RELATIONSHIP,),
    Choice.HONSEKI: (Item.HONSEKI, Item.HITTOSHA),
    Choice.MY_NUMBER: (Item.MY_NUMBER,),
    Choice.JUMINHYO_CODE: (Item.JUMINHYO_CODE,),
    Choice.FOREIGN: (
        Item.NATIONALITY,
        Item.STATUS_30_45,
        Item.RESIDENCE_STATUS,
        Item.RESIDENCE_PERIOD,
        Item.RESIDENCE_EXPIRY,
        Item.RESIDENCE_CARD,
    ),
    Choice.INDIVIDUAL_SHEETS: (),
    Choice.OVERSEAS_VOTER: (),
}
"""The items of a resident record that each choice opens."""


def items_for(choices: tuple[Choice, ...]) -> tuple[Item, ...]:
    """Return exactly the items of a resident record that may be fetched for these choices, in the order of the form."""
    return ALWAYS + tuple(item for choice in Choice if choice in choices for item in ITEMS_OF[choice])
