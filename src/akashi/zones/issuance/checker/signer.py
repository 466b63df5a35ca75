"""
The file's signature: PAdES B-B, ECDSA P-256 with SHA-256, in an invisible field. The only module that knows pyHanko.

Two steps, so that the private key never leaves this server's process: `prepare_signature` makes room and digests, in any worker
and without a key; `embed_signature` signs the digest and fills the room, in under 2 ms.
No network and no clock: the time is an argument. Source: ETSI EN 319 142-1 (PAdES B-B), ISO 32000-1 12.8.
"""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import cms_embedder, pdf_byterange

from akashi.zones.issuance.checker.cms import signed_data
from akashi.zones.issuance.checker.errors import KeyUnfit, SigningFailed

_DIGEST = "sha256"
_FIELD = "Signature"
_HEX_RESERVED = 6_144
"""Room for the signature in hexadecimal digits: a P-256 signature and one certificate need about 2,800."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# It logs every step of a signature; what concerns us it raises.
logging.getLogger("pyhanko").setLevel(logging.ERROR)


class DocumentKey:
    """
    The private key of document signatures, with the certificate that the city's directory names for it.

    Args:
        private_key: ECDSA P-256.
    """

    __slots__ = ("_private_key", "public_der")

    def __init__(self, private_key: object) -> None:
        if not isinstance(private_key, ec.EllipticCurvePrivateKey) or not isinstance(private_key.curve, ec.SECP256R1):
            raise KeyUnfit("the document key is not an ECDSA P-256 private key")
        self._private_key = private_key
        self.public_der = _spki(private_key.public_key())

    def __repr__(self) -> str:
        return "<DocumentKey>"

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message (DER); the same message gives the same bytes (RFC 6979)."""
        return self._private_key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def fits(self, certificate_der: bytes) -> bool:
        """Return whether the certificate is for this key."""
        try:
            return _spki(x509.load_der_x509_certificate(certificate_der).public_key()) == self.public_der
        except (ValueError, UnsupportedAlgorithm):
            return False


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A file with room for its signature.

    Attributes:
        pdf: the whole file, the room filled with zeros.
        digest: SHA-256 of everything outside the room.
        room_start, room_end: where the room is, brackets included.
    """

    pdf: bytes
    digest: bytes
    room_start: int
    room_end: int


def prepare_signature(pdf: bytes, *, time_ms: int) -> Prepared:
    """
    Return the file with an invisible, certifying signature field: from then on any change to the file shows.

    Args:
        pdf: the checked file.
        time_ms: signing time, in milliseconds since 1970 UTC.

    Raises:
        SigningFailed: the file is not one that can be signed.
    """
    output = io.BytesIO()
    try:
        writer = _TimelessWriter(io.BytesIO(pdf))
        steps = cms_embedder.PdfCMSEmbedder().write_cms(field_name=_FIELD, writer=writer)
        next(steps)
        placeholder = pdf_byterange.PdfSignedData(
            obj_type=generic.pdf_name("/Sig"),
            subfilter=fields.SigSeedSubFilter.PADES,
            timestamp=_EPOCH + timedelta(milliseconds=time_ms),
            bytes_reserved=_HEX_RESERVED,
        )
        permissions = cms_embedder.SigMDPSetup(md_algorithm=_DIGEST, certify=True, docmdp_perms=fields.MDPPerm.NO_CHANGES)
        steps.send(cms_embedder.SigObjSetup(sig_placeholder=placeholder, mdp_setup=permissions))
        digest, _ = steps.send(cms_embedder.SigIOSetup(md_algorithm=_DIGEST, output=output))
    except (PdfError, SigningError, ValueError, KeyError, TypeError) as error:
        # Whatever the library says can quote the file.
        raise SigningFailed(type(error).__name__) from None
    return Prepared(output.getvalue(), digest.document_digest, digest.reserved_region_start, digest.reserved_region_end)


def embed_signature(prepared: Prepared, key: DocumentKey, certificate_der: bytes) -> bytes:
    """
    Return the signed file.

    Raises:
        SigningFailed: the signature does not fit into its room.
    """
    signature = signed_data(prepared.digest, certificate_der, key.sign)
    room = prepared.room_end - prepared.room_start - 2
    filled = signature.hex().encode().ljust(room, b"0")
    if len(filled) != room:
        raise SigningFailed("room")
    return b"".join((prepared.pdf[: prepared.room_start + 1], filled, prepared.pdf[prepared.room_end - 1 :]))


class _TimelessWriter(IncrementalPdfFileWriter):  # type: ignore[misc]  # the library ships no types
    """Adds the field and nothing else: the library would also write the wall clock into the properties, and a random id."""

    def _update_meta(self) -> None:
        pass

    @classmethod
    def _handle_id(cls, prev: Any) -> Any:
        first, _ = prev.trailer["/ID"]
        second = hashlib.sha256(b"akashi/signed/1" + first.original_bytes).digest()[:16]
        return generic.ArrayObject([generic.ByteStringObject(first.original_bytes), generic.ByteStringObject(second)])


def _spki(public_key: Any) -> bytes:
    der: bytes = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return der
