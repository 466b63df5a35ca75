"""Settings of koseki/register."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import FilePath, ServerConfig
from akashi.wire.messages import Municipality

_Count = Annotated[int, Meta(ge=0)]
_Positive = Annotated[int, Meta(gt=0)]
PublicHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
StaffName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the service is told.

    Attributes:
        municipality: whose register this is, 6 digits; must be what was imported.
        feed_poll_ms: how often the feed is looked at, in milliseconds.
        feed_age_ms_max: how old its last record may be before nothing is read any more, in milliseconds.
        feed_ahead_ms_max: how far the source's clock may be ahead of this server's, in milliseconds.
        age_years_min: from which age a person may use a kiosk, in years.
        grant_ms: how long a ticket of this register is good, in milliseconds.
        sessions_max: how many sessions may be open at a time.
        pending_max: how many statements of 利用登録 may wait for staff.
        inbox_every_ms: how often the folder of signed decisions is read, in milliseconds.
        staff: name of each person who may decide about a 利用登録, to the public key in hexadecimal. Two must sign.
    """

    municipality: Municipality
    feed_poll_ms: _Positive = 500
    feed_age_ms_max: _Positive = 600_000
    feed_ahead_ms_max: _Positive = 60_000
    age_years_min: _Count = 15
    grant_ms: Annotated[int, Meta(gt=0, le=1_800_000)] = 1_800_000
    sessions_max: _Positive = 100_000
    pending_max: _Positive = 10_000
    inbox_every_ms: Annotated[int, Meta(ge=10, le=60_000)] = 2_000
    staff: Annotated[dict[StaffName, PublicHex], Meta(min_length=2)]


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Where things lie.

    Attributes:
        register_url: "sqlite:///path" or "postgresql://...". No password stands in it: name a `passfile`.
        register_reader_url: PostgreSQL only: a login that is a member of `akashi_koseki_reader` and of nothing else.
        koseki_key: the 32 bytes of the register's signing key; its public half is KOSEKI in the city's directory.
        city_directory: the city's signed directory; read again when it changes.
        city_root: public key of the city's root, 32 bytes.
        center_directory: the center's signed directory; read again when it changes.
        center_root: public key of the center's root, 32 bytes.
        card_table: which cards count (TOML, `akashi.admission.table`).
        card_authorities: certificates (PEM) of the authorities that the table names.
        feed_source: the change feed: a file of JSON lines, or a folder of such files, *.jsonl, in the order of their names.
        conditions: attestations of the Legal Affairs Bureau's conditions (TOML); read again when it changes.
        inbox: folder where staff put signed decisions about 利用登録.
    """

    register_url: FilePath
    register_reader_url: str = ""
    koseki_key: FilePath
    city_directory: FilePath
    city_root: FilePath
    center_directory: FilePath
    center_root: FilePath
    card_table: FilePath
    card_authorities: FilePath
    feed_source: FilePath
    conditions: FilePath
    inbox: FilePath


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
    files: FilesConfig
