"""Settings of issuance/checker."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import FilePath, ServerConfig
from akashi.documents.read import FONTS_DEBIAN


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Limits of the service.

    Attributes:
        municipality: code of the city that this server signs for.
        issued_on_skew_ms_max: how far the issuer's moment of issue may lie from this server's clock.
        stop_deadline_ms: time for telling the recorder of a contradiction.
        settle_every_ms: how often it is told again while it cannot be reached.
    """

    municipality: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    issued_on_skew_ms_max: Annotated[int, Meta(ge=1_000, le=600_000)] = 120_000
    stop_deadline_ms: Annotated[int, Meta(ge=100, le=60_000)] = 5_000
    settle_every_ms: Annotated[int, Meta(ge=100, le=60_000)] = 2_000


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Files of the server. Policy and directories are read again when they change.

    Attributes:
        answer_key: ANSWER key, 32 raw Ed25519 bytes; its public half is in the city's directory.
        document_key: DOCUMENT key, ECDSA P-256 as PEM (PKCS 8); its certificate is in the city's directory.
        paper_key: PAPER key, ECDSA P-256 as PEM (PKCS 8); its public half is in the city's directory.
        stops: what this server owes the ledger and where its last stop stands; made where it is missing. Nothing personal.
        policy: the city's TOML; this server's own copy.
        city_directory: the city's signed directory.
        city_root: public key of the city's root, 32 bytes.
        center_directory: the center's signed directory.
        center_root: public key of the center's root, 32 bytes.
        fonts: the city's fonts, TrueType, the same as the issuer's: what certificates are drawn with.
    """

    answer_key: FilePath
    document_key: FilePath
    paper_key: FilePath
    stops: FilePath
    policy: FilePath
    city_directory: FilePath
    city_root: FilePath
    center_directory: FilePath
    center_root: FilePath
    fonts: tuple[FilePath, ...] = FONTS_DEBIAN


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
    files: FilesConfig
