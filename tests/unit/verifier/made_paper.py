"""A made-up city's keys and lists, and certificates: words, files in the grammar of the product, sheets as pictures."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image, ImageDraw

from akashi.documents.paper_seal import PageWords, PaperContent, PaperPage, Shown, ShownItem, content_hash
from akashi.documents.paper_seal.qr import MODULES, QUIET_MODULES, draw
from akashi.documents.paper_seal.sign import PaperKey, fill_codes
from akashi.sealing.keys import SigningKey
from akashi.sealing.paper_trust import Voided, sign_trust_list, void_entries, void_hash
from akashi.sealing.signing import Purpose, sign_message
from akashi.simulation.deployment import make_document_key
from akashi.verifier import Trust, parse_trust
from akashi.wire.messages import DirectoryKey, KeyUse, TrustListPayload, VoidListPayload
from akashi.wire.transcript import key_id
from akashi.zones.issuance.checker.cms import signed_data
from akashi.zones.issuance.checker.signer import DocumentKey

CITY = "139998"
CITY_NAME = "東京都証野市"
NUMBER = "139998-7ZQ2-M0KD-4T9X-HB3E"
OTHER_NUMBER = "139998-0000-1111-2222-3333"
DAY = date(2026, 11, 23)
NOW_MS = 1_795_400_000_000  # 2026-11-23 in Japan
YEAR_MS = 365 * 86_400_000
SALT = bytes(range(16))
NAMES = ("証野󠄂 太郎", "証野󠄂 花子")
VALUES = (("139998", "東京都証野市一丁目２番３号", NAMES[0], "昭和60年5月3日"), (NAMES[1], "平成元年12月31日", "以下余白"))


def content(number: str = NUMBER, values: Sequence[Sequence[str]] = VALUES) -> PaperContent:
    """Return a certificate of two pages."""
    shown = (
        (Shown(ShownItem.NAME, NAMES[0]), Shown(ShownItem.BIRTH_DATE, "昭和60年5月3日")),
        (Shown(ShownItem.NAME, NAMES[1]), Shown(ShownItem.BIRTH_DATE, "平成元年12月31日")),
    )
    return PaperContent("juminhyo", number, tuple(PaperPage(tuple(page), shown[at]) for at, page in enumerate(values)))


@dataclass
class MadeCity:
    """A city with keys, and what it publishes."""

    municipality: str = CITY
    root: SigningKey = field(default_factory=SigningKey.generate)
    receipt: SigningKey = field(default_factory=SigningKey.generate)
    paper: PaperKey = field(default_factory=lambda: PaperKey(ec.generate_private_key(ec.SECP256R1())))

    def __post_init__(self) -> None:
        private, self.certificate = make_document_key(CITY_NAME, now_ms=NOW_MS)
        self.document = DocumentKey(private)

    def trust_list(self, **changes: object) -> bytes:
        begin, end = NOW_MS - YEAR_MS, NOW_MS + YEAR_MS
        publics = (
            (KeyUse.PAPER, self.paper.public_bytes),
            (KeyUse.DOCUMENT, self.certificate),
            (KeyUse.RECEIPT, self.receipt.public_bytes),
        )
        fields: dict[str, object] = {
            "municipality": self.municipality,
            "city_name": CITY_NAME,
            "sequence": 1,
            "made_at_ms": NOW_MS,
            "keys": tuple(DirectoryKey(key_id(public), use, public, begin, end) for use, public in publics),
        }
        return sign_trust_list(self.root, TrustListPayload(**{**fields, **changes}))  # type: ignore[arg-type]  # a test's changes

    def void_list(self, voided: dict[str, Voided], *, made_at_ms: int = NOW_MS + 60_000) -> bytes:
        entries, complete = void_entries({void_hash(number): each for number, each in voided.items()})
        payload = VoidListPayload(self.municipality, made_at_ms, 1000, (complete - date(1970, 1, 1)).days, entries)
        return sign_message(self.receipt, Purpose.VOID_LIST, payload)

    def trust(self, *voids: bytes) -> Trust:
        return parse_trust([(self.root.public_bytes, self.trust_list())], voids)

    def words(self, page: int = 1, number: str = NUMBER, issued_on: date = DAY) -> PageWords:
        whole = content(number)
        digest = content_hash(whole, SALT)
        return PageWords(number, whole.kind, issued_on, page, len(whole.pages), digest, whole.pages[page - 1].shown)

    def code(self, page: int = 1, number: str = NUMBER, issued_on: date = DAY) -> bytes:
        return self.paper.seal(self.words(page, number, issued_on))

    def file(self, whole: PaperContent | None = None, *, sign: bool = True, values: Sequence[Sequence[str]] = ()) -> bytes:
        """Return a certificate's file; `values` stand in it in place of those that the codes are for."""
        whole = whole or content()
        images = fill_codes(whole, self.paper, salt=SALT, issued_on=DAY)
        unsigned = write_file(values or [page.values for page in whole.pages], images)
        return sign_file(unsigned, self) if sign else unsigned


def sheet(code: bytes, *, dpi: int = 150, module_mm: float = 0.42) -> Image.Image:
    """Return an A4 sheet with some print and the code at its lower right, as a printer would place it at that resolution."""
    per_mm = dpi / 25.4
    page = Image.new("L", (round(210 * per_mm), round(297 * per_mm)), 255)
    pen = ImageDraw.Draw(page)
    for line in range(20, 240, 6):
        pen.line((15 * per_mm, line * per_mm, 195 * per_mm, line * per_mm), fill=0)
        pen.text((20 * per_mm, (line + 1) * per_mm), "AKASHI 139998 " * 6, fill=0)
    side = round(MODULES * module_mm * per_mm)
    modules = Image.fromarray(255 * (1 - modules_of(draw(code)))).resize((side, side), Image.Resampling.BOX)
    page.paste(
        255, (round((208 - MODULES * module_mm - 14) * per_mm), round(243 * per_mm), round(208 * per_mm), round(290 * per_mm))
    )
    page.paste(modules, (round((200 - MODULES * module_mm) * per_mm), round(250 * per_mm)))
    return page


def modules_of(image: bytes, modules: int = MODULES) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return the modules of an image of a code, 1 is dark."""
    rows = np.frombuffer(image, np.uint8).reshape(modules, (modules + 7) // 8)
    return np.unpackbits(rows, axis=1)[:, :modules]


def enlarged(image: bytes, modules: int = MODULES, *, scale: int = 4) -> Image.Image:
    """Return a code alone with its quiet zone."""
    dark = np.pad(modules_of(image, modules), QUIET_MODULES)
    return Image.fromarray(np.kron(255 * (1 - dark), np.ones((scale, scale), np.uint8)).astype(np.uint8))


def png(picture: Image.Image) -> bytes:
    output = io.BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


def jpeg(picture: Image.Image, quality: int = 60) -> bytes:
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=quality)
    return output.getvalue()


def _stream(entries: str, data: bytes) -> bytes:
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(data), entries.encode(), data)


def _deflated(data: bytes) -> bytes:
    return _stream("/Filter/FlateDecode", zlib.compress(data))


def write_file(pages: Sequence[Sequence[str]], images: Sequence[bytes]) -> bytes:
    """Return the unsigned file, with those parts of the grammar that are read: values, their texts, codes, room to sign."""
    count, clusters = len(pages), sorted({char for page in pages for value in page for char in _clusters(value)})
    cid_of = {cluster: f"{number:04X}" for number, cluster in enumerate(clusters, 1)}
    bodies = [b"<</Form(part)>>"] * 3
    root = len(bodies) + count + 1
    first_values, first_image = root + 4 + count, root + 4 + 2 * count
    font = root + 4 + 3 * count
    code = b"/Figure<</MCID 0>>BDC\nq 82 0 0 82 450 40 cm 0 g\n/q0 Do\nQ\nEMC\n"
    bodies += [_deflated(code) for _ in pages]
    kids = " ".join(f"{root + 2 + index} 0 R" for index in range(count))
    bodies.append(b"<</Type/Catalog/Pages %d 0 R/AcroForm<</Fields[%d 0 R]/SigFlags 3>>>>" % (root + 1, font + 2))
    bodies.append(b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids.encode()))
    for index in range(count):
        annots = f"/Annots[{font + 2} 0 R]" if index == 0 else ""
        bodies.append(
            f"<</Type/Page/Parent {root + 1} 0 R/MediaBox[0 0 595.2756 841.8898]/Resources<</Font<</v0 {font} 0 R>>"
            f"/XObject<</q0 {first_image + index} 0 R>>>>/Contents[{4 + index} 0 R {first_values + index} 0 R]{annots}>>".encode()
        )
    bodies += [b"<</Title(Akashi)>>", _stream("/Type/Metadata/Subtype/XML", b"<x/>")]
    bodies += [_stream("", "".join(_value(mark, value, cid_of) for mark, value in enumerate(page, 1)).encode()) for page in pages]
    entries = "/Type/XObject/Subtype/Image/Width 69/Height 69/ImageMask true/Decode[1 0]/BitsPerComponent 1"
    bodies += [_stream(entries, image) for image in images]
    bodies.append(b"<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+Made/Encoding/Identity-H/ToUnicode %d 0 R>>" % (font + 1))
    lines = "".join(f"<{cid}> <{cluster.encode('utf-16-be').hex().upper()}>\n" for cluster, cid in cid_of.items())
    bodies.append(_stream("", f"{len(cid_of)} beginbfchar\n{lines}endbfchar\n".encode()))
    bodies.append(b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/F 132/Rect[0 0 0 0]/V %d 0 R>>" % (font + 3))
    bodies.append(
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20261123030000Z)"
        b"/ByteRange[0000000000 0000000000 0000000000 0000000000]/Contents<%b>>>" % (b"0" * 6144)
    )
    return _whole(bodies, root, root + 2 + count)


def _clusters(value: str) -> list[str]:
    found: list[str] = []
    for char in value:
        if found and 0xE0100 <= ord(char) <= 0xE01EF:
            found[-1] += char
        else:
            found.append(char)
    return found


def _value(mark: int, value: str, cid_of: dict[str, str]) -> str:
    # Two pieces, as where a line or a font ends.
    clusters = _clusters(value)
    middle = len(clusters) // 2
    pieces = [part for part in (clusters[:middle], clusters[middle:]) if part]
    drawn = ""
    for piece in pieces:
        codes = "".join(cid_of[each] for each in piece)
        drawn += f"q 1 0 0 -1 50 700 cm /c0 cs 0 scn\nBT\n0 Tr/v0 10.5 Tf 1 0 0 -1 0 0 Tm<{codes}>Tj\nET\nQ\n"
    return f"/Span<</MCID {mark}>>BDC\n{drawn}EMC\n"


def _whole(bodies: Sequence[bytes], root: int, info: int) -> bytes:
    pdf, places = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(pdf)
    pdf += b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(bodies) + 1)
    pdf += b"".join(b"%010d 00000 n\r\n" % place for place in places)
    first = hashlib.md5(pdf, usedforsecurity=False).hexdigest().upper()
    return (
        pdf
        + (
            f"trailer\n<</Size {len(bodies) + 1}/Root {root} 0 R/Info {info} 0 R/ID[<{first}><{SALT.hex().upper()}>]>>\n"
            f"startxref\n{table}\n%%EOF"
        ).encode()
    )


def sign_file(unsigned: bytes, city: MadeCity) -> bytes:
    start = unsigned.index(b"/Contents<0") + len(b"/Contents")
    end = start + 6146
    numbers = b"%010d %010d %010d %010d" % (0, start, end, len(unsigned) - end)
    at = unsigned.index(b"/ByteRange[") + len(b"/ByteRange[")
    ranged = unsigned[:at] + numbers + unsigned[at + len(numbers) :]
    digest = hashlib.sha256(ranged[:start] + ranged[end:]).digest()
    signature = signed_data(digest, city.certificate, city.document.sign).hex().encode().ljust(6144, b"0")
    return ranged[: start + 1] + signature + ranged[end - 1 :]
