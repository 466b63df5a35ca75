"""Settings of issuance/issuer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import FilePath, ServerConfig
from akashi.documents.compose import FONTS_DEBIAN

GRANT_MS_MAX = 30 * 60 * 1000
"""A grant ends after 30 minutes at the latest. Source: docs/spec/protocol.md section 4."""

Duration = Annotated[int, Meta(ge=0, le=600_000)]


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Limits of the service.

    Attributes:
        municipality: code of the city that this server issues for.
        eligibility_floor_ms: an eligibility answer leaves this long after its request came, or a multiple of it; not before.
        held_deadline_ms: longest time for asking one registry what it holds; without its word its kinds are refused.
        wait_step_ms: how often a request that is already being worked on is looked at.
        grant_ms: longest life of a grant, whatever the registry's ticket says; at most 30 minutes.
        tick_ms: how often ended grants are forgotten, waiting ledger entries appended again, ended keys destroyed.
        settle_deadline_ms: time for one such round of ledger entries.
        seal_key_overlap_ms: how long after its end a private sealing key is kept.
    """

    municipality: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    eligibility_floor_ms: Duration = 120
    held_deadline_ms: Annotated[int, Meta(ge=100, le=30_000)] = 3_000
    wait_step_ms: Annotated[int, Meta(ge=1, le=1_000)] = 20
    grant_ms: Annotated[int, Meta(ge=1_000, le=GRANT_MS_MAX)] = GRANT_MS_MAX
    tick_ms: Annotated[int, Meta(ge=100, le=600_000)] = 5_000
    settle_deadline_ms: Annotated[int, Meta(ge=100, le=600_000)] = 10_000
    seal_key_overlap_ms: Annotated[int, Meta(ge=0, le=86_400_000)] = 2 * 60 * 60 * 1000


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Files of the server; read again when they change.

    Attributes:
        store: the SQLite file; made where it is missing.
        seal_keys: folder of private sealing keys, one file `*.key` of 96 bytes each. Ended ones are destroyed.
        policy: the city's TOML (docs/samples/city.toml explains it).
        city_directory: the city's signed directory.
        city_root: public key of the city's root, 32 bytes.
        center_directory: the center's signed directory.
        center_root: public key of the center's root, 32 bytes.
        card_table: which cards count (TOML, `akashi.admission.table`).
        card_authorities: certificates (PEM) of the authorities that the table names.
        fonts: the city's fonts, TrueType, in order of preference; the checker knows the same ones.
    """

    store: FilePath
    seal_keys: FilePath
    policy: FilePath
    city_directory: FilePath
    city_root: FilePath
    center_directory: FilePath
    center_root: FilePath
    card_table: FilePath
    card_authorities: FilePath
    fonts: tuple[FilePath, ...] = FONTS_DEBIAN


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
    files: FilesConfig
