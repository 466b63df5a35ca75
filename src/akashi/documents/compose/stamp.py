"""
Put values into a form: the own part of a certificate's file, behind the form part that all certificates of its shape have.

Promises: what stands in the file is the given texts, each drawn with the very outlines that its code points name, each where its
slot is; equal documents give equal bytes. Nothing of a document is kept afterwards but single characters.
Source: docs/spec/certificate-file.md sections 1, 7 to 9.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from akashi.documents.compose import metadata
from akashi.documents.compose.embedding import OBJECTS, Embedded
from akashi.documents.compose.face import Composed
from akashi.documents.compose.fonts import FontChain
from akashi.documents.compose.form import Code, Form
from akashi.documents.compose.model import Bitmap, Document
from akashi.documents.compose.objects import stream, table_lines, write_objects
from akashi.documents.compose.plan import Plan
from akashi.documents.compose.plans import Plans
from akashi.documents.compose.writing import Writing, written

_SIGNATURE_OBJECTS = 2
_ID_DIGITS = 32


class Stamper:
    """
    Makes the files of one form with one chain of fonts.

    Args:
        form: the form; a document may give it a title of its own.
        chain: the fonts.

    Raises:
        FontsRefused: the chain cannot be used.
    """

    def __init__(self, form: Form, chain: FontChain) -> None:
        self.plans = Plans(form, chain)
        self._form = form
        self._chain = chain

    def stamp(self, document: Document) -> Composed:
        """
        Return the unsigned file.

        Raises:
            GlyphMissing, TextOverflow: a text cannot stand in its place.
            RecordUnfit: other texts or images than the templates have places for.
            TypesettingFailed: the form's drawing is not what the templates say.
        """
        plan = self.plans.of(tuple([page.template for page in document.pages]))
        writing = Writing(self._form, self._chain)
        strings = [writing.page(page, page_plan) for page, page_plan in zip(document.pages, plan.pages, strict=True)]
        fonts = {index: Embedded(self._chain.fonts[index], used) for index, used in enumerate(writing.used) if used}
        contents = [written(page, fonts) for page in strings]
        return Composed(_file(plan, self._form, document, contents, fonts), len(contents))


def _file(plan: Plan, form: Form, document: Document, contents: Sequence[bytes], fonts: dict[int, Embedded]) -> bytes:
    pages = len(contents)
    first_font = plan.root + 4 + 3 * pages + sum([len(page.images) for page in document.pages])
    last = first_font + OBJECTS * len(fonts) + _SIGNATURE_OBJECTS - 1
    names = "".join([f"/v{index} {first_font + OBJECTS * at} 0 R" for at, index in enumerate(fonts)])
    bodies = [
        metadata.catalogue(root=plan.root, pages=pages, tags=plan.tags, last=last),
        metadata.page_tree(root=plan.root, pages=pages),
        *_pages(plan, document, f"/ColorSpace<</c0[/ICCBased 3 0 R]>>/Font<<{plan.label_fonts}{names}>>", field=last - 1),
        *_properties(document.form.title, document.city_name, document.issued_on),
        *[stream("", content) for content in contents],
        *[_empty_code(form.code)] * pages,
        *[_image(image) for page in document.pages for image in page.images],
    ]
    for at, font in enumerate(fonts.values()):
        bodies += font.objects(first_font + OBJECTS * at)
    bodies.append(metadata.signature_field(root=plan.root, last=last))
    written_part, places = write_objects(bodies, first=plan.root, start=len(plan.form_part))
    start = len(plan.form_part) + len(written_part)
    table_at = start + metadata.signature_bytes(last)
    identity = hashlib.sha256(b"".join((plan.digest, *contents))).hexdigest()[:_ID_DIGITS].upper()
    closing = (
        f"trailer\n<</Size {last + 1}/Root {plan.root} 0 R/Info {plan.root + 2 + pages} 0 R/ID[<{identity}><{identity}>]>>\n"
        f"startxref\n{table_at}\n%%EOF"
    )
    end = b"xref\n0 %d\n%b%b%b" % (last + 1, plan.table, table_lines([*places, start]), closing.encode())
    room = metadata.signature_room(start=start, number=last, after=len(end))
    return b"".join((plan.form_part, written_part, room, end))


def _pages(plan: Plan, document: Document, resources: str, *, field: int) -> Iterator[bytes]:
    count = len(document.pages)
    values, codes = plan.root + 4 + count, plan.root + 4 + 2 * count
    image = plan.root + 4 + 3 * count
    for index, (page, page_plan) in enumerate(zip(document.pages, plan.pages, strict=True)):
        images = "".join([f"/i{at} {image + at} 0 R" for at in range(len(page.images))])
        image += len(page.images)
        yield metadata.page(
            root=plan.root,
            index=index,
            resources=f"{resources}/XObject<</q0 {codes + index} 0 R{images}>>",
            contents=(page_plan.fixed, values + index),
            field=field,
        )


@lru_cache(maxsize=16)
def _properties(title: str, author: str, day: date) -> tuple[bytes, bytes]:
    return metadata.properties(title, author, day), metadata.xmp(title, author, day)


@lru_cache(maxsize=4)
def _empty_code(code: Code) -> bytes:
    """Return the image of a 2D code that draws nothing yet."""
    return stream(_image_entries(code.modules, code.modules), bytes(code.modules * -(-code.modules // 8)))


def _image(image: Bitmap) -> bytes:
    return stream(_image_entries(image.columns, image.rows), image.bits)


def _image_entries(columns: int, rows: int) -> str:
    return f"/Type/XObject/Subtype/Image/Width {columns}/Height {rows}/ImageMask true/Decode[1 0]/BitsPerComponent 1"
