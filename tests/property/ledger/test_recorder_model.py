"""
Random sequences of calls, restarts, crashes and re-openings against a model of a few dictionaries.

The model knows the rules as the protocol tells them (sections 5.6, 6.2, 7), not as the recorder computes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.ledger.entries import entry_hash
from akashi.ledger.verify import Expectations, verify_ledger
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import (
    IntentEntry,
    LedgerEntry,
    OutcomeRecorded,
    Receipt,
    ReopenOrder,
    SealedEntry,
    StopEntry,
    StopScope,
)
from akashi.wire.messages.session import Outcome
from unit.ledger.samples import CITY, SIGNER, issue_number
from unit.zones.vault_recorder.desk import Desk, reopening, said

KIOSKS = ("K0001", "K0002")


@dataclass
class Number:
    kiosk: str
    sealed: bool = False
    outcome: Outcome | None = None
    by_issuer: bool = False


@dataclass
class Model:
    """What should be."""

    numbers: dict[str, Number] = field(default_factory=dict)
    lines: set[tuple[str, int]] = field(default_factory=set)
    accepted: dict[LedgerEntry, Receipt] = field(default_factory=dict)
    incidents: dict[tuple[StopScope, str, bytes], ReopenOrder] = field(default_factory=dict)
    """Who is stopped by which incident, and the order that ends it, oldest first."""
    incident_ids: set[bytes] = field(default_factory=set)
    """Of all time: an id belongs to one stop."""
    signed: list[ReopenOrder] = field(default_factory=list)
    """Orders that two operators have signed: nothing of what comes later is re-opened by them."""
    dealt_with: set[LedgerEntry] = field(default_factory=set)

    def expected(self, entry: LedgerEntry) -> WireCode | None:
        if isinstance(entry, IntentEntry):
            if any(scope is StopScope.CITY for scope, _, _ in self.incidents):
                return WireCode.CITY_STOPPED
            if self.kiosk_stopped(entry.kiosk_id):
                return WireCode.KIOSK_STOPPED
        if entry in self.accepted:
            return None
        if isinstance(entry, StopEntry):
            if entry.scope is StopScope.KIOSK and self.kiosk_stopped(entry.kiosk_id):
                return WireCode.KIOSK_STOPPED
            return WireCode.CONTRADICTION if entry.incident_id in self.incident_ids else None
        return WireCode.CONTRADICTION if self._contradicts(entry) else None

    def kiosk_stopped(self, kiosk_id: str) -> bool:
        """Whether an incident of this kiosk alone is open: then nothing more of its own is an incident."""
        return any((scope, stopped) == (StopScope.KIOSK, kiosk_id) for scope, stopped, _ in self.incidents)

    def stops_again(self, entry: LedgerEntry) -> bool:
        """Whether a contradicting entry makes a stop of its own."""
        if entry in self.dealt_with:
            return False
        if isinstance(entry, OutcomeRecorded) and self.scope(entry) is StopScope.KIOSK:
            return not self.kiosk_stopped(entry.kiosk_id)
        return True

    def _contradicts(self, entry: LedgerEntry) -> bool:
        assert isinstance(entry, IntentEntry | SealedEntry | OutcomeRecorded)
        number = self.numbers.get(entry.issue_number)
        if isinstance(entry, IntentEntry):
            return number is not None
        if number is None or number.outcome is not None:
            return True
        if isinstance(entry, SealedEntry):
            return number.sealed
        if entry.kiosk_id == "issuer":
            return number.sealed or entry.outcome is Outcome.TAKEN
        return not number.sealed or number.kiosk != entry.kiosk_id or (entry.kiosk_id, entry.sequence) in self.lines

    def scope(self, entry: LedgerEntry) -> StopScope:
        """Who must stop: the kiosk where the issuer never spoke about what is at odds."""
        if not isinstance(entry, OutcomeRecorded) or entry.kiosk_id == "issuer":
            return StopScope.CITY
        number = self.numbers.get(entry.issue_number)
        if number is None or (entry.kiosk_id, entry.sequence) in self.lines or number.kiosk != entry.kiosk_id:
            return StopScope.KIOSK
        return StopScope.KIOSK if number.sealed and not number.by_issuer else StopScope.CITY

    def accept(self, entry: LedgerEntry, receipt: Receipt) -> None:
        if entry in self.accepted:
            assert receipt == self.accepted[entry]
            return
        self.accepted[entry] = receipt
        match entry:
            case IntentEntry():
                self.numbers[entry.issue_number] = Number(entry.kiosk_id)
            case SealedEntry():
                self.numbers[entry.issue_number].sealed = True
            case OutcomeRecorded():
                self.numbers[entry.issue_number].outcome = entry.outcome
                self.numbers[entry.issue_number].by_issuer = entry.kiosk_id == "issuer"
                if entry.kiosk_id != "issuer":
                    self.lines.add((entry.kiosk_id, entry.sequence))
            case StopEntry():
                self.stop(entry)

    def stop(self, stop: StopEntry) -> None:
        kiosk_id = stop.kiosk_id if stop.scope is StopScope.KIOSK else ""
        order = ReopenOrder(stop.scope, CITY, stop.kiosk_id, stop.incident_id, "looked into")
        self.incidents[stop.scope, kiosk_id, stop.incident_id] = order
        assert stop.incident_id not in self.incident_ids
        self.incident_ids.add(stop.incident_id)


numbers = st.integers(0, 4).map(issue_number)
kiosks = st.sampled_from(KIOSKS)
entries: st.SearchStrategy[LedgerEntry] = st.one_of(
    st.builds(IntentEntry, st.just(CITY), kiosks, numbers, st.sampled_from([bytes(32), b"x" * 32])),
    st.builds(IntentEntry, st.just(CITY), st.just("K0001"), numbers, st.just(bytes(32))),
    st.builds(SealedEntry, st.just(CITY), numbers, st.sampled_from([bytes(32), bytes(32), b"y" * 32])),
    st.builds(
        OutcomeRecorded,
        st.just(CITY),
        numbers,
        st.sampled_from(["K0001", "K0001", "K0002", "issuer"]),
        st.integers(1, 6),
        st.sampled_from(Outcome),
        st.none(),
    ).map(said),
    st.builds(
        StopEntry,
        st.sampled_from(StopScope),
        st.just(CITY),
        kiosks,
        st.sampled_from([WireCode.CHECK_FAILED, WireCode.CONTRADICTION]),
        st.integers(0, 3).map(lambda which: which.to_bytes(16, "big")),
    ),
)
steps = st.lists(st.one_of(entries, entries, entries, st.sampled_from(["restart", "crash", "reopen"])), max_size=40)


def _append(desk: Desk, model: Model, entry: LedgerEntry) -> None:
    expected = model.expected(entry)
    size = desk.store.size
    if expected is None:
        model.accept(entry, desk.append(entry))
        return
    with pytest.raises(Refused) as caught:
        desk.append(entry)
    assert caught.value.code is expected
    if expected is WireCode.CONTRADICTION and model.stops_again(entry):
        stop = desk.leaves()[-1].entry
        assert isinstance(stop, StopEntry)
        assert (stop.scope, desk.store.size) == (model.scope(entry), size + 1)
        model.stop(stop)
        model.dealt_with.add(entry)
    else:
        assert desk.store.size == size


def _reopen_one(desk: Desk, model: Model) -> None:
    for key, order in list(model.incidents.items())[:1]:
        desk.service.reopen(reopening(order))
        del model.incidents[key]
        model.signed.append(order)
    for order in model.signed:
        with pytest.raises(Refused):
            desk.service.reopen(reopening(order))


@pytest.mark.promise("C16", "C20", "C23")
@settings(max_examples=150, deadline=None)
@given(steps)
def test_the_recorder_does_what_the_model_says(sequence: list[LedgerEntry | str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "ledger"
        desk, model = Desk(folder), Model()
        for step in sequence:
            if isinstance(step, str):
                {"reopen": lambda: _reopen_one(desk, model), "crash": desk.crash, "restart": desk.restart}[step]()
            else:
                _append(desk, model, step)
        for entry, receipt in model.accepted.items():
            leaf = desk.leaves()[receipt.index]
            assert (leaf.entry, leaf.time_ms, entry_hash(entry)) == (entry, receipt.time_ms, receipt.entry_hash)
        desk.store.close()
        found = verify_ledger(folder, SIGNER.key, Expectations(receipts=tuple(model.accepted.values())))
        assert found.checkpoint.size == len(desk.leaves())
