"""
The register's own model: one registration of one seal (印鑑登録原票), and its image.

Promises: values stand as they were entered; an image that could not be printed 1:1 cannot be made.
Source: 印鑑登録証明事務処理要領 (昭和49年2月1日 自治振第10号), whose limits cities' ordinances repeat: a seal of 8 to 25 mm;
docs/spec/seals.md.
"""

from __future__ import annotations

import enum
import re
import zlib
from dataclasses import dataclass
from typing import Final

from akashi.registers.checkdigits import RESIDENT_NO_DIGITS, has_check_digit
from akashi.registers.dates import WrittenDate
from akashi.registers.errors import RecordRefused
from akashi.registers.text import check_text
from akashi.wire.messages import SEAL_PIXELS_MAX, SEAL_PIXELS_MIN

PACKED_BYTES_MAX: Final = 65_536
"""Longest compressed image: more than the longest plain one."""

_REGISTRATION_NO = re.compile(r"[0-9A-Za-z-]{1,16}", re.ASCII)


class SealState(enum.StrEnum):
    """Where a registration stands. It only ever goes from the first to the second."""

    REGISTERED = "registered"
    """Alive: certificates are issued."""
    ABOLISHED = "abolished"
    """Over, for good: the image is erased; the same seal registered anew is another registration."""


class AbolishReason(enum.StrEnum):
    """Why a registration ended. Source: 印鑑登録証明事務処理要領 第3."""

    REQUEST = "request"
    """廃止の申請."""
    LOST = "lost"
    """亡失の届出."""
    REPLACED = "replaced"
    """改印: another seal is registered after it."""
    DEATH = "death"
    """死亡."""
    MOVED_OUT = "moved-out"
    """転出."""
    NAME_CHANGED = "name-changed"
    """氏名の変更: the seal does not show the name any more."""
    EX_OFFICIO = "ex-officio"
    """職権."""


@dataclass(frozen=True, slots=True, repr=False)
class SealBitmap:
    """
    A seal's image, one bit a pixel at 600 dpi, kept compressed.

    Attributes:
        width_px, height_px: 189 to 591: 8 mm to 25 mm.
        packed: the rows of `SealImage.bits`, compressed by zlib.

    Raises:
        RecordRefused: on construction: sizes that no seal has, not zlib, another number of bytes, ink beside the picture, no ink.
    """

    width_px: int
    height_px: int
    packed: bytes

    def __post_init__(self) -> None:
        for column, pixels in (("width_px", self.width_px), ("height_px", self.height_px)):
            if not SEAL_PIXELS_MIN <= pixels <= SEAL_PIXELS_MAX:
                raise RecordRefused(column, "not between 8 mm and 25 mm")
        bits = self.bits()
        spare = -self.width_px % 8
        if spare and any(bits[end - 1] & ((1 << spare) - 1) for end in range(self.row_bytes, len(bits) + 1, self.row_bytes)):
            raise RecordRefused("image", "ink beside the picture")
        if not any(bits):
            raise RecordRefused("image", "without ink")

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return (self.width_px + 7) // 8

    def bits(self) -> bytes:
        """Return the rows, each padded to whole bytes, first pixel in the highest bit, 1 is ink. Raises RecordRefused."""
        expected = self.row_bytes * self.height_px
        unpacker = zlib.decompressobj()
        try:
            bits = unpacker.decompress(self.packed, expected + 1)
        except zlib.error:
            raise RecordRefused("image", "not zlib") from None
        if len(bits) != expected or not unpacker.eof or unpacker.unused_data:
            raise RecordRefused("image", "not as many bytes as its size says")
        return bits


def pack(bits: bytes, *, width_px: int, height_px: int) -> SealBitmap:
    """Return the image that these rows are. Raises RecordRefused."""
    return SealBitmap(width_px, height_px, zlib.compress(bits, 9))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Registration:
    """
    One living registration.

    Attributes:
        registration_no: 印鑑登録番号, never given twice.
        resident_no: 宛名番号 of the holder.
        name, former_name, alias, name_kana: 氏名, 旧氏, 通称, 氏名の片仮名表記; the latter three may be empty.
        birth: 生年月日.
        sex: 性別 as written, or empty.
        address: 住所 with 方書.
        registered_on: 登録年月日.
        image: the seal.

    Raises:
        RecordRefused: on construction, a value that no registration can hold.
    """

    registration_no: str
    resident_no: str
    name: str
    former_name: str = ""
    alias: str = ""
    name_kana: str = ""
    birth: WrittenDate
    sex: str = ""
    address: str
    registered_on: WrittenDate
    image: SealBitmap

    def __post_init__(self) -> None:
        check_registration_no(self.registration_no)
        check_resident_no(self.resident_no)
        for column in ("name", "address"):
            check_text(column, getattr(self, column), empty=False)
        for column in ("former_name", "alias", "name_kana"):
            check_text(column, getattr(self, column))
        check_text("sex", self.sex, length_max=16)

    def __repr__(self) -> str:
        return "Registration()"  # a record in a traceback must not show a person


def check_registration_no(number: str) -> None:
    """Refuse what is no 印鑑登録番号. Raises RecordRefused."""
    if not _REGISTRATION_NO.fullmatch(number):
        raise RecordRefused("registration_no", "not a number of at most 16 letters and digits")


def check_resident_no(number: str) -> None:
    """Refuse what is no 宛名番号. Raises RecordRefused."""
    if not has_check_digit(number, digits=RESIDENT_NO_DIGITS):
        raise RecordRefused("resident_no", "not 10 digits with their check digit")
