"""
Honest kiosks, a bad world: whatever order of requests, resends, kills, power cuts and outages, what was promised holds.

Checked after every step: a number is in one state that the ledger agrees with or will be told; the same request has one answer,
for ever; a certificate is its applicant's; a voided sheet is replaced once; nothing that an honest kiosk does is an incident.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from akashi.rules.states import State
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CertificateAnswer, Outcome, OutcomeAck, Predecessor, RefusalAnswer, StopEntry
from unit.zones.issuance_issuer.stage import TRANSFER, Finished, Stage, step
from unit.zones.issuance_issuer.visitor import Journey, Visitor, frame_of

OWNERS = ("朝倉", "井手", "宇野")
NEIGHBOURS = ("append", "read_record", "attest_certificate", "attest_refusal", "attest_outcome")
DOWN = {WireCode.RELAY_DOWN, WireCode.LEDGER_DOWN}
NOT_FINAL = {WireCode.GRANT_ENDED, WireCode.GRANT_ORDER}
AWAITS = 9
STEPS = 120


class Walk:
    """One issuer, three people, one kiosk, and dice."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.stage = Stage(folder)
        self.visitors: list[Visitor] = []
        self.next_order: dict[int, int] = {}
        self.sent: list[tuple[Visitor, Journey]] = []
        self.answers: dict[bytes, bytes] = {}
        self.certificates: dict[str, CertificateAnswer] = {}
        self.told: dict[str, tuple[int, Outcome]] = {}
        self.done: Counter[str] = Counter()

    def go(self) -> None:
        """Walk, and check after every step."""
        actions: dict[Callable[[], None], int] = {
            self.a_person_comes: 4,
            self.a_person_orders: 12,
            self.a_kiosk_sends_again: 5,
            self.a_kiosk_tells: 7,
            self.a_kiosk_tells_again: 2,
            self.trouble_comes_or_goes: 4,
            self.the_power_is_cut: 1,
            self.time_passes: 1,
            self.stage.tick: 2,
        }
        for _ in range(STEPS):
            (action,) = self.dice.choices(list(actions), list(actions.values()))
            action()
            self.done[action.__name__] += 1
            self.check()

    def a_person_comes(self) -> None:
        visitor = Visitor(self.stage, self.dice.choice(OWNERS), kiosk=1, seed=100 + len(self.visitors))
        visitor.open_grant()
        self.visitors.append(visitor)
        self.next_order[visitor.seed] = 1

    def a_person_orders(self) -> None:
        if not self.visitors:
            return
        visitor = self.dice.choice(self.visitors[-3:])
        number = self.next_order[visitor.seed]
        changes: dict[str, Any] = {}
        jammed = [name for name, (_, outcome) in self.told.items() if outcome is Outcome.VOID and name not in self.replaced()]
        if jammed and self.dice.random() < 0.6:
            name = self.dice.choice(jammed)
            changes = {"fee_yen": 0, "predecessor": Predecessor(name, self.told[name][0])}
        if number > 10:
            return
        journey = visitor.order(number, **changes)
        self.sent.append((visitor, journey))
        self.send(visitor, journey)
        # A kiosk counts on when its request arrived.
        if self.stage.rows("SELECT 1 FROM orders WHERE number = ? AND transcript = ?", number, visitor.transcript):
            self.next_order[visitor.seed] = number + 1

    def a_kiosk_sends_again(self) -> None:
        if self.sent:
            self.send(*self.dice.choice(self.sent[-6:]))

    def send(self, visitor: Visitor, journey: Journey) -> None:
        """Send, and let the work end, or kill it at one of its awaits."""
        awaits = self.dice.randint(1, AWAITS) if self.dice.random() < 0.3 else 1_000
        work: Any = self.stage.issuer.forward(TRANSFER, frame_of(journey))
        try:
            for _ in range(awaits):
                step(work)
        except Finished as finished:
            self.check_answer(visitor, journey, finished.value)
        except Refused as refused:
            assert refused.code in {*DOWN, WireCode.GRANT_ENDED}  # noqa: PT017 - depends on what is down
            self.done[f"plain {refused.code}"] += 1
        else:
            work.close()
            self.done["killed"] += 1

    def check_answer(self, visitor: Visitor, journey: Journey, sealed: bytes) -> None:
        answer = visitor.open(journey, sealed)
        if not (isinstance(answer, RefusalAnswer) and answer.code in NOT_FINAL):
            assert self.answers.setdefault(journey.envelope_hash, sealed) == sealed
        if isinstance(answer, RefusalAnswer):
            self.done[f"sealed {answer.code}"] += 1
            return
        assert isinstance(answer, CertificateAnswer)
        assert f"{visitor.owner}氏名目印".encode() in answer.pdf
        assert not any(f"{other}氏名目印".encode() in answer.pdf for other in OWNERS if other != visitor.owner)
        self.certificates[answer.issue_number] = answer
        self.done["certificate"] += 1

    def a_kiosk_tells(self) -> None:
        untold = sorted(self.certificates.keys() - self.told.keys())
        if untold:
            number = self.dice.choice(untold)
            self.told[number] = (len(self.told) + 1, self.dice.choice(list(Outcome)))
            self.tell(number)

    def a_kiosk_tells_again(self) -> None:
        if self.told:
            self.tell(self.dice.choice(sorted(self.told)))

    def tell(self, number: str) -> None:
        sequence, outcome = self.told[number]
        cause = WireCode.INTERNAL if outcome is Outcome.VOID else None
        try:
            answer = self.visitors[0].tell(sequence, number, outcome, cause)
        except Refused as refused:
            assert refused.code in DOWN  # noqa: PT017 - depends on what is down
            return
        if isinstance(answer, OutcomeAck):
            assert self.stage.recorder.state(number) is (State.TAKEN if outcome is Outcome.TAKEN else State.VOID)
            self.done[f"told {outcome}"] += 1
        else:
            assert isinstance(answer, RefusalAnswer)
            assert answer.code in DOWN

    def in_trouble(self) -> bool:
        return bool(self.stage.link.fails or self.stage.link.loses_answer)

    def trouble_comes_or_goes(self) -> None:
        link, method = self.stage.link, self.dice.choice(NEIGHBOURS)
        if self.in_trouble():
            link.fails.clear()
            link.loses_answer.clear()
        elif self.dice.random() < 0.5:
            link.fails[method] = WireCode.LEDGER_DOWN if method == "append" else WireCode.RELAY_DOWN
        else:
            link.loses_answer.add(method)

    def the_power_is_cut(self) -> None:
        self.stage.restart()

    def time_passes(self) -> None:
        self.stage.clock.add(self.dice.choice([1, 10, 31]) * 60_000)

    def replaced(self) -> list[str]:
        query = "SELECT replaces FROM numbers WHERE replaces IS NOT NULL AND voided_by IS NOT 'issuer'"
        return [row[0] for row in self.stage.rows(query)]

    def check(self) -> None:
        """Check what must hold at every moment; and once nothing is down, that the ledger has everything."""
        assert self.stage.rows("SELECT count(*) FROM numbers WHERE state = 'intent'") == [(0,)]
        assert self.stage.rows("SELECT count(*) FROM orders WHERE state = 'working'") == [(0,)]
        assert self.stage.rows("SELECT * FROM incidents") == []
        assert self.stage.recorder.of_kind(StopEntry) == []
        assert len(self.replaced()) == len(set(self.replaced()))
        if self.in_trouble():
            return
        self.stage.tick()
        for number, state, intent in self.stage.rows("SELECT issue_number, state, intent_ledger FROM numbers"):
            assert intent == "recorded"
            assert self.stage.recorder.state(number) is State(state)


@pytest.mark.promise("C4", "C15")
@pytest.mark.parametrize("seed", range(8))
def test_a_walk(tmp_path: Path, seed: int) -> None:
    walk = Walk(tmp_path, seed)
    walk.go()
    assert walk.certificates


def test_the_walks_get_everywhere(tmp_path: Path) -> None:
    done: Counter[str] = Counter()
    replaced = 0
    for seed in range(100, 106):
        (tmp_path / str(seed)).mkdir()
        walk = Walk(tmp_path / str(seed), seed)
        walk.go()
        done += walk.done
        replaced += len(walk.replaced())
    wanted = {"certificate", "killed", "told taken", "told void", "sealed ISSUE_VOIDED", "sealed GRANT_ENDED", "the_power_is_cut"}
    assert {what for what in wanted if done[what] < 3} == set(), done
    assert replaced >= 3


@pytest.mark.nightly
@pytest.mark.promise("C4", "C15")
@pytest.mark.parametrize("seed", range(1_000, 1_300))
def test_many_walks(tmp_path: Path, seed: int) -> None:
    Walk(tmp_path, seed).go()
