"""What the ledger's leaves are: the bytes of `Leaf` messages, in the one encoding that has."""

from __future__ import annotations

from hashlib import sha256

from akashi.ledger.errors import LeafMalformed
from akashi.wire.codec import Malformed, encode, parse
from akashi.wire.messages.ledger import Leaf, LedgerEntry


def entry_hash(entry: LedgerEntry) -> bytes:
    """Return SHA-256 of the encoded entry, as in a `Receipt`."""
    return sha256(encode(entry)).digest()


def parse_leaf(untrusted_leaf: bytes) -> Leaf:
    """
    Return the leaf that the bytes hold.

    Raises:
        LeafMalformed: not a `Leaf`, or another encoding of one (the same entry must never have two hashes).
    """
    try:
        leaf = parse(Leaf, untrusted_leaf)
    except Malformed as refusal:
        raise LeafMalformed(refusal.detail) from None
    if encode(leaf) != untrusted_leaf:
        raise LeafMalformed("not the canonical encoding")
    return leaf
