"""Every issue number fits its cell: the letters of the font are of different widths, and the number is random."""

from __future__ import annotations

import random

import pytest

from akashi.documents.compose import FONTS_DEBIAN
from akashi.documents.compose.fit import fit
from akashi.documents.compose.fonts import FontChain
from akashi.documents.compose.jumin import juminhyo_form

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.fixture(scope="module")
def chain() -> FontChain:
    return FontChain(tuple(str(font) for font in FONTS_DEBIAN))


@pytest.mark.needs("fonts")
@pytest.mark.promise("C11")
def test_the_widest_number_fits(chain: FontChain) -> None:
    form = juminhyo_form()
    cell = next(cell for cell in form.cells["once"] if cell.name == "number")
    widest = max(CROCKFORD, key=lambda letter: sum(cluster.advance_em for cluster in chain.clusters(letter, item="number")))
    fitted = fit("139998" + f"-{widest * 4}" * 4, cell, inset_mm=form.inset, chain=chain)
    assert fitted.size_pt >= 6.5
    rng = random.Random(5)
    for _ in range(300):
        groups = ("".join(rng.choices(CROCKFORD, k=4)) for _ in range(4))
        assert fit(f"139998-{'-'.join(groups)}", cell, inset_mm=form.inset, chain=chain).size_pt >= 6.5
