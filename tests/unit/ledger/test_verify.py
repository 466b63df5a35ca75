"""The stand-alone verifier: where it points to, what it is given from elsewhere, what it does without."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from hashlib import sha256
from pathlib import Path

import pytest

from akashi.ledger.append import CHECKPOINT_FILE, ENTRIES_FILE
from akashi.ledger.batches import encode_batch
from akashi.ledger.checkpoint import Checkpoint, open_checkpoint
from akashi.ledger.entries import parse_leaf
from akashi.ledger.errors import LedgerAltered, LedgerDown
from akashi.ledger.tree import Tree
from akashi.ledger.verify import Expectations, Signatures, verify_ledger
from akashi.wire.codec import encode
from akashi.wire.messages.ledger import Receipt
from unit.ledger.samples import OTHER_SIGNER, SIGNER, build_ledger, leaf, open_ledger


def _checkpoint(folder: Path) -> Checkpoint:
    return open_checkpoint((folder / CHECKPOINT_FILE).read_bytes(), SIGNER.key)


def _receipt(which: int) -> Receipt:
    entry = parse_leaf(leaf(which)).entry
    return Receipt(sha256(encode(entry)).digest(), which, 1_764_000_000_000 + which)


def _altered(folder: Path, expectations: Expectations | None = None) -> LedgerAltered:
    with pytest.raises(LedgerAltered) as caught:
        verify_ledger(folder, SIGNER.key, expectations)
    return caught.value


def test_in_order(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1, 3, 1])
    found = verify_ledger(tmp_path, SIGNER.key)
    assert (found.checkpoint, found.batches, found.unfinished_bytes) == (_checkpoint(tmp_path), 3, 0)


def test_an_empty_ledger_is_in_order(tmp_path: Path) -> None:
    build_ledger(tmp_path, [])
    assert verify_ledger(tmp_path, SIGNER.key).checkpoint.size == 0


@pytest.mark.promise("C23")
@pytest.mark.parametrize("which", range(9))
def test_an_edited_entry_is_found_at_its_index(tmp_path: Path, which: int) -> None:
    build_ledger(tmp_path, [1] * 9)
    content = (tmp_path / ENTRIES_FILE).read_bytes()
    edited = leaf(which).replace(b"K0001", b"K0002")
    (tmp_path / ENTRIES_FILE).write_bytes(content.replace(leaf(which), edited))
    found = _altered(tmp_path)
    assert (found.first, found.end) == (which, which + 1)


def test_an_edit_in_a_larger_batch_is_found_within_it(tmp_path: Path) -> None:
    build_ledger(tmp_path, [2, 5, 2])
    content = (tmp_path / ENTRIES_FILE).read_bytes()
    (tmp_path / ENTRIES_FILE).write_bytes(content.replace(leaf(4), leaf(40)))
    found = _altered(tmp_path)
    assert (found.first, found.end) == (2, 7)


def test_an_edit_with_recomputed_roots_is_found_by_the_signature(tmp_path: Path) -> None:
    """Whoever can write the file can recompute every hash in it, but cannot sign."""
    build_ledger(tmp_path, [1] * 4)
    tree, content = Tree(), b""
    for which in (0, 1, 77, 3):
        tree.add(leaf(which))
        forged = OTHER_SIGNER.sign_checkpoint(Checkpoint(SIGNER.key.name, tree.size, tree.root()))
        content += encode_batch([leaf(which)], tree.root(), forged)
    (tmp_path / ENTRIES_FILE).write_bytes(content)
    assert _altered(tmp_path).first == 0
    assert "signed" in _altered(tmp_path).what
    assert _altered(tmp_path, Expectations(signatures=Signatures.LAST)).first == 0


def test_shortened_below_the_checkpoint(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1] * 3)
    content = (tmp_path / ENTRIES_FILE).read_bytes()
    (tmp_path / ENTRIES_FILE).write_bytes(content[: len(content) // 3])
    found = _altered(tmp_path)
    assert (found.first, found.end) == (1, None)
    assert "shorter than its checkpoint of 3" in found.what


def test_putting_the_whole_folder_back_is_found_by_what_was_kept_elsewhere(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1] * 2)
    old = {name: (tmp_path / name).read_bytes() for name in (ENTRIES_FILE, CHECKPOINT_FILE)}
    ledger = open_ledger(tmp_path)
    ledger.append([leaf(2)])
    ledger.close()
    kept = _checkpoint(tmp_path)
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    assert verify_ledger(tmp_path, SIGNER.key).checkpoint.size == 2  # alone it cannot know
    assert _altered(tmp_path, Expectations(checkpoints=(kept,))).first == 2
    assert _altered(tmp_path, Expectations(receipts=(_receipt(2),))).first == 2


def test_older_checkpoints_and_receipts_must_fit(tmp_path: Path) -> None:
    build_ledger(tmp_path, [2, 3])
    tree = Tree()
    for which in range(4):
        tree.add(leaf(which))
    inside = Checkpoint(SIGNER.key.name, 4, tree.root())
    good = Expectations(checkpoints=(inside,), receipts=tuple(_receipt(which) for which in range(5)))
    assert verify_ledger(tmp_path, SIGNER.key, good).checkpoint.size == 5

    forked = Checkpoint(SIGNER.key.name, 4, bytes(32))
    assert _altered(tmp_path, Expectations(checkpoints=(forked,))).end == 4
    assert "differ" in _altered(tmp_path, Expectations(checkpoints=(inside, forked))).what
    moved = Receipt(_receipt(1).entry_hash, 2, _receipt(2).time_ms)
    assert _altered(tmp_path, Expectations(receipts=(moved,))).first == 2
    later = Receipt(_receipt(1).entry_hash, 1, 5)
    assert _altered(tmp_path, Expectations(receipts=(later,))).first == 1


def test_a_leaf_that_is_no_entry_is_found_even_under_a_good_signature(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1])
    ledger = open_ledger(tmp_path)
    ledger.append([b"not an entry"])
    ledger.close()
    assert _altered(tmp_path).first == 1


def test_another_spelling_of_an_entry_is_no_entry(tmp_path: Path) -> None:
    """msgpack can write a small number in more than one way; the ledger knows one."""
    ledger = open_ledger(tmp_path)
    ledger.append([b"\xdd\x00\x00\x00\x03" + leaf(0)[1:]])
    ledger.close()
    assert "canonical" in _altered(tmp_path).what


@pytest.mark.parametrize("tail", [b"\x00", b"AKSHLB01", bytes(500)])
def test_an_unfinished_end_is_allowed_only_where_the_recorder_runs(tmp_path: Path, tail: bytes) -> None:
    build_ledger(tmp_path, [1, 1])
    with (tmp_path / ENTRIES_FILE).open("ab") as file:
        file.write(tail)
    assert _altered(tmp_path).first == 2
    running = verify_ledger(tmp_path, SIGNER.key, Expectations(running=True))
    assert (running.checkpoint.size, running.unfinished_bytes) == (2, len(tail))


def test_damage_is_no_unfinished_end(tmp_path: Path) -> None:
    build_ledger(tmp_path, [1, 1, 1])
    content = bytearray((tmp_path / ENTRIES_FILE).read_bytes())
    content[len(content) // 3] ^= 1
    (tmp_path / ENTRIES_FILE).write_bytes(content)
    (tmp_path / CHECKPOINT_FILE).write_bytes((tmp_path / CHECKPOINT_FILE).read_bytes())
    assert _altered(tmp_path, Expectations(running=True)).first == 1


@pytest.mark.parametrize("signatures", list(Signatures))
def test_a_changed_older_signature(tmp_path: Path, signatures: Signatures) -> None:
    build_ledger(tmp_path, [1, 1])
    content = bytearray((tmp_path / ENTRIES_FILE).read_bytes())
    content[content.index(b"AKSHLB01", 1) - 1] ^= 1
    (tmp_path / ENTRIES_FILE).write_bytes(content)
    if signatures is Signatures.EVERY:
        assert _altered(tmp_path).first == 0
    else:
        assert verify_ledger(tmp_path, SIGNER.key, Expectations(signatures=signatures)).checkpoint.size == 2


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(LedgerAltered, match="missing"):
        verify_ledger(tmp_path, SIGNER.key)
    build_ledger(tmp_path, [1])
    (tmp_path / ENTRIES_FILE).unlink()
    with pytest.raises(LedgerDown):
        verify_ledger(tmp_path, SIGNER.key)
    build_ledger(tmp_path / "other", [1])
    (tmp_path / "other" / CHECKPOINT_FILE).write_bytes(b"\n\n")
    with pytest.raises(LedgerAltered, match="checkpoint file"):
        verify_ledger(tmp_path / "other", SIGNER.key)


def test_memory_does_not_grow_with_the_ledger(tmp_path: Path) -> None:
    peaks = []
    for size in (50, 2000):
        folder = tmp_path / str(size)
        build_ledger(folder, [1] * size)
        verify_ledger(folder, SIGNER.key, Expectations(signatures=Signatures.LAST))
        tracemalloc.start()
        verify_ledger(folder, SIGNER.key, Expectations(signatures=Signatures.LAST))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 20_000
    assert (folder / ENTRIES_FILE).stat().st_size > 400_000


def test_it_stands_alone() -> None:
    """At run time, not only by the import contract: neither writer, signer, server nor its configuration is loaded."""
    code = "import sys, akashi.ledger.verify; print([n for n in sys.modules if n.startswith('akashi')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("ledger.append", "ledger.sign", "akashi.zones", "base.config", "akashi.sealing", "akashi.entry"):
        assert name not in loaded
