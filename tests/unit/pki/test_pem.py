"""PEM text, private files, moments."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from akashi.pki.errors import MaterialBad
from akashi.pki.moments import millis, moment
from akashi.pki.pem import (
    destroy_private,
    key_text,
    one_certificate,
    parse_key,
    pem_blocks,
    pem_text,
    replace_private,
    write_private,
    write_public,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_private_files_are_private_whatever_the_umask_and_never_replaced(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(tmp_path / "a.key", b"first")
        replace_private(tmp_path / "state", b"one")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a.key") == 0o400
    assert mode(tmp_path / "state") == 0o600
    with pytest.raises(MaterialBad, match=r"a\.key"):
        write_private(tmp_path / "a.key", b"second")
    assert (tmp_path / "a.key").read_bytes() == b"first"


def test_a_destroyed_file_is_overwritten_emptied_and_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    truncate = os.ftruncate

    def look(descriptor: int, length: int) -> None:
        seen.append((tmp_path / "a.key").read_bytes())
        truncate(descriptor, length)

    monkeypatch.setattr(os, "ftruncate", look)
    write_private(tmp_path / "a.key", b"secret")
    destroy_private(tmp_path / "a.key")
    assert seen == [bytes(6)]
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_overwritten_is_removed_all_the_same_and_said(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"another's")
    (tmp_path / "link.key").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe.key")
    for name in ("link.key", "pipe.key", "absent.key"):
        with pytest.raises(MaterialBad, match=name):
            destroy_private(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]
    assert (tmp_path / "elsewhere").read_bytes() == b"another's"


def test_a_private_file_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MaterialBad):
        write_private(tmp_path / "link.key", b"secret")
    assert not (tmp_path / "elsewhere").exists()


def test_replacing_is_one_step_and_leaves_nothing_behind(tmp_path: Path) -> None:
    write_public(tmp_path / "ca.pem", b"one")
    os.umask(os.umask(0o077))
    write_public(tmp_path / "ca.pem", b"two")
    assert (tmp_path / "ca.pem").read_bytes() == b"two"
    assert mode(tmp_path / "ca.pem") == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
    with pytest.raises(MaterialBad):
        write_public(tmp_path / "absent" / "ca.pem", b"three")


def test_blocks_are_found_by_label_in_order() -> None:
    text = b"words\n" + pem_text("X509 CRL", b"a" * 100) + pem_text("CERTIFICATE", b"b") + pem_text("X509 CRL", b"c")
    assert pem_blocks(text, "X509 CRL") == (b"a" * 100, b"c")
    assert one_certificate(text) == b"b"
    assert pem_blocks(text, "PRIVATE KEY") == ()


@pytest.mark.parametrize("text", [b"", pem_text("CERTIFICATE", b"a") * 2, b"-----BEGIN CERTIFICATE-----\nAAA\n"])
def test_one_certificate_is_neither_none_nor_two(text: bytes) -> None:
    with pytest.raises(MaterialBad):
        one_certificate(text)


def test_broken_base_64_is_refused() -> None:
    with pytest.raises(MaterialBad, match="base 64"):
        pem_blocks(b"-----BEGIN CERTIFICATE-----\nA=AA\n-----END CERTIFICATE-----", "CERTIFICATE")


def test_keys_come_back_and_locked_or_broken_ones_are_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    again = parse_key(key_text(key))
    assert isinstance(again, ec.EllipticCurvePrivateKey)
    assert again.private_numbers() == key.private_numbers()
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    for text in (b"", locked, pem_text("PRIVATE KEY", b"abc")):
        with pytest.raises(MaterialBad):
            parse_key(text)


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (-5, "1970-01-01T00:00:00+00:00"),
        (1_795_000_000_999, "2026-11-18T11:06:40+00:00"),
        (2**53, "9999-12-31T23:59:59+00:00"),
    ],
)
def test_moments_are_whole_seconds_within_what_x509_can_write(time_ms: int, text: str) -> None:
    assert moment(time_ms).isoformat() == text


def test_moments_come_back() -> None:
    assert millis(moment(1_795_000_000_000)) == 1_795_000_000_000
    assert millis(dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC)) == -1000
