"""
Bytes to typed values and back: msgpack by msgspec, strict.

Promises: any bytes give a value of the asked type or `Malformed`; unknown fields, wrong lengths and trailing bytes refuse.
Signed bytes are never re-encoded: what is signed is carried as bytes beside its signature and parsed from those.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from akashi.wire.errors import Refused, WireCode

T = TypeVar("T", bound=msgspec.Struct)

_ENCODER = msgspec.msgpack.Encoder()


class Malformed(Refused):
    """The bytes are not a message of the expected type."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.MALFORMED, what)


_DECODERS: dict[type[msgspec.Struct], msgspec.msgpack.Decoder[Any]] = {}


def _decoder(kind: type[T]) -> msgspec.msgpack.Decoder[T]:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.msgpack.Decoder(kind)
    return decoder


def encode(message: msgspec.Struct) -> bytes:
    """
    Return the message's bytes. The same value always gives the same bytes.

    Field limits are not checked here but where the bytes are parsed: what is too long or out of range refuses there.

    Raises:
        Malformed: a text that UTF-8 cannot hold (a lone surrogate, from a register's broken row), or a number over 64 bits.
    """
    try:
        return _ENCODER.encode(message)
    except (UnicodeEncodeError, OverflowError) as error:
        raise Malformed(f"{type(message).__name__}: {type(error).__name__}") from None


def parse(kind: type[T], untrusted_body: bytes) -> T:
    """
    Return the message that the bytes hold.

    Raises:
        Malformed: not msgpack, another type, an unknown field, a limit passed, bytes left over.
    """
    try:
        return _decoder(kind).decode(untrusted_body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # The decoder's text can quote field names, never values: safe for a local log.
        raise Malformed(f"{kind.__name__}: {type(error).__name__}") from None
