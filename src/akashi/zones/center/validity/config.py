"""Settings of center/validity."""

from __future__ import annotations

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import FilePath, ServerConfig


class RevocationPolicy(enum.StrEnum):
    """Where revocation is looked up. Whatever is chosen: no answer in date is REVOCATION_UNKNOWN, never "valid"."""

    OCSP = "ocsp"
    """Ask the responder each time."""
    CRL = "crl"
    """Look into lists that are in date."""
    OCSP_THEN_CRL = "ocsp-then-crl"
    """Ask; where no answer can be had, look into lists that are in date. A "revoked" is final."""


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Limits of the service.

    Attributes:
        revocation: where revocation is looked up.
        beacon_renew_ms: how long one beacon is given out.
        beacon_age_ms_max: how old the beacon under a card's signature may be.
        token_ms: how long a validity token counts.
        ocsp_deadline_ms: how long to wait for the responder.
    """

    revocation: RevocationPolicy = RevocationPolicy.OCSP_THEN_CRL
    beacon_renew_ms: Annotated[int, Meta(ge=1_000, le=60_000)] = 30_000
    beacon_age_ms_max: Annotated[int, Meta(ge=30_000, le=180_000)] = 180_000
    token_ms: Annotated[int, Meta(ge=10_000, le=180_000)] = 180_000
    ocsp_deadline_ms: Annotated[int, Meta(ge=50, le=10_000)] = 2_000


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Files of the server. Keys are read at the start, the others again when they change.

    Attributes:
        seal_keys: private VALIDITY_SEAL keys, 96 bytes each: the current one first, then the one before.
        token_key: private VALIDITY_TOKEN key, 32 bytes.
        beacon_key: private BEACON key, 32 bytes.
        beacon_previous: public BEACON keys before this one, 32 bytes each; their beacons count for their three minutes.
        center_directory: the center's signed directory, an encoded `Signed`; served, not used.
        card_table: table of accepted cards, TOML (docs/spec/pki.md section 4).
        card_authorities: the authorities' certificates that the table names, PEM.
        revocation_lists: the authorities' revocation lists, PEM ("X509 CRL"); empty where the policy is "ocsp".
    """

    seal_keys: Annotated[list[FilePath], Meta(min_length=1, max_length=2)]
    token_key: FilePath
    beacon_key: FilePath
    beacon_previous: Annotated[list[FilePath], Meta(max_length=2)] = []
    center_directory: FilePath
    card_table: FilePath
    card_authorities: FilePath
    revocation_lists: str = ""


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    files: FilesConfig
    service: ServiceConfig = ServiceConfig()
