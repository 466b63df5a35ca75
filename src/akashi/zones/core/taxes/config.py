"""Settings of core/taxes."""

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
        municipality: whose data these are, 6 digits.
        data_age_days_max: how many days old the served file may be before nothing is read; the city's rule
            (`taxes` in city.toml) is as strict or stricter, and is checked again by issuer and checker.
        arrivals_every_ms: how often the folder of days is looked at, in milliseconds.
        sessions_max: how many sessions may have orders here at a time.
    """

    municipality: Municipality
    data_age_days_max: Annotated[int, Meta(ge=1, le=31)] = 3
    arrivals_every_ms: _Positive = 10_000
    sessions_max: _Positive = 100_000


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Where things lie.

    Attributes:
        taxes_url: "sqlite:///path" or "postgresql://...". No password stands in it: name a `passfile`.
        taxes_reader_url: PostgreSQL only: a login that is a member of `akashi_taxes_reader` and of nothing else.
        taxes_key: the 32 bytes of this register's signing key (TAXES in the city's directory).
        city_directory: the city's signed directory; read again when it changes.
        city_root: public key of the city's root, 32 bytes.
        center_directory: the center's signed directory; read again when it changes.
        center_root: public key of the center's root, 32 bytes.
        days: the folder into which the tax system puts one folder a day.
    """

    taxes_url: FilePath
    taxes_reader_url: str = ""
    taxes_key: FilePath
    city_directory: FilePath
    city_root: FilePath
    center_directory: FilePath
    center_root: FilePath
    days: FilePath


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
    files: FilesConfig
