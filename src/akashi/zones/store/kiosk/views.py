"""
What the kiosk's page says: facts of a visit turned into words of one language, and words into HTML.

It decides nothing. A word that a language lacks is replaced by its key, so that no missing text ever breaks the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import jinja2

from akashi.base.locale import LANGUAGES, say, texts
from akashi.card.errors import PinWrong
from akashi.rules.eras import format_wareki, format_wareki_minute, jst_datetime
from akashi.wire.certificates import Kind
from akashi.wire.errors import FACTS, Acts, Refused, WireCode
from akashi.wire.kinds import KINDS
from akashi.wire.messages import EligibilityAnswer, KindOffer, Member
from akashi.zones.store.kiosk.forms import Ticks, members_of


@dataclass(slots=True, repr=False)
class Words:
    """The page in one language."""

    language: str = LANGUAGES[0]
    idle_s: int = 180
    warning_s: int = 60

    def page(self, view: str, **values: object) -> str:
        """Return the HTML of a view: "start", "choose", "done", "error", "busy", "working" or "hidden"."""
        facts: dict[str, object] = {"error": None, "once": "", "refresh_s": 0, **values}
        other = next(one for one in LANGUAGES if one != self.language)
        words = _Texts(texts("kiosk", self.language))
        return _template().render(view=view, language=self.language, other=other, t=words, **facts)

    def style(self) -> str:
        """Return the style sheet; the moment at which the warning shows is in it, because the page has no script."""
        return resource("kiosk.css").replace("0s /* warning */", f"{max(0, self.idle_s - self.warning_s)}s")

    def refusal(self, refusal: Refused) -> dict[str, str]:
        """Return what a refusal says, and who can act on it where that is not the person who reads it."""
        acts = FACTS[refusal.code].acts
        tries = say("kiosk", "tries_left", self.language) if isinstance(refusal, PinWrong) else ""
        return {
            "sentence": self.sentence(refusal.code),
            "who": "" if acts is Acts.RESIDENT else say("kiosk", f"who_{acts.value}", self.language),
            "tries": tries.replace("{tries}", str(refusal.tries_left)) if isinstance(refusal, PinWrong) else "",
        }

    def sentence(self, code: WireCode) -> str:
        """Return a code's sentence."""
        return say("codes", code.value, self.language)

    def members(self, members: tuple[Member, ...], ticks: Ticks | None) -> list[dict[str, object]]:
        """Return people for the screen. Before anything was ticked, only the applicant is: the least that can leave."""
        return [
            {
                "ref": member.member_ref,
                "name": member.name,
                "relationship": member.relationship,
                "is_applicant": member.is_applicant,
                "ticked": member.member_ref in ticks.members if ticks else member.is_applicant,
            }
            for member in members
        ]

    def offers(self, answer: EligibilityAnswer, ticks: Mapping[Kind, Ticks]) -> list[dict[str, object]]:
        """Return the offers for the screen: what can be had, then what cannot, with the reason."""
        ordered = sorted(answer.offers, key=lambda offer: offer.refusal is not None)
        return [self._offer(offer, answer, ticks.get(offer.kind)) for offer in ordered]

    def _offer(self, offer: KindOffer, answer: EligibilityAnswer, ticks: Ticks | None) -> dict[str, object]:
        ticked = ticks.choices if ticks else frozenset()
        return {
            "kind": offer.kind.value,
            "name": say("certificates", offer.kind.value, self.language),
            "fee": offer.fee_yen,
            "refusal": self.sentence(offer.refusal) if offer.refusal else "",
            "year": self.year(offer.year),
            "as_of": self.moment(offer.as_of_ms or answer.as_of_ms),
            "about": say("kiosk", f"about_{KINDS[offer.kind].about.value.replace('-', '_')}", self.language),
            "members": self.members(members_of(offer.kind, answer), ticks),
            "choices": [
                {"code": choice.value, "name": say("certificates", choice.value, self.language), "ticked": choice in ticked}
                for choice in offer.choices
            ],
        }

    def year(self, year: int) -> str:
        """Return a 年度 as people write it, or "" for none."""
        if not year:
            return ""
        return f"{format_wareki(date(year, 12, 31)).split('年')[0]}年度" if self.language == "ja" else f"fiscal {year}"

    def moment(self, time_ms: int) -> str:
        """Return a moment as people write it, or "" where it is outside every calendar."""
        try:
            return format_wareki_minute(time_ms) if self.language == "ja" else f"{jst_datetime(time_ms):%Y-%m-%d %H:%M}"
        except Refused:
            return ""


class _Texts:
    """The page's words by attribute; one that is missing is its own name."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def __getattr__(self, key: str) -> str:
        return self._words.get(key, key)


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(resource("page.html"))


def resource(name: str) -> str:
    """Return one of the page's two files."""
    return files("akashi.zones.store.kiosk").joinpath("page", name).read_text("utf-8")
