"""
Negative controls: a safeguard is taken out of one server, and the simulation must turn red.

Each test plants one bug of the kind that led to a wrong print, a lost number or a lever for a relay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from akashi.base.ports import Caller
from akashi.simulation.errors import Violation
from akashi.simulation.faults import CALM, SIEGE, FaultPlan
from akashi.simulation.run import Wanted, run_once
from akashi.simulation.scheduler import Stalled
from akashi.wire.certificates import Item
from akashi.wire.frames import OpenFrame
from akashi.wire.messages import Frame
from akashi.wire.passing import Passing
from akashi.zones.core.residents import permits, reading
from akashi.zones.core.residents import service as residents_service
from akashi.zones.issuance.issuer import issue, ledgering
from akashi.zones.issuance.issuer import service as issuer_service
from akashi.zones.issuance.issuer.store import Store
from akashi.zones.store.kiosk.store import Journal

Plant = Callable[[pytest.MonkeyPatch], None]
BUSY = FaultPlan(crashes=60, register_changes=60, duplicate=0.05, answer_lost=0.03)


def wrong_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """The register reads one item from another column."""
    monkeypatch.setitem(reading.COLUMN_OF, Item.PREVIOUS_ADDRESS, "former_name")


def unconfirmed_kana(monkeypatch: pytest.MonkeyPatch) -> None:
    """The register gives 振り仮名 that nobody confirmed."""
    monkeypatch.setitem(reading.COLUMN_OF, Item.NAME_KANA, "name_kana")


def half_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The register reads households while a change is being keyed in."""

    def check(_config: object, _household: object, link: reading.LinkRead | None) -> reading.LinkRead | None:
        return link

    for module in (permits, residents_service):
        monkeypatch.setattr(module, "check_readable", check)


def everybody_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """The register forgets who may use the service."""
    monkeypatch.setattr(residents_service, "check_may_use", lambda *_args, **_kwargs: None)


def number_from_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The issuer makes its numbers from something that two requests can share."""
    monkeypatch.setattr(issue, "issue_number_from", lambda city, _random: f"{city}-0000-0000-0000-0000")


def no_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash the issuer leaves numbers half-way."""
    monkeypatch.setattr(Store, "recover", lambda _self: (0, 0))


def forgets_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """The issuer does not tell the ledger that a number was sealed."""

    async def settle(_self: object, _number: str, _deadline: object) -> None:
        return

    monkeypatch.setattr(ledgering.Ledgering, "settle", settle)


def relay_remembers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay keeps the last envelope."""

    async def prepare(self: Any, _caller: Caller, opened: OpenFrame) -> Frame:
        self.last = opened
        return opened.frame

    monkeypatch.setattr(Passing, "prepare", prepare)


def journal_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kiosk takes its own word for the city's acknowledgement."""
    monkeypatch.setattr(Journal, "pending", lambda _self, *_args, **_kwargs: ())


def _run_some(plan: FaultPlan) -> None:
    # A crash must fall into the few moments that count: one run may miss them.
    for seed in range(14, 18):
        run_once(Wanted(seed=seed, issues=30, residents=300, visitors=80), plan=plan)


@pytest.mark.parametrize(
    ("plant", "plan"),
    [
        (wrong_field, CALM),
        (unconfirmed_kana, CALM),
        (half_changed, BUSY),
        (everybody_may, CALM),
        (number_from_the_clock, CALM),
        (no_recovery, BUSY),
        (forgets_the_ledger, CALM),
        (relay_remembers, CALM),
        (journal_loses, CALM),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_planted_bug_is_found(plant: Plant, plan: FaultPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises((Violation, Stalled)):
        _run_some(plan)


@pytest.mark.promise("C23")
def test_a_relay_that_could_stop_the_city_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a request known by its envelope and not by what was sealed, a relay could make one request look like two."""
    real = issuer_service.Issuer._open

    def by_envelope(self: issuer_service.Issuer, untrusted_frame: bytes) -> Any:
        opened = real(self, untrusted_frame)
        return type(opened)(
            opened.frame,
            opened.envelope,
            opened.header,
            opened.envelope_hash,
            hashlib.sha256(opened.envelope_hash).digest(),
            opened.arrived_ms,
            opened.deadline,
        )

    monkeypatch.setattr(issuer_service.Issuer, "_open", by_envelope)
    with pytest.raises(Violation, match="cannot stop anything"):
        run_once(Wanted(seed=12, issues=400, residents=300, visitors=80), plan=SIEGE)
