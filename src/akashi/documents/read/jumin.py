"""住民票の写し and 住民票記載事項証明書: read the finished file back and compare every printed word."""

from __future__ import annotations

from akashi.documents.read.face import PrintedFace
from akashi.documents.read.jumin_words import expected_jumin
from akashi.documents.read.reader import ReadFile, read_file
from akashi.wire.certificates import Choice, Kind
from akashi.wire.messages.records import JuminRecord


def read_back_jumin(
    untrusted_pdf: bytes,
    record: JuminRecord,
    choices: tuple[Choice, ...],
    face: PrintedFace,
    *,
    kind: Kind = Kind.JUMINHYO,
) -> ReadFile:
    """
    Return what there is to fill in, in a file that says exactly what it must.

    Args:
        untrusted_pdf: the unsigned file, at most 2 MiB.
        record: as the registry signed it.
        choices: as the applicant signed them.
        face: number, dates, officer, sentence and fonts by the checker's own policy.
        kind: JUMINHYO or JUMINHYO_KISAI.

    Raises:
        FileRefused: with the rule, the page and the box; never a value.
        FontsUnfit: for the operator.

    Source: docs/spec/form-juminhyo.md section 6; docs/spec/protocol.md section 5.4.
    """
    return read_file(untrusted_pdf, expected_jumin(record, choices, face, kind=kind), face.fonts)
