"""A file's signature: is it there, whose is it, does it cover every byte, does it fit? Only this module here knows pyHanko."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from akashi.verifier.verdict import Reason

# It logs what it finds in untrusted files; what concerns us is in the answer.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class FileSignature:
    """
    What was found.

    Attributes:
        flaw: FILE_CHANGED or FILE_ADDED_TO; None where the signature fits and covers every byte.
        certificate: of the signer, DER; worth something only if the trust list names it.
    """

    flaw: Reason | None
    certificate: bytes


def read_signature(untrusted_pdf: bytes) -> FileSignature | None:
    """Return what is to say of the file's signature, None where it has none. Never raises: what cannot be read does not fit."""
    if b"/ByteRange" not in untrusted_pdf:
        return None
    try:
        signatures = PdfFileReader(io.BytesIO(untrusted_pdf)).embedded_signatures
        if not signatures:
            return FileSignature(Reason.FILE_CHANGED, b"")
        if len(signatures) > 1:
            return FileSignature(Reason.FILE_ADDED_TO, b"")
        (embedded,) = signatures
        certificate: bytes = embedded.signer_cert.dump()
        # Which certificates count is for the trust list to say, and when is not asked: paper outlives certificates.
        status = validate_pdf_signature(embedded, ValidationContext(trust_roots=[], allow_fetching=False), skip_diff=True)
        if not (status.intact and status.valid) or status.md_algorithm != "sha256":
            return FileSignature(Reason.FILE_CHANGED, certificate)
        if status.coverage.name != "ENTIRE_FILE":
            return FileSignature(Reason.FILE_ADDED_TO, certificate)
    except Exception:  # noqa: BLE001 - a general PDF library on hostile bytes; whatever it raises, nothing is proven
        return FileSignature(Reason.FILE_CHANGED, b"")
    return FileSignature(None, certificate)
