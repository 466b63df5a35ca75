"""
The scramble image (スクランブル画像): a small picture of the front's key words, enciphered, for the back of the sheet.

Only the city's own checking service, which holds the scramble key, can show it. Bits that print and scan get wrong stay single
black or white dots of the picture. Dots are moved as well as enciphered: who knows front and back of a sheet still does not know
which dot of the back is which of the front, so no chosen dot can be flipped.
Source: docs/spec/paper-seal.md section 10; NIST SP 800-38A (CTR).
"""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from akashi.documents.paper_seal.content import PAGES_MAX
from akashi.documents.paper_seal.errors import PaperMalformed, PaperUnfit
from akashi.documents.paper_seal.words import format_number, parse_number
from akashi.wire.transcript import KEY_ID_BYTES, key_id, labelled_hash

WIDTH, HEIGHT = 480, 160
"""Dots of the picture."""
KEY_BYTES = 32
LABEL_BYTES = 24
_MAGIC = b"AB"
_MUNICIPALITY_BYTES = 3
_ORDER_BYTES = 4

Bits = NDArray[np.uint8]


class ScrambleKey:
    """
    The city's scramble key; held by the checker and by the city's checking service, named nowhere.

    Args:
        key: 32 random bytes.

    Raises:
        PaperUnfit: another length.
    """

    __slots__ = ("_key", "key_id")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise PaperUnfit("a scramble key is 32 bytes")
        self._key = key
        self.key_id = key_id(b"akashi/scramble-key/1" + key)

    def __repr__(self) -> str:
        return f"<ScrambleKey {self.key_id.hex()}>"

    def scramble(self, picture: Bits, issue_number: str, page: int) -> Bits:
        """
        Return the dots as they go onto the back of a page.

        Args:
            picture: `HEIGHT` rows of `WIDTH` dots, 1 is black.
            issue_number: with the page, decides how; the same sheet gives the same image.
            page: from 1.

        Raises:
            PaperUnfit: a picture of another size.
        """
        _check_size(picture)
        rows, columns, stream = self._stream(issue_number, page)
        return picture[rows][:, columns] ^ stream

    def unscramble(self, untrusted_dots: Bits, issue_number: str, page: int) -> Bits:
        """
        Return the picture; noise where key, number or page are not those of the sheet.

        Raises:
            PaperUnfit: dots of another size.
        """
        _check_size(untrusted_dots)
        rows, columns, stream = self._stream(issue_number, page)
        moved = untrusted_dots ^ stream
        picture = np.empty_like(moved)
        picture[np.ix_(rows, columns)] = moved
        return picture

    def _stream(self, issue_number: str, page: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Bits]:
        """Return the orders of rows and columns and the key stream of a page: AES-256 in counter mode from its own start."""
        start = labelled_hash("akashi/scramble/1", issue_number.encode(), bytes([page]))[:16]
        count = (WIDTH + HEIGHT) * _ORDER_BYTES
        encryptor = Cipher(algorithms.AES256(self._key), modes.CTR(start)).encryptor()
        random = np.frombuffer(encryptor.update(bytes(count + WIDTH * HEIGHT // 8)), np.uint8)
        orders = random[:count].view(">u4")
        stream = np.unpackbits(random[count:]).reshape(HEIGHT, WIDTH)
        return np.argsort(orders[:HEIGHT], kind="stable"), np.argsort(orders[HEIGHT:], kind="stable"), stream


def label(issue_number: str, page: int, key: bytes) -> bytes:
    """
    Return what the small code beside the image says: which sheet, which key. Nothing secret.

    Args:
        issue_number: 発行番号.
        page: from 1.
        key: id of the scramble key.

    Raises:
        PaperUnfit: no issue number, page or key id.
    """
    if not 1 <= page <= PAGES_MAX or len(key) != KEY_ID_BYTES:
        raise PaperUnfit("label of a back")
    try:
        municipality, bits = parse_number(issue_number)
    except PaperMalformed:
        raise PaperUnfit("issue number") from None
    return _MAGIC + municipality.to_bytes(_MUNICIPALITY_BYTES, "big") + bits + bytes([page]) + key


def parse_label(untrusted_label: bytes) -> tuple[str, int, bytes]:
    """
    Return issue number, page and key id.

    Raises:
        PaperMalformed: no label of a back.
    """
    if len(untrusted_label) != LABEL_BYTES or not untrusted_label.startswith(_MAGIC):
        raise PaperMalformed("label of a back")
    municipality, bits, page = int.from_bytes(untrusted_label[2:5], "big"), untrusted_label[5:15], untrusted_label[15]
    if municipality >= 10**6 or not 1 <= page <= PAGES_MAX:
        raise PaperMalformed("label of a back")
    return format_number(municipality, bits), page, untrusted_label[16:]


def _check_size(dots: Bits) -> None:
    if dots.shape != (HEIGHT, WIDTH) or dots.dtype != np.uint8 or dots.max(initial=0) > 1:
        raise PaperUnfit("size of a scramble image")
