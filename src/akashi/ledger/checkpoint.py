"""
Checkpoints of the ledger as C2SP signed notes: form, strict parsing, keys, verification.

Promises: any bytes give a `Checkpoint` or a documented error; a checkpoint is returned only under a good signature of the
key that was asked for; what one parser accepts is exactly what `checkpoint_text` writes (no second spelling of a value).
Extension lines, which our log never writes, refuse. Signatures of other keys (witnesses) are allowed and ignored.
Source: C2SP signed-note, C2SP tlog-checkpoint; RFC 8032 for Ed25519.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akashi.ledger.errors import NoteMalformed, NoteUnsigned

NOTE_BYTES_MAX = 8192
SIGNATURES_MAX = 16
SIZE_MAX = 2**53
_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x20\x7f]{1,128}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_SIGNATURE_BYTES = 4 + 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """
    What the ledger commits to.

    Attributes:
        origin: name of the ledger, the same as its key's name.
        size: number of entries.
        root: tree hash over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class NoteKey:
    """The public half of a note key: its name and 32 raw Ed25519 bytes."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """First 4 bytes of SHA-256(name, newline, algorithm byte, public bytes)."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def text(self) -> str:
        """Return the key in its usual one-line form: name, key hash in hex, algorithm and public bytes in base 64."""
        return f"{self.name}+{self.key_hash.hex()}+{_base64(_ED25519 + self.public)}"


def check_note_name(name: str) -> None:
    """
    Accept a name for a note key.

    Raises:
        NoteMalformed: empty, longer than 128 characters, or with a space, a plus sign or a control character in it.
    """
    if not _NAME.fullmatch(name):
        raise NoteMalformed("note key name")


def parse_note_key(untrusted_text: str) -> NoteKey:
    """
    Return the key that `NoteKey.text` wrote.

    Raises:
        NoteMalformed: not of that form, not Ed25519, or the key hash does not belong to name and key.
    """
    parts = untrusted_text.strip().split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 - name, key hash, key
        raise NoteMalformed("note key: expected name+hash+key")
    name, key_hash, key = parts
    check_note_name(name)
    raw = _parse_base64(key, "note key")
    if len(raw) != 33 or raw[:1] != _ED25519:  # noqa: PLR2004 - algorithm byte and 32 bytes
        raise NoteMalformed("note key: not an Ed25519 key")
    parsed = NoteKey(name, raw[1:])
    if key_hash != parsed.key_hash.hex():
        raise NoteMalformed("note key: hash does not match")
    return parsed


def checkpoint_text(checkpoint: Checkpoint) -> bytes:
    """Return the text of the note, which is what is signed: origin, size, root, each on a line."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{_base64(checkpoint.root)}\n".encode()


def assemble_note(checkpoint: Checkpoint, key: NoteKey, signature: bytes) -> bytes:
    """Return the signed note: text, empty line, one signature line. `signature` is 64 bytes over `checkpoint_text`."""
    return checkpoint_text(checkpoint) + f"\n— {key.name} {_base64(key.key_hash + signature)}\n".encode()


def verify_checkpoint_signature(checkpoint: Checkpoint, key: NoteKey, untrusted_signature: bytes) -> None:
    """
    Check 64 raw signature bytes over the checkpoint's text.

    Raises:
        NoteUnsigned: the checkpoint is of another origin, or the signature is not of this key over this text.
    """
    if checkpoint.origin != key.name:
        raise NoteUnsigned("checkpoint of another ledger")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(untrusted_signature, checkpoint_text(checkpoint))
    except (InvalidSignature, ValueError):
        raise NoteUnsigned(f"checkpoint of size {checkpoint.size}") from None


def open_checkpoint(untrusted_note: bytes, key: NoteKey) -> Checkpoint:
    """
    Return the checkpoint of a signed note.

    Raises:
        NoteMalformed: not a signed note with a checkpoint as text.
        NoteUnsigned: no signature line of `key`, or a bad one.
    """
    text, signatures = _split_note(untrusted_note)
    mine = [raw for name, raw in signatures if name == key.name and raw[:4] == key.key_hash]
    if len(mine) != 1:
        raise NoteUnsigned(f"{len(mine)} signatures by {key.name}")
    checkpoint = _parse_text(text)
    verify_checkpoint_signature(checkpoint, key, mine[0][4:])
    return checkpoint


def _split_note(untrusted_note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the note's text with its last newline, and (name, key hash and signature) of each signature line."""
    if len(untrusted_note) > NOTE_BYTES_MAX:
        raise NoteMalformed("note too long")
    try:
        note = untrusted_note.decode()
    except UnicodeDecodeError:
        raise NoteMalformed("note is not UTF-8") from None
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n") or any(character < " " and character != "\n" for character in note):
        raise NoteMalformed("note form")
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteMalformed("too many signatures")
    return text + "\n", [_parse_signature_line(line) for line in lines]


def _parse_signature_line(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":  # noqa: PLR2004 - dash, name, signature
        raise NoteMalformed("signature line")
    check_note_name(parts[1])
    raw = _parse_base64(parts[2], "signature line")
    if len(raw) < 5:  # noqa: PLR2004 - a key hash and something signed
        raise NoteMalformed("signature line")
    return parts[1], raw


def _parse_text(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004 - origin, size, root, nothing after the last newline
        raise NoteMalformed("checkpoint form")
    origin, size, root = lines[:3]
    check_note_name(origin)
    if not _SIZE.fullmatch(size) or int(size) > SIZE_MAX:
        raise NoteMalformed("checkpoint size")
    raw = _parse_base64(root, "checkpoint root")
    if len(raw) != 32:  # noqa: PLR2004 - SHA-256
        raise NoteMalformed("checkpoint root")
    return Checkpoint(origin, int(size), raw)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _parse_base64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteMalformed(f"{what}: base 64") from None
    if _base64(raw) != text:
        # Unused bits in the last character would give one value two spellings.
        raise NoteMalformed(f"{what}: base 64")
    return raw
