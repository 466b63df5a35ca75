"""Settings of a kiosk."""

from __future__ import annotations

import msgspec

from akashi.base.config import ServerConfig


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
        municipality: the city offered on the screen.
        journal: SQLite file of outcomes.
        deadline_ms: for one journey there and back.
        outcome_interval_ms: how often pending outcomes are sent.
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
    deadline_ms: int = 30_000
    outcome_interval_ms: int = 5_000
    cards: str = ""
    reader: str = ""


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of a kiosk. `listen` is where its screen's page is served, on loopback only."""

    service: ServiceConfig
