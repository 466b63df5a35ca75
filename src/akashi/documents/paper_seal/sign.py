"""
The private PAPER key and the codes that it signs. Only the checker may import this module (import contract).

Source: docs/spec/paper-seal.md sections 2 and 5; RFC 6979 (the same words give the same code).
"""

from __future__ import annotations

from datetime import date

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from akashi.documents.paper_seal.content import PaperContent, content_hash
from akashi.documents.paper_seal.errors import PaperUnfit
from akashi.documents.paper_seal.qr import draw
from akashi.documents.paper_seal.words import PageWords, assemble_code, signed_part
from akashi.wire.transcript import key_id


class PaperKey:
    """
    The private key of paper seals.

    Args:
        private_key: ECDSA P-256.

    Raises:
        PaperUnfit: it is another kind of key.
    """

    __slots__ = ("_private_key", "key_id", "public_bytes")

    def __init__(self, private_key: object) -> None:
        if not isinstance(private_key, ec.EllipticCurvePrivateKey) or not isinstance(private_key.curve, ec.SECP256R1):
            raise PaperUnfit("the paper key is not an ECDSA P-256 private key")
        self._private_key = private_key
        self.public_bytes = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        self.key_id = key_id(self.public_bytes)

    def __repr__(self) -> str:
        return f"<PaperKey {self.key_id.hex()}>"

    def seal(self, words: PageWords) -> bytes:
        """
        Return the code of one page: a COSE_Sign1 of at most 331 bytes.

        Raises:
            PaperUnfit: words that no code can hold.
        """
        protected, payload, message = signed_part(words, self.key_id)
        r, s = decode_dss_signature(self._private_key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return assemble_code(protected, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def fill_codes(content: PaperContent, key: PaperKey, *, salt: bytes, issued_on: date) -> tuple[bytes, ...]:
    """
    Return the bytes of the 2D code's image on each page, as they stand in the file.

    Args:
        content: what is printed, as it was read back from the finished file.
        key: the city's PAPER key.
        salt: the 16 bytes that stand in the file.
        issued_on: day of issue.

    Raises:
        PaperUnfit: content that no code can hold.
    """
    digest, pages = content_hash(content, salt), len(content.pages)
    return tuple(
        draw(key.seal(PageWords(content.issue_number, content.kind, issued_on, number, pages, digest, page.shown)))
        for number, page in enumerate(content.pages, 1)
    )
