"""Commands and responses, against ISO/IEC 7816-4 written out by hand."""

from __future__ import annotations

import pytest

from akashi.card.apdu import (
    ApduMalformed,
    Command,
    encode_response,
    parse_command,
    parse_response,
    tries_in,
    tries_status,
)
from akashi.wire.errors import WireCode

CASES = [
    ("00A40000", Command(0x00, 0xA4, 0x00, 0x00)),
    ("00B0010200", Command(0x00, 0xB0, 0x01, 0x02, le=256)),
    ("00B0040064", Command(0x00, 0xB0, 0x04, 0x00, le=100)),
    ("0020008004 31323334", Command(0x00, 0x20, 0x00, 0x80, b"1234")),
    ("802A008002 0102 00", Command(0x80, 0x2A, 0x00, 0x80, b"\x01\x02", 256)),
    ("00CB3FFF03 5C017E 08", Command(0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 8)),
]


@pytest.mark.parametrize(("text", "command"), CASES, ids=[text for text, _ in CASES])
def test_the_four_cases_of_the_short_form(text: str, command: Command) -> None:
    assert command.encode() == bytes.fromhex(text)
    assert parse_command(bytes.fromhex(text)) == command


@pytest.mark.parametrize(
    "text", ["", "00", "00A400", "0020008003 3132", "0020008001 31 00 00", "00B0000000 0100", "0020008000 31"]
)
def test_short_long_and_extended_commands_are_malformed(text: str) -> None:
    with pytest.raises(ApduMalformed) as refusal:
        parse_command(bytes.fromhex(text))
    assert refusal.value.code is WireCode.CARD_UNREADABLE


def test_a_command_that_has_no_short_form_cannot_be_made() -> None:
    for cla, p1, data, le in (
        (256, 0, b"", None),
        (0, -1, b"", None),
        (0, 0, bytes(256), None),
        (0, 0, b"", 0),
        (0, 0, b"", 257),
    ):
        with pytest.raises(ApduMalformed):
            Command(cla, 0x20, p1, 0x80, data, le)


def test_a_command_never_shows_its_data() -> None:
    assert "1234" not in repr(Command(0x00, 0x20, 0x00, 0x80, b"1234"))
    assert "31" not in repr(Command(0x00, 0x20, 0x00, 0x80, b"1234")).replace("p2=128", "")


def test_responses() -> None:
    assert parse_response(bytes.fromhex("30829000")) == (b"\x30\x82", 0x9000)
    assert parse_response(bytes.fromhex("63C3")) == (b"", 0x63C3)
    assert encode_response(b"\x30", 0x6A82) == bytes.fromhex("306A82")
    for bad in (b"", b"\x90", bytes(259)):
        with pytest.raises(ApduMalformed):
            parse_response(bad)
    for data, status in ((bytes(257), 0x9000), (b"", 0x10000), (b"", -1)):
        with pytest.raises(ApduMalformed):
            encode_response(data, status)


def test_the_counter_in_a_status_word() -> None:
    assert [tries_in(tries_status(count)) for count in range(16)] == list(range(16))
    assert tries_status(3) == 0x63C3
    for status in (0x9000, 0x6300, 0x63B3, 0x63D0, 0x6983, 0x6984):
        assert tries_in(status) is None
