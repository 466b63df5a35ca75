"""What the recorder accepts, what it refuses, and what stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from akashi.base.ports import Caller
from akashi.ledger.append import Disk
from akashi.ledger.entries import entry_hash
from akashi.ledger.errors import LedgerDown
from akashi.ledger.verify import Expectations, verify_ledger
from akashi.wire import topology
from akashi.wire.codec import Malformed, encode, parse
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import (
    AppendCall,
    AppendReply,
    IntentEntry,
    Leaf,
    LedgerEntry,
    OutcomeRecorded,
    Receipt,
    ReopenEntry,
    StopEntry,
    StopScope,
)
from akashi.zones.vault.recorder.book import Book
from akashi.zones.vault.recorder.errors import AppendRefused, Contradicts
from akashi.zones.vault.recorder.service import MAY_APPEND
from akashi.zones.vault.recorder.web import endpoints
from unit.ledger.samples import CITY, SIGNER, intent, issue_number
from unit.zones.vault_recorder.desk import (
    CHECKER,
    ISSUER,
    SETTINGS,
    Desk,
    ask,
    call_of,
    opened,
    order,
    reopening,
    said,
    sealed,
    taken,
    void,
)

STOP = StopEntry(StopScope.CITY, CITY, "-", WireCode.CHECK_FAILED, b"i" * 16)
STOP_KIOSK = StopEntry(StopScope.KIOSK, CITY, "K0001", WireCode.CHECK_FAILED, b"k" * 16)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "ledger")
    yield made
    made.store.close()


def replace_cause(entry: OutcomeRecorded, cause: WireCode) -> OutcomeRecorded:
    return said(structs.replace(entry, cause=cause))


def _refused(desk: Desk, entry: LedgerEntry, caller: Caller = ISSUER) -> WireCode:
    with pytest.raises(Refused) as caught:
        desk.append(entry, caller)
    return caught.value.code


@pytest.mark.parametrize("entry", [intent(0), sealed(0), taken(0), STOP, reopening(order(b"i" * 16))])
@pytest.mark.parametrize("caller", [*(server.name for server in topology.SERVERS), "vault/operator"])
def test_who_may_append_what(desk: Desk, entry: LedgerEntry, caller: str) -> None:
    """Every server of the topology and one that is not in it, with every kind of entry."""
    permitted = {"issuance/issuer": {"intent", "sealed", "outcome", "stop"}, "issuance/checker": {"stop"}}
    tag = next(tag for tag in ("intent", "sealed", "outcome", "stop", "reopen") if tag.encode() in encode(entry)[:10])
    desk.append(intent(0))
    if tag == "outcome":
        desk.append(sealed(0))
    before = desk.store.size
    if tag in permitted.get(caller, set()):
        desk.append(entry, Caller(caller))
        assert desk.store.size == before + (tag != "intent")
    else:
        assert _refused(desk, entry, Caller(caller)) is WireCode.CALLER_REFUSED
        assert desk.store.size == before


def test_the_table_names_exactly_the_callers_of_the_topology() -> None:
    assert set(MAY_APPEND) == set(topology.callers_of("vault/recorder"))
    assert all(ReopenEntry not in kinds for kinds in MAY_APPEND.values())


def test_a_receipt_names_place_and_time(desk: Desk) -> None:
    first, second = desk.append(intent(0)), desk.append(intent(1))
    assert (first.index, second.index) == (0, 1)
    leaf = desk.leaves()[1]
    assert (leaf.time_ms, leaf.caller, leaf.entry) == (second.time_ms, "issuance/issuer", intent(1))
    assert second.time_ms > first.time_ms


@pytest.mark.parametrize("restart", [False, True])
def test_the_same_entry_again_gives_the_same_receipt(desk: Desk, restart: bool) -> None:  # noqa: FBT001 - parametrised
    """A lost answer is asked for again, also after the recorder was started anew."""
    entries: list[LedgerEntry] = [intent(0), sealed(0), taken(0), STOP_KIOSK]
    receipts = [desk.append(entry) for entry in entries]
    if restart:
        desk.restart()
    # The kiosk is stopped by now, so its intent is refused even as a repetition; everything else answers as before.
    assert _refused(desk, intent(0)) is WireCode.KIOSK_STOPPED
    assert [desk.append(entry) for entry in entries[1:]] == receipts[1:]
    assert len(desk.leaves()) == 4


def test_another_citys_entry(desk: Desk) -> None:
    elsewhere = IntentEntry("011002", "K0001", "011002-0000-0000-0000-0000", bytes(32))
    assert _refused(desk, elsewhere) is WireCode.CITY_UNKNOWN


CONTRADICTIONS: list[tuple[str, list[LedgerEntry], LedgerEntry, StopScope]] = [
    ("another intent of the number", [intent(0)], IntentEntry(CITY, "K0001", issue_number(0), b"x" * 32), StopScope.CITY),
    ("the number for another kiosk", [intent(0)], intent(0, "K0002"), StopScope.CITY),
    ("a number of another city", [], IntentEntry(CITY, "K0001", "011002-0000-0000-0000-0000", bytes(32)), StopScope.CITY),
    ("an intent of the issuer's own", [], intent(0, "issuer"), StopScope.CITY),
    ("sealed without intent", [], sealed(0), StopScope.CITY),
    ("two sealed answers", [intent(0), sealed(0)], sealed(0, 1), StopScope.CITY),
    ("sealed after the issuer gave up", [intent(0), void(0, 0, "issuer")], sealed(0), StopScope.CITY),
    ("sealed after the outcome", [intent(0), sealed(0), taken(0)], sealed(0, 1), StopScope.CITY),
    ("given up after sealing", [intent(0), sealed(0)], void(0, 0, "issuer"), StopScope.CITY),
    ("given up without intent", [], void(0, 0, "issuer"), StopScope.CITY),
    ("the issuer says taken", [intent(0), sealed(0)], taken(0, 1, "issuer"), StopScope.CITY),
    ("outcome before sealing", [intent(0)], taken(0), StopScope.CITY),
    ("taken after the issuer gave up", [intent(0), void(0, 0, "issuer")], taken(0), StopScope.CITY),
    ("outcome without intent", [], taken(0), StopScope.KIOSK),
    ("void without intent", [], void(0), StopScope.KIOSK),
    ("taken after void", [intent(0), sealed(0), void(0)], taken(0, 2), StopScope.KIOSK),
    ("void after taken", [intent(0), sealed(0), taken(0)], void(0, 2), StopScope.KIOSK),
    ("taken twice", [intent(0), sealed(0), taken(0)], taken(0, 2), StopScope.KIOSK),
    ("another kiosk's number", [intent(0), sealed(0)], taken(0, 1, "K0002"), StopScope.KIOSK),
    (
        "two entries for one journal line",
        [intent(0), sealed(0), intent(1), sealed(1), taken(0, 5)],
        taken(1, 5),
        StopScope.KIOSK,
    ),
]


@pytest.mark.promise("C15", "C16", "C20")
@pytest.mark.parametrize(("before", "wrong", "scope"), [case[1:] for case in CONTRADICTIONS], ids=[c[0] for c in CONTRADICTIONS])
def test_contradictions_stop_and_stay(desk: Desk, before: list[LedgerEntry], wrong: LedgerEntry, scope: StopScope) -> None:
    for entry in before:
        desk.append(entry)
    size = desk.store.size
    with pytest.raises(Contradicts):
        desk.append(wrong)
    *_, leaf = desk.leaves()
    stop = leaf.entry
    assert isinstance(stop, StopEntry)
    assert (leaf.caller, stop.scope, stop.cause, desk.store.size) == (
        "vault/recorder",
        scope,
        WireCode.CONTRADICTION,
        size + 1,
    )
    assert "stopped" in desk.events()

    # Neither repeating it, nor a success afterwards, nor a new start clears or doubles the stop.
    with pytest.raises(Refused):
        desk.append(wrong)
    assert desk.store.size == size + 1
    desk.restart()
    stopped_kiosk = stop.kiosk_id if scope is StopScope.KIOSK else "K0001"
    code = WireCode.KIOSK_STOPPED if scope is StopScope.KIOSK else WireCode.CITY_STOPPED
    assert _refused(desk, intent(7, stopped_kiosk)) is code
    other = intent(8, "K0009")
    if scope is StopScope.CITY:
        assert _refused(desk, other) is WireCode.CITY_STOPPED
    else:
        desk.append(other)


@pytest.mark.promise("C16")
def test_a_stop_by_the_checker_refuses_intents_but_still_records_outcomes(desk: Desk) -> None:
    desk.append(intent(0))
    desk.append(sealed(0))
    desk.append(STOP, CHECKER)
    assert _refused(desk, intent(1)) is WireCode.CITY_STOPPED
    desk.append(taken(0))
    assert desk.store.size == 4


@pytest.mark.promise("C4", "C16")
def test_the_issuers_word_of_a_failed_check_stops_the_city_where_the_checkers_has_not_come(desk: Desk) -> None:
    told = replace_cause(void(0, 1, "issuer"), WireCode.CHECK_FAILED)
    desk.append(intent(0))
    desk.append(intent(1))
    desk.append(told)
    *_, before, leaf = desk.leaves()
    assert before.entry == told
    stop = leaf.entry
    assert isinstance(stop, StopEntry)
    assert (leaf.caller, stop.scope, stop.cause) == ("vault/recorder", StopScope.CITY, WireCode.CHECK_FAILED)
    assert _refused(desk, intent(2)) is WireCode.CITY_STOPPED
    # Told again, or of the next number: the city is stopped already. After a re-opening the old word stops nothing again.
    size = desk.store.size
    desk.append(told)
    desk.append(replace_cause(void(1, 2, "issuer"), WireCode.CHECK_FAILED))
    assert desk.store.size == size + 1
    desk.service.reopen(reopening(order(stop.incident_id)))
    desk.append(told)
    desk.append(intent(3))
    # A new one does.
    desk.append(replace_cause(void(3, 3, "issuer"), WireCode.CHECK_FAILED))
    assert _refused(desk, intent(4)) is WireCode.CITY_STOPPED


def test_the_checkers_own_stop_is_not_doubled_and_no_other_cause_stops(desk: Desk) -> None:
    for which in range(4):
        desk.append(intent(which))
    desk.append(void(0, 1, "issuer"))
    desk.append(sealed(2))
    desk.append(replace_cause(void(2, 1), WireCode.CHECK_FAILED))  # a kiosk's word is no checker's
    desk.append(intent(5))
    desk.append(STOP, CHECKER)
    size = desk.store.size
    desk.append(replace_cause(void(1, 2, "issuer"), WireCode.CHECK_FAILED))
    assert desk.store.size == size + 1


def test_contradictions_of_one_kiosk_leave_the_others_alone(desk: Desk) -> None:
    """A hostile kiosk has no lever to close the city, and none to fill the ledger: one stop stands for all that it says."""
    for which in range(5):
        assert _refused(desk, taken(which, which + 1, "K0666")) is WireCode.CONTRADICTION
    assert desk.store.size == 1
    assert _refused(desk, intent(9, "K0666")) is WireCode.KIOSK_STOPPED
    desk.append(intent(9, "K0001"))


@pytest.mark.promise("C16")
def test_a_kiosk_has_one_open_incident_and_the_next_one_after_its_reopening(desk: Desk) -> None:
    """Whoever tells of another one, issuer or checker, hears that the kiosk is stopped; nothing is written for it."""
    first = desk.append(STOP_KIOSK)
    again = structs.replace(STOP_KIOSK, incident_id=b"m" * 16)
    for caller in (ISSUER, CHECKER):
        assert _refused(desk, again, caller) is WireCode.KIOSK_STOPPED
    assert _refused(desk, taken(0)) is WireCode.CONTRADICTION
    assert desk.append(STOP_KIOSK) == first
    assert desk.store.size == 1
    desk.append(structs.replace(again, kiosk_id="K0002"))
    desk.append(structs.replace(again, scope=StopScope.CITY, incident_id=b"n" * 16))
    desk.restart()
    assert _refused(desk, structs.replace(again, incident_id=b"o" * 16)) is WireCode.KIOSK_STOPPED
    desk.service.reopen(reopening(order(STOP_KIOSK.incident_id, StopScope.KIOSK, "K0001")))
    size = desk.store.size
    assert _refused(desk, taken(0)) is WireCode.CONTRADICTION
    assert desk.store.size == size + 1
    assert _refused(desk, taken(1)) is WireCode.CONTRADICTION
    assert desk.store.size == size + 1


def test_calls_at_the_same_time_share_one_write(desk: Desk) -> None:
    writes = 0

    class Counting(Disk):
        def write(self, descriptor: int, content: bytes) -> None:
            nonlocal writes
            writes += 1
            super().write(descriptor, content)

    desk.restart(Counting())
    before = writes
    entries: list[LedgerEntry] = [intent(which) for which in range(20)]
    entries.insert(7, intent(3))  # a repetition inside the batch
    entries.append(IntentEntry(CITY, "K0001", issue_number(5), b"x" * 32))  # a contradiction inside the batch
    entries.append(intent(21))  # refused because of that one
    results = desk.append_together(entries)
    assert writes == before + 1
    assert isinstance(results[-2], Contradicts)
    assert isinstance(results[-1], AppendRefused)
    receipts = [result for result in results if not isinstance(result, BaseException)]
    assert len(receipts) == 21
    assert results[7] == results[3]
    assert desk.store.size == 21
    desk.store.publish()
    assert verify_ledger(desk.folder, SIGNER.key, Expectations(receipts=tuple(receipts))).checkpoint.size == 21


def test_more_waiting_than_fit_one_write(tmp_path: Path) -> None:
    desk = Desk(tmp_path, settings=replace(SETTINGS, batch_entries_max=4))
    results = desk.append_together([intent(which) for which in range(11)])
    assert [getattr(result, "index", result) for result in results] == list(range(11))
    desk.store.close()
    assert verify_ledger(tmp_path, SIGNER.key).batches == 3


def test_a_call_that_was_given_up_is_not_written_later(desk: Desk) -> None:
    async def give_up() -> None:
        task = asyncio.ensure_future(desk.service.append(ISSUER, AppendCall(intent(0))))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    desk.append(intent(1))
    assert [leaf.entry for leaf in desk.leaves()] == [intent(1)]


class FailsLater(Disk):
    """Works until told to fail."""

    kind = ""

    def write(self, descriptor: int, content: bytes) -> None:
        if self.kind == "write":
            raise OSError(5, "Input/output error")
        super().write(descriptor, content)

    def sync_data(self, descriptor: int) -> None:
        if self.kind == "sync":
            raise OSError(5, "Input/output error")
        super().sync_data(descriptor)


@pytest.mark.parametrize("kind", ["write", "sync"])
def test_no_receipt_leaves_when_the_disk_fails(tmp_path: Path, kind: str) -> None:
    disk = FailsLater()
    desk = Desk(tmp_path, disk=disk)
    desk.append(intent(0))
    disk.kind = kind
    results = desk.append_together([intent(1), intent(0), intent(2)])
    assert all(isinstance(result, LedgerDown) for result in results)
    disk.kind = ""
    # The disk works again, but what it holds is unknown: everything is refused, even what is surely there.
    for entry in (intent(0), intent(3), STOP):
        assert _refused(desk, entry) is WireCode.LEDGER_DOWN
    with pytest.raises(LedgerDown):
        desk.store.publish()
    desk.restart()
    assert desk.append(intent(0)).index == 0
    assert [desk.append(intent(which)).index for which in (1, 2)] == [1, 2]
    desk.store.close()
    assert verify_ledger(tmp_path, SIGNER.key).checkpoint.size == 3


def test_a_stop_that_is_not_durable_is_not_answered_as_one(tmp_path: Path) -> None:
    disk = FailsLater()
    desk = Desk(tmp_path, disk=disk)
    disk.kind = "sync"
    assert _refused(desk, sealed(0)) is WireCode.LEDGER_DOWN
    desk.store.close()


def test_the_book_failing_is_the_ledger_failing(desk: Desk) -> None:
    desk.append(intent(0))
    desk.store.book._database.close()
    assert _refused(desk, intent(1)) is WireCode.LEDGER_DOWN
    assert _refused(desk, intent(1)) is WireCode.LEDGER_DOWN
    desk.restart()
    assert desk.append(intent(1)).index == 1


class Stumbles(Book):
    """A fault of our own, at one entry."""

    at = b""

    def enter(self, index: int, leaf: Leaf) -> None:
        if entry_hash(leaf.entry) == self.at:
            raise ArithmeticError("not foreseen")
        super().enter(index, leaf)


def test_a_fault_of_our_own_gives_the_whole_batch_up(desk: Desk) -> None:
    """Nobody gets a receipt, and what was staged before the fault does not become durable with somebody's next entry."""
    book = desk.store.book = Stumbles()
    book.at = entry_hash(intent(1))
    results = desk.append_together([intent(0), intent(1), intent(2)])
    assert [type(result) for result in results] == [ArithmeticError, LedgerDown, LedgerDown]
    assert _refused(desk, intent(3)) is WireCode.LEDGER_DOWN
    assert desk.leaves() == []
    desk.restart()
    assert desk.append(intent(3)).index == 0
    assert [leaf.entry for leaf in desk.leaves()] == [intent(3)]


def test_a_sequence_that_no_store_can_hold_breaks_nobodys_batch(desk: Desk) -> None:
    for which in (0, 1):
        desk.append(intent(which))
        desk.append(sealed(which))
    endpoint = endpoints(desk.service)["append"]
    assert ask(endpoint, encode(call_of(taken(0, 2**63 - 1))))
    for sequence in (-1, 2**63, 2**64 - 1):
        with pytest.raises(Malformed):
            ask(endpoint, encode(call_of(taken(1, sequence))))
    assert desk.append(taken(1, 1)).index == 5
    # where somebody in this process does not go through the endpoint, the kiosk's report refuses, and nobody else is refused
    results = desk.append_together([intent(2), taken(0, 2**63)])
    assert [type(result) for result in results] == [Receipt, Malformed]
    assert desk.store.size == 7


def test_any_fault_of_the_book_gives_the_whole_batch_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    enter = desk.store.book.enter

    def fails(index: int, leaf: Leaf) -> None:
        if leaf.entry == intent(2):
            raise OverflowError
        enter(index, leaf)

    monkeypatch.setattr(desk.store.book, "enter", fails)
    results = desk.append_together([intent(1), intent(2), intent(3)])
    assert [type(result) for result in results] == [OverflowError, LedgerDown, LedgerDown]  # the fault is seen where it happened
    assert desk.store.size == 0


def test_the_endpoint(desk: Desk) -> None:
    offered = endpoints(desk.service)
    assert set(offered) == set(topology.methods_of("vault/recorder"))
    for entry in (intent(0), sealed(0), taken(0), STOP):
        body = encode(call_of(entry))
        assert len(body) <= offered["append"].body_bytes_max
        opened(parse(AppendReply, ask(offered["append"], body)), entry)
    with pytest.raises(Refused) as caught:
        ask(offered["append"], b"\x00")
    assert caught.value.code is WireCode.MALFORMED
