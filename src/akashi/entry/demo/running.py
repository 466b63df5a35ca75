"""A demonstration that is up: servers, feed, renewals; ended by Ctrl+C or by the caller."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import akashi
from akashi.base.config import ConfigRefused
from akashi.entry.demo.city import CityPlan
from akashi.entry.demo.configs import CHECK_PAGE, Addresses, Settings
from akashi.entry.demo.feed import HEARTBEAT_SECONDS, KOSEKI, RESIDENTS, SEALS, FeedWriter
from akashi.entry.demo.folder import HeldFolder
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.policy import demonstration_policy
from akashi.entry.demo.provision import (
    ALL_KIOSK_IDS,
    KIOSK_IDS,
    MUNICIPALITY,
    Progress,
    configure,
    give_responder,
    is_provisioned,
    provision,
)
from akashi.entry.demo.registers import deliver_taxes
from akashi.entry.demo.rotation import publish_revocation_lists, renew
from akashi.entry.demo.supervisor import Role, Supervisor
from akashi.entry.demo.users import VERIFIER_USER, make_users, own_users_possible
from akashi.entry.world import RealClock
from akashi.pki.pem import write_public
from akashi.pki.testca import TestAuthority
from akashi.wire import topology

RENEWAL_CHECK_SECONDS = 600
START_ORDER = (
    "vault/recorder",
    "jpki/responder",
    "center/validity",
    "core/residents",
    "core/seals",
    "core/taxes",
    "koseki/register",
    "issuance/checker",
    "issuance/issuer",
    "dmz/transfer",
    "lgwan/gateway",
    "center/relay",
    "hq/forwarder",
    "store/kiosk",
)


@dataclass(frozen=True, slots=True)
class Options:
    """
    What `akashi up` was asked for.

    Attributes:
        plan: the city, where it is not made yet.
        base_port: where the servers listen.
        key_log: whether servers write TLS key logs.
        workers: worker processes of the issuer.
        sample_policy: the city's decisions; read at each start.
    """

    plan: CityPlan
    base_port: int
    key_log: bool
    workers: int
    sample_policy: Path


class Demonstration:
    """
    The made-up city with all its servers.

    Args:
        layout: its folder.
        options: see there.
    """

    def __init__(self, layout: Layout, options: Options) -> None:
        self.layout = layout
        self._options = options
        self._clock = RealClock()
        self.addresses = Addresses(options.base_port)
        self.users_missing = own_users_possible(
            Path(akashi.__file__).parent, Path(sys.prefix), Path(sys.base_prefix), layout.root
        )
        self._supervisor = Supervisor(layout, self._roles())
        self._folder: HeldFolder | None = None
        self._beat_at = 0.0
        self._check_at = 0.0

    def prepare(self, progress: Progress) -> None:
        """
        Hold the folder until `stop`; make what is missing, renew what runs out, write the city's decisions and the TOMLs.

        Before the folder is touched it is checked that the decisions can be used, that nobody else uses the folder, and that the
        servers' addresses are free.

        Raises:
            ConfigRefused: one of these does not hold, or as `provision` says; the folder is not held then.
            Refused: as `provision` says.
        """
        policy = demonstration_policy(self._options.sample_policy, MUNICIPALITY, ALL_KIOSK_IDS)
        self._folder = HeldFolder(self.layout.root)
        try:
            self._supervisor.check_free()
            self._make(self._folder, policy, progress)
        except BaseException:
            self._folder.release()
            raise

    def _make(self, folder: HeldFolder, policy: str, progress: Progress) -> None:
        now_ms = self._clock.now_ms()
        if not is_provisioned(self.layout):
            provision(self.layout, folder, self._options.plan, now_ms=now_ms, progress=progress)
        write_public(self.layout.public / "city.toml", policy.encode())
        progress.step("鍵の一覧と失効リスト / key directories and revocation lists")
        if not renew(self.layout, now_ms=now_ms):
            publish_revocation_lists(self.layout, TestAuthority.load(self.layout.jpki), now_ms=now_ms)
        deliver_taxes(self.layout, now_ms=self._clock.now_ms())
        authority = TestAuthority.load(self.layout.jpki)
        authority.renew_responders(now_ms=now_ms)
        authority.save(self.layout.jpki)
        give_responder(self.layout)
        configure(
            Settings(self.layout, self.addresses, MUNICIPALITY, self._options.key_log, self._options.workers, ALL_KIOSK_IDS)
        )
        if not self.users_missing:
            progress.step("サーバごとの利用者 / operating-system users")
            make_users(self.layout, ALL_KIOSK_IDS)

    def start(self, on_ready: Callable[[str], None]) -> None:
        """Start the feeds and all servers; return when all listen. Only after `prepare`. Raises as `Supervisor.start` does."""
        self._supervisor.check_free()
        layout = self.layout
        self._feeds = (
            FeedWriter(layout.feed, RESIDENTS),
            FeedWriter(layout.seals_feed, SEALS),
            FeedWriter(layout.koseki_feed, KOSEKI),
        )
        self._beat()
        self._supervisor.start(on_ready)

    def tick(self) -> None:
        """
        Keep it up: heartbeat, renewals. Call about once a second.

        Raises:
            ConfigRefused: a server has ended by itself.
        """
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + HEARTBEAT_SECONDS
            self._beat()
        if now >= self._check_at:
            self._check_at = now + RENEWAL_CHECK_SECONDS
            renew(self.layout, now_ms=self._clock.now_ms())
            deliver_taxes(self.layout, now_ms=self._clock.now_ms())
        ended = self._supervisor.ended()
        if ended:
            raise ConfigRefused(f"{', '.join(ended)} が止まりました / ended by itself: {self.layout.logs}")

    def _beat(self) -> None:
        for feed in self._feeds:
            feed.beat(self._clock.now_ms())

    def stop(self) -> None:
        """End all servers and let go of the folder."""
        self._supervisor.stop()
        if self._folder is not None:
            self._folder.release()

    def pids(self) -> dict[str, int]:
        """Return the servers' process ids."""
        return self._supervisor.pids()

    def _roles(self) -> tuple[Role, ...]:
        roles = []
        for name in START_ORDER:
            config = self.layout.kiosk_config(KIOSK_IDS[0]) if name == "store/kiosk" else self.layout.server_config(name)
            user = None if self.users_missing else topology.server(name).os_user
            roles.append(Role(name, config, self.addresses.of(name), user))
        address = self.addresses.of(CHECK_PAGE)
        lists = ("--trust", str(self.layout.trust), "--trust", str(self.layout.voids))
        command = ("verify-page", *lists, "--listen", address)
        roles.append(Role(CHECK_PAGE, self.layout.trust, address, None if self.users_missing else VERIFIER_USER, command))
        return tuple(roles)
