"""
The issuer on a stage: its real service and store, real keys and seals, and fakes for its three neighbours.

Nothing runs by itself: every await is a `Pause` that a test steps over, so that a test can stop the server at any of them.
The recorder's fake judges by the real recorder's book and rules; residents' fake checks a request as the real one must.
"""

from __future__ import annotations

import functools
import io
import random
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from msgspec import structs

from akashi.admission import Trust, trust_authorities
from akashi.base.log import Log
from akashi.base.ports import Caller, CallFailed
from akashi.card.suites import suite
from akashi.documents.compose import Composed
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY
from akashi.pki.pem import parse_key
from akashi.pki.testca import CardMaterial, TestAuthority
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.sealing.directory import verify_directory
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory, sign_city_directory
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.zones.issuance.issuer.clients import Checker, Recorder, Residents, other_registries
from akashi.zones.issuance.issuer.composers import COMPOSERS
from akashi.zones.issuance.issuer.config import ServiceConfig
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.journey import Parts
from akashi.zones.issuance.issuer.keys import CityKeys
from akashi.zones.issuance.issuer.outcomes_store import OutcomesStore
from akashi.zones.issuance.issuer.service import Issuer
from akashi.zones.issuance.issuer.store import Store
from unit.zones.issuance_issuer.neighbours import FakeChecker, FakeRecorder, FakeResidents

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

CITY = "139998"
NOON_MS = 1_781_578_800_000
"""2026-06-16, a Tuesday, 12:00 in Japan."""
TRANSFER = Caller("dmz/transfer")
SAMPLE = Path(__file__).resolve().parents[4] / "docs/samples/city.toml"
SUITE = "jpki-rsa2048-sha256-v15"


class Pause:
    """What the server waits for; a driver steps over it."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __await__(self) -> Generator[Pause, None, None]:
        yield self


class Finished(Exception):  # noqa: N818 - a fact
    """A driven coroutine returned."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def step(coroutine: Coroutine[Any, Any, T]) -> str:
    """Run to the next pause and return what it waits for; raise Finished with the result."""
    try:
        pause = coroutine.send(None)
    except StopIteration as stop:
        raise Finished(stop.value) from None
    assert isinstance(pause, Pause)
    return pause.what


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end."""
    while True:
        try:
            step(coroutine)
        except Finished as finished:
            value: T = finished.value
            return value


class FakeClock:
    """Stands still, but for sleeping and what a test adds."""

    def __init__(self) -> None:
        self.wall_ms = NOON_MS
        self.running_ms = 5_000

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.running_ms

    def add(self, duration_ms: int) -> None:
        self.wall_ms += duration_ms
        self.running_ms += duration_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        await Pause("sleep" if duration_ms else "gather")
        self.add(duration_ms)


class SeededIds:
    """The same bytes in every run of a test."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def random_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


class FakeCompute:
    """Instead of composing, writes the record's values after a PDF's first line; a test can make it slow or refuse."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.takes_ms = 0
        self.refusal: Exception | None = None
        self.runs = 0

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if function is not COMPOSERS[Kind.JUMINHYO].compose:
            return function(*args, **kwargs)
        assert set(kwargs) <= {"fonts"}
        self.runs += 1
        await Pause("compose")
        self.clock.add(self.takes_ms)
        if self.refusal is not None:
            raise self.refusal
        record: Any = args[0]
        values = [record.address, *(each.value for person in record.persons for each in person.fields)]
        composed: Any = Composed(b"%PDF-2.0\n" + "\n".join(values).encode(), 1)
        return composed  # type: ignore[no-any-return]  # it is what compose_jumin returns


class MemoryRing:
    """Private sealing keys of a test."""

    def __init__(self, *keys: SealPrivateKey) -> None:
        self.keys = {key.key_id: key for key in keys}

    def find(self, key_id: bytes) -> SealPrivateKey | None:
        return self.keys.get(key_id)

    def destroy(self, key_id: bytes) -> None:
        self.keys.pop(key_id, None)


class FakeLink:
    """Carries calls to the fakes; counts, delays, loses, refuses as a test says."""

    def __init__(self, clock: FakeClock, servers: dict[str, Any]) -> None:
        self._clock = clock
        self._servers = servers
        self.calls: list[str] = []
        self.fails: dict[str, WireCode] = {}
        self.loses_answer: set[str] = set()
        self.takes_ms: dict[str, int] = {}

    def serve(self, servers: dict[str, Any]) -> None:
        """Let further servers be called."""
        self._servers |= servers

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        assert deadline_ms > 0
        self.calls.append(method)
        await Pause(method)
        took_ms = self.takes_ms.get(method, 0)
        self._clock.add(min(took_ms, deadline_ms))
        if took_ms >= deadline_ms:
            raise CallFailed(WireCode.DEADLINE_PASSED)
        if method in self.fails:
            raise CallFailed(self.fails[method])
        if callee not in self._servers:
            raise CallFailed(WireCode.RELAY_DOWN)
        try:
            reply: bytes = self._servers[callee].take(method, body)
        except Refused as refusal:
            raise CallFailed(refusal.code) from None
        await Pause(f"{method} answered")
        if method in self.loses_answer:
            raise CallFailed(WireCode.RELAY_DOWN)
        return reply


@functools.cache
def deployment() -> Deployment:
    """Return one made-up deployment for all tests."""
    return make_deployment(municipality=CITY, city_name="東京都証野市", kiosk_ids=("K0001", "K0007"), now_ms=NOON_MS)


@functools.cache
def authority() -> TestAuthority:
    """Return one test CA."""
    return TestAuthority.create(now_ms=NOON_MS, generations=1)


@functools.cache
def card(owner: str) -> CardMaterial:
    """Return the card of one made-up person."""
    assert owner
    return authority().issue(now_ms=NOON_MS)


def sign_as_card(owner: str, message: bytes) -> bytes:
    """Return the card's signature."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - only here
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415 - only here

    pem = card(owner).key_pem
    assert pem is not None
    key = parse_key(pem)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert suite(SUITE).name == SUITE
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


class WatchedDatabase(Database):
    """
    The issuer's file, whose disk keeps what was synced and nothing else.

    Attributes:
        disk: suffix to content, as at the last sync.
    """

    def __init__(self, path: Path) -> None:
        self.disk: dict[str, bytes] = {}
        self._path = path
        super().__init__(path)

    def sync(self) -> None:
        super().sync()
        files = {suffix: self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal")}
        self.disk = {suffix: file.read_bytes() for suffix, file in files.items() if file.exists()}


@dataclass
class Stage:
    """
    One issuing server with its neighbours. `restart` ends it as a power cut does and starts it again on the same file.

    Attributes:
        log: everything that was logged.
    """

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    policy: CityPolicy = field(default_factory=lambda: parse_policy(SAMPLE.read_text("utf-8")))
    limits: ServiceConfig = field(default_factory=lambda: ServiceConfig(municipality=CITY))
    log: io.StringIO = field(default_factory=io.StringIO)
    ids: SeededIds = field(default_factory=SeededIds)

    def __post_init__(self) -> None:
        self.composers = getattr(self, "composers", {Kind.JUMINHYO: COMPOSERS[Kind.JUMINHYO]})
        keys = deployment()
        self.renew_center()
        self.city_signed = sign_city_directory(keys.city, sequence=1, now_ms=NOON_MS)
        self.city = verify_directory(self.city_signed, root_public=keys.city.root.public_bytes, authority=CITY, now_ms=NOON_MS)
        self.trust = Trust(
            lambda _now: self.center,
            trust_authorities(authority().authorities, policy_oids=[USER_AUTHENTICATION_POLICY], suites=[SUITE]),
        )
        self.recorder = FakeRecorder(self.clock, keys.city.receipt, lambda _now: self.center)
        self.residents = FakeResidents(self.clock, keys.city.registry, self.trust)
        self.checker = FakeChecker(self.clock, keys.city.answer, self.city)
        self.compute = FakeCompute(self.clock)
        servers = {"core/residents": self.residents, "issuance/checker": self.checker, "vault/recorder": self.recorder}
        self.link = FakeLink(self.clock, servers)
        self.ring = MemoryRing(keys.city.seal)
        self.path = self.folder / "issuer.sqlite"
        self.database = WatchedDatabase(self.path)
        self.issuer = self._start()

    def renew_center(self, *, sequence: int = 1, revoked_kiosks: tuple[str, ...] = ()) -> None:
        """Let the center publish a directory."""
        center = deployment().center
        self.center = verify_directory(
            sign_center_directory(center, sequence=sequence, now_ms=NOON_MS, revoked_kiosks=revoked_kiosks),
            root_public=center.root.public_bytes,
            authority="center",
            now_ms=NOON_MS,
        )

    def renew_receipt_key(self, *, sequence: int) -> None:
        """Give the recorder another key; the city's next directory names that one only."""
        city = replace(deployment().city, receipt=SigningKey.generate())
        self.city_signed = sign_city_directory(city, sequence=sequence, now_ms=self.clock.now_ms())
        self.city = verify_directory(
            self.city_signed, root_public=city.root.public_bytes, authority=CITY, now_ms=self.clock.now_ms()
        )
        self.recorder._key, self.checker._city = city.receipt, self.city

    def _start(self) -> Issuer:
        store = Store(self.database)
        self.store = store
        self.outcomes = OutcomesStore(self.database)
        self.keys = CityKeys(
            self.ring,
            directory=lambda _now: self.city,
            signed_directory=lambda: self.city_signed,
            database=self.database,
            overlap_ms=self.limits.seal_key_overlap_ms,
        )
        issuer = Issuer(
            Parts(
                clock=self.clock,
                ids=self.ids,
                log=Log("issuance/issuer", self.log),
                compute=self.compute,
                residents=Residents(self.link),
                checker=Checker(self.link),
                recorder=Recorder(self.link),
                database=self.database,
                store=store,
                outcomes=self.outcomes,
                keys=self.keys,
                trust=self.trust,
                policy=lambda: self.policy,
                limits=self.limits,
                registries=other_registries(self.link),
                composers=self.composers,
            )
        )
        issuer.recover()
        return issuer

    def restart(self) -> None:
        """
        End the server as a power cut does, and start it again.

        It goes on with what was on the disk at the last sync: what was written since is gone. Dead code that still runs
        afterwards writes to a file that nobody reads any more.
        """
        copy = self.folder / f"{self.path.stem}-again.sqlite"
        for suffix, content in self.database.disk.items():
            copy.with_name(copy.name + suffix).write_bytes(content)
        self.path, self.database = copy, WatchedDatabase(copy)
        self.issuer = self._start()

    def forward(self, frame: bytes) -> bytes:
        """Send one frame and return the sealed answer."""
        return run(self.issuer.forward(TRANSFER, frame))

    def tick(self) -> None:
        """Let the background work be done once."""
        run(self.issuer.tick())

    def change_policy(self, **fields: Any) -> None:
        """Replace fields of the city's policy."""
        self.policy = structs.replace(self.policy, **fields)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the store."""
        with self.database.read() as connection:
            return connection.execute(query, values).fetchall()
