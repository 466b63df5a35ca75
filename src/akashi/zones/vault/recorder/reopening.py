"""
Two people re-open what a contradiction stopped: which requests count, and where they come from.

Nobody can re-open over the network. Each operator signs the same order on a machine of their own (`akashi ledger reopen`) and
puts the file into a folder of the vault; the recorder pairs files of two different operators over identical bytes. A file alone
does nothing, so the folder needs no more protection than any login on the vault: nothing that lies there can end the recorder,
and no number of files keeps two good ones apart.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from akashi.base.log import Log
from akashi.sealing.signing import Purpose, verify
from akashi.wire.codec import parse
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import ReopenEntry, ReopenOrder
from akashi.zones.vault.recorder.errors import ReopenRefused

REQUEST_BYTES_MAX = 16_384
REQUESTS_MAX = 64
"""So many files that were not seen before are read in one round."""
WAITING_MAX = 16
"""So many files of one operator are remembered while they wait for a colleague's."""
REQUEST_SUFFIX = ".signed"
_CHANCE = secrets.SystemRandom()
# A named pipe would keep its opener waiting, and a link could lead anywhere.
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


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


class Inbox:
    """
    The folder of requests: `*.signed` wait, `done/` and `refused/` keep what was dealt with.

    Args:
        folder: made if absent.
        log: is told what cannot be listed, read or moved; it is left where it is.

    Raises:
        OSError: it cannot be made; the server does not start.
    """

    def __init__(self, folder: Path, log: Log) -> None:
        self._folder = folder
        self._log = log
        self._waiting: dict[str, str] = {}
        self._stuck: set[str] = set()
        for name in ("done", "refused"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self) -> list[tuple[str, bytes]]:
        """
        Return (name, untrusted content) of the files that wait for a colleague's and of at most `REQUESTS_MAX` others.

        The others are drawn by lot, so that no name and no time of a file hides another one. Only regular files count.
        """
        try:
            with os.scandir(self._folder) as entries:
                names = {entry.name for entry in entries if entry.name.endswith(REQUEST_SUFFIX) and _is_regular(entry)}
        except OSError as error:
            self._log.event("inbox_unreadable", error=error.errno)
            return []
        self._stuck &= names
        self._waiting = {name: operator for name, operator in self._waiting.items() if name in names}
        others = sorted(names - self._stuck - self._waiting.keys())
        chosen = [*self._waiting, *_CHANCE.sample(others, min(len(others), REQUESTS_MAX))]
        return [(name, content) for name in chosen if (content := self._content(name)) is not None]

    def keep(self, request: Request) -> None:
        """
        Remember that a good request waits, so that it is read in every round until it is settled or withdrawn (removed).

        Of each operator the latest `WAITING_MAX` are remembered; what is forgotten is drawn again.
        """
        own = [name for name, operator in self._waiting.items() if operator == request.operator]
        if request.file not in self._waiting and len(own) >= WAITING_MAX:
            del self._waiting[own[0]]
        self._waiting[request.file] = request.operator

    def settle(self, name: str, *, accepted: bool) -> None:
        """Move a file away, so that it is dealt with once. One that cannot be moved is not read again until the next start."""
        self._waiting.pop(name, None)
        try:
            (self._folder / name).replace(self._folder / ("done" if accepted else "refused") / name)
        except OSError as error:
            self._set_aside(name, error)

    def _content(self, name: str) -> bytes | None:
        try:
            descriptor = os.open(self._folder / name, _OPEN)
            with os.fdopen(descriptor, "rb") as file:
                return file.read(REQUEST_BYTES_MAX + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        except FileNotFoundError:
            return None
        except OSError as error:
            self._set_aside(name, error)
            return None

    def _set_aside(self, name: str, error: OSError) -> None:
        self._stuck.add(name)
        self._log.event("inbox_file_stuck", file=name, error=error.errno)


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False
