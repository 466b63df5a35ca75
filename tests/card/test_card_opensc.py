"""OpenSC, a reader program by others, takes the virtual card for a My Number card; OpenSSL checks what it signed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from card.made_cards import PASSWORD, PIN, make_card, make_certificate, rsa_key
from card.reader_lab import READER, ReaderLab

pytestmark = [pytest.mark.needs("opensc"), pytest.mark.timeout(120)]

MESSAGE = b"signed through a program that knows nothing of Akashi"


@pytest.fixture(name="card")
def _card(lab: ReaderLab, image: Path) -> Iterator[ReaderLab]:
    with lab.inserted(image):
        yield lab


def tries_shown(lab: ReaderLab) -> list[str]:
    return re.findall(r"Tries left\s*:\s*(\d+)", lab.output("pkcs15-tool", "-r", READER, "--list-pins"))


def check_with_openssl(lab: ReaderLab, folder: Path, certificate_pem: str, signature: Path) -> None:
    (folder / "certificate.pem").write_text(certificate_pem)
    (folder / "public.pem").write_text(lab.output("openssl", "x509", "-in", f"{folder}/certificate.pem", "-noout", "-pubkey"))
    checked = lab.output(
        "openssl", "dgst", "-sha256", "-verify", f"{folder}/public.pem", "-signature", str(signature), f"{folder}/message"
    )
    assert "Verified OK" in checked


def test_it_is_recognised(card: ReaderLab) -> None:
    assert card.output("opensc-tool", "-r", READER, "-n").split()[-1] == "jpki"
    atr = card.output("opensc-tool", "-r", READER, "-a").split()[-1]
    assert atr == "3b:e0:00:ff:81:31:fe:45:14"


def test_its_contents_are_listed(card: ReaderLab) -> None:
    dump = card.output("pkcs15-tool", "-r", READER, "--dump")
    for name in ("User Authentication PIN", "Digital Signature PIN", "User Authentication Certificate", "Digital Signature Key"):
        assert name in dump
    objects = card.output("pkcs11-tool", "-O")
    assert "User Authentication Certificate" in objects
    assert tries_shown(card) == ["3", "5"]


def test_the_certificates_come_out_as_they_went_in(card: ReaderLab, tmp_path: Path) -> None:
    pem = card.output("pkcs15-tool", "-r", READER, "--read-certificate", "01")
    (tmp_path / "auth.pem").write_text(pem)
    card.output("openssl", "x509", "-in", f"{tmp_path}/auth.pem", "-outform", "DER", "-out", f"{tmp_path}/auth.der")
    assert (tmp_path / "auth.der").read_bytes() == make_certificate(rsa_key(), "auth")
    assert card.run("pkcs15-tool", "-r", READER, "--read-certificate", "02").returncode != 0
    with_password = ("--verify-pin", "--auth-id", "02", "--pin", PASSWORD)
    assert "BEGIN CERTIFICATE" in card.output("pkcs15-tool", "-r", READER, "--read-certificate", "02", *with_password)


@pytest.mark.promise("C24")
@pytest.mark.parametrize("tool", ["pkcs11-tool", "pkcs15-crypt"])
def test_it_signs_and_openssl_agrees(card: ReaderLab, tmp_path: Path, tool: str) -> None:
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "digest").write_bytes(hashlib.sha256(MESSAGE).digest())
    signature = tmp_path / "signature"
    if tool == "pkcs11-tool":
        sign = ("--slot-index", "0", "-l", "-p", PIN, "-s", "--id", "01", "-m", "SHA256-RSA-PKCS", "-i", f"{tmp_path}/message")
    else:
        sign = ("-r", READER, "-s", "-k", "01", "--sha-256", "--pkcs1", "-R", "-p", PIN, "-i", f"{tmp_path}/digest")
    card.output(tool, *sign, "-o", str(signature))
    check_with_openssl(card, tmp_path, card.output("pkcs15-tool", "-r", READER, "--read-certificate", "01"), signature)


@pytest.mark.promise("C19")
def test_three_wrong_pins_lock_one_slot_and_leave_the_other(card: ReaderLab, tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(MESSAGE)
    arguments = ("-m", "SHA256-RSA-PKCS", "-i", f"{tmp_path}/message", "-o", f"{tmp_path}/signature")
    auth = ("--slot-index", "0", "-l", "-s", "--id", "01", *arguments)
    for left in ("2", "1", "0"):
        refused = card.run("pkcs11-tool", *auth, "-p", "0000")
        assert refused.returncode != 0
        assert "CKR_PIN_INCORRECT" in refused.stderr or "CKR_PIN_LOCKED" in refused.stderr
        assert tries_shown(card) == [left, "5"]
    assert "user PIN locked" in card.output("pkcs11-tool", "-L")
    # The right PIN no longer helps. The card says 6984, for which OpenSC has no better word than a general error.
    locked = card.run("pkcs11-tool", *auth, "-p", PIN)
    assert (locked.returncode, "C_Login failed" in locked.stderr, (tmp_path / "signature").exists()) == (1, True, False)
    sign = ("--slot-index", "1", "-l", "-p", PASSWORD, "-s", "--id", "02", *arguments)
    card.output("pkcs11-tool", *sign)
    with_password = ("--verify-pin", "--auth-id", "02", "--pin", PASSWORD)
    pem = card.output("pkcs15-tool", "-r", READER, "--read-certificate", "02", *with_password)
    check_with_openssl(card, tmp_path, pem[pem.index("-----BEGIN") :], tmp_path / "signature")


def test_a_card_without_signature_slot_still_serves(lab: ReaderLab, tmp_path: Path) -> None:
    image = tmp_path / "child.json"
    make_card(with_sign=False).save(image)
    with lab.inserted(image):
        assert lab.output("opensc-tool", "-r", READER, "-n").split()[-1] == "jpki"
