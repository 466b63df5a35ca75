"""
The Merkle tree hash of RFC 6962, grown leaf by leaf.

Promises: adding a leaf costs about two hashes, the root about log2(size) hashes; nothing else of the leaves is kept.
"""

from __future__ import annotations

from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the 32-byte hash of a leaf. Source: RFC 6962 section 2.1."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node. Source: RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """
    A growing tree, kept as the roots of its full subtrees from left to right.

    Their sizes are the powers of two in `size`, largest first, so at most 64 hashes are held.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self._size = 0

    @property
    def size(self) -> int:
        """How many leaves were added."""
        return self._size

    def add(self, leaf: bytes) -> None:
        """Add one leaf on the right."""
        grown = leaf_hash(leaf)
        below = self._size
        # Every trailing one bit of the size is a full subtree as large as what has grown so far.
        while below & 1:
            grown = node_hash(self._peaks.pop(), grown)
            below >>= 1
        self._peaks.append(grown)
        self._size += 1

    def root(self) -> bytes:
        """Return the 32-byte tree hash; `EMPTY_ROOT` where nothing was added."""
        if not self._peaks:
            return EMPTY_ROOT
        grown = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            grown = node_hash(peak, grown)
        return grown

    def copy(self) -> Tree:
        """Return a tree that grows on its own from here."""
        other = Tree()
        other._peaks = self._peaks.copy()
        other._size = self._size
        return other
