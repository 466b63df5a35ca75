"""
A virtual card as a file: keys, certificates, PINs and the tries that are left.

Promises: any bytes give an image or `ImageBad`; a file is replaced as a whole or not at all, and only its owner can read it.
A blocked card stays blocked, because the counter is in the file. The keys in it belong to people who do not exist.
Limits: one process at a time uses a file, as a card lies in one reader at a time; two would each count for themselves.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from akashi.wire.errors import Refused, WireCode

IMAGE_BYTES_MAX = 64 * 1024

_Certificate = Annotated[bytes, Meta(min_length=1, max_length=4096)]
_Key = Annotated[bytes, Meta(min_length=1, max_length=4096)]
_Pin = Annotated[str, Meta(min_length=1, max_length=16)]
_Tries = Annotated[int, Meta(ge=0, le=15)]


class ImageBad(Refused):
    """The file is no card image, or cannot be read or written."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_UNREADABLE, detail)


class SlotImage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One key with what belongs to it.

    Attributes:
        key: PKCS#8 DER, not encrypted.
        certificate, ca: DER.
        pin: PIN or password.
        tries_left: 0 means blocked.
    """

    key: _Key
    certificate: _Certificate
    ca: _Certificate
    pin: _Pin
    tries_left: _Tries

    def __repr__(self) -> str:
        return f"SlotImage(tries_left={self.tries_left})"


class CardImage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole card. `sign` is None on a card without signature certificate, such as that of a child under 15."""

    format: Literal["akashi-card-1"]
    auth: SlotImage
    sign: SlotImage | None = None


_DECODER = msgspec.json.Decoder(CardImage)


def parse_image(untrusted_image: bytes) -> CardImage:
    """
    Return the image that the bytes (JSON, at most 64 KiB) hold.

    Raises:
        ImageBad: not JSON, another shape, an unknown field, a limit passed.
    """
    if len(untrusted_image) > IMAGE_BYTES_MAX:
        raise ImageBad("larger than a card image can be")
    try:
        return _DECODER.decode(untrusted_image)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ImageBad(f"no card image: {type(error).__name__}") from None


def read_image(path: Path) -> CardImage:
    """
    Return the image that a file holds.

    Raises:
        ImageBad: the file cannot be read, or holds something else.
    """
    try:
        with path.open("rb") as file:
            content = file.read(IMAGE_BYTES_MAX + 1)
    except OSError as error:
        raise ImageBad(f"cannot be read: {error.strerror}") from None
    return parse_image(content)


def write_image(path: Path, image: CardImage) -> None:
    """
    Replace the file by this image in one step: after a crash it holds the old image or the new one.

    Raises:
        ImageBad: the folder is missing, full or not writable.
    """
    unfinished = path.with_name(f".{secrets.token_hex(8)}.new")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(image), indent=2))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ImageBad(f"cannot be written: {error.strerror}") from None
