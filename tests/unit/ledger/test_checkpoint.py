"""Signed notes against keys that others published and against an Ed25519 that is written here from RFC 8032."""

from __future__ import annotations

import base64
from hashlib import sha256, sha512

import pytest

from akashi.ledger.checkpoint import (
    Checkpoint,
    NoteKey,
    assemble_note,
    checkpoint_text,
    open_checkpoint,
    parse_note_key,
)
from akashi.ledger.errors import NoteMalformed, NoteUnsigned
from akashi.ledger.sign import NoteSigner
from unit.ledger.samples import OTHER_SIGNER, SIGNER

_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    first = (a[1] - a[0]) * (b[1] - b[0]) % _P
    second = (a[1] + a[0]) * (b[1] + b[0]) % _P
    third = 2 * a[3] * b[3] * _D % _P
    fourth = 2 * a[2] * b[2] % _P
    e, f, g, h = second - first, fourth - third, fourth + third, second + first
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _base() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if x & 1:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _compress(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _expand(secret: bytes) -> tuple[int, bytes]:
    digest = sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    return scalar, digest[32:]


def rfc8032_public(secret: bytes) -> bytes:
    return _compress(_times(_expand(secret)[0], _base()))


def rfc8032_sign(secret: bytes, message: bytes) -> bytes:
    scalar, prefix = _expand(secret)
    public = _compress(_times(scalar, _base()))
    nonce = int.from_bytes(sha512(prefix + message).digest(), "little") % _Q
    commitment = _compress(_times(nonce, _base()))
    challenge = int.from_bytes(sha512(commitment + public + message).digest(), "little") % _Q
    return commitment + ((nonce + challenge * scalar) % _Q).to_bytes(32, "little")


def test_the_ed25519_here_is_the_one_of_the_rfc() -> None:
    """RFC 8032 section 7.1, TEST 2."""
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    assert rfc8032_public(secret).hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert rfc8032_sign(secret, b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ],
)
def test_published_keys_are_read(text: str) -> None:
    """Key hashes that the Go project published."""
    assert parse_note_key(text + "\n").text() == text


@pytest.mark.parametrize(("size", "leaves"), [(0, b""), (1, b"one"), (2**53, b"many")])
def test_notes_are_what_independent_code_writes(size: int, leaves: bytes) -> None:
    secret = bytes(range(32))
    name, root = "akashino.example/ledger", sha256(leaves).digest()
    key_hash = sha256(name.encode() + b"\n\x01" + rfc8032_public(secret)).digest()[:4]
    text = f"{name}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(key_hash + rfc8032_sign(secret, text.encode())).decode()
    expected = f"{text}\n\u2014 {name} {signature}\n".encode()

    checkpoint = Checkpoint(name, size, root)
    signer = NoteSigner(name, secret)
    assert assemble_note(checkpoint, signer.key, signer.sign_checkpoint(checkpoint)) == expected
    assert open_checkpoint(expected, signer.key) == checkpoint


CHECKPOINT = Checkpoint(SIGNER.key.name, 7, bytes(32))
NOTE = assemble_note(CHECKPOINT, SIGNER.key, SIGNER.sign_checkpoint(CHECKPOINT))


def test_a_witness_signature_is_allowed_and_ignored() -> None:
    witness = NoteKey("witness.example", bytes(32))
    line = f"\u2014 {witness.name} {base64.b64encode(witness.key_hash + b'x' * 72).decode()}\n".encode()
    assert open_checkpoint(NOTE + line, SIGNER.key) == CHECKPOINT


def test_every_changed_byte_refuses() -> None:
    for place in range(len(NOTE)):
        for flip in (1, 0x20, 0x80):
            changed = NOTE[:place] + bytes([NOTE[place] ^ flip]) + NOTE[place + 1 :]
            with pytest.raises((NoteMalformed, NoteUnsigned)):
                open_checkpoint(changed, SIGNER.key)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"x\n",
        NOTE.replace(b"\n7\n", b"\n07\n"),
        NOTE.replace(b"\n7\n", b"\n-7\n"),
        NOTE.replace(b"\n7\n", b"\n7\r\n"),
        NOTE.replace(b"\n7\n", b"\n9007199254740993\n"),
        NOTE.replace(b"\n7\n", b"\n7\nextension\n"),
        NOTE.replace(b"=\n\n", b"\n\n"),
        NOTE + NOTE[NOTE.index(b"\xe2\x80\x94") :],
        NOTE + b"\xff\n",
        NOTE * 100,
        NOTE + b"\xe2\x80\x94 w.example AAAAAAAA\n" * 16,
        NOTE + b"\xe2\x80\x94 w.example AAAA\n",
        NOTE.replace(b"akashino.example/ledger\n7", b"akashino.example/other\n7"),
    ],
)
def test_other_forms_refuse(note: bytes) -> None:
    with pytest.raises((NoteMalformed, NoteUnsigned)):
        open_checkpoint(note, SIGNER.key)


def test_a_checkpoint_of_another_ledger_refuses_even_under_our_key() -> None:
    other = Checkpoint("elsewhere.example", 7, bytes(32))
    note = assemble_note(other, SIGNER.key, SIGNER.sign_checkpoint(other))
    with pytest.raises(NoteUnsigned):
        open_checkpoint(note, SIGNER.key)


def test_another_key_of_the_same_name_refuses() -> None:
    with pytest.raises(NoteUnsigned):
        open_checkpoint(NOTE, OTHER_SIGNER.key)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "x" * 129, "a\x7fb"])
def test_names_that_a_note_cannot_carry(name: str) -> None:
    with pytest.raises(NoteMalformed):
        NoteSigner(name, bytes(32))


def test_a_key_of_another_length_refuses() -> None:
    with pytest.raises(NoteMalformed):
        NoteSigner("a", bytes(31))


def test_the_signer_shows_no_secret() -> None:
    assert bytes(range(32)).hex() not in repr(SIGNER)
    assert checkpoint_text(CHECKPOINT).startswith(b"akashino.example/ledger\n7\n")
