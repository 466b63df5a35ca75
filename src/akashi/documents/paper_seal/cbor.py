"""
The few kinds of CBOR that the paper seal has, in the one deterministic encoding, and nothing else.

What parses here encodes to the same bytes again: two codes with the same words are the same code, and nothing can hide in a
second spelling. General libraries also read floats, endless strings, shared references and tags that make objects.
Source: RFC 8949 section 4.2.1 (core deterministic encoding).
"""

from __future__ import annotations

from akashi.documents.paper_seal.errors import PaperMalformed, PaperUnfit

Value = int | bytes | str | list["Value"] | dict[int, "Value"]
"""Integers from -2^32 to 2^32 - 1, byte strings, texts, arrays, maps from small integers."""

_UINT, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = range(6)
_TAIL_BYTES = {24: 1, 25: 2, 26: 4}
_DIRECT_MAX = 23
_DEPTH_MAX = 6
_ITEMS_MAX = 200


def encode(value: Value) -> bytes:
    """
    Return the encoding of a value.

    Raises:
        PaperUnfit: an integer of more than 32 bits, or a text that is no Unicode.
    """
    # Texts first: nearly everything that a page says.
    if isinstance(value, str):
        try:
            encoded = value.encode()
        except UnicodeEncodeError:
            raise PaperUnfit("text") from None
        return _head(_TEXT, len(encoded)) + encoded
    if isinstance(value, int):
        return _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, list):
        return _head(_ARRAY, len(value)) + b"".join([encode(each) for each in value])
    pairs = sorted((encode(key), encode(each)) for key, each in value.items())
    return _head(_MAP, len(pairs)) + b"".join(key + each for key, each in pairs)


def parse(untrusted: bytes) -> Value:
    """
    Return the one value that the bytes are.

    Raises:
        PaperMalformed: they are not exactly one value of these kinds in its one encoding.
    """
    value, at = _parse(untrusted, 0, _DEPTH_MAX)
    if at != len(untrusted):
        raise PaperMalformed("CBOR: bytes behind the value")
    return value


def _head(kind: int, number: int) -> bytes:
    return _SHORT[kind][number] if number < _SHORT_END else _long_head(kind, number)


def _long_head(kind: int, number: int) -> bytes:
    if number <= _DIRECT_MAX:
        return bytes([kind << 5 | number])
    for tail, count in _TAIL_BYTES.items():
        if number < 1 << 8 * count:
            return bytes([kind << 5 | tail]) + number.to_bytes(count, "big")
    raise PaperUnfit("number")


_SHORT_END = 256
_SHORT = tuple(tuple(_long_head(kind, number) for number in range(_SHORT_END)) for kind in range(_MAP + 1))
"""Every head of one or two bytes, by kind and number."""


def _parse_head(untrusted: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(untrusted):
        raise PaperMalformed("CBOR: ends too early")
    kind, number = untrusted[at] >> 5, untrusted[at] & 31
    at += 1
    if number > _DIRECT_MAX:
        count = _TAIL_BYTES.get(number, 0)
        tail = untrusted[at : at + count]
        if not count or len(tail) != count:
            raise PaperMalformed("CBOR: head")
        number = int.from_bytes(tail, "big")
        # A number that fits a shorter head must have it.
        if number <= _DIRECT_MAX or (count > 1 and number < 1 << 4 * count):
            raise PaperMalformed("CBOR: head is not the shortest")
        at += count
    return kind, number, at


def _parse(untrusted: bytes, at: int, depth: int) -> tuple[Value, int]:
    kind, number, at = _parse_head(untrusted, at)
    if kind in (_UINT, _NEGATIVE):
        return (number if kind == _UINT else -1 - number), at
    if kind in (_BYTES, _TEXT):
        content = untrusted[at : at + number]
        if len(content) != number:
            raise PaperMalformed("CBOR: ends too early")
        return (content if kind == _BYTES else _text(content)), at + number
    if kind not in (_ARRAY, _MAP) or depth == 0 or number > _ITEMS_MAX:
        raise PaperMalformed("CBOR: kind, depth or number of items")
    if kind == _ARRAY:
        items: list[Value] = []
        for _ in range(number):
            item, at = _parse(untrusted, at, depth - 1)
            items.append(item)
        return items, at
    return _parse_map(untrusted, at, depth, number)


def _parse_map(untrusted: bytes, at: int, depth: int, count: int) -> tuple[Value, int]:
    pairs: dict[int, Value] = {}
    before = b""
    for _ in range(count):
        start = at
        key, at = _parse(untrusted, at, 0)
        if not isinstance(key, int) or untrusted[start:at] <= before:
            raise PaperMalformed("CBOR: keys of a map")
        before = untrusted[start:at]
        pairs[key], at = _parse(untrusted, at, depth - 1)
    return pairs, at


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise PaperMalformed("CBOR: text") from None
