"""The void list: every VOID is in it, durably, before anybody can rely on it; nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from akashi.base.log import Log
from akashi.ledger.errors import LedgerDown
from akashi.rules.eras import jst_date
from akashi.sealing.paper_trust import TrustList, Voided, VoidList, VoidState, verify_void_list
from akashi.wire.messages import DirectoryKey, KeyUse, TrustListPayload
from akashi.zones.vault.recorder.voids import VoidLists
from unit.ledger.samples import CITY, intent, issue_number
from unit.zones.vault_recorder.desk import NOW_MS, RECEIPT_KEY, Desk, sealed, taken, void

pytestmark = pytest.mark.promise("C15")
HOUR_MS = 3_600_000
TRUST = TrustList(
    TrustListPayload(
        CITY,
        "東京都証野市",
        1,
        NOW_MS,
        (DirectoryKey(RECEIPT_KEY.key_id, KeyUse.RECEIPT, RECEIPT_KEY.public_bytes, 0, 2 * NOW_MS),),
    )
)


def lists(desk: Desk, folder: Path) -> VoidLists:
    log = Log("vault/recorder", desk.log)
    return VoidLists(desk.store, desk.clock, RECEIPT_KEY, folder=folder, municipality=CITY, log=log)


def read(folder: Path) -> VoidList:
    return verify_void_list((folder / f"{CITY}.voids").read_bytes(), TRUST)


def test_what_became_void_is_in_the_list_with_its_day_and_nothing_else(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger")
    published = lists(desk, tmp_path)
    assert published.publish(refresh_ms=HOUR_MS)
    assert read(tmp_path).payload.entries == b""
    for which in (1, 2, 3, 4):
        desk.append(intent(which))
    for which in (1, 2, 3):
        desk.append(sealed(which))
    desk.append(taken(1, 1))
    desk.append(void(2, 2))
    desk.append(void(4, 9, "issuer"))
    assert published.publish(refresh_ms=HOUR_MS)
    listed = read(tmp_path)
    today = jst_date(desk.clock.time_ms)
    assert listed.find(issue_number(2)) == listed.find(issue_number(4)) == Voided(VoidState.VOID, today)
    assert [listed.find(issue_number(which)) for which in (1, 3, 5)] == [None, None, None]
    assert (listed.payload.ledger_size, listed.payload.municipality) == (desk.store.size, CITY)
    assert listed.payload.made_at_ms <= desk.clock.time_ms
    desk.store.close()


def test_it_is_made_anew_when_it_changed_or_is_old_and_only_then(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger")
    published = lists(desk, tmp_path)
    assert published.publish(refresh_ms=HOUR_MS)
    assert not published.publish(refresh_ms=HOUR_MS)
    before = read(tmp_path).payload.made_at_ms
    desk.append(intent(1))
    assert not published.publish(refresh_ms=HOUR_MS)
    desk.append(void(1, 1, "issuer"))
    assert published.publish(refresh_ms=HOUR_MS)
    desk.clock.time_ms += HOUR_MS
    assert published.publish(refresh_ms=HOUR_MS)
    assert read(tmp_path).payload.made_at_ms >= before + HOUR_MS
    # A clock that was set back: a list from the future would look newer than it is.
    desk.clock.time_ms -= 3 * HOUR_MS
    assert published.publish(refresh_ms=HOUR_MS)
    desk.store.close()


def test_after_a_crash_the_list_follows_from_the_ledger_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger")
    desk.append(intent(1))
    desk.append(void(1, 1, "issuer"))
    day = jst_date(desk.clock.time_ms)
    desk.crash()
    desk.clock.time_ms += 90 * 24 * HOUR_MS
    assert lists(desk, tmp_path).publish(refresh_ms=HOUR_MS)
    assert read(tmp_path).find(issue_number(1)) == Voided(VoidState.VOID, day)
    desk.store.close()


def test_a_ledger_that_is_down_publishes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger")
    published = lists(desk, tmp_path)
    desk.store.give_up()
    with pytest.raises(LedgerDown):
        published.publish(refresh_ms=HOUR_MS)
    assert not (tmp_path / f"{CITY}.voids").exists()
    desk.store.close()


def test_a_folder_that_cannot_be_written_is_logged_and_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger")
    published = lists(desk, tmp_path / "later")
    assert not published.publish(refresh_ms=HOUR_MS)
    assert desk.events() == ["voids_not_written"]
    (tmp_path / "later").mkdir()
    assert published.publish(refresh_ms=HOUR_MS)
    path = tmp_path / "later" / f"{CITY}.voids"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    desk.store.close()
