"""
The drawing of a code: QR, version 13, error correction M, mask 3, bytes; 69 x 69 modules as the rows of a 1-bit image.

Everything that does not depend on the bytes is worked out once per process (some milliseconds, 0.3 MB): error correction is
linear, so each byte at each place of a block adds a row of a table; where each bit goes is one permutation. A code costs some
15 µs; a general encoder needs 4 to 17 ms. The mask is fixed: readers take any; choosing the best of eight costs most.
Source: ISO/IEC 18004:2015; docs/spec/paper-seal.md section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from akashi.documents.paper_seal.errors import PaperUnfit

MODULES = 69
ROW_BYTES = 9
IMAGE_BYTES = MODULES * ROW_BYTES
QUIET_MODULES = 4
"""So much white a code needs on each side."""
_MASK = 3
_POLYNOMIAL = 0x11D
_LEVEL_M = 0
_FORMAT_GENERATOR, _FORMAT_MASK = 0b10100110111, 0b101010000010010
_VERSION_GENERATOR = 0b1111100100101
_BYTE_MODE = 0b0100
_PADDING = (0xEC, 0x11)
_VERSION_FROM = 7
_LONG_LENGTH_FROM = 10
_TIMING = 6

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Symbol:
    """
    A version with error correction M.

    Attributes:
        version: 1 to 40.
        blocks: data bytes of each block, in order.
        check_bytes: error correction bytes of each block.
        alignment: where alignment patterns have their middles, each way.
    """

    version: int
    blocks: tuple[int, ...]
    check_bytes: int
    alignment: tuple[int, ...]

    @property
    def modules(self) -> int:
        """Modules of a side."""
        return 17 + 4 * self.version

    @property
    def data_bytes(self) -> int:
        """Data codewords."""
        return sum(self.blocks)


PAGE = Symbol(13, (37,) * 8 + (38,), 22, (6, 34, 62))
"""The code on every page: up to 331 bytes."""
BACK = Symbol(3, (44,), 26, (6, 22))
"""The small code beside the scramble image: up to 42 bytes."""


def draw(code: bytes, symbol: Symbol = PAGE) -> bytes:
    """
    Return the image: rows from the top, each filled up to whole bytes, a set bit is a dark module.

    Raises:
        PaperUnfit: more bytes than the symbol holds.
    """
    plan = _plan(symbol)
    data = np.frombuffer(_codewords(code, symbol), np.uint8)
    rows = np.bitwise_xor.reduceat(plan.table[plan.place_in_block, data], plan.block_starts, axis=0)
    check = rows.view(np.uint8)[:, : symbol.check_bytes]
    # Bytes of all blocks in turn, then their check bytes in turn, then bits to their modules; the last byte is the zero of all
    # modules that hold no bit.
    sent = np.concatenate((data, check.ravel(), _ZERO))
    bits = np.unpackbits(sent)[plan.module_bits]
    image: Bits = np.packbits(bits) ^ plan.fixed
    return image.tobytes()


_ZERO = np.zeros(1, np.uint8)


def _codewords(code: bytes, symbol: Symbol) -> bytes:
    """Return mode, length, bytes, terminator and padding: exactly the data codewords."""
    length_bits = 16 if symbol.version >= _LONG_LENGTH_FROM else 8
    room = symbol.data_bytes - (4 + length_bits + 7) // 8
    if len(code) > room:
        raise PaperUnfit("more bytes than the 2D code holds")
    whole = (_BYTE_MODE << length_bits | len(code)) << 8 * len(code) | int.from_bytes(code, "big")
    used = (4 + length_bits + 4) // 8 + len(code)
    head = (whole << 4).to_bytes(used, "big")
    rest = symbol.data_bytes - used
    return head + bytes(_PADDING) * (rest // 2) + bytes(_PADDING[: rest % 2])


@dataclass(frozen=True, slots=True)
class _Plan:
    """
    What is the same for all codes of a symbol.

    Attributes:
        table: place in a block counted from its end, byte -> check bytes, filled up to whole 8 bytes.
        place_in_block: of each data byte.
        block_starts: index of each block's first byte.
        module_bits: for each module (rows filled up), the bit of (data, check bytes, 0) that it shows.
        fixed: what is drawn anyway, with the mask.
    """

    table: NDArray[np.uint64]
    place_in_block: NDArray[np.intp]
    block_starts: NDArray[np.intp]
    module_bits: NDArray[np.intp]
    fixed: Bits


@cache
def _plan(symbol: Symbol) -> _Plan:
    starts = np.cumsum((0, *symbol.blocks))[:-1]
    places = np.concatenate([np.arange(count - 1, -1, -1) for count in symbol.blocks])
    size, row = symbol.modules, (symbol.modules + 7) // 8 * 8
    drawn, reserved = _function_patterns(symbol)
    nothing = 8 * (symbol.data_bytes + len(symbol.blocks) * symbol.check_bytes)
    module_bits = np.full((size, row), nothing, np.intp)
    fixed = np.zeros((size, row), np.uint8)
    fixed[:, :size] = drawn
    order = _bit_order(symbol)
    for index, (y, x) in enumerate(_zigzag(symbol, reserved)):
        if index < len(order):
            module_bits[y, x] = order[index]
        fixed[y, x] = (y + x) % 3 == 0
    return _Plan(_check_table(symbol), places, starts, module_bits.ravel(), np.packbits(fixed))


def _check_table(symbol: Symbol) -> NDArray[np.uint64]:
    """Return, for a byte of a block with so many bytes after it, the check bytes that it alone would give."""
    exponent, logarithm = _field()

    def times(a: int, b: int) -> int:
        return exponent[(logarithm[a] + logarithm[b]) % 255] if a and b else 0

    generator = [1]
    for power in range(symbol.check_bytes):
        scaled = [times(each, exponent[power]) for each in generator]
        generator = [a ^ b for a, b in zip([*generator, 0], [0, *scaled], strict=True)]
    count = max(symbol.blocks)
    table = np.zeros((count, 256, (symbol.check_bytes + 7) // 8 * 8), np.uint8)
    rest = generator[1:]
    for place in range(count):
        if place:
            lead = rest[0]
            rest = [after ^ times(lead, each) for after, each in zip([*rest[1:], 0], generator[1:], strict=True)]
        for byte in range(256):
            table[place, byte, : symbol.check_bytes] = [times(byte, each) for each in rest]
    return table.view(np.uint64)


@cache
def _field() -> tuple[list[int], list[int]]:
    """Return powers and logarithms of the field of 256 elements."""
    exponent, logarithm, value = [0] * 255, [0] * 256, 1
    for power in range(255):
        exponent[power], logarithm[value] = value, power
        value = value << 1 ^ (_POLYNOMIAL if value & 0x80 else 0)
    return exponent, logarithm


def _bit_order(symbol: Symbol) -> list[int]:
    """Return, for each bit sent, its index in (data, check bytes of block 1, of block 2, …)."""
    sent: list[int] = []
    starts = [sum(symbol.blocks[:index]) for index in range(len(symbol.blocks))]
    for place in range(max(symbol.blocks)):
        sent += [start + place for start, count in zip(starts, symbol.blocks, strict=True) if place < count]
    for place in range(symbol.check_bytes):
        sent += [symbol.data_bytes + block * symbol.check_bytes + place for block in range(len(symbol.blocks))]
    return [8 * byte + bit for byte in sent for bit in range(8)]


def _function_patterns(symbol: Symbol) -> tuple[Bits, NDArray[np.bool_]]:
    """Return what is drawn whatever the bytes are, and which modules are taken by that."""
    size = symbol.modules
    drawn, reserved = np.zeros((size, size), np.uint8), np.zeros((size, size), np.bool_)
    line = np.arange(size) % 2 == 0
    drawn[_TIMING], drawn[:, _TIMING] = line, line
    reserved[_TIMING], reserved[:, _TIMING] = True, True
    rings = np.maximum(*np.abs(np.mgrid[-4:5, -4:5]))
    for y, x in ((3, 3), (3, size - 4), (size - 4, 3)):
        top, left, bottom, right = max(0, y - 4), max(0, x - 4), min(size, y + 5), min(size, x + 5)
        part = rings[top - y + 4 : bottom - y + 4, left - x + 4 : right - x + 4]
        drawn[top:bottom, left:right] = (part != 2) & (part != 4)  # noqa: PLR2004 - the white rings
        reserved[top:bottom, left:right] = True
    last = symbol.alignment[-1]
    for y in symbol.alignment:
        for x in symbol.alignment:
            if (y, x) not in {(_TIMING, _TIMING), (_TIMING, last), (last, _TIMING)}:
                drawn[y - 2 : y + 3, x - 2 : x + 3] = rings[2:7, 2:7] != 1
                reserved[y - 2 : y + 3, x - 2 : x + 3] = True
    _draw_format(drawn, reserved)
    if symbol.version >= _VERSION_FROM:
        _draw_version(symbol.version, drawn, reserved)
    return drawn, reserved


def _draw_format(drawn: Bits, reserved: NDArray[np.bool_]) -> None:
    """Level and mask with their check bits, twice, and the one module that is always dark."""
    size = len(drawn)
    bits = _with_check(_LEVEL_M << 3 | _MASK, _FORMAT_GENERATOR, 10) ^ _FORMAT_MASK
    upright = [(y, 8) for y in (0, 1, 2, 3, 4, 5, 7, 8)] + [(size - 15 + y, 8) for y in range(8, 15)]
    level = [(8, size - 1 - x) for x in range(8)] + [(8, x) for x in (7, 5, 4, 3, 2, 1, 0)]
    for places in (upright, level):
        for index, place in enumerate(places):
            drawn[place], reserved[place] = bits >> index & 1, True
    drawn[size - 8, 8], reserved[size - 8, 8] = 1, True


def _draw_version(version: int, drawn: Bits, reserved: NDArray[np.bool_]) -> None:
    bits, edge = _with_check(version, _VERSION_GENERATOR, 12), len(drawn) - 11
    for index in range(18):
        long, short = index // 3, edge + index % 3
        drawn[long, short] = drawn[short, long] = bits >> index & 1
        reserved[long, short] = reserved[short, long] = True


def _with_check(value: int, generator: int, count: int) -> int:
    """Return the value followed by its BCH check bits."""
    rest = value << count
    while rest.bit_length() > count:
        rest ^= generator << rest.bit_length() - count - 1
    return value << count | rest


def _zigzag(symbol: Symbol, reserved: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the modules that hold bits, in the order in which they are filled: columns of two from the right, up and down."""
    size, places, upwards = symbol.modules, [], True
    columns = [x for x in range(size - 1, 0, -2) if x > _TIMING] + [x - 1 for x in range(_TIMING, 0, -2)]
    for right in columns:
        for y in range(size - 1, -1, -1) if upwards else range(size):
            places += [(y, x) for x in (right, right - 1) if not reserved[y, x]]
        upwards = not upwards
    return places
