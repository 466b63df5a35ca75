"""The kiosk's side: a whole session, the PIN's way, and what each answer of the card becomes."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import pytest
from cryptography import x509

from akashi.card.apdu import ApduBytes
from akashi.card.client import CardClient
from akashi.card.errors import CardAbsent, CardUnreadable, PinForm, PinLocked, PinWrong
from akashi.card.suites import JPKI_RSA2048, JPKI_RSA2048_PSS, NEXT_ECDSA_P384, suite
from akashi.card.virtual import VirtualCard
from akashi.wire.errors import Refused, WireCode
from card.made_cards import PIN, ec_key, make_card, make_certificate, make_next_card, rsa_key


class Wire:
    """A transport that remembers what went over it, and lets a test change single answers."""

    def __init__(self, card: VirtualCard) -> None:
        self.card = card
        self.sent: list[bytes] = []
        self.buffers: list[ApduBytes] = []
        self.change: Callable[[bytes, tuple[bytes, int]], tuple[bytes, int]] = lambda _, answer: answer

    def transmit(self, apdu: ApduBytes, /) -> tuple[bytes, int]:
        self.sent.append(bytes(apdu))
        self.buffers.append(apdu)
        return self.change(bytes(apdu), self.card.transmit(apdu))


def answering(prefix: str, data: bytes, status: int) -> tuple[CardClient, Wire]:
    """Return a client whose card answers commands that begin so with this."""
    wire = Wire(make_card())
    start = bytes.fromhex(prefix)
    wire.change = lambda apdu, answer: (data, status) if apdu.startswith(start) else answer
    return CardClient(wire), wire


@pytest.mark.promise("C24")
def test_one_session_reads_verifies_and_signs() -> None:
    wire = Wire(make_card())
    client = CardClient(wire)
    certificate = client.read_certificate()
    assert certificate == make_certificate(rsa_key(), "auth")
    assert client.tries_left() == 3
    client.verify_pin(PIN)
    signature = client.sign(b"transcript")
    key = x509.load_der_x509_certificate(certificate).public_key()
    suite(client.suite_name).verify(key, b"transcript", signature)
    assert len([apdu for apdu in wire.sent if apdu[:3] == b"\x00\xa4\x04"]) == 1
    assert len(wire.sent) <= 17


def test_the_prepared_card_goes_the_same_way() -> None:
    client = CardClient(make_next_card())
    assert client.read_certificate() == make_certificate(ec_key(), "auth")
    client.verify_pin(PIN)
    NEXT_ECDSA_P384.verify(ec_key().public_key(), b"m", client.sign(b"m"))
    assert client.suite_name == "next-ecdsa-p384-sha384"


def test_pss_on_todays_card() -> None:
    client = CardClient(make_card(), suites=(JPKI_RSA2048_PSS,))
    client.verify_pin(PIN)
    JPKI_RSA2048_PSS.verify(rsa_key().public_key(), b"m", client.sign(b"m"))


@pytest.mark.promise("C19")
def test_the_pin_goes_to_the_card_once_and_its_buffers_are_overwritten() -> None:
    wire = Wire(make_card())
    client = CardClient(wire)
    client.verify_pin(PIN)
    assert [PIN.encode() in apdu for apdu in wire.sent].count(True) == 1
    assert not any(PIN.encode() in buffer for buffer in wire.buffers)
    kept = [repr(client), repr(vars(client)), repr(wire.buffers)]
    assert not any(PIN in text for text in kept)


@pytest.mark.promise("C19")
def test_the_buffer_is_overwritten_when_the_card_is_torn_out_too() -> None:
    wire = Wire(make_card())

    def torn(apdu: bytes, answer: tuple[bytes, int]) -> tuple[bytes, int]:
        if apdu[1] == 0x20:
            raise CardAbsent("taken out")
        return answer

    wire.change = torn
    with pytest.raises(CardAbsent):
        CardClient(wire).verify_pin(PIN)
    assert not any(PIN.encode() in buffer for buffer in wire.buffers)


@pytest.mark.promise("C19")
@pytest.mark.parametrize("pin", ["7391", "739", "73912", "７３９１", "73a1"])
def test_no_error_and_no_log_holds_the_pin(pin: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Refused) as refusal:
        CardClient(make_card()).verify_pin(pin)
    error = refusal.value
    shown = [str(error), repr(error), repr(error.args), error.detail, caplog.text, repr(vars(error))]
    shown += [
        repr(error.__cause__),
        repr(error.__context__),
        "".join(traceback.format_exception(error)).replace("verify_pin", ""),
    ]
    assert not any(pin in text for text in shown)


@pytest.mark.parametrize("pin", ["", "123", "12345", "１２３４", "12 4", "abcd"])
def test_a_pin_of_the_wrong_form_is_not_sent(pin: str) -> None:
    wire = Wire(make_card())
    client = CardClient(wire)
    client.select()
    wire.sent.clear()
    with pytest.raises(PinForm) as refusal:
        client.verify_pin(pin)
    assert (refusal.value.code, wire.sent) == (WireCode.PIN_FORM, [])
    assert client.tries_left() == 3


@pytest.mark.promise("C19")
def test_wrong_pins_count_down_and_the_third_locks() -> None:
    client = CardClient(make_card())
    for left in (2, 1):
        with pytest.raises(PinWrong) as refusal:
            client.verify_pin("0000")
        assert (refusal.value.tries_left, refusal.value.code) == (left, WireCode.PIN_WRONG)
        assert client.tries_left() == left
    for _ in range(2):
        with pytest.raises(PinLocked) as locked:
            client.verify_pin("0000")
        assert locked.value.code is WireCode.PIN_LOCKED
    with pytest.raises(PinLocked):
        client.verify_pin(PIN)
    assert client.tries_left() == 0
    assert client.read_certificate()


def test_a_card_that_came_blocked() -> None:
    client = CardClient(make_card(tries=0))
    assert client.tries_left() == 0
    with pytest.raises(PinLocked):
        client.verify_pin(PIN)


def test_signing_without_pin_and_after_a_new_select_is_refused() -> None:
    client = CardClient(make_card())
    with pytest.raises(CardUnreadable, match="6982"):
        client.sign(b"m")
    client.verify_pin(PIN)
    client.sign(b"m")
    client.select()
    with pytest.raises(CardUnreadable, match="6982"):
        client.sign(b"m")


@pytest.mark.parametrize(
    ("data", "status", "tries"),
    [(b"", 0x6984, 0), (b"", 0x6983, 0), (b"", 0x63C0, 0), (b"", 0x63C1, 1), (b"", 0x63CF, 15), (b"", 0x9000, None)],
)
def test_what_the_empty_query_means(data: bytes, status: int, tries: int | None) -> None:
    client, _ = answering("00200080", data, status)
    assert client.tries_left() == tries


@pytest.mark.parametrize("status", [0x6300, 0x6A82, 0x6D00, 0x0000, 0xFFFF, 0x6F00, 0x10000, -1])
def test_other_answers_to_verify_are_unreadable(status: int) -> None:
    client, _ = answering("00200080", b"", status)
    with pytest.raises(CardUnreadable):
        client.tries_left()
    with pytest.raises(CardUnreadable):
        client.verify_pin(PIN)


def test_no_known_application() -> None:
    client, wire = answering("00A404", b"", 0x6A82)
    with pytest.raises(CardUnreadable, match="known suite") as refusal:
        _ = client.suite_name
    assert refusal.value.code is WireCode.CARD_UNREADABLE
    assert len(wire.sent) == 2
    client, wire = answering("00A404", b"", 0x6999)
    with pytest.raises(CardUnreadable, match="6999"):
        client.select()
    with pytest.raises(CardUnreadable, match="known suite"):
        CardClient(make_next_card(), suites=(JPKI_RSA2048,)).select()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x30\x82\x00\xff", 0x9000),  # shorter than any certificate
        (b"\x30\x82\x10\x00", 0x9000),  # longer than any message can carry
        (b"\x30\x82\xff\xff", 0x9000),
        (b"\x30\x80\x00\x00", 0x9000),  # indefinite length
        (b"\x30\x83\x01\x00", 0x9000),
        (b"\x31\x82\x04\x00", 0x9000),
        (b"\x30\x82\x04", 0x9000),
        (b"\x30\x82\x04\x00\x00", 0x9000),
        (b"", 0x9000),
        (b"", 0x6982),  # a smartphone: it wants the PIN first
        (b"", 0x6B00),
    ],
)
def test_a_certificate_file_that_holds_no_certificate(data: bytes, status: int) -> None:
    client, wire = answering("00B0000004", data, status)
    with pytest.raises(CardUnreadable):
        client.read_certificate()
    assert len(wire.sent) == 3


def test_a_certificate_that_ends_early_grows_or_changes() -> None:
    for data, status in ((bytes(255), 0x9000), (bytes(257), 0x9000), (b"", 0x6B00), (b"", 0x9000), (bytes(256), 0x6282)):
        client, _ = answering("00B0010000", data, status)
        with pytest.raises(CardUnreadable):
            client.read_certificate()
    client, _ = answering("00B0000000", bytes(256), 0x9000)
    with pytest.raises(CardUnreadable, match="changed"):
        client.read_certificate()


def test_filler_after_the_certificate_is_left_out() -> None:
    certificate = make_certificate(rsa_key(), "auth")
    card = VirtualCard(rsa_key(), certificate + bytes(200), certificate, PIN)
    assert CardClient(card).read_certificate() == certificate


@pytest.mark.parametrize(
    ("data", "status"), [(bytes(255), 0x9000), (b"", 0x9000), (b"", 0x6A80), (bytes(257), 0x9000), (bytes(256), 0x6982)]
)
def test_a_signature_of_another_length_or_status(data: bytes, status: int) -> None:
    client, _ = answering("802A", data, status)
    client.verify_pin(PIN)
    with pytest.raises(CardUnreadable):
        client.sign(b"m")


def test_a_missing_file() -> None:
    client, _ = answering("00A4020C", b"", 0x6A82)
    for ask in (client.read_certificate, client.tries_left, lambda: client.verify_pin(PIN), lambda: client.sign(b"m")):
        with pytest.raises(CardUnreadable, match="SELECT file"):
            ask()
