"""Settings of core/seals."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import FilePath, ServerConfig
from akashi.wire.messages import Municipality

_Positive = Annotated[int, Meta(gt=0)]


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the service is told.

    Attributes:
        municipality: whose register this is, 6 digits; must be what was imported.
        prints_sex: whether 性別 is on the city's 印鑑登録証明書; else it is not even fetched.
        feed_poll_ms: how often the feed is looked at, in milliseconds.
        feed_age_ms_max: how old its last record may be before nothing is read any more, in milliseconds.
        feed_ahead_ms_max: how far the source's clock may be ahead of this server's, in milliseconds.
        sessions_max: how many sessions may have orders here at a time.
    """

    municipality: Municipality
    prints_sex: bool = False
    feed_poll_ms: _Positive = 500
    feed_age_ms_max: _Positive = 600_000
    feed_ahead_ms_max: _Positive = 60_000
    sessions_max: _Positive = 100_000


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Where things lie.

    Attributes:
        seals_url: "sqlite:///path" or "postgresql://...". No password stands in it: name a `passfile`.
        seals_reader_url: PostgreSQL only: a login that is a member of `akashi_seals_reader` and of nothing else.
        seals_key: the 32 bytes of this register's signing key (SEALS in the city's directory).
        city_directory: the city's signed directory; read again when it changes.
        city_root: public key of the city's root, 32 bytes.
        center_directory: the center's signed directory; read again when it changes.
        center_root: public key of the center's root, 32 bytes.
        feed_source: the change feed: a file of JSON lines, or a folder of such files, *.jsonl, in the order of their names.
    """

    seals_url: FilePath
    seals_reader_url: str = ""
    seals_key: FilePath
    city_directory: FilePath
    city_root: FilePath
    center_directory: FilePath
    center_root: FilePath
    feed_source: FilePath


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
    files: FilesConfig
