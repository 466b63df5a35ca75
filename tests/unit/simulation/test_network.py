"""Machines and links: topology, faults, crashes, fences; all with small servers made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from akashi.base.ports import Caller, CallFailed, Endpoint
from akashi.simulation.faults import CALM, Fault, FaultPlan
from akashi.simulation.hostile import FORGED_CODES, Hostile
from akashi.simulation.network import Call, Network
from akashi.simulation.node import Booted, Generation, Node, World
from akashi.simulation.scheduler import Fenced, Scheduler, seeded
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import Envelope, Frame


class Notes:
    """A store: what is in `lines` was committed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.closed = 0

    def write(self, line: str) -> int:
        self.lines.append(line)
        return len(self.lines)


class Bench:
    """A kiosk and a forwarder with a store."""

    def __init__(self, plan: FaultPlan = CALM, seed: int = 1) -> None:
        self.scheduler = Scheduler(seed, start_ms=1_000_000)
        self.counts: Counter[Fault] = Counter()
        self.network = Network(self.scheduler, plan, self.counts)
        self.world = World(self.scheduler, plan, self.counts, self.network)
        self.notes = Notes()
        self.seen: list[tuple[Caller, bytes]] = []
        self.after: list[str] = []
        self.kiosk = Node(self.world, "store/kiosk", lambda _life: Booted({}), seeded(seed), instance="K0001")
        self.hq = Node(self.world, "hq/forwarder", self.boot, seeded(seed + 1))
        for node in (self.kiosk, self.hq):
            self.network.add(node)
            node.start()

    def boot(self, life: Generation) -> Booted:
        store = life.fenced(self.notes)

        async def forward(caller: Caller, body: bytes) -> bytes:
            self.seen.append((caller, body))
            if body == b"refuse":
                raise Refused(WireCode.BUSY, "asked for")
            if body == b"bug":
                raise KeyError("a bug")
            try:
                store.write("begin")
                await life.clock.sleep_ms(10)
                await life.compute.run(len, body)
                store.write("end")
                return body + life.ids.random_bytes(0)
            finally:
                self.after.append("finally")
                store.write("after the end")

        def close() -> None:
            self.notes.closed += 1

        return Booted({"forward": Endpoint(forward, 100)}, close=close)

    def call(self, body: bytes, *, callee: str = "hq/forwarder", deadline_ms: int = 1000) -> bytes:
        life = self.kiosk.generation
        assert life is not None
        return self.scheduler.complete(_call(life, callee, body, deadline_ms), life)


async def _call(life: Generation, callee: str, body: bytes, deadline_ms: int) -> bytes:
    return await life.link.call(callee, "forward", body, deadline_ms=deadline_ms)


def test_the_callee_learns_who_truly_calls() -> None:
    bench = Bench()
    assert bench.call(b"hello") == b"hello"
    assert bench.seen == [(Caller("store/kiosk", "K0001"), b"hello")]
    assert bench.network.calls == 1


def test_what_the_topology_does_not_list_never_arrives() -> None:
    bench = Bench()
    for callee in ("center/relay", "issuance/issuer", "core/residents", "nobody"):
        with pytest.raises(CallFailed, match="CALLER_REFUSED"):
            bench.call(b"hello", callee=callee)
    assert bench.network.calls == 0


@pytest.mark.parametrize(("body", "code"), [(b"refuse", "BUSY"), (b"x" * 101, "OVERSIZE"), (b"bug", "INTERNAL")])
def test_refusals_cross_as_codes_and_bugs_are_kept(body: bytes, code: str) -> None:
    bench = Bench()
    with pytest.raises(CallFailed, match=code):
        bench.call(body)
    assert len(bench.network.bugs) == (code == "INTERNAL")
    assert bench.network.refusals == ({("hq/forwarder", "forward", "BUSY"): 1} if code == "BUSY" else {})


def test_a_machine_that_is_down_is_not_reached() -> None:
    bench = Bench()
    bench.hq.crash(back_after_ms=5000)
    with pytest.raises(CallFailed, match="RELAY_DOWN"):
        bench.call(b"hello")
    bench.scheduler.complete(bench.scheduler.sleep_ms(6000))
    assert bench.call(b"hello") == b"hello"
    assert (bench.hq.starts, bench.notes.closed) == (2, 1)


@pytest.mark.parametrize("point", range(1, 10))
def test_a_crash_at_any_point_keeps_what_was_committed_and_nothing_after(point: int) -> None:
    bench = Bench()
    bench.hq.crash_at(point, back_after_ms=50)
    with pytest.raises(CallFailed, match="RELAY_DOWN"):
        bench.call(b"hello")
    assert bench.counts[Fault.CRASH] == 1
    # Points: first step, before and after "begin", two awaits, before and after "end", before and after "after the end".
    expected = {1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 1, 7: 2, 8: 2, 9: 3}[point]
    assert bench.notes.lines == ["begin", "end", "after the end"][:expected]
    assert bench.after == ([] if point == 1 else ["finally"])  # its block ran; what it wrote met the fence
    bench.scheduler.complete(bench.scheduler.sleep_ms(100))
    assert bench.call(b"again") == b"again"


def test_every_door_of_a_dead_life_is_shut() -> None:
    bench = Bench()
    life = bench.hq.generation
    assert life is not None
    bench.hq.crash(back_after_ms=10)
    doors: list[Callable[[], object]] = [
        life.clock.now_ms,
        life.clock.monotonic_ms,
        lambda: life.ids.random_bytes(1),
        lambda: life.fenced(bench.notes).write("dead"),
        lambda: bench.scheduler.complete(life.clock.sleep_ms(1)),
        lambda: bench.scheduler.complete(life.compute.run(len, b"")),
        lambda: bench.scheduler.complete(life.link.call("center/relay", "forward", b"", deadline_ms=5)),
    ]
    for door in doors:
        with pytest.raises(Fenced):
            door()
    assert bench.notes.lines == []


@pytest.mark.parametrize(
    ("plan", "fault", "code"),
    [
        (FaultPlan(request_lost=1), Fault.REQUEST_LOST, "DEADLINE_PASSED"),
        (FaultPlan(answer_lost=1), Fault.ANSWER_LOST, "DEADLINE_PASSED"),
        (FaultPlan(unreachable=1), Fault.UNREACHABLE, "RELAY_DOWN"),
        (FaultPlan(slow=1, slow_ms=10**9), Fault.SLOW, "DEADLINE_PASSED"),
        (FaultPlan(slow_composer=1, compute_ms=200), Fault.SLOW_COMPOSER, "DEADLINE_PASSED"),
    ],
)
def test_each_fault_happens_and_is_counted(plan: FaultPlan, fault: Fault, code: str) -> None:
    bench = Bench(plan)
    with pytest.raises(CallFailed, match=code):
        bench.call(b"hello")
    assert bench.counts[fault] >= 1
    assert ("end" in bench.notes.lines) is (fault is Fault.ANSWER_LOST)


def test_a_duplicate_is_handled_twice_and_answered_once() -> None:
    bench = Bench(FaultPlan(duplicate=1))
    assert bench.call(b"hello") == b"hello"
    bench.scheduler.complete(bench.scheduler.sleep_ms(100))
    assert len(bench.seen) == 2
    assert bench.counts[Fault.DUPLICATE] == 1


def test_wall_clocks_can_be_wrong_and_deadlines_do_not_care() -> None:
    bench = Bench()
    life = bench.hq.generation
    assert life is not None
    bench.hq.offset_ms = -3_600_000
    assert life.clock.now_ms() == 1_000_000 - 3_600_000
    bench.hq.frozen_ms = 42
    assert life.clock.now_ms() == 42
    assert life.clock.monotonic_ms() == bench.scheduler.now_ms
    assert bench.call(b"hello") == b"hello"


def frame(number: int) -> bytes:
    envelope = codec.encode(Envelope(b"header" * number, b"v" * number, b"i" * number))
    return codec.encode(Frame(1000, envelope, b"token"))


def test_hostile_relays_do_every_kind_of_harm_and_each_is_counted() -> None:
    bench = Bench(replace(CALM, hostile=0.9), seed=5)
    hostile = Hostile(bench.scheduler, bench.counts, share=0.9, random=seeded(5))
    bench.network.adversary = hostile
    outcomes = Counter[str]()
    for number in range(1, 15):
        for _ in range(8):
            try:
                outcomes["same" if bench.call(frame(number % 3 + 1)) == frame(number % 3 + 1) else "changed"] += 1
            except CallFailed as failed:
                outcomes[failed.code] += 1
    # A token travels between relays only; here validity's words are remembered from a call that the kiosk cannot make.
    hostile.on_answer(Call(Caller("center/relay"), "center/validity", "check_card", b"", 10, bench.scheduler.promise()), b"word")
    for _ in range(60):
        hostile.on_request(
            Call(Caller("center/relay"), "lgwan/gateway", "forward", frame(2), 10, bench.scheduler.promise()), lambda _call: None
        )
    assert {outcome for outcome, count in outcomes.items() if count} == {"same", "changed", "DEADLINE_PASSED", *FORGED_CODES}
    expected = {fault for fault in Fault if fault.value.startswith("hostile")}
    assert {fault for fault, count in bench.counts.items() if count} == expected


def test_a_hostile_relay_cannot_touch_a_link_that_it_is_no_end_of() -> None:
    bench = Bench()
    hostile = Hostile(bench.scheduler, bench.counts, share=1.0, random=seeded(1))
    inner = Call(Caller("issuance/issuer"), "core/residents", "open_grant", b"asked", 10, bench.scheduler.promise())
    assert hostile.on_request(inner, lambda _call: None) is False
    assert hostile.on_answer(inner, b"answered") == b"answered"
    assert (inner.body, sum(bench.counts.values())) == (b"asked", 0)
