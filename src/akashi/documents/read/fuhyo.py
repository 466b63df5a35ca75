"""戸籍の附票の写し: read the finished file back and compare every printed word."""

from __future__ import annotations

from akashi.documents.read.face import PrintedFace
from akashi.documents.read.fuhyo_words import expected_fuhyo
from akashi.documents.read.reader import ReadFile, read_file
from akashi.wire.certificates import Choice
from akashi.wire.messages import FuhyoRecord


def read_back_fuhyo(untrusted_pdf: bytes, record: FuhyoRecord, choices: tuple[Choice, ...], face: PrintedFace) -> ReadFile:
    """
    Return what there is to fill in, in a file that says exactly what it must.

    Args:
        untrusted_pdf: the unsigned file, at most 2 MiB.
        record: as the register signed it.
        choices: as the applicant signed them.
        face: number, dates, officer, statement and fonts by the checker's own policy.

    Raises:
        FileRefused: with the rule, the page and the box; never a value.
        FontsUnfit: for the operator.

    Source: docs/spec/form-fuhyo.md; docs/spec/protocol.md section 5.4.
    """
    return read_file(untrusted_pdf, expected_fuhyo(record, choices, face), face.fonts)
