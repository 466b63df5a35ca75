"""
The tags of a file (its logical structure): which text belongs to which paragraph, in the order of the page.

Programs that read a file out loud follow the tags. They must name each text of a page once and in the order in which it stands
there, so that what is heard is what is read.
Source: docs/spec/form-juminhyo.md section 7; ISO 32000-1 14.7.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from akashi.documents.read.errors import FileRefused, Rule

_R = rb"(\d{1,5}) 0 R"
_N = rb"-?\d{1,5}(?:\.\d{1,9})?"
_REFERENCES = rb"(\d{1,5} 0 R(?: \d{1,5} 0 R)*)"
_ROOT = re.compile(
    rb"<</Type/StructTreeRoot/RoleMap<</Datetime/Span/Terms/Part/Title/P/Strong/Span/Em/Span>>/K\[%b\]"
    rb"/ParentTree<</Nums\[(\d{1,2} \d{1,5} 0 R(?: \d{1,2} \d{1,5} 0 R)*)\]>>/ParentTreeNextKey (\d{1,2})>>" % _R
)
_KEY = re.compile(rb"(\d{1,2}) (\d{1,5}) 0 R")
_PARENTS = re.compile(rb"\[%b\]" % _REFERENCES)
_DOCUMENT = re.compile(rb"<</Type/StructElem/S/Document/P %b/K\[%b\]>>" % (_R, _REFERENCES))
_ELEMENT = re.compile(
    rb"<</Type/StructElem/S/(?:P|H1|Figure)/P %b"
    rb"(?:/T<FEFF([0-9A-F]{4,200})>|/Alt<FEFF(?:[0-9A-F]{4}){1,60}>/A\[<</O/Layout/Placement/Block/BBox\[%b %b %b %b\]>>\])?"
    rb"/K\[(\d{1,4}(?: \d{1,4})*)\]/Pg %b>>" % (_R, _N, _N, _N, _N, _R)
)


class Takes(Protocol):
    """The objects of a file, each to be taken once."""

    def take(self, number: bytes | int, kind: re.Pattern[bytes]) -> re.Match[bytes]:
        """Return the match of an object, or raise FileRefused."""


class Tagged(NamedTuple):
    """What the tags must name: the page objects, how many texts each page has, the form's title in hexadecimal digits."""

    pages: tuple[int, ...]
    texts: tuple[int, ...]
    title: bytes


def check_tags(graph: Takes, root: int, tagged: Tagged) -> None:
    """
    Check the tags.

    Raises:
        FileRefused: FILE_FORM, where they have another form, or do not name each text of each page once and in order.
    """
    document, keys, next_key = graph.take(root, _ROOT).groups()
    parents: list[list[int]] = []
    for index, (key, number) in enumerate(_KEY.findall(keys)):
        if int(key) != index:
            raise FileRefused(Rule.FILE_FORM)
        parents.append(_numbers(graph.take(number, _PARENTS)[1]))
    if int(next_key) != len(parents) or [len(page) for page in parents] != list(tagged.texts):
        raise FileRefused(Rule.FILE_FORM)
    parent, elements = graph.take(document, _DOCUMENT).groups()
    if int(parent) != root:
        raise FileRefused(Rule.FILE_FORM)
    named: list[list[int]] = [[] for _ in parents]
    place_of = {number: index for index, number in enumerate(tagged.pages)}
    last = 0
    for element in _numbers(elements):
        above, title, marks, page = graph.take(element, _ELEMENT).groups()
        at = place_of.get(int(page), -1)
        if at < last or int(above) != int(document) or title not in (None, tagged.title):
            raise FileRefused(Rule.FILE_FORM)
        last = at
        count = len(named[at])
        texts = [int(mark) for mark in marks.split()]
        if texts != list(range(count, count + len(texts))):
            raise FileRefused(Rule.FILE_FORM)
        named[at] += [element] * len(texts)
    if named != parents:
        raise FileRefused(Rule.FILE_FORM)


def _numbers(references: bytes) -> list[int]:
    return [int(number) for number in references.replace(b" 0 R", b"").split()]
