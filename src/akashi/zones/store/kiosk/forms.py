"""What the page's forms say: bytes from a browser into a wish that the city offered, or a reason why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import KINDS, About
from akashi.wire.messages import EligibilityAnswer, Member
from akashi.zones.store.kiosk.service import Wish

Form = dict[str, list[str]]

FORM_BYTES_MAX = 8192
_FIELDS_MAX = 200
_MEMBER_REF = re.compile(r"[0-9]{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Ticks:
    """What is ticked for one kind of certificate. Holds whom somebody chose, so it has no repr."""

    kind: Kind
    members: frozenset[int]
    choices: frozenset[Choice]


async def read_form(request: Request) -> Form | None:
    """Return the posted fields, or None where it is no form of ours."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES_MAX:
                return None
        return parse_qs(body.decode("ascii"), max_num_fields=_FIELDS_MAX)
    except (ValueError, ClientDisconnect):
        return None


def text(form: Form, key: str) -> str:
    """Return the first value of a field, "" where there is none."""
    return form.get(key, [""])[0]


def parse_ticks(untrusted: Form) -> Ticks | None:
    """Return what is ticked, or None where the form names a kind or an item that does not exist."""
    try:
        kind = Kind(text(untrusted, "kind"))
        choices = frozenset(Choice(value) for value in untrusted.get("choice", []))
    except ValueError:
        return None
    members = frozenset(int(value) for value in untrusted.get("member", []) if _MEMBER_REF.fullmatch(value))
    return Ticks(kind, members, choices)


def members_of(kind: Kind, answer: EligibilityAnswer) -> tuple[Member, ...]:
    """Return who can be on a certificate of that kind, for the choice on the screen; nobody where the kind names nobody."""
    match KINDS[kind].about:
        case About.HOUSEHOLD:
            return answer.members
        case About.KOSEKI_MEMBERS:
            return answer.koseki_members
        case _:
            return ()


def wish_from(ticks: Ticks | None, answer: EligibilityAnswer) -> Wish:
    """
    Return the wish, at the fee that was offered.

    Raises:
        Refused: what is ticked is not among what was offered (KIND_OFF or the offer's own reason, MEMBER_UNKNOWN, OPTION_OFF).
    """
    offer = next((offer for offer in answer.offers if ticks is not None and offer.kind is ticks.kind), None)
    if ticks is None or offer is None:
        raise Refused(WireCode.KIND_OFF)
    if offer.refusal is not None:
        raise Refused(offer.refusal)
    members = {member.member_ref for member in members_of(offer.kind, answer)}
    chosen_members = ticks.members if members else frozenset()
    if (members and not chosen_members) or not chosen_members <= members:
        raise Refused(WireCode.MEMBER_UNKNOWN)
    if not ticks.choices <= frozenset(offer.choices):
        raise Refused(WireCode.OPTION_OFF)
    chosen = tuple(choice for choice in Choice if choice in ticks.choices)
    return Wish(offer.kind, tuple(sorted(chosen_members)), chosen, offer.fee_yen, year=offer.year)
