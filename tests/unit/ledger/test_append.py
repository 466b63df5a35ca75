"""The durable file: crashes at every byte, failing disks, and everything that opening must refuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from akashi.ledger.append import CHECKPOINT_FILE, ENTRIES_FILE, Disk, LedgerFile
from akashi.ledger.batches import BATCH_LEAVES_MAX, LEAF_BYTES_MAX, encode_batch
from akashi.ledger.checkpoint import Checkpoint, assemble_note, open_checkpoint
from akashi.ledger.errors import LedgerAltered, LedgerDown
from akashi.ledger.tree import Tree
from akashi.ledger.verify import Expectations, verify_ledger
from unit.ledger.samples import OTHER_SIGNER, SIGNER, build_ledger, ignore_leaf, leaf, open_ledger


def _replayed(folder: Path) -> tuple[LedgerFile, list[bytes]]:
    seen: list[bytes] = []

    def on_leaf(index: int, one: bytes) -> None:
        assert index == len(seen)
        seen.append(one)

    return LedgerFile(folder, SIGNER, on_leaf=on_leaf), seen


def _batch(before: int, count: int) -> bytes:
    """The bytes of one more batch after `before` sample leaves."""
    tree = Tree()
    for which in range(before + count):
        tree.add(leaf(which))
    checkpoint = Checkpoint(SIGNER.key.name, tree.size, tree.root())
    leaves = [leaf(which) for which in range(before, before + count)]
    return encode_batch(leaves, tree.root(), SIGNER.sign_checkpoint(checkpoint))


def test_what_was_appended_comes_back_in_order(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    assert ledger.append([leaf(0)]) == 0
    assert ledger.append([leaf(1), leaf(2)]) == 1
    assert ledger.append([leaf(3)]) == 3
    ledger.close()
    again, seen = _replayed(tmp_path)
    assert seen == [leaf(which) for which in range(4)]
    assert (again.size, again.opened.cut_bytes) == (4, 0)
    again.close()


def test_files_are_the_vaults_own(tmp_path: Path) -> None:
    build_ledger(tmp_path / "ledger", [1])
    assert (tmp_path / "ledger").stat().st_mode & 0o777 == 0o700
    for name in (ENTRIES_FILE, CHECKPOINT_FILE):
        assert (tmp_path / "ledger" / name).stat().st_mode & 0o777 == 0o600


def test_the_checkpoint_file_is_replaced_only_when_entries_came(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    path = tmp_path / CHECKPOINT_FILE
    assert open_checkpoint(path.read_bytes(), SIGNER.key).size == 0
    ledger.append([leaf(0)])
    assert open_checkpoint(path.read_bytes(), SIGNER.key).size == 0
    ledger.publish()
    assert open_checkpoint(path.read_bytes(), SIGNER.key).size == 1
    inode = path.stat().st_ino
    ledger.publish()
    assert path.stat().st_ino == inode
    ledger.close()


def test_only_one_process_has_it(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    with pytest.raises(LedgerDown):
        open_ledger(tmp_path)
    ledger.close()
    open_ledger(tmp_path).close()


@pytest.mark.promise("C23")
def test_a_crash_at_every_byte_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Three acknowledged entries, then a write of two more that a crash ends after any number of bytes."""
    build_ledger(tmp_path, [1, 2])
    before, more = (tmp_path / ENTRIES_FILE).read_bytes(), _batch(3, 2)
    for written in range(len(more) + 1):
        (tmp_path / ENTRIES_FILE).write_bytes(before + more[:written])
        ledger, seen = _replayed(tmp_path)
        whole = written == len(more)
        assert seen == [leaf(which) for which in range(5 if whole else 3)]
        assert ledger.opened.cut_bytes == (0 if whole else written)
        if ledger.opened.cut_file:
            assert (tmp_path / ledger.opened.cut_file).read_bytes() == more[:written]
        ledger.append([leaf(ledger.size)])
        size = ledger.size
        ledger.close()
        assert verify_ledger(tmp_path, SIGNER.key).checkpoint.size == size
        # Back to the state before the crash for the next round.
        (tmp_path / ENTRIES_FILE).write_bytes(before)
        (tmp_path / CHECKPOINT_FILE).unlink()
        _put_checkpoint(tmp_path, 3)


@pytest.mark.parametrize("block", [1, 16, 64])
def test_a_crash_that_loses_blocks_loses_nothing_acknowledged(tmp_path: Path, block: int) -> None:
    """Disks write blocks in any order: each block of the unacknowledged batch is lost in turn and reads as zeros."""
    build_ledger(tmp_path, [2])
    before, more = (tmp_path / ENTRIES_FILE).read_bytes(), _batch(2, 1)
    for start in range(0, len(more), block):
        torn = more[:start] + bytes(len(more[start : start + block])) + more[start + block :]
        if torn == more:
            continue
        (tmp_path / ENTRIES_FILE).write_bytes(before + torn)
        ledger, seen = _replayed(tmp_path)
        assert (len(seen), ledger.opened.cut_bytes) == (2, len(more))
        ledger.close()


def test_a_crash_between_write_and_checkpoint_keeps_the_entries(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1])
    with (tmp_path / ENTRIES_FILE).open("ab") as file:
        file.write(_batch(1, 1) + _batch(2, 3))
    (tmp_path / "checkpoint.new").write_bytes(b"half a no")
    assert verify_ledger(tmp_path, SIGNER.key).checkpoint.size == 5
    ledger, seen = _replayed(tmp_path)
    assert len(seen) == 5
    ledger.close()


def _put_checkpoint(folder: Path, size: int) -> None:
    tree = Tree()
    for which in range(size):
        tree.add(leaf(which))
    checkpoint = Checkpoint(SIGNER.key.name, size, tree.root())
    note = assemble_note(checkpoint, SIGNER.key, SIGNER.sign_checkpoint(checkpoint))
    (folder / CHECKPOINT_FILE).write_bytes(note)


class TestOpeningRefuses:
    """Whatever a crash of one write cannot explain."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        build_ledger(tmp_path, [1, 2, 1])
        return tmp_path

    def test_a_file_shorter_than_its_checkpoint(self, folder: Path) -> None:
        content = (folder / ENTRIES_FILE).read_bytes()
        for length in range(0, len(content), 7):
            (folder / ENTRIES_FILE).write_bytes(content[:length])
            with pytest.raises(LedgerAltered):
                open_ledger(folder)
            assert (folder / ENTRIES_FILE).read_bytes() == content[:length]

    def test_every_changed_byte_of_an_entry_or_root(self, folder: Path) -> None:
        content = (folder / ENTRIES_FILE).read_bytes()
        last_signature = len(content) - 64
        for place in range(0, last_signature, 3):
            (folder / ENTRIES_FILE).write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
            try:
                with pytest.raises(LedgerAltered):
                    open_ledger(folder).close()
            except pytest.fail.Exception:
                # Signatures of older batches are not checked at start (`verify` does); they cover nothing that counts.
                assert _is_older_signature(folder, place)

    def test_a_removed_checkpoint(self, folder: Path) -> None:
        (folder / CHECKPOINT_FILE).unlink()
        with pytest.raises(LedgerAltered, match="no checkpoint"):
            open_ledger(folder)

    def test_an_emptied_or_foreign_checkpoint(self, folder: Path) -> None:
        foreign = assemble_note(
            Checkpoint(SIGNER.key.name, 0, bytes(32)), SIGNER.key, OTHER_SIGNER.sign_checkpoint(Checkpoint("x", 0, bytes(32)))
        )
        for content in (b"", foreign):
            (folder / CHECKPOINT_FILE).write_bytes(content)
            with pytest.raises(LedgerAltered, match="checkpoint file"):
                open_ledger(folder)

    def test_a_removed_entries_file(self, folder: Path) -> None:
        (folder / ENTRIES_FILE).unlink()
        with pytest.raises(LedgerAltered, match="shorter"):
            open_ledger(folder)

    def test_another_ledger_with_a_right_checkpoint_size(self, folder: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        ledger = open_ledger(other)
        ledger.append([leaf(90), leaf(91), leaf(92), leaf(93)])
        ledger.close()
        (folder / CHECKPOINT_FILE).write_bytes((other / CHECKPOINT_FILE).read_bytes())
        with pytest.raises(LedgerAltered):
            open_ledger(folder)

    def test_batches_of_another_key(self, folder: Path) -> None:
        with pytest.raises(LedgerAltered):
            LedgerFile(folder, OTHER_SIGNER, on_leaf=ignore_leaf)

    def test_damage_that_is_followed_by_a_batch(self, folder: Path) -> None:
        _put_checkpoint(folder, 1)
        content = bytearray((folder / ENTRIES_FILE).read_bytes())
        content[-400] ^= 1  # in the second of three batches, beyond the checkpoint
        (folder / ENTRIES_FILE).write_bytes(content)
        with pytest.raises(LedgerAltered):
            open_ledger(folder)

    def test_a_checkpoint_inside_a_batch(self, folder: Path) -> None:
        _put_checkpoint(folder, 2)
        with pytest.raises(LedgerAltered, match="inside a batch"):
            open_ledger(folder)


def _is_older_signature(folder: Path, place: int) -> bool:
    """Whether that byte belongs to the signature of a batch that is not the last."""
    ends = []
    with (folder / ENTRIES_FILE).open("rb") as file:
        content = file.read()
    at = content.find(b"AKSHLB01", 1)
    while at > 0:
        ends.append(at)
        at = content.find(b"AKSHLB01", at + 1)
    return any(end - 64 <= place < end for end in ends)


class FailingDisk(Disk):
    """Fails the call with that number (from 0), writes half before a failing write."""

    def __init__(self, kind: str, at: int) -> None:
        self._kind = kind
        self._left = at

    def _count(self, kind: str) -> None:
        if kind == self._kind:
            self._left -= 1
            if self._left < 0:
                raise OSError(28, "No space left on device")

    def write(self, descriptor: int, content: bytes) -> None:
        try:
            self._count("write")
        except OSError:
            os.write(descriptor, content[: len(content) // 2])
            raise
        super().write(descriptor, content)

    def sync_data(self, descriptor: int) -> None:
        self._count("sync")
        super().sync_data(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        self._count("replace")
        super().replace(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._count("folder")
        super().sync_folder(folder)


@pytest.mark.parametrize("kind", ["write", "sync", "replace", "folder"])
@pytest.mark.parametrize("at", range(7))
def test_each_failing_call_in_turn(tmp_path: Path, kind: str, at: int) -> None:
    """After the first failure nothing is accepted; after a restart everything that was acknowledged is there."""
    acknowledged = 0
    failed = False
    try:
        ledger = LedgerFile(tmp_path, SIGNER, on_leaf=ignore_leaf, disk=FailingDisk(kind, at))
    except LedgerDown:
        return
    for which in range(6):
        try:
            ledger.append([leaf(which)])
            assert not failed
            acknowledged += 1
            if which % 2:
                ledger.publish()
        except LedgerDown:
            failed = True
            assert ledger.down
    if failed:
        with pytest.raises(LedgerDown):
            ledger.append([leaf(9)])
        with pytest.raises(LedgerDown):
            ledger.publish()
    try:
        ledger.close()
    except LedgerDown:
        assert not failed
    again, seen = _replayed(tmp_path)
    assert seen == [leaf(which) for which in range(len(seen))]
    assert acknowledged <= len(seen) <= acknowledged + 1
    again.close()
    verify_ledger(tmp_path, SIGNER.key, Expectations())


@pytest.mark.parametrize(
    "leaves", [[], [b""], [bytes(LEAF_BYTES_MAX + 1)], [b"x"] * (BATCH_LEAVES_MAX + 1), [bytes(LEAF_BYTES_MAX)] * 27]
)
def test_what_does_not_fit_one_batch_is_refused_and_changes_nothing(tmp_path: Path, leaves: list[bytes]) -> None:
    ledger = open_ledger(tmp_path)
    with pytest.raises(LedgerDown, match="fit"):
        ledger.append(leaves)
    assert not ledger.down
    assert ledger.append([leaf(0)]) == 0
    ledger.close()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerDown):
        open_ledger(tmp_path / "file")
    (tmp_path / "ledger" / ENTRIES_FILE).mkdir(parents=True)
    with pytest.raises(LedgerDown):
        open_ledger(tmp_path / "ledger")
