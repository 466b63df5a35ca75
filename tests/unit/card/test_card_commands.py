"""`akashi card`, as far as it goes without a reader."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from akashi.card.errors import CardUnreadable, ReaderUnavailable
from akashi.card.image import ImageBad
from akashi.card.virtual import VirtualCard
from akashi.entry.commands.card import group
from card.made_cards import PIN, make_card, make_next_card, rsa_key


@pytest.mark.parametrize("arguments", [["show"], ["show", "card.json", "--reader", "Reader 0"]])
def test_show_wants_an_image_or_a_reader(arguments: list[str]) -> None:
    result = CliRunner().invoke(group, arguments)
    assert (result.exit_code, "give either IMAGE or --reader" in result.output) == (2, True)


def test_show_says_what_is_known_without_pin_and_spends_no_try(tmp_path: Path) -> None:
    make_card(tries=2).save(tmp_path / "card.json")
    make_next_card().save(tmp_path / "next.json")
    for _ in range(2):
        output = CliRunner().invoke(group, ["show", str(tmp_path / "card.json")]).output
        assert "PIN tries left: 2\n" in output
        assert PIN not in output
    assert "next-ecdsa-p384-sha384 (prepared)" in CliRunner().invoke(group, ["show", str(tmp_path / "next.json")]).output


def test_show_of_what_is_no_card_or_no_certificate(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    with pytest.raises(ImageBad):
        CliRunner().invoke(group, ["show", str(path)], catch_exceptions=False)
    filler = b"\x30\x82\x01\x00" + bytes(256)
    VirtualCard(rsa_key(), filler, filler, PIN).save(path)
    with pytest.raises(CardUnreadable, match=r"no X\.509 certificate"):
        CliRunner().invoke(group, ["show", str(path)], catch_exceptions=False)


def test_bridge_without_a_reader(tmp_path: Path) -> None:
    make_card().save(tmp_path / "card.json")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ReaderUnavailable, match="start pcscd"):
        CliRunner().invoke(group, ["bridge", str(tmp_path / "card.json"), "--port", str(port)], catch_exceptions=False)
