"""Settings of a kiosk."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import ServerConfig

IDLE_MS_MIN = 60_000
WARNING_MS_MIN = 20_000


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What a kiosk is delivered with.

    Attributes:
        kiosk_id: such as "K0001"; must be the one in both certificates.
        build: name of the installed build; under the card's signature.
        device_key: file with the 32 bytes of the Ed25519 device key.
        device_certificate: DER file of the device certificate.
        center_root: file with the 32 bytes of the center's root key.
        city_roots: municipality to the file with its root's 32 bytes.
        municipality: the city offered on the screen; must be one of them.
        journal: SQLite file of outcomes.
        deadline_ms: for one journey there and back.
        outcome_interval_ms: how often pending outcomes are sent.
        idle_ms: a visit without input for so long ends; the page warns before.
        idle_warning_ms: how long before; people get at least 20 seconds to say that they are still there (WCAG 2.2, 2.2.1).
        cards: folder of card images that the page offers instead of a reader; development only.
        reader: name of the PC/SC reader, where there is one.
    """

    kiosk_id: str
    build: str
    device_key: str
    device_certificate: str
    center_root: str
    city_roots: dict[str, str]
    municipality: str
    journal: str
    deadline_ms: Annotated[int, Meta(ge=1_000, le=600_000)] = 30_000
    outcome_interval_ms: Annotated[int, Meta(ge=100)] = 5_000
    idle_ms: Annotated[int, Meta(ge=IDLE_MS_MIN)] = 180_000
    idle_warning_ms: Annotated[int, Meta(ge=WARNING_MS_MIN)] = 60_000
    cards: str = ""
    reader: str = ""


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of a kiosk. `listen` is where its screen's page is served, on loopback only."""

    service: ServiceConfig
