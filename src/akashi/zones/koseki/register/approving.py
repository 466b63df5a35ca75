"""
Two people decide about a 利用登録: whose signatures count, and how two files become one decision.

Nobody can decide over the network. Each staff member signs the same decision on a machine of their own (`akashi koseki decide`)
and puts the file into a folder of this server; files of two different people over identical bytes are one decision. Who
signed first is its author, the other its approver; nobody is both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from akashi.base.inbox import Inbox
from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.sealing.signing import Purpose, verify
from akashi.wire.codec import parse
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import EnrolDecision
from akashi.zones.koseki.register.errors import DecisionRefused
from akashi.zones.koseki.register.store import KosekiStore


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


class Approvals:
    """
    What staff decide, carried out.

    Args:
        store: the register's database.
        staff: name to Ed25519 public key of everybody who may decide.
        municipality: whose register it is.
        clock: the register's time.
        log: names of staff and files, and codes.

    Raises:
        DecisionRefused: fewer than two staff members, or one key under two names.
    """

    def __init__(self, store: KosekiStore, staff: Mapping[str, bytes], *, municipality: str, clock: Clock, log: Log) -> None:
        if len(set(staff.values())) < max(2, len(staff)):
            raise DecisionRefused(WireCode.INTERNAL, "fewer than two staff members, or one key under two names")
        self._store = store
        self._staff = dict(staff)
        self._municipality = municipality
        self._clock = clock
        self._log = log

    def take(self, inbox: Inbox) -> None:
        """
        Deal with the decisions in the inbox: pairs are carried out, single ones wait, others are set aside.

        Raises:
            StoreFailed: the database said no; the pair stays in the inbox.
        """
        good = []
        for name, untrusted_signed in inbox.read():
            try:
                decision = read_decision(name, untrusted_signed, self._staff)
            except DecisionRefused as refused:
                self._log.event("decision_refused", file=name, code=refused.code.value)
                inbox.settle(name, accepted=False)
            else:
                inbox.keep(name, decision.staff)
                good.append(decision)
        for author, approver in pair_decisions(good):
            accepted = self._carry_out(author, approver)
            for decision in (author, approver):
                inbox.settle(decision.file, accepted=accepted)

    def _carry_out(self, author: SignedDecision, approver: SignedDecision) -> bool:
        decision = parse(EnrolDecision, author.payload)
        try:
            check_city(decision, self._municipality)
            state = self._store.decide(decision, (author.staff, approver.staff), now_ms=self._clock.now_ms())
        except DecisionRefused as refused:
            self._log.event("decision_refused", file=author.file, code=refused.code.value)
            return False
        self._log.event("decision", state=state.value, author=author.staff, approver=approver.staff)
        return True


def check_city(decision: EnrolDecision, municipality: str) -> None:
    """
    Check that a decision is for this city's register.

    Raises:
        DecisionRefused: it is another city's.
    """
    if decision.municipality != municipality:
        raise DecisionRefused(WireCode.CITY_UNKNOWN, "another city's")
