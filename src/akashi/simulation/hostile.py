"""
Every relay in hostile hands: what hq, the center's relay, the LGWAN gateway and the transfer server can do to what passes.

It sees and may change every byte on every link that one of them is an end of, remembers what it saw, and may send it again to
anybody whom that server may call. It has no key of the ends, of validity or of a kiosk; it does hold the relays' TLS identities.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from msgspec import structs

from akashi.base.ports import CallFailed
from akashi.simulation.faults import Fault, FaultCounts
from akashi.simulation.network import Call
from akashi.simulation.scheduler import Promise, Scheduler
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.errors import WireCode
from akashi.wire.messages import Envelope, Frame

HELD_SERVERS = frozenset({"hq/forwarder", "center/relay", "lgwan/gateway", "dmz/transfer"})
FORGED_CODES = (WireCode.NOT_AVAILABLE, WireCode.CITY_STOPPED, WireCode.CARD_REVOKED, WireCode.GRANT_ENDED, WireCode.BUSY)
"""False refusals that it gives in place of an answer: some that only a sealed answer may say, some that a hop may."""
MEMORY = 64
"""How many requests and answers of each kind it remembers."""


@dataclass(frozen=True, slots=True)
class _Seen:
    callee: str
    method: str
    body: bytes


class Hostile:
    """
    The adversary.

    Args:
        scheduler: for delays.
        counts: of what it really did.
        share: of calls that it tampers with, 0 to 1.
        random: its own; seeded.
    """

    def __init__(self, scheduler: Scheduler, counts: FaultCounts, *, share: float, random: Random) -> None:
        self._scheduler = scheduler
        self._counts = counts
        self._share = share
        self._random = random
        self._requests: deque[_Seen] = deque(maxlen=MEMORY)
        self._answers: dict[str, deque[bytes]] = {}

    def on_request(self, call: Call, send: Callable[[Call], None]) -> bool:
        """See `network.Adversary.on_request`."""
        if not self._mine(call):
            return False
        self._requests.append(_Seen(call.callee, call.method, call.body))
        if self._random.random() >= self._share:
            return False
        attack = self._random.choice(
            (self._flip, self._replay, self._hold, self._drop, self._rewrap, self._swap_token, self._again)
        )
        return attack(call, send)

    def on_answer(self, call: Call, answer: bytes) -> bytes | None:
        """See `network.Adversary.on_answer`."""
        if not self._mine(call):
            return answer
        kept = self._answers.setdefault(call.method, deque(maxlen=MEMORY))
        kept.append(answer)
        if self._random.random() >= self._share:
            return answer
        drawn = self._random.randrange(4)
        if drawn == 0 and answer:
            self._counts[Fault.BIT_FLIPPED] += 1
            return self._flipped(answer)
        if drawn == 1:
            self._counts[Fault.SWAPPED] += 1
            return self._random.choice(kept)
        if drawn == 2:  # noqa: PLR2004 - third of four
            self._counts[Fault.CODE_FORGED] += 1
            if self._random.random() < 0.5:  # noqa: PLR2004 - either
                return self._random.choice((b"", b"TAKEN", WireCode.NOT_AVAILABLE.encode(), self._random.randbytes(300)))
            call.answer.fail(CallFailed(self._random.choice(FORGED_CODES)))
            return None
        self._counts[Fault.DROPPED] += 1
        return None

    def _mine(self, call: Call) -> bool:
        return call.caller.server in HELD_SERVERS or call.callee in HELD_SERVERS

    def _flipped(self, body: bytes) -> bytes:
        place = self._random.randrange(len(body))
        return body[:place] + bytes((body[place] ^ (1 << self._random.randrange(8)),)) + body[place + 1 :]

    def _flip(self, call: Call, _send: Callable[[Call], None]) -> bool:
        if call.body:
            self._counts[Fault.BIT_FLIPPED] += 1
            call.body = self._flipped(call.body)
        return False

    def _replay(self, call: Call, _send: Callable[[Call], None]) -> bool:
        """Send an older request of the same kind in place of this one."""
        older = [seen.body for seen in self._requests if (seen.callee, seen.method) == (call.callee, call.method)]
        self._counts[Fault.REPLAYED] += 1
        call.body = self._random.choice(older)
        return False

    def _again(self, call: Call, send: Callable[[Call], None]) -> bool:
        """Let the request pass, and send an older one beside it, unasked, at some later time."""
        seen = self._random.choice([seen for seen in self._requests if (seen.callee, seen.method) == (call.callee, call.method)])
        self._counts[Fault.REPLAYED] += 1
        self._send_beside(call, seen.body, send)
        return False

    def _hold(self, call: Call, send: Callable[[Call], None]) -> bool:
        """Keep the request and let it go around its deadline or long after it."""
        self._counts[Fault.HELD] += 1
        self._scheduler.after(int(call.deadline_ms * self._random.choice((0.5, 0.97, 1.0, 1.5, 20.0))), lambda: send(call))
        return True

    def _drop(self, _call: Call, _send: Callable[[Call], None]) -> bool:
        self._counts[Fault.DROPPED] += 1
        return True

    def _rewrap(self, call: Call, send: Callable[[Call], None]) -> bool:
        """Rearrange the envelope's parts, in the request itself or in a copy that is sent beside it."""
        frame, envelope = _opened(call.body)
        if frame is None or envelope is None:
            return False
        others = [other for seen in self._requests for other in [_opened(seen.body)[1]] if other is not None]
        other = self._random.choice(others)
        wrapped = self._random.choice(
            (
                # The part that the issuer does not read: what was sealed to it stays as it was.
                structs.replace(envelope, validity_part=other.validity_part),
                structs.replace(envelope, validity_part=self._random.randbytes(40)),
                structs.replace(envelope, validity_part=b""),
                structs.replace(envelope, issuer_part=other.issuer_part),
                structs.replace(envelope, header=other.header),
            )
        )
        self._counts[Fault.REWRAPPED] += 1
        body = codec.encode(structs.replace(frame, envelope=codec.encode(wrapped)))
        if self._random.random() < 0.5:  # noqa: PLR2004 - either
            call.body = body
        else:
            self._send_beside(call, body, send)
        return False

    def _send_beside(self, call: Call, body: bytes, send: Callable[[Call], None]) -> None:
        extra = Call(call.caller, call.callee, call.method, body, call.deadline_ms, Promise(self._scheduler))
        self._scheduler.after(self._random.choice((0, 50, 5_000, 200_000, 2_000_000)), lambda: send(extra))

    def _swap_token(self, call: Call, _send: Callable[[Call], None]) -> bool:
        """Attach validity's word about another journey."""
        frame, _ = _opened(call.body)
        tokens = self._answers.get("check_card")
        if frame is None or not frame.validity_token or not tokens:
            return False
        self._counts[Fault.WORD_SWAPPED] += 1
        call.body = codec.encode(structs.replace(frame, validity_token=self._random.choice(tokens)))
        return False


def _opened(body: bytes) -> tuple[Frame | None, Envelope | None]:
    try:
        frame = codec.parse(Frame, body)
        return frame, codec.parse(Envelope, frame.envelope)
    except Malformed:
        return None, None
