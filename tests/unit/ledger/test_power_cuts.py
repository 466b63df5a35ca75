"""What opening accepts is durable before anybody hears of it: the operating system shows bytes that no disk has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from akashi.ledger.append import CHECKPOINT_FILE, ENTRIES_FILE, LedgerFile
from akashi.ledger.batches import encode_batch
from akashi.ledger.checkpoint import Checkpoint, open_checkpoint
from akashi.ledger.errors import LedgerDown
from akashi.ledger.verify import Expectations, verify_ledger
from akashi.wire.errors import WireCode
from akashi.wire.messages.ledger import Receipt
from unit.ledger.samples import SIGNER, ignore_leaf, intent, leaf
from unit.ledger.volatile import VolatileDisk
from unit.zones.vault_recorder.desk import Desk


def _open(folder: Path, disk: VolatileDisk) -> LedgerFile:
    return LedgerFile(folder, SIGNER, on_leaf=ignore_leaf, disk=disk)


def _kill(ledger: LedgerFile) -> None:
    """End its process: no last checkpoint, and the lock is free."""
    os.close(ledger._descriptor)


def _write_unsynced(ledger: LedgerFile, disk: VolatileDisk, count: int = 1) -> None:
    """Write one batch as `append` does, and be killed before the sync."""
    tree = ledger._tree.copy()
    leaves = [leaf(tree.size + place) for place in range(count)]
    for one in leaves:
        tree.add(one)
    signature = SIGNER.sign_checkpoint(Checkpoint(SIGNER.key.name, tree.size, tree.root()))
    disk.write(ledger._descriptor, encode_batch(leaves, tree.root(), signature))
    _kill(ledger)


def _published(folder: Path) -> int:
    return open_checkpoint((folder / CHECKPOINT_FILE).read_bytes(), SIGNER.key).size


@pytest.mark.promise("C23")
def test_a_batch_that_was_never_synced_is_durable_before_it_is_published(tmp_path: Path) -> None:
    """Killed between write and sync; opened again, and the checkpoint names the batch; then the power goes."""
    disk = VolatileDisk()
    ledger = _open(tmp_path, disk)
    ledger.append([leaf(0)])
    _write_unsynced(ledger, disk, 2)
    again = _open(tmp_path, disk)
    assert (again.size, _published(tmp_path)) == (3, 3)
    _kill(again)
    disk.cut_power(tmp_path)
    assert verify_ledger(tmp_path, SIGNER.key, Expectations()).checkpoint.size == 3
    assert _open(tmp_path, disk).append([leaf(3)]) == 3


@pytest.mark.promise("C23")
def test_a_batch_whose_sync_failed_is_written_again(tmp_path: Path) -> None:
    """After the error its pages count as written, so a sync alone would report success and write nothing."""
    disk = VolatileDisk()
    ledger = _open(tmp_path, disk)
    ledger.append([leaf(0)])
    disk.fails = True
    with pytest.raises(LedgerDown):
        ledger.append([leaf(1)])
    ledger.close()
    again = _open(tmp_path, disk)
    assert (again.size, _published(tmp_path)) == (2, 2)
    again.close()
    disk.cut_power(tmp_path)
    assert verify_ledger(tmp_path, SIGNER.key, Expectations()).checkpoint.size == 2


@pytest.mark.promise("C23")
def test_the_receipt_of_a_resend_survives_the_second_power_cut(tmp_path: Path) -> None:
    disk = VolatileDisk()
    desk = Desk(tmp_path / "ledger", disk=disk)
    desk.append(intent(0))
    disk.fails = True
    with pytest.raises(LedgerDown) as caught:
        desk.append(intent(1))
    assert caught.value.code is WireCode.LEDGER_DOWN
    desk.restart(disk)
    receipt: Receipt = desk.append(intent(1))
    desk.store.close()
    disk.cut_power(desk.folder)
    again = Desk(desk.folder, disk=disk)
    assert again.append(intent(1)) == receipt
    again.store.close()
    assert verify_ledger(desk.folder, SIGNER.key, Expectations(receipts=(receipt,))).checkpoint.size == 2


def test_while_it_cannot_be_made_durable_nothing_is_published(tmp_path: Path) -> None:
    disk = VolatileDisk()
    ledger = _open(tmp_path, disk)
    ledger.append([leaf(0)])
    _write_unsynced(ledger, disk)
    before = _published(tmp_path)
    disk.fails = True
    with pytest.raises(LedgerDown):
        _open(tmp_path, disk)
    assert _published(tmp_path) == before
    again = _open(tmp_path, disk)
    assert again.size == 2
    again.close()
    disk.cut_power(tmp_path)
    assert verify_ledger(tmp_path, SIGNER.key, Expectations()).checkpoint.size == 2


@pytest.mark.parametrize("behind", [0, 1])
def test_what_opening_leaves_is_what_the_disk_holds(tmp_path: Path, behind: int) -> None:
    """Also where an unfinished batch, durable by chance, was cut off: with and without a batch behind the checkpoint."""
    disk = VolatileDisk()
    ledger = _open(tmp_path, disk)
    ledger.append([leaf(0)])
    ledger.publish()
    for which in range(behind):
        ledger.append([leaf(1 + which)])
    disk.write(ledger._descriptor, b"AKSHLB01" + bytes(300))
    disk.sync_data(ledger._descriptor)
    _kill(ledger)
    again = _open(tmp_path, disk)
    assert again.opened.cut_bytes == 308
    assert disk.held(tmp_path / ENTRIES_FILE) == (tmp_path / ENTRIES_FILE).read_bytes()
    assert len(disk.held(tmp_path / again.opened.cut_file)) == 308
    _kill(again)
    disk.cut_power(tmp_path)
    assert _open(tmp_path, disk).opened.cut_bytes == 0


def test_only_what_lies_behind_the_checkpoint_is_written_again(tmp_path: Path) -> None:
    class Counting(VolatileDisk):
        written = 0

        def write(self, descriptor: int, content: bytes) -> None:
            if Path(f"/proc/self/fd/{descriptor}").readlink().name == ENTRIES_FILE:
                self.written += len(content)
            super().write(descriptor, content)

    disk = Counting()
    ledger = _open(tmp_path, disk)
    for which in range(40):
        ledger.append([leaf(which)])
    ledger.publish()
    size = (tmp_path / ENTRIES_FILE).stat().st_size
    ledger.append([leaf(40), leaf(41)])
    _kill(ledger)
    disk.written = 0
    again = _open(tmp_path, disk)
    assert disk.written == (tmp_path / ENTRIES_FILE).stat().st_size - size
    again.close()


def test_bytes_that_change_between_reading_and_writing_them_again_are_not_believed(tmp_path: Path) -> None:
    """A page that was dropped meanwhile comes from the disk again: it may be what was there before the write."""
    disk = VolatileDisk()
    ledger = _open(tmp_path, disk)
    ledger.append([leaf(0)])
    _write_unsynced(ledger, disk)
    size = (tmp_path / ENTRIES_FILE).stat().st_size

    def lose(index: int, _leaf: bytes) -> None:
        if index == 1:
            with (tmp_path / ENTRIES_FILE).open("r+b") as file:
                file.seek(size - 200)
                file.write(bytes(50))

    with pytest.raises(LedgerDown, match="other bytes"):
        LedgerFile(tmp_path, SIGNER, on_leaf=lose, disk=disk)
    assert _published(tmp_path) == 0
