"""What is done with a file before it is signed, as one piece of work for a worker process: no key, no clock, nothing kept."""

from __future__ import annotations

from dataclasses import dataclass

from akashi.documents.read import PrintedFace
from akashi.wire.messages import AnyRecord, IssueOrder
from akashi.zones.issuance.checker.readers import ReadBack
from akashi.zones.issuance.checker.signer import Prepared, prepare_signature


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that says exactly what it must, with room for its signature."""

    page_count: int
    prepared: Prepared


def finish(
    read_back: ReadBack, untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace, *, time_ms: int
) -> Finished:
    """
    Read the file back, compare every word, make room for the signature.

    Raises:
        FileRefused: the file is not what it must be.
        FontsUnfit: the city's fonts cannot be read here.
        SigningFailed: it reads well and cannot be signed.
    """
    page_count = read_back(untrusted_pdf, record, order, face)
    return Finished(page_count, prepare_signature(untrusted_pdf, time_ms=time_ms))
