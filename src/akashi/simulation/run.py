"""
One run: a site, its machines, its people, its misfortunes; then calm, and the last questions.

Promises: everything follows from the seed but the keys (a run with other keys takes the same steps). It ends with a summary, or
with the first rule that did not hold.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import msgspec

from akashi.simulation.audit import TERMINAL, Evidence, check_all
from akashi.simulation.errors import SimulationRefused, Violation
from akashi.simulation.faults import CALM, PLANS, Fault, FaultCounts, FaultPlan
from akashi.simulation.files import Files
from akashi.simulation.hostile import Hostile
from akashi.simulation.kiosk import Actor
from akashi.simulation.model import CITY_DAY, Model
from akashi.simulation.network import Network
from akashi.simulation.node import Node, World
from akashi.simulation.scheduler import Scheduler, seeded
from akashi.simulation.servers import boots
from akashi.simulation.site import START_MS, Site, Visitor, make_site

HEARTBEAT_MS = 60_000
DIRECTORY_MS = 12 * 3_600_000
SETTLE_MS_MAX = 3 * 3_600_000
"""Calm for this long must be enough for everything that waits."""
VISITS_MAX = 40
"""So many visits for each certificate that is to be delivered are a sign that nothing works any more."""
_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a file system in memory where there is one; the folder in it is private


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to run.

    Attributes:
        seed: decides everything.
        issues: certificates to deliver before the calm.
        plan: name of a fault plan in `faults.PLANS`.
        kiosks: how many.
        residents: size of the city.
        visitors: how many of its people have a card that works.
        real_files: this many certificates are composed and read back for real; the others by a light stand-in.
    """

    seed: int
    issues: int
    plan: str = "siege"
    kiosks: int = 8
    residents: int = 500
    visitors: int = 120
    real_files: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a run did.

    Attributes:
        wanted: what was asked.
        delivered, taken, voided, unsettled: certificates that kiosks accepted; what became of their paper; the last is what a
            crashed kiosk left for a person to decide.
        visits, grants: begun and granted.
        real_files, checked_files: composed for real; looked into by the model.
        calls, steps: of the network and of the scheduler.
        virtual_s, real_s: time in the run and outside.
        faults: how often each was really brought about.
        refusals: "step code" to how often.
        ledger_entries: leaves in the verified ledger.
    """

    wanted: Wanted
    delivered: int
    taken: int
    voided: int
    unsettled: int
    visits: int
    grants: int
    real_files: int
    checked_files: int
    calls: int
    steps: int
    virtual_s: int
    real_s: float
    faults: dict[str, int]
    refusals: dict[str, int]
    ledger_entries: int


class Run:
    """
    One run.

    Args:
        wanted: what to run.
        folder: empty, for what the machines keep.
        plan: in place of the named one, for tests.

    Raises:
        SimulationRefused: no such plan.
    """

    def __init__(self, wanted: Wanted, folder: Path, *, plan: FaultPlan | None = None) -> None:
        if plan is None and wanted.plan not in PLANS:
            raise SimulationRefused(f"no plan {wanted.plan!r}; there are {', '.join(PLANS)}")
        self.wanted = wanted
        self.plan = plan or PLANS[wanted.plan]
        self.counts: FaultCounts = Counter()
        self.random = seeded(wanted.seed)
        self.scheduler = Scheduler(wanted.seed, start_ms=START_MS)
        self.network = Network(self.scheduler, self.plan, self.counts)
        self.files = Files(wanted.real_files, seeded(wanted.seed + 1))
        self.world = World(self.scheduler, self.plan, self.counts, self.network, self.files.substitute)
        kiosk_ids = tuple(f"K{number + 101:04}" for number in range(wanted.kiosks))
        self.site: Site = make_site(
            folder, seed=wanted.seed, residents=wanted.residents, visitors_max=wanted.visitors, kiosk_ids=kiosk_ids
        )
        self.model = Model(self.site.register, self.files.record_in)
        self.network.observer = self.model
        if self.plan.hostile:
            self.network.adversary = Hostile(self.scheduler, self.counts, share=self.plan.hostile, random=self._own_random())
        self.servers = {name: Node(self.world, name, boot, self._own_random()) for name, boot in boots(self.site).items()}
        self.actors = tuple(
            Actor(self.site, self.world, self.model, keys, self.next_visitor) for keys in self.site.deployment.kiosks
        )
        self.kiosks = tuple(
            Node(self.world, "store/kiosk", actor.boot, self._own_random(), instance=actor.keys.kiosk_id) for actor in self.actors
        )
        self.visits_left: int | None = None
        for node in (*self.servers.values(), *self.kiosks):
            self.network.add(node)

    def start(self) -> None:
        """Start all machines and what goes on beside them."""
        for node in (*self.servers.values(), *self.kiosks):
            node.start()
        self.scheduler.spawn(self._beat())
        self.scheduler.spawn(self._renew())

    def execute(self) -> Summary:
        """
        Run to the end and return what happened.

        Raises:
            Violation: a rule did not hold.
        """
        began_s = time.monotonic()
        self.start()
        self.scheduler.run_until(self._delivered)
        self.calm_down()
        self.settle()
        self.probe()
        entries = self.audit()
        return self._summary(time.monotonic() - began_s, entries)

    def shut_down(self) -> None:
        """Stop all machines and close their files."""
        for node in (*self.servers.values(), *self.kiosks):
            node.stop()
        self.scheduler.close()

    def audit(self) -> int:
        """
        Ask the last questions; return the number of ledger entries.

        Raises:
            Violation: something is not in order.
        """
        return check_all(Evidence(self.site, self.model, self.network, self.servers))

    def next_visitor(self) -> Visitor | None:
        """Return who comes to a kiosk now; each arrival is also a moment for misfortune."""
        if self.visits_left is not None:
            if not self.visits_left:
                return None
            self.visits_left -= 1
            return self.random.choice([one for one in self.site.visitors if self._may_use(one)])
        if len(self.model.sheets) >= self.wanted.issues:
            return None
        visits = sum(actor.visits for actor in self.actors)
        if visits > VISITS_MAX + VISITS_MAX * self.wanted.issues:
            raise Violation("misfortune does not keep everybody from being served", str(dict(self.model.refusals)))
        visitor = self.random.choice(self.site.visitors)
        self._bring_misfortune(visitor)
        return visitor

    def calm_down(self) -> None:
        """End all misfortune: from here on everything must come to a good end."""
        self.network.plan = self.world.plan = self.plan = CALM
        self.network.adversary = None
        for node in (*self.servers.values(), *self.kiosks):
            node.offset_ms, node.frozen_ms = 0, None
            node.cancel_crash()
        self.site.register.end_editing([one.resident_no for one in self.site.visitors], self.scheduler.now_ms)
        self.visits_left = 0

    def settle(self) -> None:
        """
        Wait until nothing is under way and every kiosk's journal is acknowledged.

        Raises:
            Violation: that does not come about although nothing goes wrong any more.
        """
        end_ms = self.scheduler.now_ms + SETTLE_MS_MAX

        def settled() -> bool:
            if self.scheduler.now_ms > end_ms:
                raise Violation("everything that waits is settled once it is calm", self._what_waits())
            up = all(node.generation is not None for node in (*self.servers.values(), *self.kiosks))
            return up and not any(actor.busy for actor in self.actors) and not self._what_waits()

        # Long enough for what hostile relays had put off, and for every kiosk to have reported at least once.
        self.scheduler.complete(self.scheduler.sleep_ms(2_700_000))
        self.scheduler.run_until(settled)

    def probe(self) -> None:
        """
        Let one person come to each kiosk and be served.

        Raises:
            Violation: somebody is not.
        """
        before, refused = self.model.grants, self.model.refusals.total()
        self.visits_left = len(self.actors)
        self.scheduler.run_until(lambda: not self.visits_left)
        self.settle()
        if self.model.grants - before < len(self.actors) or self.model.refusals.total() > refused:
            raise Violation("once it is calm everybody is served", str(dict(self.model.refusals)))

    def _delivered(self) -> bool:
        if self.network.bugs:
            raise Violation("no server meets an error that it did not expect", self.network.bugs[0])
        return len(self.model.sheets) >= self.wanted.issues

    def _own_random(self) -> Random:
        return seeded(self.random.randrange(1 << 62))

    def _may_use(self, visitor: Visitor) -> bool:
        return self.site.register.newest(self.site.register.home_of(visitor.resident_no)).may_use(visitor.resident_no, CITY_DAY)

    def _what_waits(self) -> str:
        return ", ".join(f"{actor.keys.kiosk_id} {actor.pending}" for actor in self.actors if actor.pending)

    async def _beat(self) -> None:
        while True:
            self.site.register.heartbeat(self.scheduler.now_ms)
            await self.scheduler.sleep_ms(HEARTBEAT_MS)

    async def _renew(self) -> None:
        while True:
            await self.scheduler.sleep_ms(DIRECTORY_MS)
            self.site.renew_directories(self.scheduler.now_ms)

    def _bring_misfortune(self, visitor: Visitor) -> None:
        rng = self.random
        if rng.random() < self.plan.crashes / 100:
            node = rng.choice((*self.servers.values(), rng.choice(self.kiosks)))
            node.crash_at(rng.randint(1, 40), back_after_ms=rng.randint(100, 20_000))
        if rng.random() < self.plan.clock_faults / 100:
            self._disturb_clock(rng.choice(tuple(self.servers.values())))
        if rng.random() < self.plan.register_changes / 100:
            someone = visitor if rng.random() < 0.7 else rng.choice(self.site.visitors)  # noqa: PLR2004 - mostly who is here
            self.scheduler.after(rng.randint(0, 20_000), lambda: self._change_register(someone))

    def _change_register(self, visitor: Visitor) -> None:
        if self.visits_left is None:
            self.counts[Fault.REGISTER_CHANGED] += 1
            if self.site.register.change(self.random, visitor.resident_no, self.scheduler.now_ms):
                # What is being keyed in, or blocked, comes to an end some time.
                self.scheduler.after(self.random.randint(5_000, 240_000), lambda: self._change_register(visitor))

    def _disturb_clock(self, node: Node) -> None:
        def heal() -> None:
            node.frozen_ms, node.offset_ms = None, 0

        if self.random.random() < 0.5:  # noqa: PLR2004 - either
            self.counts[Fault.CLOCK_FROZEN] += 1
            node.frozen_ms = self.scheduler.now_ms
        else:
            self.counts[Fault.CLOCK_BACK] += 1
            node.offset_ms = -self.random.randint(1_000, 90_000)
        self.scheduler.after(self.random.randint(1_000, 120_000), heal)

    def _summary(self, real_s: float, entries: int) -> Summary:
        outcomes = Counter(sheet.outcome for sheet in self.model.sheets.values())
        delivered = len(self.model.sheets)
        taken, voided = (outcomes[one] for one in TERMINAL)
        return Summary(
            wanted=self.wanted,
            delivered=delivered,
            taken=taken,
            voided=voided,
            unsettled=delivered - taken - voided,
            visits=sum(actor.visits for actor in self.actors),
            grants=self.model.grants,
            real_files=self.files.real_done,
            checked_files=self.model.checked_files,
            calls=self.network.calls,
            steps=self.scheduler.steps,
            virtual_s=(self.scheduler.now_ms - START_MS) // 1000,
            real_s=round(real_s, 2),
            faults={fault.value: count for fault, count in sorted(self.counts.items()) if count},
            refusals={f"{step} {code}": count for (step, code), count in sorted(self.model.refusals.items())},
            ledger_entries=entries,
        )


def run_once(wanted: Wanted, *, plan: FaultPlan | None = None) -> Summary:
    """
    Do one run in a folder of its own and return its summary.

    Raises:
        Violation: a rule did not hold.
        SimulationRefused: it cannot be set up.
    """
    memory = _MEMORY_FOLDER if _MEMORY_FOLDER.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="akashi-simulation-", dir=memory) as folder:
        run = Run(wanted, Path(folder), plan=plan)
        try:
            return run.execute()
        finally:
            run.shut_down()
