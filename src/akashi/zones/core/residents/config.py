"""Settings of core/residents."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import ServerConfig
from akashi.wire.messages import Municipality

_Count = Annotated[int, Meta(ge=0)]
_Positive = Annotated[int, Meta(gt=0)]


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the service is told.

    Attributes:
        municipality: whose register this is, 6 digits; must be what was imported.
        residents_url: "sqlite:///path" or "postgresql://...".
        residents_reader_url: PostgreSQL only: a login that is a member of `akashi_register_reader` and of nothing else.
        registry_key: file with the 32 bytes of the registry's signing key.
        center_root: file with the 32 bytes of the center's root key that is pinned here.
        center_directory: file with the center's signed directory; read again when it changes.
        card_trust: TOML with the table of accepted card authorities, policies and suites.
        feed_source: JSON-lines file, or folder of *.jsonl files, of the change feed.
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
    residents_url: str
    residents_reader_url: str = ""
    registry_key: str
    center_root: str
    center_directory: str
    card_trust: str
    feed_source: str
    feed_poll_ms: _Positive = 500
    feed_age_ms_max: _Positive = 600_000
    feed_ahead_ms_max: _Positive = 60_000
    age_years_min: _Count = 15
    card_days_min: _Count = 0
    planned_move_out_refuses_household: bool = False
    grant_ms: Annotated[int, Meta(gt=0, le=1_800_000)] = 1_800_000
    grants_max: _Positive = 100_000


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    service: ServiceConfig
