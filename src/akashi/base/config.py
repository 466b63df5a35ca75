"""
One TOML per server into a frozen value; anything unknown, missing or empty refuses to start, with a hint.

Secrets are named as file paths and read by the server's start, under the server's own operating-system user.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

FilePath = Annotated[str, msgspec.Meta(min_length=1)]
"""Path of a file or folder in a configuration; never empty."""


class ConfigRefused(Exception):  # noqa: N818 - the server refuses to start
    """A configuration that must not be run; the text says which file, what is wrong and what to do."""


class TlsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Files of the server's hop identity.

    Attributes:
        certificate, key: PEM of this server's own certificate and private key.
        authority: PEM of the authority that signs all hop certificates.
        key_log: development only: file that receives TLS session secrets, so that a capture can be decrypted as a control.
    """

    certificate: str
    key: str
    authority: str
    key_log: str = ""


class ServerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What every server's TOML holds.

    Attributes:
        server: name in the topology; must be the one that is started.
        listen: "address:port".
        tls: identity files.
        neighbours: callee name to "address:port"; must name exactly the callees that the topology lists.
        development: allows development-only settings.
        compute_workers: worker processes for work that burns CPU; 0 does it in the server's own process.
    """

    server: str
    listen: str
    tls: TlsConfig
    neighbours: dict[str, str] = {}
    development: bool = False
    compute_workers: int = 0


def load_config(path: Path, kind: type[T]) -> T:
    """
    Return the configuration in `path`.

    Raises:
        ConfigRefused: the file cannot be read, is not TOML, or has an unknown, missing or wrong key.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be read ({error.strerror}); `akashi up` writes one per server") from None
    try:
        return msgspec.convert(tomllib.loads(text.decode()), kind)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigRefused(f"{path}: is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigRefused(f"{path}: {error}; see config.py of the server for its keys") from None
