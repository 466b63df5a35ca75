"""A route on which nothing happens by itself: the test decides who comes when, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from akashi.simulation.faults import CALM, FaultPlan
from akashi.simulation.model import CITY_DAY
from akashi.simulation.run import Run, Wanted
from akashi.simulation.scheduler import Fenced, Promise, seeded
from akashi.simulation.site import Visitor
from akashi.wire.messages import CertificateAnswer
from akashi.zones.core.residents.records import ResidentKind

Got = list[CertificateAnswer]


class Stage(Run):
    """A started run without arrivals."""

    def __init__(self, folder: Path, *, kiosks: int, plan: FaultPlan, seed: int = 7, feed_poll_ms: int = 10_000) -> None:
        super().__init__(Wanted(seed=seed, issues=0, kiosks=kiosks, residents=300, visitors=90), folder, plan=plan)
        self.chance: Random = seeded(seed)
        # Little happens beside the visits, so that the places to crash are those of the visits.
        self.site.feed_poll_ms = feed_poll_ms
        self.site.tick_ms = 60_000
        for actor in self.actors:
            actor.print_ms = (1, 1)
        self.start()
        self.wait(3_000)

    def wait(self, duration_ms: int) -> None:
        self.scheduler.complete(self.scheduler.sleep_ms(duration_ms))

    def people(self, count: int) -> list[Visitor]:
        """Different Japanese people from different households who may use the service."""
        found: dict[str, Visitor] = {}
        for visitor in self.chance.sample(self.site.visitors, len(self.site.visitors)):
            home = self.site.register.home_of(visitor.resident_no)
            newest = self.site.register.newest(home)
            person = next(one for one in newest.residents if one.resident_no == visitor.resident_no)
            if newest.may_use(visitor.resident_no, CITY_DAY) and person.kind is ResidentKind.JAPANESE:
                found.setdefault(home, visitor)
        return list(found.values())[:count]

    def come(self, kiosk: int, visitor: Visitor, *, orders: int = 1) -> Promise[Got]:
        """Let somebody come to a kiosk now; the promise holds what came out of it."""
        place, life = self.actors[kiosk].place, self.kiosks[kiosk].generation
        assert place is not None
        assert life is not None
        return life.spawn(place.visit(visitor, orders=orders, think_ms=0)).done

    def finish(self, *visits: Promise[Got]) -> list[Got]:
        """Run until these visits are over; a visit whose kiosk crashed got nothing."""
        self.scheduler.run_until(lambda: all(visit.settled for visit in visits))
        return [_result(visit) for visit in visits]

    def await_machines(self) -> None:
        """Run until every machine is up again."""
        machines = (*self.servers.values(), *self.kiosks)
        self.scheduler.run_until(lambda: all(machine.generation is not None for machine in machines))
        self.wait(50)

    def close(self) -> int:
        """Ask the last questions; return the number of ledger entries."""
        self.calm_down()
        self.settle()
        self.probe()
        return self.audit()


def _result(visit: Promise[Got]) -> Got:
    try:
        return visit.result()
    except Fenced:
        return []


@contextmanager
def stage(*, kiosks: int = 2, plan: FaultPlan = CALM, seed: int = 7, feed_poll_ms: int = 10_000) -> Iterator[Stage]:
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it is private
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        scene = Stage(Path(folder), kiosks=kiosks, plan=plan, seed=seed, feed_poll_ms=feed_poll_ms)
        try:
            yield scene
        finally:
            scene.shut_down()
