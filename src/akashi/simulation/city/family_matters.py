"""Matters of made-up family registers: each event with its labelled lines, after the samples of the law (付録第25号記載例)."""

from __future__ import annotations

from datetime import date, timedelta

from akashi.rules.eras import format_wareki
from akashi.zones.koseki.register.records import Dated, Line, Matter

REFORM_REASON = "平成６年法務省令第５１号附則第２条第１項による改製"
"""Why registers on paper were written anew when they were computerised."""


def dated(day: date) -> Dated:
    """Return a day in 和暦."""
    return Dated(written=format_wareki(day), day=day)


def _matter(title: str, *lines: tuple[str, str | date]) -> Matter:
    """Return a matter; a line with an empty value is left out."""
    return Matter(
        title=title,
        lines=tuple(
            Line(label=label, value=format_wareki(value) if isinstance(value, date) else value) for label, value in lines if value
        ),
    )


def made(day: date) -> Matter:
    """編製."""
    return _matter("戸籍編製", ("編製日", day))


def reformed(day: date) -> Matter:
    """改製."""
    return _matter("戸籍改製", ("改製日", day), ("改製事由", REFORM_REASON))


def register_moved(day: date, came_from: str, city: str) -> Matter:
    """転籍 from another city."""
    return _matter(
        "転籍", ("転籍日", day), ("従前本籍", came_from), ("送付を受けた日", day + timedelta(days=4)), ("受理者", city)
    )


def born(day: date | None, written: str, place: str, by: str) -> Matter:
    """出生; `written` where the day is not known."""
    lines: list[tuple[str, str | date]] = [("出生日", written if day is None else day), ("出生地", place)]
    if day is not None:
        lines.append(("届出日", day + timedelta(days=7)))
    return _matter("出生", *lines, ("届出人", by))


def married(day: date, spouse: str, came_from: str, nationality: str = "") -> Matter:
    """婚姻: who came into a new register."""
    return _matter("婚姻", ("婚姻日", day), ("配偶者氏名", spouse), ("配偶者の国籍", nationality), ("従前戸籍", came_from))


def married_away(day: date, spouse: str, new_register: str, surname: str) -> Matter:
    """婚姻: who left the register for a new one."""
    received = day + timedelta(days=5)
    return _matter(
        "婚姻",
        ("婚姻日", day),
        ("配偶者氏名", spouse),
        ("送付を受けた日", received),
        ("新本籍", new_register),
        ("称する氏", surname),
    )


def divorced(day: date, spouse: str, new_register: str = "") -> Matter:
    """離婚."""
    return _matter("離婚", ("離婚日", day), ("配偶者氏名", spouse), ("新本籍", new_register))


def parental(day: date, who: str) -> Matter:
    """親権 after a divorce."""
    return _matter("親権", ("親権者を定めた日", day), ("親権者", who), ("届出人", "父母"))


def died(day: date, place: str, by: str) -> Matter:
    """死亡."""
    return _matter(
        "死亡",
        ("死亡日", day),
        ("死亡時分", "午後８時３０分"),
        ("死亡地", place),
        ("届出日", day + timedelta(days=2)),
        ("届出人", by),
    )


def spouse_died(day: date) -> Matter:
    """配偶者の死亡."""
    return _matter("配偶者の死亡", ("配偶者の死亡日", day))


def adopted(day: date, adopter: str, consent: str) -> Matter:
    """養子縁組: the child's side."""
    return _matter("養子縁組", ("縁組日", day), ("養父氏名", adopter), ("代諾者", consent))


def adopting(day: date, child: str) -> Matter:
    """養子縁組: the adoptive parent's side."""
    return _matter("養子縁組", ("縁組日", day), ("養子氏名", child))


def acknowledged(day: date, father: str, register: str) -> Matter:
    """認知: the child's side."""
    return _matter("認知", ("認知日", day), ("認知者氏名", father), ("認知者の戸籍", register))


def parted(day: date, came_from: str) -> Matter:
    """分籍: a register of one's own."""
    return _matter("分籍", ("分籍日", day), ("従前戸籍", came_from))


def corrected_father(day: date) -> Matter:
    """更正 of the father's name, with what stood there before one level in."""
    return Matter(
        title="更正",
        lines=(
            Line(label="更正日", value=format_wareki(day)),
            Line(label="更正事項", value="父の氏名"),
            Line(label="更正事由", value="父母婚姻"),
            Line(label="従前の記録"),
            Line(label="父", value="", level=1),
        ),
    )
