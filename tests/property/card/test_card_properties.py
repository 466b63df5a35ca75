"""Whatever bytes come, from a card, a reader, a file or a hostile hand: a value or a documented error, after a bounded time."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from akashi.card.apdu import ApduBytes, ApduMalformed, Command, encode_response, parse_command, parse_response
from akashi.card.client import CERTIFICATE_BYTES_MAX, CERTIFICATE_BYTES_MIN, CardClient
from akashi.card.errors import CardAbsent, CardUnreadable, PinLocked, PinWrong, SignatureRefused
from akashi.card.image import ImageBad, parse_image
from akashi.card.suites import SUITES, CardSuite, KeyAlgorithm
from akashi.card.virtual import VirtualCard
from akashi.card.vpcd import reply_to
from card.made_cards import PIN, ec_key, make_card, rsa_key

FEW = settings(max_examples=100, deadline=None)
COMMANDS_MAX = 20

STATUS = st.one_of(
    st.sampled_from([0x9000, 0x63C0, 0x63C3, 0x6982, 0x6983, 0x6984, 0x6A82, 0x6B00, 0x6282, 0x6CFF, 0x61FF]),
    st.integers(-1, 0x10000),
)
DATA = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b"\x30\x82\x0f\xfc", b"\x30\x82\xff\xff", b"\x30\x82\x01\x00", bytes(256), bytes(257), b"\x30\x82\x03\xe8" + bytes(252)]
    ),
)


class HostileCard:
    """Answers from a list, over and over: any data, any status word, endlessly."""

    def __init__(self, answers: list[tuple[bytes, int] | None]) -> None:
        self.answers = answers
        self.commands = 0

    def transmit(self, apdu: ApduBytes, /) -> tuple[bytes, int]:
        parse_command(apdu)
        answer = self.answers[self.commands % len(self.answers)]
        self.commands += 1
        if answer is None:
            raise CardAbsent
        return answer


@FEW
@given(st.lists(st.one_of(st.none(), st.tuples(DATA, STATUS)), min_size=1, max_size=24))
@example([(b"\x30\x82\x0f\xfc", 0x9000)])
@example([(bytes(256), 0x9000)])
@example([(b"", 0x9000)])
def test_a_hostile_card_gets_nothing_but_documented_errors(answers: list[tuple[bytes, int] | None]) -> None:
    for operation in range(4):
        card = HostileCard(answers)
        client = CardClient(card)
        with contextlib.suppress(CardAbsent, CardUnreadable, PinWrong, PinLocked):
            if operation == 0:
                certificate = client.read_certificate()
                assert CERTIFICATE_BYTES_MIN <= len(certificate) <= CERTIFICATE_BYTES_MAX
                assert certificate[:2] == b"\x30\x82"
            elif operation == 1:
                tries = client.tries_left()
                assert tries is None or 0 <= tries <= 15
            elif operation == 2:
                client.verify_pin(PIN)
            else:
                assert len(client.sign(b"m")) == client.suite.signature_bytes
        assert card.commands <= COMMANDS_MAX


@FEW
@given(st.integers(0, 18), DATA, STATUS)
def test_one_wrong_answer_in_a_good_session(place: int, data: bytes, status: int) -> None:
    card = make_card()
    sent = 0

    class OneWrong:
        def transmit(self, apdu: ApduBytes, /) -> tuple[bytes, int]:
            nonlocal sent
            sent += 1
            answer = card.transmit(apdu)
            return (data, status) if sent == place + 1 else answer

    client = CardClient(OneWrong())
    with contextlib.suppress(CardUnreadable, PinWrong, PinLocked):
        client.read_certificate()
        client.tries_left()
        client.verify_pin(PIN)
        client.sign(b"m")
    assert sent <= COMMANDS_MAX


@FEW
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=12)))
@example(b"\x00\x20\x00\x80\x00")
def test_any_bytes_are_a_command_or_malformed(untrusted: bytes) -> None:
    try:
        command = parse_command(untrusted)
    except ApduMalformed:
        return
    assert command.encode() == untrusted


BYTE = st.integers(0, 255)


@FEW
@given(st.builds(Command, BYTE, BYTE, BYTE, BYTE, st.binary(max_size=255), st.none() | st.integers(1, 256)))
def test_a_command_comes_back_from_its_bytes(command: Command) -> None:
    assert parse_command(command.encode()) == command


@FEW
@given(st.binary(max_size=260))
def test_any_bytes_are_a_response_or_malformed(untrusted: bytes) -> None:
    try:
        data, status = parse_response(untrusted)
    except ApduMalformed:
        assert not 2 <= len(untrusted) <= 258
    else:
        assert encode_response(data, status) == untrusted


INSTRUCTIONS = st.sampled_from([b"\x00\xa4", b"\x00\xb0", b"\x00\x20", b"\x00\x24", b"\x80\x2a", b"\x00\xca"])
APDUS = st.one_of(
    st.binary(max_size=270),
    st.builds(lambda *parts: b"".join(parts), INSTRUCTIONS, st.binary(min_size=2, max_size=12)),
    st.sampled_from(
        [
            bytes.fromhex(text)
            for text in ("00A4040C0AD392F000260100000001", "00A4020C020018", "00A4020C020017", "0020009804" + PIN.encode().hex())
        ]
    ),
)


@FEW
@given(st.lists(APDUS, max_size=20))
def test_the_virtual_card_answers_any_bytes(apdus: list[bytes]) -> None:
    card: VirtualCard = make_card()
    for apdu in apdus:
        data, status = card.transmit(apdu)
        assert encode_response(data, status)
        assert status >> 12 in (6, 9)
        assert data == b"" or status == 0x9000
        reply_to(card, apdu)


@FEW
@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.text(max_size=5),
            lambda inner: st.dictionaries(st.sampled_from(["format", "auth", "sign", "key", "pin"]), inner),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
@example(b"[" * 100_000)
def test_any_bytes_are_an_image_or_refused(untrusted: bytes) -> None:
    with contextlib.suppress(ImageBad):
        assert parse_image(untrusted).format == "akashi-card-1"


@FEW
@given(
    st.sampled_from(SUITES),
    st.binary(max_size=40),
    st.one_of(st.binary(max_size=300), st.binary(min_size=96, max_size=96), st.binary(min_size=256, max_size=256)),
)
def test_no_bytes_are_a_signature_that_the_card_did_not_make(row: CardSuite, message: bytes, signature: bytes) -> None:
    key = ec_key().public_key() if row.key is KeyAlgorithm.EC_P384 else rsa_key().public_key()
    with pytest.raises(SignatureRefused):
        row.verify(key, message, signature)
