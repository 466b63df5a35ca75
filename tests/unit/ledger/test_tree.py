"""The tree against known answers and against the definition in RFC 6962, written down again here."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.ledger import tree as tree_module
from akashi.ledger.tree import EMPTY_ROOT, Tree, leaf_hash, node_hash

# The test data that Certificate Transparency implementations share.
LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word by word: split at the largest power of two below the size."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + definition(leaves[:split]) + definition(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_known_answers(size: int) -> None:
    tree = Tree()
    for leaf in LEAVES[:size]:
        tree.add(leaf)
    assert (tree.size, tree.root().hex()) == (size, ROOTS[size])


def test_hashes_of_leaves_and_nodes_are_apart() -> None:
    assert leaf_hash(b"") == sha256(b"\x00").digest()
    assert node_hash(b"a" * 32, b"b" * 32) == sha256(b"\x01" + b"a" * 32 + b"b" * 32).digest()
    assert Tree().root() == EMPTY_ROOT


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=150))
def test_root_is_the_definition_at_every_size(leaves: list[bytes]) -> None:
    tree = Tree()
    for size, leaf in enumerate(leaves, 1):
        tree.add(leaf)
        if size in {1, len(leaves) // 2, len(leaves)}:
            assert tree.root() == definition(leaves[:size])


def test_a_copy_grows_alone() -> None:
    tree = Tree()
    for leaf in LEAVES[:5]:
        tree.add(leaf)
    other = tree.copy()
    other.add(LEAVES[5])
    assert tree.root().hex() == ROOTS[5]
    assert other.root().hex() == ROOTS[6]


def test_growing_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: n leaves cost fewer than 2 n hashes, a root at most log2(n)."""
    calls = 0
    true_node_hash = tree_module.node_hash

    def counting(left: bytes, right: bytes) -> bytes:
        nonlocal calls
        calls += 1
        return true_node_hash(left, right)

    monkeypatch.setattr(tree_module, "node_hash", counting)
    tree = Tree()
    for which in range(5000):
        tree.add(which.to_bytes(4, "big"))
    assert calls < 5000
    calls = 0
    tree.root()
    assert calls <= 13
