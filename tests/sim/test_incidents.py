"""
The wrong-person prints of 2023 and 2024, each as a test: what happened there must be impossible here.

T1 time-out in mid-issue, T2 register update in mid-issue, T3 two requests in one moment, T6 the previous applicant's document.
Every delivery is checked by the reference model (`akashi.simulation.model`), every stage ends with its audit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from akashi.simulation.faults import CALM, Fault, FaultPlan
from akashi.simulation.network import Call
from akashi.simulation.site import Visitor
from akashi.wire.errors import WireCode
from sim.stage import Stage, stage

SLOW_COMPOSER = replace(CALM, compute_ms=32_000)
"""Composing takes longer than the kiosk's 30 seconds."""
PUNCTUAL = replace(CALM, compute_ms=300, delay_ms=(5, 5))
INNER = ("issuance/issuer", "issuance/checker", "core/residents", "vault/recorder")
ROUTE = ("hq/forwarder", "center/relay", "center/validity", "lgwan/gateway", "dmz/transfer", "jpki/responder")


def points_of_a_visit(scene: Stage, server: str) -> int:
    """How many places to crash a server passes while two people are served at the same time."""
    before = scene.servers[server].points
    first, second = scene.people(2)
    scene.finish(scene.come(0, first), scene.come(1, second))
    return scene.servers[server].points - before


def crash_at_each_point(scene: Stage, server: str, *, step: int) -> tuple[int, int]:
    """Serve two people again and again, the server crashing one point later each time; return (crashes, delivered)."""
    node, delivered = scene.servers[server], 0
    for point in range(1, points_of_a_visit(scene, server) + 1, step):
        first, second = scene.people(2)
        node.crash_at(point, back_after_ms=scene.chance.choice((50, 2_000, 40_000)))
        for got in scene.finish(scene.come(0, first), scene.come(1, second)):
            delivered += len(got)
        node.cancel_crash()
        scene.await_machines()
    return scene.counts[Fault.CRASH], delivered


@pytest.mark.promise("C4")
@pytest.mark.parametrize("server", INNER)
@pytest.mark.parametrize("plan", [replace(CALM, compute_ms=14_000), SLOW_COMPOSER], ids=["just in time", "too late"])
def test_t1_a_time_out_in_mid_issue_with_a_crash_at_each_await_delivers_nothing_wrong(server: str, plan: FaultPlan) -> None:
    with stage(plan=plan) as scene:
        crashes, delivered = crash_at_each_point(scene, server, step=1)
        in_time = plan is not SLOW_COMPOSER
        assert crashes >= 4
        assert bool(delivered) is in_time  # late certificates are nobody's: their kiosk has given up
        codes = {code for step, code in scene.model.refusals if step == "issue"}
        assert codes & {WireCode.DEADLINE_PASSED, WireCode.ISSUE_VOIDED, WireCode.GRANT_ENDED}
        scene.close()


@pytest.mark.parametrize("server", ROUTE)
def test_t1_a_crash_on_the_way_at_each_await_delivers_nothing_wrong(server: str) -> None:
    with stage(plan=PUNCTUAL) as scene:
        crashes, delivered = crash_at_each_point(scene, server, step=1)
        assert crashes >= 2
        assert delivered >= 1
        scene.close()


Change = Callable[[Stage, Visitor], None]


def rename(scene: Stage, visitor: Visitor) -> None:
    scene.site.register.rename(scene.chance, visitor.resident_no, scene.scheduler.now_ms)


def correct_address(scene: Stage, visitor: Visitor) -> None:
    scene.site.register.correct_address(scene.chance, visitor.resident_no, scene.scheduler.now_ms)


def key_in(scene: Stage, visitor: Visitor) -> None:
    """A change is being keyed in for a moment: both names are right, before and after, and nothing between."""
    register, now_ms = scene.site.register, scene.scheduler.now_ms
    register.begin_editing(visitor.resident_no, now_ms)

    def end() -> None:
        register.rename(scene.chance, visitor.resident_no, scene.scheduler.now_ms)
        register.end_editing((visitor.resident_no,), scene.scheduler.now_ms)

    scene.scheduler.after(60, end)


def protect(scene: Stage, visitor: Visitor) -> None:
    register = scene.site.register
    register.block(visitor.resident_no, scene.scheduler.now_ms)
    scene.scheduler.after(3_000, lambda: register.unblock(visitor.resident_no, scene.scheduler.now_ms))


@pytest.mark.promise("C2")
@pytest.mark.parametrize("change", [rename, correct_address, key_in, protect])
def test_t2_a_change_at_any_moment_of_an_issue_gives_one_committed_version(change: Change) -> None:
    with stage(plan=PUNCTUAL, feed_poll_ms=20) as scene:
        began_ms = scene.scheduler.now_ms
        first, second = scene.people(2)
        scene.finish(scene.come(0, first), scene.come(1, second))
        length_ms = min(scene.scheduler.now_ms - began_ms, 2_000)
        old, new = 0, 0
        for moment_ms in range(0, length_ms, 25):
            first, second = scene.people(2)
            scene.scheduler.after(moment_ms, lambda visitor=first: change(scene, visitor))  # type: ignore[misc]  # binds it
            before = scene.site.register.sequence
            for answer in scene.finish(scene.come(0, first), scene.come(1, second))[0]:
                version = scene.model.sheets[answer.issue_number].row_version
                old, new = old + (version <= before), new + (version > before)
            scene.wait(4_000)
        assert old >= 2
        if change is not protect:
            assert new >= 2
        issued = len(scene.model.sheets)
        refused = {code for _, code in scene.model.refusals}
        if change in (rename, correct_address):
            assert not refused
        else:
            assert refused <= {WireCode.RECORD_CHANGED, WireCode.NOT_AVAILABLE}
            assert refused
        assert issued > length_ms / 25
        scene.close()


@pytest.mark.promise("C4")
@pytest.mark.parametrize("back_ms", [0, 1_000, 30_000])
def test_t3_many_requests_in_one_moment_with_frozen_clocks_are_all_distinct_and_right(back_ms: int) -> None:
    with stage(kiosks=12, plan=replace(PUNCTUAL, delay_ms=(1, 1))) as scene:
        for _ in range(4):
            for node in scene.servers.values():
                node.frozen_ms = scene.scheduler.now_ms - back_ms
            people = scene.people(12)
            got = scene.finish(*(scene.come(kiosk, visitor, orders=2) for kiosk, visitor in enumerate(people)))
            answers = [answer for each in got for answer in each]
            assert len(answers) == 24
            assert len({answer.issue_number for answer in answers}) == 24
            assert len({answer.pdf for answer in answers}) == 24
            for node in scene.servers.values():
                node.frozen_ms = None
            scene.wait(120_000)
        assert not scene.model.refusals
        scene.close()


@pytest.mark.promise("C4", "C14")
def test_t6_after_an_abort_at_every_step_the_next_person_gets_only_their_own() -> None:
    with stage(plan=PUNCTUAL) as scene:
        kiosk, served, point = scene.kiosks[0], 0, 0
        while True:
            point += 1
            first, second = scene.people(2)
            kiosk.crash_at(point, back_after_ms=10)
            before = scene.counts[Fault.CRASH]
            scene.finish(scene.come(0, first))
            kiosk.cancel_crash()
            scene.await_machines()
            if scene.counts[Fault.CRASH] == before:
                break  # the whole visit went by before that point
            (got,) = scene.finish(scene.come(0, second))
            served += len(got)
        assert point > 15
        assert served == point - 1
        scene.close()


class Swapping:
    """Holds every relay's place: gives the next person what the one before was sealed, at one moment after the other."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}
        self.swapping = ""
        self.swapped = 0

    def on_request(self, _call: Call, _send: Callable[[Call], None]) -> bool:
        return False

    def on_answer(self, call: Call, answer: bytes) -> bytes:
        key = (call.callee, call.method)
        if self.swapping == call.callee and call.method in {"forward", "check_card"} and key in self.kept:
            self.swapped += 1
            return self.kept[key]
        self.kept[key] = answer
        return answer


@pytest.mark.promise("C4", "C7")
@pytest.mark.parametrize("callee", ["hq/forwarder", "center/relay", "center/validity", "lgwan/gateway", "issuance/issuer"])
def test_t6_a_relay_that_hands_out_the_previous_answer_is_noticed_and_nothing_is_printed(callee: str) -> None:
    with stage(plan=PUNCTUAL) as scene:
        swapping = Swapping()
        scene.network.adversary = swapping
        first, second = scene.people(2)
        (got,) = scene.finish(scene.come(0, first))
        assert len(got) == 1
        swapping.swapping = callee
        (got,) = scene.finish(scene.come(0, second))
        assert got == []
        assert swapping.swapped >= 1
        assert {code for _, code in scene.model.refusals} <= {WireCode.SEAL_BROKEN, WireCode.TOKEN_BAD}
        swapping.swapping = ""
        (got,) = scene.finish(scene.come(0, second))
        assert len(got) == 1
        scene.close()
