"""
Size classes: what is sealed has one of three lengths, whatever it says.

Promises: the length of a sealed part tells its class and nothing else; padding carries no hidden bytes.
Source: docs/spec/protocol.md section 3.4.
"""

from __future__ import annotations

import enum

from akashi.sealing.errors import Oversize
from akashi.wire.codec import Malformed

LENGTH_BYTES = 4


class SizeClass(enum.IntEnum):
    """Length of a padded plaintext, in bytes."""

    SMALL = 8 * 1024
    """Both parts of every request, and answers that fit."""
    MEDIUM = 128 * 1024
    """Most certificates."""
    LARGE = 2 * 1024 * 1024
    """The longest certificates. Nothing longer can be sealed."""

    @property
    def message_bytes_max(self) -> int:
        """The longest message that fits, in bytes."""
        return self.value - LENGTH_BYTES


def smallest_class(message_bytes: int, *, class_min: SizeClass = SizeClass.SMALL) -> SizeClass:
    """
    Return the smallest class, not below `class_min`, that holds a message of that many bytes.

    Raises:
        Oversize: longer than the largest class holds.
    """
    for size in SizeClass:
        if size >= class_min and message_bytes <= size.message_bytes_max:
            return size
    raise Oversize("message over the largest size class")


def pad(message: bytes, size: SizeClass) -> bytes:
    """
    Return length, message and zeros: exactly `size` bytes.

    Raises:
        Oversize: the message does not fit that class.
    """
    if len(message) > size.message_bytes_max:
        raise Oversize(f"message over its size class {size.name}")
    return (len(message).to_bytes(LENGTH_BYTES, "big") + message).ljust(size, b"\0")


def unpad(untrusted_padded: bytes) -> bytes:
    """
    Return the message.

    Raises:
        Malformed: the stated length passes the end, or a byte after the message is not zero.
    """
    end = LENGTH_BYTES + int.from_bytes(untrusted_padded[:LENGTH_BYTES], "big")
    if len(untrusted_padded) < LENGTH_BYTES or end > len(untrusted_padded):
        raise Malformed("padding: length")
    # One comparison of whole strings: `any()` over 2 MiB would take longer than opening the seal.
    if untrusted_padded[end:] != bytes(len(untrusted_padded) - end):
        raise Malformed("padding: not zero")
    return untrusted_padded[LENGTH_BYTES:end]
