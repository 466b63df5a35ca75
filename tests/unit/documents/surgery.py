"""Open a composed file, change anything in it, and close it so well that nothing but the change can be what is wrong with it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace

_HEADER = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A file in parts.

    Attributes:
        objects: text of each object from number 1, and its content where it has one, not compressed.
        end: the dictionary at the end of the file.
    """

    objects: tuple[tuple[bytes, bytes | None], ...]
    end: bytes

    def pdf(self) -> bytes:
        """Return the file as the typesetter would have written it: lengths, table and end fit."""
        out, starts = bytearray(_HEADER), []
        for number, (text, content) in enumerate(self.objects, 1):
            starts.append(len(out))
            if content is None:
                out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
            else:
                data = zlib.compress(content) if b"/FlateDecode" in text else content
                measured = re.sub(rb"/Length \d+", b"/Length %d" % len(data), text)
                out += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (number, measured, data)
        table_at = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(starts) + 1)
        out += b"".join(b"%010d 00000 n\r\n" % start for start in starts)
        end = re.sub(rb"/Size \d+", b"/Size %d" % (len(starts) + 1), self.end)
        return bytes(out + b"trailer\n%s\nstartxref\n%d\n%%%%EOF" % (end, table_at))

    def replaced(self, before: bytes, after: bytes, *, times: int = -1) -> Opened:
        """Return the file with those bytes replaced in every object and content where they are; they must be somewhere."""
        assert any(before in text or before in (content or b"") for text, content in self.objects), before
        return replace(
            self,
            objects=tuple(
                (text.replace(before, after, times), content if content is None else content.replace(before, after, times))
                for text, content in self.objects
            ),
        )

    def number_of(self, needle: bytes) -> int:
        """Return the number of the first object that has those bytes."""
        return next(
            number for number, (text, content) in enumerate(self.objects, 1) if needle in text or needle in (content or b"")
        )

    def with_object(self, number: int, text: bytes, content: bytes | None = None) -> Opened:
        """Return the file with that object instead."""
        return replace(self, objects=(*self.objects[: number - 1], (text, content), *self.objects[number:]))

    def added(self, text: bytes, content: bytes | None = None) -> tuple[Opened, int]:
        """Return the file with one object more, and its number."""
        return replace(self, objects=(*self.objects, (text, content))), len(self.objects) + 1

    def code_of(self, char: str) -> bytes:
        """Return the four digits under which the first font has that character."""
        found = re.search(rb"<([0-9A-F]{4})> <" + char.encode("utf-16-be").hex().upper().encode() + rb">\n", self.text_map)
        assert found is not None
        return found[1]

    @property
    def text_map(self) -> bytes:
        """The first font's map from glyphs to texts."""
        return self.content_of(b"beginbfchar")

    def content_of(self, needle: bytes) -> bytes:
        """Return the content that has those bytes."""
        return next(content for _, content in self.objects if content and needle in content)


def opened(pdf: bytes) -> Opened:
    """Return a composed file in parts."""
    objects: list[tuple[bytes, bytes | None]] = []
    at = len(_HEADER)
    while found := re.compile(rb"\d+ 0 obj\n([^\n]*)\n").match(pdf, at):
        text, at = found[1], found.end()
        content: bytes | None = None
        length = re.search(rb"/Length (\d+)", text)
        if length is not None and pdf.startswith(b"stream\n", at):
            start = at + len(b"stream\n")
            content = pdf[start : start + int(length[1])]
            at = start + int(length[1]) + len(b"\nendstream\n")
            content = zlib.decompress(content) if b"/FlateDecode" in text else content
        objects.append((text, content))
        assert pdf.startswith(b"endobj\n", at)
        at += len(b"endobj\n")
    end = re.search(rb"trailer\n(.*)\nstartxref", pdf[at:])
    assert end is not None
    return Opened(tuple(objects), end[1])
