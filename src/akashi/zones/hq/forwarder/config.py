"""Settings of hq/forwarder."""

from __future__ import annotations

import msgspec

from akashi.base.config import ServerConfig


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the service is told.

    Attributes:
        municipalities: codes of the cities that can be reached through this server.
        bulletin_deadline_ms: how long to wait for a bulletin, in milliseconds.
        bulletin_cache_ms: how long a bulletin is given out again, in milliseconds.
    """

    municipalities: list[str]
    bulletin_deadline_ms: int = 5_000
    bulletin_cache_ms: int = 20_000


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
