"""
The words of one page's code, and the signed form in which they stand in it: COSE_Sign1 with ES256.

Promises: `verify_code` gives words only after the signature was checked under the key that the caller names; each code has one
encoding. Source: docs/spec/paper-seal.md section 2; RFC 9052 (COSE), RFC 9053 section 2.1 (ES256).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from akashi.documents.paper_seal import cbor
from akashi.documents.paper_seal.content import PAGES_MAX
from akashi.documents.paper_seal.errors import PaperMalformed, PaperUnfit, SealForged
from akashi.documents.paper_seal.shown import Shown, ShownItem, encode_word, fit_shown, parse_word
from akashi.wire.transcript import HASH_BYTES, KEY_ID_BYTES

FORMAT_VERSION = 1
CODE_BYTES_MAX = 331
"""What a QR code of version 13, error correction M, holds."""
PUBLIC_BYTES = 33
"""A PAPER key: a point of P-256, compressed (SEC 1 section 2.3.3)."""
KIND_BYTES_MAX = 16
_TAG_SIGN1 = b"\xd2"
_ALGORITHM, _KEY_ID, _ES256 = 1, 4, -7
_DOMAIN = b"akashi/paper/1"
_SIGNATURE_BYTES = 64
_EPOCH = date(1970, 1, 1)
_NUMBER = re.compile(r"([0-9]{6})-((?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4})\Z")
_KIND = re.compile(rf"[a-z0-9-]{{1,{KIND_BYTES_MAX}}}\Z")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NUMBER_BYTES = 10
_WORDS_MAX = 60
_FIELDS = 9


@dataclass(frozen=True, slots=True)
class PageWords:
    """
    What the code of one page says.

    Attributes:
        issue_number: 発行番号; begins with the municipality's 6 digits.
        kind: such as "juminhyo".
        issued_on: day of issue.
        page, pages: this page, from 1, and how many there are.
        content_hash: of the whole certificate (`content.content_hash`).
        shown: whose it is.
    """

    issue_number: str
    kind: str
    issued_on: date
    page: int
    pages: int
    content_hash: bytes
    shown: tuple[Shown, ...] = ()

    @property
    def municipality(self) -> str:
        """The city's code, 6 digits."""
        return self.issue_number[:6]


@dataclass(frozen=True, slots=True)
class VerifiedWords:
    """Words under a signature that was checked. Only `verify_code` makes one."""

    words: PageWords
    key_id: bytes


def parse_number(untrusted_number: str) -> tuple[int, bytes]:
    """
    Return municipality and the 80 bits of an issue number.

    Raises:
        PaperMalformed: it is none.
    """
    found = _NUMBER.match(untrusted_number)
    if found is None:
        raise PaperMalformed("issue number")
    value = 0
    for digit in found[2].replace("-", ""):
        value = value << 5 | _CROCKFORD.index(digit)
    return int(found[1]), value.to_bytes(_NUMBER_BYTES, "big")


def format_number(municipality: int, bits: bytes) -> str:
    """Return the issue number of a municipality and 80 bits."""
    value = int.from_bytes(bits, "big")
    digits = [_CROCKFORD[value >> shift & 31] for shift in range(75, -1, -5)]
    return "-".join((f"{municipality:06}", *("".join(digits[start : start + 4]) for start in range(0, 16, 4))))


def signed_part(words: PageWords, key_id: bytes) -> tuple[bytes, bytes, bytes]:
    """
    Return protected header, payload, and the bytes to be signed. Of `shown` as much is taken as fits a code.

    Raises:
        PaperUnfit: words that no code can hold.
    """
    try:
        municipality, bits = parse_number(words.issue_number)
    except PaperMalformed:
        raise PaperUnfit("issue number") from None
    days = (words.issued_on - _EPOCH).days
    fits = _KIND.match(words.kind) and days >= 0 and 1 <= words.page <= words.pages <= PAGES_MAX
    if not fits or len(words.content_hash) != HASH_BYTES or len(key_id) != KEY_ID_BYTES:
        raise PaperUnfit("words of a page")
    protected = cbor.encode({_ALGORITHM: _ES256, _KEY_ID: key_id})
    fields: list[cbor.Value] = [
        FORMAT_VERSION, municipality, bits, words.kind, days, words.page, words.pages, words.content_hash,
    ]  # fmt: skip
    head = bytes([0x80 | _FIELDS]) + b"".join(map(cbor.encode, fields))
    # 3 bytes for the head of the list of words and the longer head of the payload
    fixed = len(_assemble(protected, head, bytes(_SIGNATURE_BYTES))) + 3
    shown = fit_shown(words.shown[: _WORDS_MAX // 2], CODE_BYTES_MAX - fixed)
    listed = b"".join(cbor.encode(int(word.item)) + encode_word(word.text) for word in shown)
    payload = head + _array_head(2 * len(shown)) + listed
    return protected, payload, _to_be_signed(protected, payload)


def assemble_code(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """
    Return the whole COSE_Sign1.

    Args:
        protected: header, from `signed_part`.
        payload: from `signed_part`, too.
        signature: r and s, 32 bytes each.

    Raises:
        PaperUnfit: a signature of another length, or too long for a code.
    """
    code = _assemble(protected, payload, signature)
    if len(signature) != _SIGNATURE_BYTES or len(code) > CODE_BYTES_MAX:
        raise PaperUnfit("length of a code")
    return code


def key_id_of(untrusted_code: bytes) -> bytes:
    """
    Return which key a code says it is signed by.

    Raises:
        PaperMalformed: it is no code of ours.
    """
    return _parse_sign1(untrusted_code)[0]


def verify_code(untrusted_code: bytes, public: bytes) -> VerifiedWords:
    """
    Return the words of a code.

    Args:
        untrusted_code: as it was read from paper.
        public: the PAPER key that must have signed, 33 bytes.

    Raises:
        PaperMalformed: it is no code of ours.
        SealForged: that key did not sign it.
    """
    key_id, protected, payload, signature = _parse_sign1(untrusted_code)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        key.verify(encode_dss_signature(r, s), _to_be_signed(protected, payload), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise SealForged("paper seal") from None
    return VerifiedWords(_parse_words(payload), key_id)


def _parse_sign1(untrusted_code: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    if len(untrusted_code) > CODE_BYTES_MAX or untrusted_code[:1] != _TAG_SIGN1:
        raise PaperMalformed("not a code of ours")
    match cbor.parse(untrusted_code[1:]):
        case [bytes(protected), {**unprotected}, bytes(payload), bytes(signature)]:
            pass
        case _:
            raise PaperMalformed("not a COSE_Sign1")
    match cbor.parse(protected):
        case {1: -7, 4: bytes(key_id), **others}:
            pass
        case _:
            raise PaperMalformed("protected header")
    if unprotected or others or len(key_id) != KEY_ID_BYTES or len(signature) != _SIGNATURE_BYTES:
        raise PaperMalformed("headers or signature")
    return key_id, protected, payload, signature


def _parse_words(payload: bytes) -> PageWords:
    match cbor.parse(payload):
        case [1, int(city), bytes(bits), str(kind), int(days), int(page), int(pages), bytes(digest), list(listed)]:
            pass
        case _:
            raise PaperMalformed("words of a page")
    fits = 0 <= city < 10**6 and len(bits) == _NUMBER_BYTES and _KIND.match(kind) and 0 <= days < 10**5 * 5
    if (
        not fits
        or not 1 <= page <= pages <= PAGES_MAX
        or len(digest) != HASH_BYTES
        or len(listed) % 2
        or len(listed) > _WORDS_MAX
    ):
        raise PaperMalformed("words of a page")
    shown = tuple(Shown(_item(item), parse_word(text)) for item, text in zip(listed[::2], listed[1::2], strict=True))
    return PageWords(format_number(city, bits), kind, _EPOCH + timedelta(days=days), page, pages, digest, shown)


def _item(value: cbor.Value) -> ShownItem:
    try:
        return ShownItem(value)  # type: ignore[arg-type]  # any value is asked for; what is no member raises
    except ValueError:
        raise PaperMalformed("a word of an unknown kind") from None


def _array_head(count: int) -> bytes:
    return bytes([0x80 | count]) if count <= 23 else bytes([0x98, count])  # noqa: PLR2004 - RFC 8949 section 3


def _assemble(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return b"".join((_TAG_SIGN1, b"\x84", cbor.encode(protected), b"\xa0", cbor.encode(payload), cbor.encode(signature)))


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052 section 4.4; our domain label is the externally supplied data."""
    return cbor.encode(["Signature1", protected, _DOMAIN, payload])
