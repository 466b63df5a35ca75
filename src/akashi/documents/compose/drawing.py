"""
What the typesetter drew on the pages of a form, read operator by operator and written anew in the file's one spelling.

Promises: whatever is not a text or a line of the few sorts that forms have refuses. Whether the words are those of the template
is for `plan.py` to say. Runs once for each template.
Source: docs/spec/certificate-file.md section 3.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

from akashi.documents.compose.errors import TypesettingFailed
from akashi.documents.compose.objects import number_as_drawn

_FILL, _FILL_AND_STROKE = 0, 2
"""Modes of text (Tr)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """
    A piece of text on the page.

    Attributes:
        text: its characters.
        size, x, y: in pt; left end and base line, from the lower left corner.
        scale: of its width; 1 but in a seal.
        stroked: outlined as well as filled, as a seal is.
        end: where the next piece of the same line would begin.
    """

    text: str
    size: float
    x: float
    y: float
    scale: float
    stroked: bool
    end: float


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines, as the file writes them."""

    content: str


Item = Drawn | Lines
Operation = tuple[str, list[Any]]


def read_drawing(pdf: bytes) -> list[list[Item]]:
    """
    Return what stands on each page, in the order of drawing.

    Raises:
        TypesettingFailed: something that a form cannot have.
    """
    with pikepdf.open(io.BytesIO(pdf)) as file:
        return [list(_items(page)) for page in file.pages]


def colour_profiles(pdf: bytes) -> tuple[bytes, bytes]:
    """Return the profiles of a drawing: of the output (sRGB), of its greys."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        output = file.Root.OutputIntents[0].DestOutputProfile.read_bytes()
        grey = file.pages[0].Resources.ColorSpace["/c0"][1].read_bytes()
    return output, grey


def _items(page: pikepdf.Page) -> Iterator[Item]:
    fonts = {name: _texts_of(font) for name, font in page.Resources.get("/Font", {}).items()}
    operations = [(str(item.operator), list(item.operands)) for item in pikepdf.parse_content_stream(page)]
    at = 0
    while at < len(operations):
        operator, operands = operations[at]
        end = _end(operations, at)
        inner = operations[at + 1 : end]
        if operator == "BDC" and operands[0] == "/Span":
            yield from _text(inner, fonts)
        elif operator in {"BMC", "BDC"} and operands[0] == "/Artifact":
            yield Lines("".join(_paths(inner)))
        else:
            raise TypesettingFailed(f"content {operator}")
        at = end + 1


def _end(operations: list[Operation], start: int) -> int:
    depth = 0
    for at in range(start, len(operations)):
        depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operations[at][0], 0)
        if depth == 0:
            return at
    raise TypesettingFailed("content ends early")


@dataclass(slots=True)
class _State:
    """What was set inside one marked text."""

    font: _Texts
    matrix: tuple[float, ...] = ()
    offset: float = 0.0
    size: float = 0.0
    mode: int = 0
    replaced: str = ""


def _text(operations: list[Operation], fonts: dict[str, _Texts]) -> Iterator[Drawn]:
    """Yield the strings of one marked text: q cm cs scn [CS SCN w M] BT ([BDC] Tr Tf Tm Tj/TJ [EMC])+ ET Q."""
    state = _State(_Texts({}, {}))
    for operator, operands in operations:
        if operator == "cm":
            state.matrix = tuple(float(value) for value in operands)
        elif operator == "Tr":
            state.mode = int(operands[0])
        elif operator == "Tf":
            state.font, state.size = fonts[str(operands[0])], float(operands[1])
        elif operator == "Tm":
            state.offset = _offset(operands)
        elif operator == "BDC":
            state.replaced = str(operands[1].ActualText)
        elif operator in {"Tj", "TJ"}:
            yield _drawn(operands[0], state)
        elif operator == "EMC":
            state.replaced = ""
        elif not _is_state(operator, operands):
            raise TypesettingFailed(f"text {operator}")


_STATE: dict[str, tuple[object, ...] | None] = {
    "q": (),
    "Q": (),
    "BT": (),
    "ET": (),
    "cs": ("/c0",),
    "scn": (0,),
    "CS": ("/c0",),
    "SCN": (0,),
    "w": None,
    "M": (4,),
}


def _is_state(operator: str, operands: list[Any]) -> bool:
    """Return whether the operator sets what every text and line has: black, in the grey of the form."""
    return operator in _STATE and _STATE[operator] in (
        None,
        tuple(str(v) if isinstance(v, pikepdf.Name) else v for v in operands),
    )


def _offset(operands: list[Any]) -> float:
    a, b, c, d, x, y = (float(value) for value in operands)
    if (a, b, c, d, y) != (1, 0, 0, -1, 0):
        raise TypesettingFailed("text matrix")
    return x


def _drawn(operand: Any, state: _State) -> Drawn:
    strings = list(operand) if isinstance(operand, pikepdf.Array) else [operand]
    if not all(isinstance(string, pikepdf.String) for string in strings) or state.mode not in (_FILL, _FILL_AND_STROKE):
        raise TypesettingFailed("text string")
    if state.matrix[1:4] != (0, 0, -1):
        raise TypesettingFailed("text matrix")
    scale, x, y = state.matrix[0], *state.matrix[4:]
    codes = b"".join(bytes(string) for string in strings)
    cids = [int.from_bytes(codes[at : at + 2]) for at in range(0, len(codes), 2)]
    try:
        text = state.replaced or "".join(state.font.texts[cid] for cid in cids)
    except KeyError:
        raise TypesettingFailed("text without a text") from None
    advance = sum(state.font.widths.get(cid, 0.0) for cid in cids) * state.size / 1000
    start = x + state.offset * scale
    return Drawn(text, state.size, start, y, scale, state.mode == _FILL_AND_STROKE, start + advance * scale)


def _paths(operations: list[Operation]) -> Iterator[str]:
    """Yield the paths of an artifact: q cm CS SCN w M (m l)+ [h] S Q."""
    width, place = "", ""
    points: list[str] = []
    for operator, operands in operations:
        if operator == "cm":
            a, b, c, d, x, y = (float(value) for value in operands)
            if (a, b, c, d) != (1, 0, 0, -1):
                raise TypesettingFailed("line matrix")
            place, points = f"{number_as_drawn(x)} {number_as_drawn(y)}", []
        elif operator == "w":
            width = number_as_drawn(float(operands[0]))
        elif operator in {"m", "l"}:
            points.append(f"{number_as_drawn(float(operands[0]))} {number_as_drawn(float(operands[1]))} {operator}")
        elif operator == "h":
            points = [" ".join((*points, "h"))]
        elif operator == "S":
            yield stroked(
                place, width, points if len(points) == 1 else map(" ".join, zip(points[::2], points[1::2], strict=True))
            )
        elif not _is_state(operator, operands):
            raise TypesettingFailed(f"line {operator}")


def stroked(place: str, width: str, lines: Iterable[str]) -> str:
    """Return a path as the file writes it: each rule, or a frame, on a line."""
    body = "".join(f"{line}\n" for line in lines)
    return f"q 1 0 0 -1 {place} cm /c0 CS 0 SCN {width} w 4 M\n{body}S\nQ\n"


@dataclass(frozen=True, slots=True)
class _Texts:
    """Text and width of each code of a font of the drawing."""

    texts: dict[int, str]
    widths: dict[int, float]


def _texts_of(font: Any) -> _Texts:
    texts: dict[int, str] = {}
    for line in font.ToUnicode.read_bytes().decode("latin-1").splitlines():
        if line.startswith("<") and line.count("<") == 2 and line != "<0000> <FFFF>":  # noqa: PLR2004 - a code and its text
            code, text = line.replace("<", "").replace(">", "").split()
            texts[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    widths: dict[int, float] = {}
    figures = list(font.DescendantFonts[0].W)
    for first, last, width in zip(figures[::3], figures[1::3], figures[2::3], strict=True):
        widths |= dict.fromkeys(range(int(first), int(last) + 1), float(width))
    return _Texts(texts, widths)
