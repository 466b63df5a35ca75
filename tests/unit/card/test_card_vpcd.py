"""The bridge to a virtual reader, against a reader of our own on loopback that speaks its protocol."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from akashi.card.client import CardClient
from akashi.card.errors import ReaderUnavailable
from akashi.card.virtual import ATR, VirtualCard
from akashi.card.vpcd import VirtualReaderBridge, reply_to
from card.made_cards import PIN, make_card

SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")
VERIFY = b"\x00\x20\x00\x98\x04" + PIN.encode()
SIGN = bytes.fromhex("802A0097010100")


@contextmanager
def inserted(card: VirtualCard) -> Iterator[tuple[socket.socket, VirtualReaderBridge, threading.Thread]]:
    """Give a reader's end of the connection, the bridge, and the thread in which it runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        bridge = VirtualReaderBridge(card, port=server.getsockname()[1])
        reader, _ = server.accept()
    reader.settimeout(5)
    thread = threading.Thread(target=bridge.run)
    thread.start()
    with reader:
        yield reader, bridge, thread
    bridge.eject()
    thread.join(5)
    assert not thread.is_alive()


def put(reader: socket.socket, body: bytes) -> None:
    # Length and body in two packets, as vpcd does it.
    reader.sendall(len(body).to_bytes(2))
    reader.sendall(body)


def ask(reader: socket.socket, body: bytes) -> bytes:
    put(reader, body)
    length = int.from_bytes(reader.recv(2, socket.MSG_WAITALL))
    return reader.recv(length, socket.MSG_WAITALL)


def test_a_reader_powers_the_card_asks_its_atr_and_sends_commands() -> None:
    with inserted(make_card()) as (reader, _, _):
        put(reader, b"\x01")
        assert ask(reader, b"\x04") == ATR
        assert ask(reader, SELECT) == b"\x90\x00"
        assert ask(reader, VERIFY) == b"\x90\x00"
        assert len(ask(reader, SIGN)) == 258
        assert ask(reader, bytes(300)) == b"\x67\x00"


@pytest.mark.parametrize("control", [b"\x00", b"\x01", b"\x02"])
def test_power_and_reset_forget_the_pin(control: bytes) -> None:
    with inserted(make_card()) as (reader, _, _):
        assert [ask(reader, body) for body in (SELECT, VERIFY)] == [b"\x90\x00"] * 2
        put(reader, control)
        assert ask(reader, SELECT) == b"\x90\x00"
        assert ask(reader, SIGN) == b"\x69\x82"


def test_the_card_forgets_the_pin_when_the_reader_goes_away() -> None:
    card = make_card()
    with inserted(card) as (reader, _, thread):
        assert [ask(reader, body) for body in (SELECT, VERIFY)] == [b"\x90\x00"] * 2
        reader.close()
        thread.join(5)
    card.transmit(SELECT)
    assert card.transmit(SIGN) == (b"", 0x6982)


def test_a_card_can_be_taken_out_from_another_thread() -> None:
    with inserted(make_card()) as (reader, bridge, thread):
        bridge.eject()
        thread.join(5)
        assert not thread.is_alive()
        assert reader.recv(2) == b""
        bridge.eject()


def test_messages_that_are_neither_control_nor_command_are_ignored() -> None:
    card = make_card()
    for body in (b"", b"\x03", b"\x05", b"\xff"):
        assert reply_to(card, body) is None
    assert reply_to(card, b"\x00\x00") == b"\x67\x00"
    assert CardClient(card).tries_left() == 3


def test_no_reader_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ReaderUnavailable, match="vsmartcard-vpcd"):
        VirtualReaderBridge(make_card(), port=port)
