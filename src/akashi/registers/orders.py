"""
The one form of an order, as every register checks it for itself.

Source: docs/spec/protocol.md section 5.1.
"""

from __future__ import annotations

from itertools import pairwise

from akashi.registers.errors import CallRefused
from akashi.wire.certificates import Choice
from akashi.wire.errors import WireCode
from akashi.wire.kinds import KINDS
from akashi.wire.messages import IssueOrder, SubjectTicket

_CHOICE_ORDER = {choice: place for place, choice in enumerate(Choice)}


def check_form(order: IssueOrder, issue_number: str, ticket: SubjectTicket) -> None:
    """
    Check that an order is of the ticket's session and city and has its one form.

    Raises:
        CallRefused: another session's (SIGNATURE_BAD); another city's number, or members, choices or year that the kind does not
            have, out of order, or named twice (MALFORMED).
    """
    if order.transcript != ticket.transcript:
        raise CallRefused(WireCode.SIGNATURE_BAD, "an order of another session")
    if not issue_number.startswith(f"{ticket.municipality}-"):
        raise CallRefused(WireCode.MALFORMED, "another city's issue number")
    facts = KINDS[order.kind]
    places = [_CHOICE_ORDER[choice] for choice in order.choices]
    if any(after <= before for before, after in (*pairwise(order.members), *pairwise(places))):
        raise CallRefused(WireCode.MALFORMED, "members or choices out of order or named twice")
    if bool(order.members) != facts.names_members or bool(order.year) != facts.yearly:
        raise CallRefused(WireCode.MALFORMED, "members or year that the kind does not have")
    if any(choice not in facts.choices for choice in order.choices):
        raise CallRefused(WireCode.MALFORMED, "a choice that the kind does not have")
