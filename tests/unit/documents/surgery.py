"""Open a composed file, change anything in it, and close it so well that nothing but the change can be what is wrong with it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

_HEADER = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
_OBJECT = re.compile(rb"\d+ 0 obj\n([^\n]*)\n(endobj|stream)\n")
_RANGE = re.compile(rb"/ByteRange\[[0-9 ]+\]")

Part = tuple[bytes, bytes | None]
"""Text of an object, and its content where it has one, not compressed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A file in parts.

    Attributes:
        objects: from number 1.
        end: the dictionary at the end of the file.
    """

    objects: tuple[Part, ...]
    end: bytes

    def pdf(self, *, compress: Callable[[bytes], bytes] = zlib.compress) -> bytes:
        """Return the file as it would be written: lengths, table, end and range of the signature fit."""
        out, starts = bytearray(_HEADER), []
        for number, (text, content) in enumerate(self.objects, 1):
            starts.append(len(out))
            if content is None:
                out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
            else:
                data = compress(content) if b"/FlateDecode" in text else content
                measured = re.sub(rb"/Length \d+", b"/Length %d" % len(data), text, count=1)
                measured = re.sub(rb"/Length1 \d+", b"/Length1 %d" % len(content), measured)
                out += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (number, measured, data)
        table_at = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(starts) + 1)
        out += b"".join(b"%010d 00000 n\r\n" % start for start in starts)
        end = re.sub(rb"/Size \d+", b"/Size %d" % (len(starts) + 1), self.end)
        return _ranged(bytes(out + b"trailer\n%s\nstartxref\n%d\n%%%%EOF" % (end, table_at)))

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

    def number_of(self, needle: bytes, *, last: bool = False) -> int:
        """Return the number of the first object that has those bytes, or of the last one."""
        found = [number for number, (text, content) in enumerate(self.objects, 1) if needle in text or needle in (content or b"")]
        assert found, needle
        return found[-1] if last else found[0]

    def with_object(self, number: int, text: bytes, content: bytes | None = None) -> Opened:
        """Return the file with that object instead."""
        return replace(self, objects=(*self.objects[: number - 1], (text, content), *self.objects[number:]))

    def with_content(self, number: int, content: bytes) -> Opened:
        """Return the file with another content of that object."""
        return self.with_object(number, self.objects[number - 1][0], content)

    def added(self, text: bytes, content: bytes | None = None) -> tuple[Opened, int]:
        """Return the file with one object more behind all others, and its number."""
        return replace(self, objects=(*self.objects, (text, content))), len(self.objects) + 1

    def inserted(self, at: int, text: bytes, content: bytes | None = None) -> Opened:
        """Return the file with one object more of that number; all behind it are numbered anew, wherever they are named."""

        def renumbered(where: bytes) -> bytes:
            return re.sub(rb"(\d+) 0 R", lambda found: b"%d 0 R" % (int(found[1]) + (int(found[1]) >= at)), where)

        objects = [(renumbered(old), inside) for old, inside in self.objects]
        return Opened((*objects[: at - 1], (text, content), *objects[at - 1 :]), renumbered(self.end))

    @property
    def root(self) -> int:
        """Number of the catalogue: the first object of the own part."""
        return self.number_of(b"/Type/Catalog")

    def fixed(self, page: int = 1) -> int:
        """Return the number of the fixed content of a page."""
        return int(self._contents(page)[0])

    def values(self, page: int = 1) -> int:
        """Return the number of the values of a page."""
        return int(self._contents(page)[1])

    def _contents(self, page: int) -> tuple[bytes, bytes]:
        found = re.search(rb"/Contents\[(\d+) 0 R (\d+) 0 R\]", self.objects[self.root + page][0])
        assert found is not None
        return found[1], found[2]

    def content(self, number: int) -> bytes:
        """Return the content of that object."""
        content = self.objects[number - 1][1]
        assert content is not None
        return content

    def value(self, mark: int, page: int = 1) -> bytes:
        """Return the whole of a value by its mark."""
        found = re.search(rb"/Span<</MCID %d>>BDC\n.*?EMC\n" % mark, self.content(self.values(page)), re.DOTALL)
        assert found is not None
        return found[0]

    def mark_of(self, words: str, page: int = 1) -> int:
        """Return the mark of the first value that says exactly these words, in the first value font."""
        codes = b"".join(self.codes_of(words))
        found = re.search(
            rb"MCID (\d+)>>BDC\n[^/]*/c0 cs 0 scn\nBT\n0 Tr/v0 [0-9.]+ Tf 1 0 0 -1 0 0 Tm<%b>" % codes,
            self.content(self.values(page)),
        )
        assert found is not None
        return int(found[1])

    def codes_of(self, words: str, font: bytes = b"v0") -> list[bytes]:
        """Return the four digits of each cluster of these words; a selector belongs to the character before it."""
        clusters = re.findall(r".[\U000e0100-\U000e01ef\u3099\u309a]*", words)
        text_map = self.content(self.font(font) + 4)
        codes = []
        for cluster in clusters:
            found = re.search(rb"<([0-9A-F]{4})> <" + cluster.encode("utf-16-be").hex().upper().encode() + rb">\n", text_map)
            assert found is not None, cluster
            codes.append(found[1])
        return codes

    def font(self, name: bytes = b"v0") -> int:
        """Return the number of the first object of a font: that, the one below it, its figures, its program, its texts."""
        found = re.search(rb"/" + name + rb" (\d+) 0 R", self.objects[self.root + 1][0])
        assert found is not None
        return int(found[1])


def opened(pdf: bytes) -> Opened:
    """Return a composed file in parts."""
    objects: list[Part] = []
    at = len(_HEADER)
    while found := _OBJECT.match(pdf, at):
        text, at = found[1], found.end()
        content: bytes | None = None
        if found[2] == b"stream":
            length = re.search(rb"/Length (\d+)", text)
            assert length is not None
            content = pdf[at : at + int(length[1])]
            at += int(length[1]) + len(b"\nendstream\nendobj\n")
            content = zlib.decompress(content) if b"/FlateDecode" in text else content
        objects.append((text, content))
    end = re.search(rb"trailer\n(.*)\nstartxref", pdf[at:])
    assert end is not None
    return Opened(tuple(objects), end[1])


def _ranged(pdf: bytes) -> bytes:
    """Return the file with the range of the signature as it is."""
    found = _RANGE.search(pdf)
    if found is None or not pdf.startswith(b"/Contents<", found.end()):
        return pdf
    start = found.end() + len(b"/Contents")
    end = pdf.index(b">", start) + 1
    written = b"/ByteRange[0000000000 %010d %010d %010d]" % (start, end, len(pdf) - end)
    return pdf[: found.start()] + written + pdf[found.end() :]
