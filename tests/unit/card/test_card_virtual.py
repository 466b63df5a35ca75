"""The virtual card against traces of real behaviour: what OpenSC sends, what other readers have seen."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from akashi.card.errors import KeyUnsuited, PinForm
from akashi.card.suites import JPKI_RSA2048
from akashi.card.virtual import ATR, SignSlot, VirtualCard
from card.made_cards import PASSWORD, PIN, ec_key, make_card, make_certificate, make_next_card, rsa_key

AID = "00A4040C0AD392F000260100000001"
PROBED_AIDS = [
    "627601FF000000",
    "A00000000101",
    "E82B0601040181C31F0201",
    "D23300000045737445494420763335",
    "A00000030800001000",
    "A00000030800001000",
    "A000000116DB00",
    "A0000000791000",
    *(f"A0000000790{number:03X}" for number in range(0x100, 0x110)),
    "F276A288BCFBA69D34F31001",
    "A00000039742544659",
    "D27600012401",
]


def send(card: VirtualCard, text: str) -> tuple[bytes, int]:
    return card.transmit(bytes.fromhex(text))


def status(card: VirtualCard, text: str) -> int:
    return send(card, text)[1]


def opened(card: VirtualCard | None = None) -> VirtualCard:
    card = card or make_card()
    assert send(card, AID) == (b"", 0x9000)
    return card


def verify(card: VirtualCard, file: str, pin: str) -> int:
    assert status(card, f"00A4020C02{file}") == 0x9000
    return status(card, f"00200080{len(pin):02X}{pin.encode().hex()}")


def test_the_probes_of_all_other_drivers_are_refused_and_change_nothing() -> None:
    card = opened()
    assert verify(card, "0018", PIN) == 0x9000
    probes = [f"00A404{p2}{len(aid) // 2:02X}{aid}" for aid in PROBED_AIDS for p2 in ("00", "0C")]
    assert {send(card, probe) for probe in probes} == {(b"", 0x6A82)}
    assert send(card, "00CADF3005") == (b"", 0x6985)
    assert send(card, "00CB3FFF035C017E08") == (b"", 0x6985)
    assert len(PROBED_AIDS) + 2 == 29
    assert status(card, "00A4020C020017") == 0x9000


def test_the_trace_of_a_signature_by_opensc() -> None:
    card = make_card()
    certificate = make_certificate(rsa_key(), "auth")
    assert (card.atr, ATR) == (bytes.fromhex("3BE000FF8131FE4514"),) * 2
    assert send(card, AID) == (b"", 0x9000)
    assert [status(card, text) for text in ("00A4020C020018", "00200080", "00A4020C02001B", "00200080")] == [
        0x9000,
        0x63C3,
        0x9000,
        0x63C5,
    ]
    assert status(card, "00A4020C02000A") == 0x9000
    header, ok = send(card, "00B0000004")
    assert (header[:2], int.from_bytes(header[2:]) + 4, ok) == (b"\x30\x82", len(certificate), 0x9000)
    whole = b"".join(send(card, f"00B0{page:02X}0000")[0] for page in range(len(certificate) // 256 + 1))
    assert whole == certificate
    assert status(card, "00A4020C020001") == 0x9000
    assert send(card, "00B0000004") == (b"", 0x6982)
    assert verify(card, "0018", PIN) == 0x9000
    assert status(card, "00A4020C020017") == 0x9000
    digest_info = "3031300D060960864801650304020105000420" + hashlib.sha256(b"message").hexdigest()
    signature, ok = send(card, f"802A008033{digest_info}00")
    assert ok == 0x9000
    rsa_key().public_key().verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


def test_files_that_stand_beside_keys_and_certificates() -> None:
    card = opened()
    assert status(card, "00A4020C020006") == 0x9000
    info, _ = send(card, "00B0000000")
    assert (len(info), info[:32]) == (160, b"JPKIAPICCTOKEN2".ljust(32))
    assert status(card, "00A4020C020008") == 0x9000
    assert send(card, "00B0000000") == (b"\x8f\x8f\x00", 0x9000)
    assert send(card, "00B0000300") == (b"", 0x6B00)
    assert [status(card, text) for text in ("00A4020C020016", "00B0000000")] == [0x9000, 0x6981]
    for unreadable in ("0017", "0018", "001A", "001B"):
        assert [status(card, text) for text in (f"00A4020C02{unreadable}", "00B0000000")] == [0x9000, 0x6981]


def test_a_card_without_signature_certificate_says_so() -> None:
    card = opened(make_card(with_sign=False))
    assert [status(card, f"00A4020C02{name}") for name in ("0001", "0002", "001A", "001B")] == [0x6A82] * 4
    assert status(card, "00A4020C020008") == 0x9000
    assert send(card, "00B0000000") == (b"\x00\x8f\x00", 0x9000)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("00A40000", 0x9000),
        ("00A40000023F00", 0x6A82),
        ("00A4020C023F00", 0x6A82),
        ("00A4020C0100", 0x6A82),
        ("00A4030C020018", 0x6A86),
        ("00B0000000", 0x6986),
        ("00B08A0000", 0x9000),
        ("00B09F0000", 0x6A82),
        ("00B0EA0000", 0x6A82),
        ("00B08A00", 0x6700),
        ("00200080", 0x6986),
        ("00200098", 0x63C3),
        ("0020009B", 0x63C5),
        ("00200097", 0x6986),
        ("00200000", 0x6986),
        ("00200180", 0x6A86),
        ("0024008004 31323334", 0x6A86),
        ("0024019804 31323334", 0x6982),
        ("0024018004 31323334", 0x6986),
        ("802A008001 01 00", 0x6986),
        ("802A009701 01 00", 0x6982),
        ("0044000000", 0x6D00),
        ("8044000000", 0x6D00),
        ("002A000000", 0x6D00),
        ("9044000000", 0x6E00),
        ("00", 0x6700),
        ("", 0x6700),
        ("00B000000001 00", 0x6700),
    ],
)
def test_what_the_application_answers(text: str, answer: int) -> None:
    assert status(opened(), text) == answer


@pytest.mark.parametrize("text", ["00A4020C020018", "00B08A0000"])
def test_nothing_is_there_before_the_application_is_selected(text: str) -> None:
    assert status(make_card(), text) == 0x6A82
    card = opened()
    card.reset()
    assert status(card, text) == 0x6A82


@pytest.mark.promise("C19")
def test_three_wrong_pins_block_the_card_and_the_right_one_no_longer_helps() -> None:
    card = opened()
    assert [verify(card, "0018", "0000") for _ in range(3)] == [0x63C2, 0x63C1, 0x63C0]
    assert verify(card, "0018", PIN) == 0x6984
    assert verify(card, "0018", "0000") == 0x6984
    assert status(card, "00200080") == 0x63C0
    card.reset()
    opened(card)
    assert verify(card, "0018", PIN) == 0x6984
    assert status(card, "802A009701 01 00") == 0x6982
    assert verify(card, "001B", PASSWORD) == 0x9000


def test_the_right_pin_sets_the_counter_back_and_the_empty_query_changes_nothing() -> None:
    card = opened()
    assert [verify(card, "0018", "0000"), verify(card, "0018", "12345"), verify(card, "0018", PIN)] == [0x63C2, 0x63C1, 0x9000]
    assert [status(card, "00200080") for _ in range(3)] == [0x63C3] * 3
    assert status(card, "802A009701 01 00") == 0x9000


def test_five_wrong_passwords_block_the_signature_slot_alone() -> None:
    card = opened()
    assert [verify(card, "001B", "WRONG1") for _ in range(5)] == [0x63C4, 0x63C3, 0x63C2, 0x63C1, 0x63C0]
    assert verify(card, "001B", PASSWORD) == 0x6984
    assert verify(card, "0018", PIN) == 0x9000


def test_selecting_the_application_a_wrong_pin_and_power_off_forget_what_was_verified() -> None:
    card = opened()
    for forget in (lambda: send(card, AID), lambda: send(card, "00A40400" + AID[8:]), lambda: verify(card, "0018", "0000")):
        assert verify(card, "0018", PIN) == 0x9000
        assert status(card, "802A009701 01 00") == 0x9000
        forget()
        assert status(card, "802A009701 01 00") == 0x6982
    assert verify(card, "0018", PIN) == 0x9000
    card.reset()
    opened(card)
    assert status(card, "802A009701 01 00") == 0x6982


def test_the_signature_certificate_needs_the_password_and_not_the_pin() -> None:
    card = opened()
    assert verify(card, "0018", PIN) == 0x9000
    assert [status(card, "00A4020C020001"), status(card, "00B0000004")] == [0x9000, 0x6982]
    assert verify(card, "001B", PASSWORD) == 0x9000
    assert [status(card, "00A4020C020001"), status(card, "00B0000004")] == [0x9000, 0x9000]


def test_every_scheme_of_the_signature_command() -> None:
    card = opened()
    assert verify(card, "0018", PIN) == 0x9000
    public: rsa.RSAPublicKey = rsa_key().public_key()
    message, digest = b"m" * 40, hashlib.sha256(b"m" * 40).digest()
    v15, pss = padding.PKCS1v15(), padding.PSS(padding.MGF1(hashes.SHA256()), 32)

    def compute(scheme: int, data: bytes) -> bytes:
        signature, answer = send(card, f"802A{scheme:02X}97{len(data):02X}{data.hex()}00")
        assert answer == 0x9000
        return signature

    assert public.recover_data_from_signature(compute(0, b"verbatim"), v15, None) == b"verbatim"
    assert public.recover_data_from_signature(compute(0, bytes(245)), v15, None) == bytes(245)
    assert public.recover_data_from_signature(compute(1, message), v15, None) == digest
    public.verify(compute(2, digest), digest, v15, Prehashed(hashes.SHA256()))
    public.verify(compute(3, message), message, v15, hashes.SHA256())
    public.verify(compute(4, digest), digest, pss, Prehashed(hashes.SHA256()))
    public.verify(compute(5, message), message, pss, hashes.SHA256())
    refusals = {
        "802A069701 01 00": 0x6A86,
        "802A029701 01 00": 0x6700,
        "802A049701 01 00": 0x6700,
        "802A009701 01": 0x6700,
        "802A0097": 0x6700,
    }
    assert {text: status(card, text) for text in refusals} == refusals
    assert status(card, f"802A0097F6{'00' * 246}00") == 0x6700


def test_the_prepared_card_signs_sha384_hashes_only() -> None:
    card = make_next_card()
    assert status(card, AID) == 0x6A82
    assert status(card, "00A4040C08F0414B4153484901") == 0x9000
    assert verify(card, "0018", PIN) == 0x9000
    assert len(send(card, f"802A009730{'11' * 48}00")[0]) == 96
    assert status(card, f"802A009720{'11' * 32}00") == 0x6700
    assert status(card, f"802A049730{'11' * 48}00") == 0x6A86


def test_the_pin_can_be_changed_after_it_was_verified() -> None:
    card = opened()
    assert verify(card, "0018", PIN) == 0x9000
    for bad in ("12", "12345", "ABCD"):
        assert status(card, f"00240198{len(bad):02X}{bad.encode().hex()}") == 0x6A80
    assert status(card, "002401980431313131") == 0x9000
    assert verify(card, "0018", PIN) == 0x63C2
    assert verify(card, "0018", "1111") == 0x9000


def test_a_card_cannot_be_made_of_the_wrong_parts() -> None:
    certificate = make_certificate(rsa_key(), "auth")
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
    with pytest.raises(KeyUnsuited):
        VirtualCard(small, certificate, certificate, PIN)
    with pytest.raises(KeyUnsuited):
        VirtualCard(rsa_key(), certificate, certificate, PIN, sign=SignSlot(ec_key(), certificate, certificate, PASSWORD))
    for pin, tries in (("12345", 3), ("", 3), (PIN, 4), (PIN, -1)):
        with pytest.raises(PinForm):
            VirtualCard(rsa_key(), certificate, certificate, pin, tries=tries)


def test_a_card_has_no_repr_of_keys_and_pins() -> None:
    card = make_card()
    shown = repr(card) + repr(card._auth) + repr(card._sign) + repr(card._image())
    slot = SignSlot(rsa_key(), b"certificate", b"ca", PASSWORD)
    assert not any(secret in shown + repr(slot) for secret in (PIN, PASSWORD, "RSAPrivateKey object", "certificate"))
    assert card.suite_name == JPKI_RSA2048.name
