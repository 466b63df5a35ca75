"""Words under a signature: what independent CBOR and COSE programs read, every bit flipped, every cut by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from akashi.documents.paper_seal import (
    PaperContent,
    PaperMalformed,
    PaperPage,
    PaperUnfit,
    SealForged,
    Shown,
    ShownItem,
    content_hash,
    paper_page,
    parse_number,
    pick_shown,
    verify_code,
)
from akashi.documents.paper_seal.shown import fit_shown
from akashi.documents.paper_seal.sign import PaperKey, fill_codes
from akashi.documents.paper_seal.words import CODE_BYTES_MAX, _assemble, _to_be_signed, key_id_of
from akashi.zones.issuance.issuer.numbering import issue_number_from
from unit.verifier.made_paper import DAY, NUMBER, SALT, MadeCity, content

CITY = MadeCity()
WORDS = CITY.words()


def test_words_come_back_and_the_same_words_give_the_same_code() -> None:
    code = CITY.paper.seal(WORDS)
    assert code == CITY.paper.seal(WORDS)
    found = verify_code(code, CITY.paper.public_bytes)
    assert found.words == WORDS
    assert found.key_id == key_id_of(code) == CITY.paper.key_id
    assert found.words.municipality == "139998"


def test_independent_programs_read_and_verify_it() -> None:
    code = CITY.paper.seal(WORDS)
    tagged = cbor2.loads(code)
    assert tagged.tag == 18
    protected, unprotected, payload, signature = tagged.value
    assert (cbor2.loads(protected), unprotected, len(signature)) == ({1: -7, 4: CITY.paper.key_id}, {}, 64)
    fields: list[Any] = cbor2.loads(payload)
    assert fields[:2] == [1, 139998]
    assert fields[3:7] == ["juminhyo", 20780, 1, 2]
    assert fields[7] == WORDS.content_hash
    assert fields[8] == [1, "証野󠄂 太郎", 2, 300600503]
    assert cbor2.dumps(tagged, canonical=True) == code
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), CITY.paper.public_bytes)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = cwt.COSEKey.from_pem(pem, alg="ES256", kid=CITY.paper.key_id)
    assert cwt.COSE.new().decode(code, keys=[key], external_aad=b"akashi/paper/1") == payload
    with pytest.raises(cwt.VerifyError):
        cwt.COSE.new().decode(code, keys=[key], external_aad=b"akashi/paper/2")


@pytest.mark.promise("C11")
def test_every_flipped_bit_refuses() -> None:
    code = CITY.paper.seal(WORDS)
    for place in range(8 * len(code)):
        spoiled = bytearray(code)
        spoiled[place // 8] ^= 1 << place % 8
        with pytest.raises((PaperMalformed, SealForged)):
            verify_code(bytes(spoiled), CITY.paper.public_bytes)


def test_another_key_refuses() -> None:
    for public in (MadeCity().paper.public_bytes, bytes(33), b"\x02" + bytes(32)):
        with pytest.raises(SealForged):
            verify_code(CITY.paper.seal(WORDS), public)


@pytest.mark.parametrize(
    "fields",
    [
        [2, 139998, bytes(10), "k", 1, 1, 1, bytes(32), []],
        [1, 10**6, bytes(10), "k", 1, 1, 1, bytes(32), []],
        [1, 139998, bytes(9), "k", 1, 1, 1, bytes(32), []],
        [1, 139998, bytes(10), "K", 1, 1, 1, bytes(32), []],
        [1, 139998, bytes(10), "k\n", 1, 1, 1, bytes(32), []],
        [1, 139998, bytes(10), "k", 500_000, 1, 1, bytes(32), []],
        [1, 139998, bytes(10), "k", 1, 2, 1, bytes(32), []],
        [1, 139998, bytes(10), "k", 1, 0, 1, bytes(32), []],
        [1, 139998, bytes(10), "k", 1, 1, 100, bytes(32), []],
        [1, 139998, bytes(10), "k", 1, 1, 1, bytes(31), []],
        [1, 139998, bytes(10), "k", 1, 1, 1, bytes(32), [1]],
        [1, 139998, bytes(10), "k", 1, 1, 1, bytes(32), [99, "a"]],
        [1, 139998, bytes(10), "k", 1, 1, 1, bytes(32), [1, b"a"]],
        [1, 139998, bytes(10), "k", 1, 1, 1, bytes(32), [1, 999_999_999]],
        [1, 139998, bytes(10), "k", 1, 1, 1, bytes(32), [2, "昭和60年5月3日"]],
        [1, 139998, bytes(10), "k", 1, 1, 1, bytes(32), [], 0],
        {1: 2},
    ],
)
def test_signed_words_of_another_form_refuse(fields: object) -> None:
    # Signed by the right key all the same: a later version's code must not be misread by this one.
    with pytest.raises(PaperMalformed):
        verify_code(_signed(cbor2.dumps(fields)), CITY.paper.public_bytes)


def _signed(payload: bytes, protected: bytes | None = None) -> bytes:
    protected = protected if protected is not None else cbor2.dumps({1: -7, 4: CITY.paper.key_id}, canonical=True)
    whole = CITY.paper._private_key.sign(_to_be_signed(protected, payload), _ECDSA)
    r, s = decode_dss_signature(whole)
    return _assemble(protected, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


_ECDSA = ec.ECDSA(hashes.SHA256())


@pytest.mark.parametrize(
    "header", [{1: -8, 4: b"12345678"}, {4: b"12345678"}, {1: -7}, {1: -7, 4: b"1234567"}, {1: -7, 2: [1], 4: b"12345678"}]
)
def test_other_headers_refuse(header: dict[int, object]) -> None:
    code = _signed(b"\x80", cbor2.dumps(header, canonical=True))
    with pytest.raises(PaperMalformed):
        key_id_of(code)


@pytest.mark.parametrize(
    "change",
    [
        {"issue_number": "139998-ABCD"},
        {"kind": ""},
        {"kind": "a" * 17},
        {"page": 3},
        {"pages": 100},
        {"issued_on": date(1969, 12, 31)},
        {"content_hash": b""},
    ],
    ids=str,
)
def test_words_that_no_code_can_hold_are_not_signed(change: dict[str, Any]) -> None:
    with pytest.raises(PaperUnfit):
        CITY.paper.seal(replace(WORDS, **change))


def test_numbers_are_those_of_the_issuer() -> None:
    for value in (bytes(10), b"\xff" * 10, bytes(range(10))):
        for city in ("139998", "011002"):
            assert parse_number(issue_number_from(city, value)) == (int(city), value)
    for untrusted in ("", NUMBER[:-1], NUMBER + "\n", NUMBER.replace("7", "I")):
        with pytest.raises(PaperMalformed):
            parse_number(untrusted)


FAMILY = tuple(
    word
    for name in ("渡邉󠄏 一郎左衛門", "渡邉󠄏 アレクサンドリア花子", "渡邉󠄏 太郎", "渡邉󠄏 さくら")
    for word in (Shown(ShownItem.NAME, name), Shown(ShownItem.BIRTH_DATE, "平成元年12月31日"))
)


def test_four_ordinary_persons_fit_whole() -> None:
    found = verify_code(CITY.paper.seal(replace(WORDS, shown=FAMILY)), CITY.paper.public_bytes)
    assert found.words.shown == FAMILY


def test_long_names_are_cut_by_rule_and_the_code_still_fits() -> None:
    long = tuple(word._replace(text=word.text + "󠄀葛󠄂" * 40) if word.item is ShownItem.NAME else word for word in FAMILY)
    code = CITY.paper.seal(replace(WORDS, shown=long))
    assert len(code) <= CODE_BYTES_MAX
    shown = verify_code(code, CITY.paper.public_bytes).words.shown
    assert len(shown) == len(long)
    for cut, whole in zip(shown, long, strict=True):
        assert cut.item is whole.item
        if cut.item is ShownItem.BIRTH_DATE:
            assert cut.text == whole.text
        else:
            assert cut.text.endswith("…")
            kept = cut.text.removesuffix("…")
            assert whole.text.startswith(kept)
            # Not between a character and its selector.
            assert not 0xE0100 <= ord(whole.text[len(kept)]) <= 0xE01EF
    # The largest common limit: one byte more would not have fitted.
    used = sum(len(word.text.encode()) + 3 for word in shown)
    assert used > 140


def test_words_that_cannot_even_be_cut_are_left_out_from_the_end() -> None:
    many = tuple(Shown(ShownItem.NAME, f"{number} 長い名前の人です") for number in range(30))
    shown = verify_code(CITY.paper.seal(replace(WORDS, shown=many)), CITY.paper.public_bytes).words.shown
    assert 5 < len(shown) < 30
    assert [word.text[:2] for word in shown] == [word.text[:2] for word in many[: len(shown)]]
    assert fit_shown(many, 0) == ()


@pytest.mark.parametrize(
    "text",
    [
        "昭和60年5月3日",
        "平成元年12月31日",
        "1990年1月2日",
        "令和8年11月23日",
        "昭和60年05月3日",
        "昭和60年頃",
        "年月日不詳",
        "…",
        "?",
        "",
        "令和0年1月1日",
        "𠮷",
    ],
)
def test_written_dates_come_back_as_they_were(text: str) -> None:
    shown = (Shown(ShownItem.BIRTH_DATE, text),)
    assert verify_code(CITY.paper.seal(replace(WORDS, shown=shown)), CITY.paper.public_bytes).words.shown == shown


def test_a_page_shows_names_and_birth_dates_and_nothing_that_identifies_more() -> None:
    words = (
        ("number", NUMBER),
        ("address", "証野市一丁目"),
        ("person-1 name", "証野 太郎"),
        ("person-1 my_number", "123456789012"),
        ("person-1 birth_date", "昭和60年5月3日"),
        ("person-1 honseki", "証野市二丁目"),
        ("person-2 name", "証野 花子"),
        ("person-2 name_latin", "＊＊＊"),
        ("person-2 birth_date", "（省略）"),
        ("person-3 name", "＊＊＊"),
        ("person-3 name_latin", "NGUYEN VAN AN"),
    )
    assert pick_shown("juminhyo", words) == (
        Shown(ShownItem.NAME, "証野 太郎"),
        Shown(ShownItem.BIRTH_DATE, "昭和60年5月3日"),
        Shown(ShownItem.NAME, "証野 花子"),
        Shown(ShownItem.NAME, "NGUYEN VAN AN"),
    )
    assert pick_shown("unknown-kind", words) == ()
    assert paper_page("juminhyo", words).values == tuple(text for _, text in words)


def test_the_content_hash_tells_every_difference_and_the_salt_counts() -> None:
    whole = content()
    same = content_hash(whole, SALT)
    assert content_hash(content(), SALT) == same
    others = [
        content_hash(whole, bytes(16)),
        content_hash(replace(whole, kind="zei"), SALT),
        content_hash(content("139998-0000-0000-0000-0000"), SALT),
        content_hash(replace(whole, pages=whole.pages[:1]), SALT),
        content_hash(replace(whole, pages=whole.pages[::-1]), SALT),
        content_hash(content(values=(("1399", "98東京都"), ("b",))), SALT),
        content_hash(content(values=(("139998", "東京都"), ("b",))), SALT),
        content_hash(content(values=(("139998", "東京都", "b"), ())), SALT),
    ]
    assert len({same, *others}) == len(others) + 1
    # What the code shows is not a part of it: cutting a name changes nothing.
    assert content_hash(replace(whole, pages=tuple(PaperPage(page.values) for page in whole.pages)), SALT) == same


def test_content_that_no_code_can_hold() -> None:
    for whole, salt in (
        (content(), b""),
        (PaperContent("juminhyo", NUMBER, ()), SALT),
        (PaperContent("juminhyo", NUMBER, (PaperPage(("\ud800",)),)), SALT),
        (PaperContent("juminhyo", NUMBER, (PaperPage(("x",) * 201),)), SALT),
    ):
        with pytest.raises(PaperUnfit):
            fill_codes(whole, CITY.paper, salt=salt, issued_on=DAY)


def test_only_a_p256_key_seals_paper_and_it_shows_nothing() -> None:
    with pytest.raises(PaperUnfit):
        PaperKey(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(PaperUnfit):
        PaperKey("key")
    assert repr(CITY.paper) == f"<PaperKey {CITY.paper.key_id.hex()}>"
