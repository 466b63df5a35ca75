"""
PEM text, and files that are never readable by others, not even for a moment.

Private keys are created under their final mode and never replaced: a new key is a new file, and an old one is overwritten only
when it is destroyed.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from akashi.pki.errors import MaterialBad

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----")
_OPEN_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a named pipe would wait for ever.
_OPEN_OLD = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def pem_text(label: str, der: bytes) -> bytes:
    """Return the PEM text of one object, such as label "CERTIFICATE" or "X509 CRL"."""
    body = base64.b64encode(der)
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return b"\n".join([f"-----BEGIN {label}-----".encode(), *lines, f"-----END {label}-----".encode(), b""])


def pem_blocks(untrusted_text: bytes, label: str) -> tuple[bytes, ...]:
    """
    Return the DER of every block with that label, in the order of the text.

    Raises:
        MaterialBad: a block is not base 64. No block at all is an empty tuple.
    """
    found = []
    for match in _BLOCK.finditer(untrusted_text):
        if match.group(1) != label.encode():
            continue
        try:
            found.append(base64.b64decode(b"".join(match.group(2).split()), validate=True))
        except ValueError:
            raise MaterialBad(f"a PEM block {label} is not base 64") from None
    return tuple(found)


def one_certificate(untrusted_text: bytes) -> bytes:
    """
    Return the DER of the one certificate in a PEM text.

    Raises:
        MaterialBad: none, or more than one.
    """
    blocks = pem_blocks(untrusted_text, "CERTIFICATE")
    if len(blocks) != 1:
        raise MaterialBad(f"one PEM certificate expected, {len(blocks)} found")
    return blocks[0]


def key_text(key: PrivateKeyTypes) -> bytes:
    """Return the private key as unencrypted PKCS#8 PEM text. The file's mode protects it, see `write_private`."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def parse_key(untrusted_text: bytes) -> PrivateKeyTypes:
    """
    Return the private key of an unencrypted PEM text.

    Raises:
        MaterialBad: not such a text. The reason does not quote it.
    """
    try:
        return serialization.load_pem_private_key(untrusted_text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MaterialBad("not an unencrypted PEM private key") from None


def write_private(path: Path, content: bytes) -> None:
    """
    Create the file with mode 0400 and make it durable. For keys: it never replaces a file.

    Raises:
        MaterialBad: the file exists or cannot be created.
    """
    try:
        _create(path, content, 0o400)
        _sync_folder(path.parent)
    except OSError as error:
        raise MaterialBad(f"{path.name}: cannot be created ({error.strerror})") from None


def destroy_private(path: Path) -> None:
    """
    Overwrite a file of `write_private` with zeros, empty it, remove it, all durable. Its owner can, whatever its mode.

    It is removed also where it cannot be overwritten, and left empty where it cannot be removed.

    Raises:
        MaterialBad: it could not be overwritten, or not be removed, or is not there.
    """
    try:
        try:
            _blank(path)
        finally:
            path.unlink()
            _sync_folder(path.parent)
    except OSError as error:
        raise MaterialBad(f"{path.name}: not destroyed properly ({error.strerror})") from None


def replace_private(path: Path, content: bytes) -> None:
    """
    Put `content` at `path` in one step, mode 0600, durable: a reader sees the old file or the new one, never a part.

    Raises:
        MaterialBad: the folder cannot be written.
    """
    _replace(path, content, 0o600)


def write_public(path: Path, content: bytes) -> None:
    """
    Like `replace_private`, mode 0644, for certificates and revocation lists.

    Raises:
        MaterialBad: the folder cannot be written.
    """
    _replace(path, content, 0o644)


def _replace(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(f".{secrets.token_hex(8)}.new")
    try:
        _create(fresh, content, mode)
        fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise MaterialBad(f"{path.name}: cannot be written ({error.strerror})") from None


def _create(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, _OPEN_NEW, mode)
    try:
        # The process's umask may take bits away; it must not add or keep others.
        os.fchmod(descriptor, mode)
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _blank(path: Path) -> None:
    """Overwrite the file's content, then cut it off."""
    descriptor = os.open(path, os.O_RDONLY | _OPEN_OLD)
    try:
        # Mode 0400 keeps its owner from opening it for writing, too, unless that is root. Nobody but the owner may change it.
        with suppress(PermissionError):
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    descriptor = os.open(path, os.O_WRONLY | _OPEN_OLD)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
        os.ftruncate(descriptor, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
