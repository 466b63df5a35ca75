"""Settings of core/residents."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import FilePath, ServerConfig
from akashi.wire.messages import Municipality

_Count = Annotated[int, Meta(ge=0)]
_Positive = Annotated[int, Meta(gt=0)]


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the service is told.

    Attributes:
        municipality: whose register this is, 6 digits; must be what was imported.
        feed_poll_ms: how often it is looked at, in milliseconds.
        feed_age_ms_max: how old its last record may be before nothing is read any more, in milliseconds.
        feed_ahead_ms_max: how far the source's clock may be ahead of this server's, in milliseconds.
        age_years_min: from which age a person may use a kiosk, in years.
        card_days_min: how many days after it was linked a card may be used; 0 at once, 1 from the next day.
        planned_move_out_refuses_household: whether one member's 転出届 refuses the whole household, as some cities decide.
        grant_ms: how long a ticket is good, in milliseconds.
        grants_max: how many grants may be open at a time.
    """

    municipality: Municipality
    feed_poll_ms: _Positive = 500
    feed_age_ms_max: _Positive = 600_000
    feed_ahead_ms_max: _Positive = 60_000
    age_years_min: _Count = 15
    card_days_min: _Count = 0
    planned_move_out_refuses_household: bool = False
    grant_ms: Annotated[int, Meta(gt=0, le=1_800_000)] = 1_800_000
    grants_max: _Positive = 100_000


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Where things lie.

    Attributes:
        residents_url: "sqlite:///path" or "postgresql://...". No password stands in it: name a `passfile`.
        residents_reader_url: PostgreSQL only: a login that is a member of `akashi_register_reader` and of nothing else.
        registry_key: the 32 bytes of the registry's signing key.
        city_directory: the city's signed directory; read again when it changes.
        city_root: public key of the city's root, 32 bytes.
        center_directory: the center's signed directory; read again when it changes.
        center_root: public key of the center's root, 32 bytes.
        card_table: which cards count (TOML, `akashi.admission.table`).
        card_authorities: certificates (PEM) of the authorities that the table names.
        feed_source: the change feed: a file of JSON lines, or a folder of such files, *.jsonl, in the order of their names.
    """

    residents_url: FilePath
    residents_reader_url: str = ""
    registry_key: FilePath
    city_directory: FilePath
    city_root: FilePath
    center_directory: FilePath
    center_root: FilePath
    card_table: FilePath
    card_authorities: FilePath
    feed_source: FilePath


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
    files: FilesConfig
