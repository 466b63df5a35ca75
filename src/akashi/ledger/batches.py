"""
The form of the ledger's file: batch after batch, each closed by the tree hash and the signature over its checkpoint.

A batch is 8 magic bytes, number of leaves and body length (4 bytes each, big-endian), the body (each leaf with its length
before it), the root after its last leaf (32 bytes) and the Ed25519 signature (64 bytes) over the checkpoint of that size.
So every entry that was ever acknowledged lies under a signature, at no more than the one disk write that it needs anyway.
Refused: a root file that is signed once a second; whoever then edits the youngest entries is not found out.
Source: docs/spec/ledger.md section 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from akashi.ledger.errors import BatchBroken

MAGIC = b"AKSHLB01"
LEAF_BYTES_MAX = 40_000
"""A re-opening with two signed orders is the largest entry."""
BATCH_LEAVES_MAX = 4096
BODY_BYTES_MAX = 1_048_576
_HEAD = struct.Struct(">8sII")
_LENGTH = struct.Struct(">I")
_ROOT_BYTES = 32
_SIGNATURE_BYTES = 64
_FOOT_BYTES = _ROOT_BYTES + _SIGNATURE_BYTES
BATCH_BYTES_MAX = _HEAD.size + BODY_BYTES_MAX + _FOOT_BYTES


@dataclass(frozen=True, slots=True)
class Batch:
    """
    Leaves that became durable together.

    Attributes:
        end: offset in the file after this batch, in bytes.
        leaves: one or more.
        root: tree hash after the last of them, as the file claims.
        signature: over the checkpoint of that size and root, as the file claims.
    """

    end: int
    leaves: tuple[bytes, ...]
    root: bytes
    signature: bytes


def encode_batch(leaves: Sequence[bytes], root: bytes, signature: bytes) -> bytes:
    """Return the bytes of one batch. Callers keep to the limits above (`check_can_batch`)."""
    body = b"".join(_LENGTH.pack(len(leaf)) + leaf for leaf in leaves)
    return _HEAD.pack(MAGIC, len(leaves), len(body)) + body + root + signature


def body_bytes(leaves: Sequence[bytes]) -> int:
    """Return how large the body of a batch with these leaves is."""
    return sum(len(leaf) for leaf in leaves) + _LENGTH.size * len(leaves)


def fits_batch(leaves: Sequence[bytes]) -> bool:
    """Return whether these leaves can be one batch."""
    return (
        0 < len(leaves) <= BATCH_LEAVES_MAX
        and all(0 < len(leaf) <= LEAF_BYTES_MAX for leaf in leaves)
        and body_bytes(leaves) <= BODY_BYTES_MAX
    )


def read_batches(file: BinaryIO) -> Iterator[Batch]:
    """
    Yield the batches of a file from its present position to its end; one batch at a time is in memory.

    Raises:
        BatchBroken: the rest of the file is not a whole batch; says at which offset.
    """
    offset = file.tell()
    while head := file.read(_HEAD.size):
        batch = _parse_batch(head, file, offset)
        yield batch
        offset = batch.end


def _parse_batch(head: bytes, file: BinaryIO, offset: int) -> Batch:
    if len(head) < _HEAD.size:
        raise BatchBroken(offset, "head is cut off")
    magic, count, length = _HEAD.unpack(head)
    if magic != MAGIC:
        raise BatchBroken(offset, "no batch begins here")
    if not 0 < count <= BATCH_LEAVES_MAX or not 0 < length <= BODY_BYTES_MAX:
        raise BatchBroken(offset, "count or length out of range")
    rest = file.read(length + _FOOT_BYTES)
    if len(rest) < length + _FOOT_BYTES:
        raise BatchBroken(offset, "batch is cut off")
    leaves = _parse_body(memoryview(rest)[:length], count, offset)
    foot = rest[length:]
    return Batch(offset + _HEAD.size + len(rest), leaves, foot[:_ROOT_BYTES], foot[_ROOT_BYTES:])


def _parse_body(body: memoryview, count: int, offset: int) -> tuple[bytes, ...]:
    leaves = []
    at = 0
    for _ in range(count):
        if at + _LENGTH.size > len(body):
            raise BatchBroken(offset, "fewer leaves than counted")
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        if not 0 < length <= LEAF_BYTES_MAX or at + length > len(body):
            raise BatchBroken(offset, "leaf length out of range")
        leaves.append(bytes(body[at : at + length]))
        at += length
    if at != len(body):
        raise BatchBroken(offset, "bytes left over in the body")
    return tuple(leaves)


def is_unfinished(file: BinaryIO, offset: int) -> bool:
    """
    Return whether what stands after `offset` can be one write that a crash cut short.

    Batches are written one at a time and each is durable before the next, so an unfinished one is the last: no longer than a
    batch and with no further batch in it. Disks may lose any blocks of it, so its content says nothing more.
    """
    file.seek(offset)
    rest = file.read(BATCH_BYTES_MAX + 1)
    return len(rest) <= BATCH_BYTES_MAX and rest.find(MAGIC, 1) < 0
