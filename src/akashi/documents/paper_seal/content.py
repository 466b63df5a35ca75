"""
The canonical content of a certificate and its hash: what is printed, not the file that prints it.

The hash is salted with 16 random bytes that stand in the file and not on the paper. Somebody who has only paper, of which a part
was blacked out (個人番号, 本籍), cannot try all values until the hash fits; somebody who has the file can compute it.
Source: docs/spec/paper-seal.md section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akashi.documents.paper_seal import cbor
from akashi.documents.paper_seal.errors import PaperUnfit
from akashi.documents.paper_seal.shown import Shown, pick_shown
from akashi.wire.transcript import labelled_hash

SALT_BYTES = 16
CONTENT_VERSION = 1
PAGES_MAX = 99
VALUES_MAX = 200


@dataclass(frozen=True, slots=True)
class PaperPage:
    """
    One page.

    Attributes:
        values: every value printed on it, in the order of the page's tags; labels and decoration are no values.
        shown: what its code shows to a receiver; nothing that is not printed on this very page.
    """

    values: tuple[str, ...]
    shown: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperContent:
    """
    A whole certificate.

    Attributes:
        kind: such as "juminhyo".
        issue_number: 発行番号.
        pages: in order.
    """

    kind: str
    issue_number: str
    pages: tuple[PaperPage, ...]


def paper_page(kind: str, words: Sequence[tuple[str, str]]) -> PaperPage:
    """
    Return a page from what stands in its boxes.

    Args:
        kind: such as "juminhyo".
        words: name of each box that holds a value and its words, in the order of the page's tags; no labels.
    """
    return PaperPage(tuple(text for _, text in words), pick_shown(kind, words))


def content_hash(content: PaperContent, salt: bytes) -> bytes:
    """
    Return the hash, 32 bytes.

    Args:
        content: what is printed.
        salt: 16 random bytes that stand in the file.

    Raises:
        PaperUnfit: a salt of another length, no page or too many, too many values, a text that is no Unicode.
    """
    if len(salt) != SALT_BYTES or not 1 <= len(content.pages) <= PAGES_MAX:
        raise PaperUnfit("salt or number of pages")
    if any(len(page.values) > VALUES_MAX for page in content.pages):
        raise PaperUnfit("number of values")
    pages: list[cbor.Value] = [list(page.values) for page in content.pages]
    encoded = cbor.encode([CONTENT_VERSION, content.kind, content.issue_number, len(pages), pages])
    return labelled_hash("akashi/paper-content/1", salt, encoded)
