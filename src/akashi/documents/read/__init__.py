"""
Read a finished certificate back and compare it with what it must say.

Promises: a file passes only if every text on every page is a text that the record, the choices and the face demand, in its box.
Trusts: PDFium to read what PDFium would draw, and the caller for record, choices and face. Knows nothing of the composer.
"""

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.expected import PrintedFace
from akashi.documents.read.jumin import read_back_jumin

__all__ = ["FileRefused", "PrintedFace", "Rule", "read_back_jumin"]
