"""
What a certificate is made of, before anything is measured: a template for each page, and the words that go into it.

A kind's module (`jumin.py`) maps a record to this and does nothing else. `Template` says what the typesetter draws and in which
order a page is read; pages with the same template share their drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from akashi.documents.compose.form import Cell, Form


class Role(StrEnum):
    """What a text of the form is to somebody who hears the page."""

    TEXT = "P"
    """Ordinary words."""
    TITLE = "H1"
    """The certificate's title."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words that the form draws."""

    text: str
    role: Role = Role.TEXT


@dataclass(frozen=True, slots=True)
class Seal:
    """The official seal (公印), drawn by the form: its characters in the order of drawing, its box on the sheet in mm."""

    characters: tuple[str, ...]
    alt: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one value: the cell, and where its block begins, in mm from the sheet's top left corner."""

    cell: Cell
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A place for an image, such as a registered seal (印影) at its true size: box in mm; `alt` for who cannot see it."""

    box: tuple[float, float, float, float]
    alt: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The place, in reading order, of so many texts that a page brings along with their own places: rows of a table."""

    texts: int


Entry = Label | Seal | Slot | Picture | Flow


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """
    A page of a form, without values. Each kind keeps its templates, so the same page is the same object.

    Attributes:
        drawing: what the typesetter is told of the page, as JSON.
        entries: everything on the page that is read, in reading order. The labels and seals among them are exactly what the
            typesetter draws, in that order.
    """

    drawing: bytes
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, drawing: dict[str, object], entries: Sequence[Entry]) -> Template:
        """Return the template of a page."""
        return cls(msgspec.json.encode(drawing), tuple(entries))


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a page brings along with its own place: a row's label or value."""

    slot: Slot
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line that a page brings along, in mm from the top left corner; width in pt."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.35


@dataclass(frozen=True, slots=True)
class Bitmap:
    """An image: its size in dots, and its rows from above, each filled up to whole bytes; 1 is black."""

    columns: int
    rows: int
    bits: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """
    One page.

    Attributes:
        template: what it has in common with others.
        values: a text for each slot of the template, in their order.
        texts: as many as the template's `Flow`s say.
        images: one for each picture of the template.
        rules: lines between the texts.
    """

    template: Template
    values: tuple[str, ...]
    texts: tuple[Text, ...] = ()
    images: tuple[Bitmap, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A certificate: its form, its pages, and what its properties say."""

    form: Form
    pages: tuple[Page, ...]
    city_name: str
    issued_on: date
