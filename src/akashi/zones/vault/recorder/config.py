"""Settings of vault/recorder."""

from __future__ import annotations

from typing import Annotated

import msgspec

from akashi.base.config import FilePath, ServerConfig
from akashi.wire.messages.fields import Municipality

PublicHex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the service is told.

    Attributes:
        municipalities: code of the city whose ledger this is. Exactly one: any server that the hop authority calls an issuer
            may append for it, and a caller's name does not say which city's issuer it is. A second city is a second recorder.
        folder: where the ledger lies; of this server's user only.
        inbox: where operators put signed requests to re-open.
        note_name: name of ledger and checkpoint key, such as "akashino.example/ledger"; can never change.
        note_key: file with the checkpoint key, 32 raw Ed25519 bytes; no other use.
        receipt_key: file with the receipt key, 32 raw Ed25519 bytes; its public half is RECEIPT in the city's directory.
        center_directory: the center's signed directory: which kiosks' words count; read again when it changes.
        center_root: public key of the center's root, 32 bytes.
        voids: folder for the void list, which everybody may read; must exist.
        operators: name of each person who may sign a re-opening, to the public key in hexadecimal. Two must sign.
        batch_entries_max: how many waiting entries become durable in one write.
        publish_every_ms: how often the checkpoint file is replaced, where entries came; the void list, where it changed.
        voids_refresh_ms: the void list is made anew after this time even where nothing became void, so that its age says little.
        reopen_every_ms: how often the inbox is read.
    """

    municipalities: Annotated[list[Municipality], msgspec.Meta(min_length=1, max_length=1)]
    folder: str
    inbox: str
    voids: str
    note_name: str
    note_key: str
    receipt_key: str
    center_directory: FilePath
    center_root: FilePath
    operators: Annotated[dict[str, PublicHex], msgspec.Meta(min_length=2)]
    batch_entries_max: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 256
    publish_every_ms: Annotated[int, msgspec.Meta(ge=10, le=60_000)] = 1_000
    voids_refresh_ms: Annotated[int, msgspec.Meta(ge=1_000, le=86_400_000)] = 600_000
    reopen_every_ms: Annotated[int, msgspec.Meta(ge=10, le=60_000)] = 2_000


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
