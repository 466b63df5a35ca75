"""
Two people re-open what a contradiction stopped: which requests count, and where they come from.

Nobody can re-open over the network. Each operator signs the same order on a machine of their own (`akashi ledger reopen`) and
puts the file into a folder of the vault; the recorder pairs files of two different operators over identical bytes. A file alone
does nothing, so the folder needs no more protection than any login on the vault: nothing that lies there can end the recorder,
and no number of files keeps two good ones apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from akashi.sealing.signing import Purpose, verify
from akashi.wire.codec import parse
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import ReopenEntry, ReopenOrder
from akashi.zones.vault.recorder.errors import ReopenRefused


@dataclass(frozen=True, slots=True)
class Request:
    """
    One operator's signature under an order.

    Attributes:
        file: name in the inbox.
        operator: whose signature it is.
        payload: the encoded order, as signed.
        signed: the encoded `Signed`.
    """

    file: str
    operator: str
    payload: bytes
    signed: bytes


def read_request(file: str, untrusted_signed: bytes, operators: Mapping[str, bytes]) -> Request:
    """
    Return the request that a file holds.

    Args:
        file: its name.
        untrusted_signed: its content.
        operators: name to Ed25519 public key of everybody who may sign.

    Raises:
        ReopenRefused: not an order signed by one of the operators.
    """
    for operator, public in operators.items():
        try:
            payload = verify(public, Purpose.REOPEN, untrusted_signed)
            parse(ReopenOrder, payload)
        except Refused:
            continue
        return Request(file, operator, payload, untrusted_signed)
    raise ReopenRefused(WireCode.SIGNATURE_BAD, "not signed by an operator")


def check_can_reopen(entry: ReopenEntry, operators: Mapping[str, bytes]) -> ReopenOrder:
    """
    Return the order under which two different operators put their names.

    Raises:
        ReopenRefused: a signature is not an operator's, both are the same person's or key's, or the orders differ.
    """
    first, second = (read_request("", signed, operators) for signed in (entry.first, entry.second))
    if first.operator == second.operator or operators[first.operator] == operators[second.operator]:
        raise ReopenRefused(WireCode.SIGNATURE_BAD, "one operator signed twice")
    if first.payload != second.payload:
        raise ReopenRefused(WireCode.SIGNATURE_BAD, "the two orders differ")
    return parse(ReopenOrder, first.payload)


def pair_requests(requests: Sequence[Request]) -> list[tuple[Request, Request]]:
    """Return pairs of requests by two different operators over the same bytes; what has no partner waits."""
    pairs = []
    waiting: dict[bytes, Request] = {}
    for request in requests:
        partner = waiting.get(request.payload)
        if partner is None:
            waiting[request.payload] = request
        elif partner.operator != request.operator:
            del waiting[request.payload]
            pairs.append((partner, request))
    return pairs
