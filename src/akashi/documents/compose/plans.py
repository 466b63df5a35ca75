"""
The plans of a form, made when they are first needed, and kept.

What a template tells the typesetter is drawn once, however many rows flow on the page. A plan of drawn templates is put together
without the typesetter, so that any number of pages in any order costs no more than some milliseconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

from akashi.documents.compose.drawing import Item, colour_profiles, read_drawing
from akashi.documents.compose.errors import TypesettingFailed
from akashi.documents.compose.fonts import FontChain
from akashi.documents.compose.form import Form
from akashi.documents.compose.model import Seal, Template
from akashi.documents.compose.plan import Labels, Plan, make_plan
from akashi.documents.compose.typeset import Typesetter

DRAWINGS_KEPT_MAX = 256
PLANS_KEPT_MAX = 64
"""A plan has some ten kilobytes a page."""
_LABELS_KEPT_MAX = 4

K = TypeVar("K")
V = TypeVar("V")


class Plans:
    """
    Plans of one form with one chain of fonts.

    Args:
        form: the form.
        chain: the fonts.

    Raises:
        FontsRefused: the typesetter cannot use the chain.
    """

    def __init__(self, form: Form, chain: FontChain) -> None:
        self._form = form
        self.chain = chain
        self.typesetter = Typesetter(form.template, chain.paths)
        self._profiles: tuple[bytes, bytes] | None = None
        self._drawings: OrderedDict[bytes, list[Item]] = OrderedDict()
        self._labels: OrderedDict[frozenset[str], Labels] = OrderedDict()
        self._plans: OrderedDict[tuple[Template, ...], Plan] = OrderedDict()

    def of(self, templates: tuple[Template, ...]) -> Plan:
        """
        Return the plan of certificates with these pages.

        Raises:
            TypesettingFailed: the form's drawing is not what the templates say.
            GlyphMissing: a word of the form cannot be drawn.
        """
        return _kept(self._plans, templates, PLANS_KEPT_MAX, lambda: self._make(templates))

    def prepare(self, shapes: Sequence[tuple[Template, ...]]) -> None:
        """
        Make these plans, with one run of the typesetter.

        Raises:
            TypesettingFailed, GlyphMissing: as above.
        """
        self._drawn(tuple(template for templates in shapes for template in templates))
        for templates in shapes:
            self.of(templates)

    def _make(self, templates: tuple[Template, ...]) -> Plan:
        profiles, drawings = self._drawn(templates)
        seals = {
            character for one in templates for entry in one.entries if isinstance(entry, Seal) for character in entry.characters
        }
        words = frozenset((*self._form.words(), *seals))
        labels = _kept(self._labels, words, _LABELS_KEPT_MAX, lambda: Labels(sorted(words), self.chain))
        return make_plan(self._form, templates, drawings, labels=labels, profiles=profiles)

    def _drawn(self, templates: tuple[Template, ...]) -> tuple[tuple[bytes, bytes], list[list[Item]]]:
        """Return the colour profiles, and what is drawn on each page; new templates are drawn in one go."""
        told = [template.drawing for template in templates]
        missing = [one for one in dict.fromkeys(told) if one not in self._drawings]
        fresh: dict[bytes, list[Item]] = {}
        if missing:
            pdf = self.typesetter.draw(missing)
            self._profiles = self._profiles or colour_profiles(pdf)
            pages = read_drawing(pdf)
            if len(pages) != len(missing):
                raise TypesettingFailed("the drawing has another number of pages")
            fresh = dict(zip(missing, pages, strict=True))
        drawings = [fresh[one] if one in fresh else self._drawings[one] for one in told]
        self._drawings.update(fresh)
        while len(self._drawings) > DRAWINGS_KEPT_MAX:
            self._drawings.popitem(last=False)
        if self._profiles is None:
            raise TypesettingFailed("a certificate without pages")
        return self._profiles, drawings


def _kept(known: OrderedDict[K, V], key: K, most: int, make: Callable[[], V]) -> V:
    """Return what is kept under the key, or make it; what was not used for longest goes first."""
    value = known.get(key)
    if value is None:
        value = known[key] = make()
        if len(known) > most:
            known.popitem(last=False)
    else:
        known.move_to_end(key)
    return value
