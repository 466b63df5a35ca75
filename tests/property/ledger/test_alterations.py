"""Whatever is done to the files of a closed ledger, the verifier finds it; whatever bytes come, the parsers say so."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from akashi.ledger.append import CHECKPOINT_FILE, ENTRIES_FILE
from akashi.ledger.batches import Batch, encode_batch, is_unfinished, read_batches
from akashi.ledger.checkpoint import NoteKey, check_note_name, open_checkpoint, parse_note_key
from akashi.ledger.entries import parse_leaf
from akashi.ledger.errors import BatchBroken, LeafMalformed, LedgerAltered, NoteMalformed, NoteUnsigned
from akashi.ledger.verify import Expectations, Verified, verify_ledger
from unit.ledger.samples import SIGNER, build_ledger, open_ledger

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=6)
FEW = settings(max_examples=120, deadline=None)


def _verify(entries: bytes, checkpoint: bytes) -> Verified:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ENTRIES_FILE).write_bytes(entries)
        (folder / CHECKPOINT_FILE).write_bytes(checkpoint)
        return verify_ledger(folder, SIGNER.key)


def _build(sizes: list[int]) -> tuple[bytes, bytes]:
    with TemporaryDirectory() as name:
        build_ledger(Path(name), sizes)
        return (Path(name) / ENTRIES_FILE).read_bytes(), (Path(name) / CHECKPOINT_FILE).read_bytes()


def _batches(entries: bytes) -> list[bytes]:
    ends = [0, *(batch.end for batch in read_batches(io.BytesIO(entries)))]
    return [entries[start:end] for start, end in itertools.pairwise(ends)]


@pytest.mark.promise("C23")
@FEW
@given(SIZES, st.data())
def test_any_edit_of_bytes_is_found(sizes: list[int], data: st.DataObject) -> None:
    """Any stretch of either file, the last signature included, replaced by anything, shorter or longer."""
    entries, checkpoint = _build(sizes)
    which = data.draw(st.sampled_from(["entries", "checkpoint"]))
    content = entries if which == "entries" else checkpoint
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 300)))
    changed = content[:start] + data.draw(st.binary(max_size=300)) + content[end:]
    assume(changed != content)
    with pytest.raises(LedgerAltered):
        _verify(*((changed, checkpoint) if which == "entries" else (entries, changed)))


@pytest.mark.promise("C23")
@FEW
@given(SIZES, st.data())
def test_any_removal_repetition_or_reordering_of_batches_is_found(sizes: list[int], data: st.DataObject) -> None:
    entries, checkpoint = _build(sizes)
    batches = _batches(entries)
    kept = data.draw(st.lists(st.sampled_from(batches), max_size=len(batches) + 2))
    assume(kept != batches)
    with pytest.raises(LedgerAltered):
        _verify(b"".join(kept), checkpoint)


@pytest.mark.promise("C23")
@FEW
@given(st.lists(st.integers(2, 5), min_size=1, max_size=4), st.data())
def test_any_removal_repetition_or_reordering_of_entries_in_a_batch_is_found(sizes: list[int], data: st.DataObject) -> None:
    entries, checkpoint = _build(sizes)
    parsed: list[Batch] = list(read_batches(io.BytesIO(entries)))
    where = data.draw(st.integers(0, len(parsed) - 1))
    leaves = list(parsed[where].leaves)
    changed = data.draw(st.lists(st.sampled_from(leaves), min_size=1, max_size=len(leaves) + 1))
    assume(changed != leaves)
    batches = _batches(entries)
    batches[where] = encode_batch(changed, parsed[where].root, parsed[where].signature)
    with pytest.raises(LedgerAltered) as caught:
        _verify(b"".join(batches), checkpoint)
    assert caught.value.first == sum(sizes[:where])


@FEW
@given(SIZES, st.integers(0, 3000))
def test_any_shortening_is_found(sizes: list[int], removed: int) -> None:
    entries, checkpoint = _build(sizes)
    assume(0 < removed <= len(entries))
    with pytest.raises(LedgerAltered) as caught:
        _verify(entries[:-removed], checkpoint)
    assert caught.value.end is None


@FEW
@given(SIZES, st.binary(min_size=1, max_size=400))
def test_an_altered_ledger_is_never_opened_for_writing_as_if_it_were_whole(sizes: list[int], tail: bytes) -> None:
    """Opening either refuses, or comes back with exactly the entries that the checkpoint names."""
    entries, checkpoint = _build(sizes)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ENTRIES_FILE).write_bytes(entries + tail)
        (folder / CHECKPOINT_FILE).write_bytes(checkpoint)
        try:
            ledger = open_ledger(folder)
        except LedgerAltered:
            return
        assert (ledger.size, ledger.opened.cut_bytes) == (sum(sizes), len(tail))
        ledger.close()
        assert (folder / ENTRIES_FILE).read_bytes() == entries


@FEW
@given(st.binary(max_size=600) | st.text(max_size=200).map(str.encode))
def test_any_bytes_as_note(untrusted: bytes) -> None:
    with pytest.raises((NoteMalformed, NoteUnsigned)):
        open_checkpoint(untrusted, SIGNER.key)


@FEW
@given(st.text(max_size=120))
def test_any_text_as_key(untrusted: str) -> None:
    with pytest.raises(NoteMalformed):
        parse_note_key(untrusted)


@FEW
@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40), st.binary(min_size=32, max_size=32))
def test_keys_survive_their_text(name: str, public: bytes) -> None:
    try:
        check_note_name(name)
    except NoteMalformed:
        return
    key = NoteKey(name, public)
    assert parse_note_key(key.text()) == key


@FEW
@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_as_batches(untrusted: bytes, magic: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    file = io.BytesIO((b"AKSHLB01" if magic else b"") + untrusted)
    offset = 0
    try:
        for batch in read_batches(file):
            offset = batch.end
    except BatchBroken as refusal:
        offset = refusal.offset
        is_unfinished(file, offset)
    assert 0 <= offset <= len(untrusted) + 8


@FEW
@given(st.binary(max_size=300))
def test_any_bytes_as_leaf(untrusted: bytes) -> None:
    with pytest.raises(LeafMalformed):
        parse_leaf(untrusted)


@FEW
@given(st.lists(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5), max_size=5))
def test_batches_survive_the_file(groups: list[list[bytes]]) -> None:
    content = b"".join(encode_batch(group, bytes(32), bytes(64)) for group in groups)
    assert [list(batch.leaves) for batch in read_batches(io.BytesIO(content))] == groups


@FEW
@given(SIZES, st.binary(min_size=1, max_size=300))
def test_while_the_recorder_runs_an_unfinished_end_never_hides_an_edit(sizes: list[int], tail: bytes) -> None:
    entries, checkpoint = _build(sizes)
    with TemporaryDirectory() as name:
        folder = Path(name)
        edited = bytearray(entries)
        edited[len(edited) // 2] ^= 1
        (folder / ENTRIES_FILE).write_bytes(bytes(edited) + tail)
        (folder / CHECKPOINT_FILE).write_bytes(checkpoint)
        with pytest.raises(LedgerAltered):
            verify_ledger(folder, SIGNER.key, Expectations(running=True))
