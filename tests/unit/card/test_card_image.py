"""A virtual card as a file: a blocked card stays blocked, a broken file is refused, a failed write loses nothing."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from akashi.card.client import CardClient
from akashi.card.errors import PinLocked, PinWrong
from akashi.card.image import IMAGE_BYTES_MAX, ImageBad, read_image, write_image
from akashi.card.suites import NEXT_ECDSA_P384
from akashi.card.virtual import VirtualCard
from akashi.wire.errors import WireCode
from card.made_cards import PASSWORD, PIN, ec_key, make_card, make_next_card

SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")


def saved(tmp_path: Path) -> Path:
    path = tmp_path / "card.json"
    make_card().save(path)
    return path


def try_pin(path: Path, pin: str) -> None:
    CardClient(VirtualCard.load(path)).verify_pin(pin)


def test_a_card_comes_back_as_it_was(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before, after = CardClient(make_card()), CardClient(VirtualCard.load(path))
    assert after.read_certificate() == before.read_certificate()
    after.verify_pin(PIN)
    before.verify_pin(PIN)
    assert after.sign(b"m") == before.sign(b"m")
    card = VirtualCard.load(path)
    card.transmit(SELECT)
    assert card.transmit(bytes([0x00, 0x20, 0x00, 0x9B, len(PASSWORD)]) + PASSWORD.encode()) == (b"", 0x9000)


def test_the_prepared_card_and_a_card_without_signature_slot_come_back(tmp_path: Path) -> None:
    path = tmp_path / "next.json"
    make_next_card().save(path)
    client = CardClient(VirtualCard.load(path))
    client.verify_pin(PIN)
    NEXT_ECDSA_P384.verify(ec_key().public_key(), b"m", client.sign(b"m"))


@pytest.mark.promise("C19")
def test_a_card_that_is_taken_out_after_each_wrong_pin_is_blocked_all_the_same(tmp_path: Path) -> None:
    path = saved(tmp_path)
    for left in (2, 1):
        with pytest.raises(PinWrong) as refusal:
            try_pin(path, "0000")
        assert refusal.value.tries_left == left
    with pytest.raises(PinLocked):
        try_pin(path, "0000")
    with pytest.raises(PinLocked):
        try_pin(path, PIN)
    assert CardClient(VirtualCard.load(path)).tries_left() == 0


def test_the_right_pin_sets_the_stored_counter_back(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with pytest.raises(PinWrong):
        try_pin(path, "0000")
    try_pin(path, PIN)
    assert CardClient(VirtualCard.load(path)).tries_left() == 3


def test_a_changed_pin_is_stored(tmp_path: Path) -> None:
    path = saved(tmp_path)
    card = VirtualCard.load(path)
    CardClient(card).verify_pin(PIN)
    assert card.transmit(bytes.fromhex("002401980438383838")) == (b"", 0x9000)
    try_pin(path, "8888")


def test_only_the_owner_can_read_it_and_nothing_unfinished_is_left(tmp_path: Path) -> None:
    path = saved(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]


@pytest.mark.parametrize("fails", ["fsync", "open"])
def test_a_counter_that_cannot_be_stored_verifies_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    card = VirtualCard.load(path)
    card.transmit(SELECT)

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, fails, full)
        assert card.transmit(b"\x00\x20\x00\x98\x040000") == (b"", 0x6581)
        assert card.transmit(b"\x00\x20\x00\x98\x04" + PIN.encode()) == (b"", 0x6581)
        assert card.transmit(bytes.fromhex("802A0097010100")) == (b"", 0x6982)
        with pytest.raises(ImageBad, match="No space"):
            card.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]


def test_a_changed_pin_that_cannot_be_stored_stays_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = VirtualCard.load(saved(tmp_path))
    CardClient(card).verify_pin(PIN)

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert card.transmit(bytes.fromhex("002401980438383838")) == (b"", 0x6581)
    CardClient(card).verify_pin(PIN)


def test_files_that_cannot_be_read_or_hold_something_else(tmp_path: Path) -> None:
    path = saved(tmp_path)
    good = json.loads(path.read_text())
    edwards = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    changes: list[dict[str, object]] = [
        {"format": "akashi-card-2"},
        {"name": "Hanako"},
        {"auth": good["auth"] | {"pin": "12345"}},
        {"auth": good["auth"] | {"tries_left": 4}},
        {"auth": good["auth"] | {"tries_left": 16}},
        {"auth": good["auth"] | {"key": "AAAA"}},
        {"auth": good["auth"] | {"key": base64.b64encode(edwards).decode()}},
        {"auth": {"pin": "1234"}},
        {"sign": good["sign"] | {"pin": "lower case"}},
    ]
    for change in changes:
        path.write_text(json.dumps(good | change))
        with pytest.raises(ImageBad) as refusal:
            VirtualCard.load(path)
        assert refusal.value.code is WireCode.CARD_UNREADABLE
    path.write_bytes(b" " * (IMAGE_BYTES_MAX + 1))
    with pytest.raises(ImageBad, match="larger"):
        read_image(path)
    with pytest.raises(ImageBad, match="No such file"):
        VirtualCard.load(tmp_path / "none.json")
    with pytest.raises(ImageBad, match="No such file"):
        make_card().save(tmp_path / "none" / "card.json")


def test_a_key_whose_numbers_do_not_belong_together_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    good = json.loads(path.read_text())
    key = bytearray(base64.b64decode(good["auth"]["key"]))
    for offset in (-1, -140, -400, len(key) // 2, 60):
        bad = bytearray(key)
        bad[offset] ^= 0x02
        path.write_text(json.dumps(good | {"auth": good["auth"] | {"key": base64.b64encode(bad).decode()}}))
        with pytest.raises(ImageBad):
            VirtualCard.load(path)


def test_an_image_has_no_repr_of_its_secrets(tmp_path: Path) -> None:
    image = read_image(saved(tmp_path))
    write_image(tmp_path / "copy.json", image)
    assert repr(image.auth) == "SlotImage(tries_left=3)"
    assert PIN not in repr(image)
    assert (tmp_path / "copy.json").read_bytes() == (tmp_path / "card.json").read_bytes()
