"""Two people re-open; nobody else and nothing else does."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.inbox import REQUESTS_MAX, Inbox
from akashi.base.log import Log
from akashi.ledger.append import Disk
from akashi.ledger.errors import LedgerDown
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import Leaf, ReopenEntry, StopEntry, StopScope
from akashi.zones.vault.recorder.errors import AppendRefused, Contradicts, ReopenRefused
from akashi.zones.vault.recorder.reopening import read_request
from unit.ledger.samples import CITY, intent
from unit.zones.vault_recorder.desk import OPERATORS, SETTINGS, Desk, order, reopening, sealed, signed_by, taken

INCIDENT = b"i" * 16
STOP = StopEntry(StopScope.CITY, CITY, "-", WireCode.CHECK_FAILED, INCIDENT)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "ledger")
    made.append(STOP)
    yield made
    made.store.close()


def made_inbox(folder: Path, log: io.StringIO | None = None) -> Inbox:
    return Inbox(folder, Log("vault/recorder", log or io.StringIO()))


def _stopped(desk: Desk, kiosk_id: str = "K0001") -> bool:
    try:
        desk.append(intent(desk.store.size, kiosk_id))
    except AppendRefused as refusal:
        return refusal.code in {WireCode.CITY_STOPPED, WireCode.KIOSK_STOPPED}
    return False


@pytest.mark.promise("C16")
def test_two_operators_reopen(desk: Desk) -> None:
    assert _stopped(desk)
    desk.service.reopen(reopening(order(INCIDENT)))
    assert not _stopped(desk)
    desk.restart()
    assert not _stopped(desk)
    assert desk.leaves()[1].caller == "vault/recorder"
    assert "reopened" in desk.events()


def _foreign_signature() -> bytes:
    return sign_message(SigningKey.from_bytes(b"x" * 32), Purpose.REOPEN, order(INCIDENT))


def _other_purpose() -> bytes:
    return sign_message(OPERATORS["baba"], Purpose.ORDER, order(INCIDENT))


@pytest.mark.promise("C16")
@pytest.mark.parametrize(
    "entry",
    [
        reopening(order(INCIDENT), "aoki", "aoki"),
        ReopenEntry(signed_by("aoki", order(INCIDENT)), signed_by("baba", order(INCIDENT, reason="another reason"))),
        ReopenEntry(signed_by("aoki", order(INCIDENT)), _foreign_signature()),
        ReopenEntry(signed_by("aoki", order(INCIDENT)), _other_purpose()),
        ReopenEntry(signed_by("aoki", order(INCIDENT)), b""),
        reopening(order(b"j" * 16)),
        reopening(order(INCIDENT, StopScope.KIOSK, "K0001")),
        reopening(msgspec.structs.replace(order(INCIDENT), municipality="011002")),
    ],
    ids=["one twice", "two orders", "no operator", "other purpose", "nothing", "other incident", "other scope", "other city"],
)
def test_what_does_not_reopen(desk: Desk, entry: ReopenEntry) -> None:
    size = desk.store.size
    with pytest.raises(ReopenRefused):
        desk.service.reopen(entry)
    assert desk.store.size == size
    assert _stopped(desk)


def test_one_key_under_two_names_is_one_person(tmp_path: Path) -> None:
    public = OPERATORS["aoki"].public_bytes
    desk = Desk(tmp_path, settings=replace(SETTINGS, operators={"aoki": public, "alias": public}))
    desk.append(STOP)
    with pytest.raises(ReopenRefused):
        desk.service.reopen(reopening(order(INCIDENT), "aoki", "aoki"))
    desk.store.close()


def test_every_open_incident_needs_its_own_reopening(desk: Desk) -> None:
    desk.append(msgspec.structs.replace(STOP, incident_id=b"j" * 16))
    desk.service.reopen(reopening(order(INCIDENT)))
    assert _stopped(desk)
    desk.restart()
    assert _stopped(desk)
    desk.service.reopen(reopening(order(b"j" * 16)))
    assert not _stopped(desk)


def test_a_kiosk_is_reopened_alone(desk: Desk) -> None:
    for kiosk_id in ("K0001", "K0002"):
        desk.append(StopEntry(StopScope.KIOSK, CITY, kiosk_id, WireCode.CONTRADICTION, kiosk_id.encode().ljust(16)))
    desk.service.reopen(reopening(order(INCIDENT)))
    desk.service.reopen(reopening(order(b"K0002".ljust(16), StopScope.KIOSK, "K0002")))
    assert _stopped(desk, "K0001")
    assert not _stopped(desk, "K0002")


def test_an_incident_is_reopened_once_and_the_same_stop_does_not_come_back(desk: Desk) -> None:
    desk.service.reopen(reopening(order(INCIDENT)))
    with pytest.raises(ReopenRefused):
        desk.service.reopen(reopening(order(INCIDENT), "baba", "chiba"))
    desk.append(STOP)  # a late repetition of the same message: the old receipt, no new stop
    assert not _stopped(desk)
    desk.append(msgspec.structs.replace(STOP, incident_id=b"n" * 16))
    assert _stopped(desk)


def test_a_kiosk_that_repeats_its_contradiction_is_not_stopped_again(desk: Desk) -> None:
    """Its journal resends for ever; what two people have dealt with stays dealt with, and stays refused."""
    desk.service.reopen(reopening(order(INCIDENT)))
    with pytest.raises(Refused):
        desk.append(taken(0))
    stop = desk.leaves()[-1].entry
    assert isinstance(stop, StopEntry)
    assert _stopped(desk)
    desk.service.reopen(reopening(order(stop.incident_id, StopScope.KIOSK, "K0001")))
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            desk.append(taken(0))
        assert caught.value.code is WireCode.CONTRADICTION
        desk.restart()
    assert not _stopped(desk)


OLD_SIGNATURES = [reopening(order(INCIDENT)), reopening(order(INCIDENT), "baba", "aoki")]
OTHER_STOPS = [
    msgspec.structs.replace(STOP, cause=WireCode.CONTRADICTION),
    msgspec.structs.replace(STOP, kiosk_id="K0009"),
    StopEntry(StopScope.KIOSK, CITY, "K0001", WireCode.CONTRADICTION, INCIDENT),
]


@pytest.mark.promise("C16")
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("second", OTHER_STOPS, ids=["other cause", "other words", "a kiosk"])
def test_old_signatures_do_not_reopen_a_second_stop(desk: Desk, second: StopEntry, restart: bool) -> None:  # noqa: FBT001 - parametrised
    """A taken-over issuer or checker gives its next stop the id of one for which signatures lie in the ledger and in done/."""
    desk.service.reopen(OLD_SIGNATURES[0])
    if restart:
        desk.restart()
    for _ in range(2):
        with pytest.raises(Contradicts):
            desk.append(second)
    # The contradiction itself is on record, under an id that nobody signed for, and once.
    stops = [leaf.entry for leaf in desk.leaves() if isinstance(leaf.entry, StopEntry)]
    assert [(stop.scope, stop.cause) for stop in stops[1:]] == [(StopScope.CITY, WireCode.CONTRADICTION)]
    assert stops[1].incident_id != INCIDENT
    for old in OLD_SIGNATURES:
        with pytest.raises(ReopenRefused):
            desk.service.reopen(old)
    assert _stopped(desk)
    desk.service.reopen(reopening(order(stops[1].incident_id)))
    assert not _stopped(desk)


def test_an_id_that_was_used_up_beforehand_does_not_keep_a_contradiction_from_stopping(desk: Desk) -> None:
    """Who knows what it will say can compute the incident's id, and have it used and re-opened before."""
    with pytest.raises(Contradicts):
        desk.append(sealed(0))
    foreseen = desk.leaves()[-1].entry
    assert isinstance(foreseen, StopEntry)
    other = Desk(desk.folder.parent / "other")
    taken_up = msgspec.structs.replace(foreseen, cause=WireCode.CHECK_FAILED)
    other.append(taken_up)
    other.service.reopen(reopening(order(foreseen.incident_id, kiosk_id=foreseen.kiosk_id)))
    assert not _stopped(other)
    for _ in range(2):
        with pytest.raises(Contradicts):
            other.append(sealed(0))
        assert _stopped(other)
    stop = other.leaves()[-1].entry
    assert isinstance(stop, StopEntry)
    assert stop.incident_id != foreseen.incident_id
    other.service.reopen(reopening(order(stop.incident_id, kiosk_id=stop.kiosk_id)))
    size = other.store.size
    with pytest.raises(Contradicts):
        other.append(sealed(0))
    assert other.store.size == size
    other.store.close()


def test_a_ledger_that_has_one_id_twice_still_opens_and_its_signatures_count_once(desk: Desk) -> None:
    """As one written before ids were unique: the signatures that stand in it never re-open again, and the ledger stays up."""
    desk.service.reopen(OLD_SIGNATURES[0])
    desk.store.stage(Leaf(desk.clock.now_ms(), "issuance/issuer", OTHER_STOPS[0]))
    desk.store.commit()
    desk.restart()
    assert _stopped(desk)
    box = made_inbox(desk.folder.parent / "inbox")
    for name, operator in (("a", "aoki"), ("b", "baba")):
        (desk.folder.parent / f"inbox/{name}.signed").write_bytes(signed_by(operator, order(INCIDENT)))
    with pytest.raises(ReopenRefused):
        desk.service.reopen(OLD_SIGNATURES[0])
    desk.service.take_reopenings(box)
    assert _stopped(desk)
    assert not list((desk.folder.parent / "inbox").glob("*.signed"))
    desk.store.check_up()
    desk.service.reopen(reopening(order(INCIDENT, reason="looked into again")))
    assert not _stopped(desk)


class TestInbox:
    """Requests that two people bring, one after the other."""

    @pytest.fixture
    def inbox(self, tmp_path: Path) -> Path:
        return tmp_path / "inbox"

    def test_one_waits_two_reopen(self, desk: Desk, inbox: Path) -> None:
        box = made_inbox(inbox)
        (inbox / "a.signed").write_bytes(signed_by("aoki", order(INCIDENT)))
        desk.service.take_reopenings(box)
        assert _stopped(desk)
        assert (inbox / "a.signed").exists()
        (inbox / "b.signed").write_bytes(signed_by("chiba", order(INCIDENT)))
        desk.service.take_reopenings(box)
        assert not _stopped(desk)
        assert sorted(path.name for path in (inbox / "done").iterdir()) == ["a.signed", "b.signed"]

    def test_the_same_person_twice_waits(self, desk: Desk, inbox: Path) -> None:
        box = made_inbox(inbox)
        for name in ("a", "b"):
            (inbox / f"{name}.signed").write_bytes(signed_by("aoki", order(INCIDENT)))
        desk.service.take_reopenings(box)
        assert _stopped(desk)
        assert not list((inbox / "done").iterdir())

    def test_wrong_ones_are_set_aside(self, desk: Desk, inbox: Path) -> None:
        box = made_inbox(inbox)
        (inbox / "a.signed").write_bytes(b"anything")
        (inbox / "b.signed").write_bytes(_foreign_signature())
        for name, operator in (("c", "aoki"), ("d", "baba")):
            (inbox / f"{name}.signed").write_bytes(signed_by(operator, order(b"z" * 16)))
        (inbox / "e.new").write_bytes(b"half")
        (inbox / "f.signed").mkdir()
        desk.service.take_reopenings(box)
        assert sorted(path.name for path in (inbox / "refused").iterdir()) == ["a.signed", "b.signed", "c.signed", "d.signed"]
        assert desk.events().count("reopen_refused") == 4
        assert _stopped(desk)

    def test_only_so_many_are_read(self, inbox: Path) -> None:
        box = made_inbox(inbox)
        for which in range(REQUESTS_MAX + 5):
            (inbox / f"{which:03}.signed").write_bytes(bytes(20_000))
        found = box.read()
        assert len(found) == REQUESTS_MAX
        assert all(len(content) < 20_000 for _, content in found)

    def test_nothing_that_lies_there_ends_the_recorder(self, desk: Desk, inbox: Path) -> None:
        """A folder, a pipe, a link, a file that cannot be moved, one that vanishes, a name that cannot be printed."""
        box = made_inbox(inbox, desk.log)
        (inbox / "folder.signed").mkdir()
        os.mkfifo(inbox / "pipe.signed")
        (inbox / "link.signed").symlink_to("/dev/zero")
        (inbox / "unmovable.signed").write_bytes(b"junk")
        (inbox / "refused" / "unmovable.signed").mkdir()
        (Path(os.fsdecode(os.fsencode(inbox) + b"/\xff\n.signed"))).write_bytes(b"junk")
        for operator in ("aoki", "baba"):
            (inbox / f"{operator}.signed").write_bytes(signed_by(operator, order(INCIDENT)))
        desk.service.take_reopenings(box)
        assert not _stopped(desk)
        assert desk.events().count("inbox_file_stuck") == 1
        desk.service.take_reopenings(box)
        assert desk.events().count("inbox_file_stuck") == 1
        assert desk.events().count("reopen_refused") == 2
        assert (inbox / "unmovable.signed").exists()

    def test_a_pair_that_cannot_be_moved_reopens_once(self, desk: Desk, inbox: Path) -> None:
        box = made_inbox(inbox, desk.log)
        for operator in ("aoki", "baba"):
            (inbox / f"{operator}.signed").write_bytes(signed_by(operator, order(INCIDENT)))
            (inbox / "done" / f"{operator}.signed").mkdir()
        for _ in range(3):
            desk.service.take_reopenings(box)
        assert desk.events().count("reopened") == 1
        assert desk.events().count("inbox_file_stuck") == 2
        for operator in ("aoki", "baba"):
            (inbox / "refused" / f"{operator}.signed").mkdir()
        desk.service.take_reopenings(made_inbox(inbox, desk.log))
        assert desk.events().count("reopened") == 1

    def test_a_file_that_vanishes_or_a_folder_that_is_gone_is_no_matter(
        self, desk: Desk, inbox: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        box = made_inbox(inbox, desk.log)
        (inbox / "a.signed").write_bytes(signed_by("aoki", order(INCIDENT)))
        (inbox / "b.signed").write_bytes(b"junk")
        opening = os.open

        def vanish(path: Path, flags: int) -> int:
            descriptor = opening(path, flags)
            path.unlink()
            return descriptor

        monkeypatch.setattr(os, "open", vanish)
        desk.service.take_reopenings(box)
        monkeypatch.undo()
        desk.service.take_reopenings(box)
        shutil.rmtree(inbox)
        desk.service.take_reopenings(box)
        assert desk.events()[-1] == "inbox_unreadable"
        assert _stopped(desk)

    def test_a_file_that_may_not_be_read_is_left(self, desk: Desk, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        box = made_inbox(inbox, desk.log)
        (inbox / "a.signed").write_bytes(b"junk")

        really_open = os.open

        def refuse(path: Path, flags: int, mode: int = 0o777) -> int:
            if Path(path).suffix == ".signed":
                raise PermissionError(13, "Permission denied", str(path))
            return really_open(path, flags, mode)

        monkeypatch.setattr(os, "open", refuse)
        desk.service.take_reopenings(box)
        assert (inbox / "a.signed").exists()
        assert desk.events()[-1] == "inbox_file_stuck"

    def test_no_number_of_files_keeps_two_good_ones_apart(self, desk: Desk, inbox: Path) -> None:
        """Junk, old orders of others, and one operator's thousand reasons, under names before and after the good ones."""
        box = made_inbox(inbox, desk.log)
        for which in range(150):
            (inbox / f"{'a' if which % 2 else 'z'}{which}.signed").write_bytes(b"junk")
            (inbox / f"old{which}.signed").write_bytes(signed_by("aoki", order(b"o" * 16)))
            flood = signed_by("chiba", order(INCIDENT, reason=f"reason {which}"))
            (inbox / f"flood{which}.signed").write_bytes(flood)
        (inbox / "m.signed").write_bytes(signed_by("aoki", order(INCIDENT)))
        (inbox / "n.signed").write_bytes(signed_by("baba", order(INCIDENT)))
        rounds = 0
        while (inbox / "m.signed").exists():
            desk.service.take_reopenings(box)
            rounds += 1
            assert rounds < 200
        assert {path.name for path in (inbox / "done").iterdir()} == {"m.signed", "n.signed"}
        assert not _stopped(desk)

    def test_requests_stay_when_the_disk_fails(self, tmp_path: Path, inbox: Path) -> None:
        class Fails(Disk):
            failing = False

            def sync_data(self, descriptor: int) -> None:
                if self.failing:
                    raise OSError(5, "Input/output error")
                super().sync_data(descriptor)

        disk = Fails()
        desk = Desk(tmp_path / "other", disk=disk)
        desk.append(STOP)
        box = made_inbox(inbox)
        for name in ("aoki", "baba"):
            (inbox / f"{name}.signed").write_bytes(signed_by(name, order(INCIDENT)))
        disk.failing = True
        with pytest.raises(LedgerDown):
            desk.service.take_reopenings(box)
        with pytest.raises(LedgerDown):
            desk.service.reopen(reopening(order(INCIDENT)))
        assert len(box.read()) == 2
        desk.store.close()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_request(untrusted: bytes) -> None:
    with pytest.raises(ReopenRefused):
        read_request("x.signed", untrusted, SETTINGS.operators)
