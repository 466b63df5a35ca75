"""
Two people decide about a 利用登録: whose signatures count, and how two files become one decision.

Nobody can decide over the network. Each staff member signs the same decision on a machine of their own (`akashi koseki decide`)
and puts the file into a folder of this server; files of two different people over identical bytes are one decision. Who
signed first is its author, the other its approver; nobody is both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from akashi.sealing.signing import Purpose, verify
from akashi.wire.codec import parse
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import EnrolDecision
from akashi.zones.koseki.register.errors import DecisionRefused


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """
    One staff member's signature under a decision.

    Attributes:
        file: name in the inbox.
        staff: whose signature it is.
        payload: the encoded decision, as signed.
    """

    file: str
    staff: str
    payload: bytes


def read_decision(file: str, untrusted_signed: bytes, staff: Mapping[str, bytes]) -> SignedDecision:
    """
    Return the signed decision that a file holds.

    Args:
        file: its name.
        untrusted_signed: its content.
        staff: name to Ed25519 public key of everybody who may decide.

    Raises:
        DecisionRefused: not a decision signed by one of them.
    """
    for name, public in staff.items():
        try:
            payload = verify(public, Purpose.ENROL_DECISION, untrusted_signed)
            parse(EnrolDecision, payload)
        except Refused:
            continue
        return SignedDecision(file, name, payload)
    raise DecisionRefused(WireCode.SIGNATURE_BAD, "not signed by a staff member")


def pair_decisions(decisions: Sequence[SignedDecision]) -> list[tuple[SignedDecision, SignedDecision]]:
    """Return (author's, approver's) of two different people over the same bytes; what has no partner waits."""
    pairs = []
    waiting: dict[bytes, SignedDecision] = {}
    for decision in decisions:
        partner = waiting.setdefault(decision.payload, decision)
        if partner.staff != decision.staff:
            del waiting[decision.payload]
            pairs.append((partner, decision))
    return pairs


def check_staff(staff: Mapping[str, bytes]) -> None:
    """
    Refuse a list of staff in which one person could be two.

    Raises:
        DecisionRefused: fewer than two, or one key under two names.
    """
    if len(set(staff.values())) < max(2, len(staff)):
        raise DecisionRefused(WireCode.INTERNAL, "fewer than two staff members, or one key under two names")
