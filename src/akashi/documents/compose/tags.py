"""
The tags of a certificate (its logical structure): one element for each text, in reading order.

Source: docs/spec/certificate-file.md section 6; ISO 32000-1 14.7, 14.8; ISO 14289-1 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akashi.documents.compose.objects import number, text_string


@dataclass(frozen=True, slots=True)
class Tag:
    """
    One element.

    Attributes:
        mark: number of the marked content on its page.
        role: P, H1 or Figure.
        alt: description of a figure.
        box: left, bottom, right, top of a figure, in pt.
    """

    mark: int
    role: str
    alt: str = ""
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


def tag_objects(pages: Sequence[Sequence[Tag]], *, first: int, page_objects: Sequence[int]) -> list[bytes]:
    """
    Return the bodies of the tags' objects.

    Args:
        pages: tags of each page, in reading order; their marks are 0, 1, … in some order.
        first: number of the first object, the root.
        page_objects: numbers of the pages.
    """
    document = first + 1
    element = first + 2 + len(pages)
    elements: list[bytes] = []
    arrays: list[bytes] = []
    for tags, page in zip(pages, page_objects, strict=True):
        by_mark = {tag.mark: element + len(elements) + index for index, tag in enumerate(tags)}
        arrays.append(f"[{_references([by_mark[mark] for mark in range(len(tags))])}]".encode())
        elements += [_element(tag, document, page) for tag in tags]
    keys = " ".join(f"{index} {first + 2 + index} 0 R" for index in range(len(pages)))
    root = f"<</Type/StructTreeRoot/K[{document} 0 R]/ParentTree<</Nums[{keys}]>>/ParentTreeNextKey {len(pages)}>>"
    kids = _references(range(element, element + len(elements)))
    return [root.encode(), f"<</Type/StructElem/S/Document/P {first} 0 R/K[{kids}]>>".encode(), *arrays, *elements]


def _references(numbers: Sequence[int]) -> str:
    return " ".join(f"{one} 0 R" for one in numbers)


def _element(tag: Tag, document: int, page: int) -> bytes:
    figure = ""
    if tag.role == "Figure":
        box = " ".join(map(number, tag.box))
        figure = f"/Alt{text_string(tag.alt)}/A<</O/Layout/Placement/Block/BBox[{box}]>>"
    return f"<</Type/StructElem/S/{tag.role}/P {document} 0 R{figure}/K[{tag.mark}]/Pg {page} 0 R>>".encode()
