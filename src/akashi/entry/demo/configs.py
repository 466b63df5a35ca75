"""One TOML per server of the demonstration, with addresses from the topology and files from the layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from akashi.entry.demo.fonts import find_fonts
from akashi.entry.demo.keys import CENTER_DIRECTORY, CITY_DIRECTORY, KOSEKI_STAFF, NOTE_NAME, OPERATORS
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.rotation import REVOCATION_LISTS
from akashi.entry.demo.toml import Table, toml_text
from akashi.pki.pem import write_public
from akashi.sealing.keys import SigningKey
from akashi.wire import topology

PAGE_OFFSET = 80
"""The kiosk's page listens this far above the base port."""
CHECK_PAGE = "verifier/page"
CHECK_PAGE_OFFSET = 81
"""The receiver's page, on which certificates are checked, listens this far above."""
BASE_PORT = 7100
BASE_PORTS = (1, 65_400)
"""Least and largest base port: all that listens above it must have a port, too."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """
    Where servers listen.

    Attributes:
        base_port: 7100, or another one to run beside it.
    """

    base_port: int

    def of(self, name: str) -> str:
        """Return "127.0.0.1:port" of a server or of `CHECK_PAGE`; the kiosk's is its page."""
        pages = {"store/kiosk": PAGE_OFFSET, CHECK_PAGE: CHECK_PAGE_OFFSET}
        offset = pages[name] if name in pages else topology.server(name).port - BASE_PORT
        return f"127.0.0.1:{self.base_port + offset}"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What the TOMLs are written from.

    Attributes:
        layout: where files are.
        addresses: where servers listen.
        municipality: code of the city.
        key_log: whether servers write TLS key logs (for the evidence's control).
        workers: worker processes of the issuer.
        kiosk_ids: the operator's kiosks.
    """

    layout: Layout
    addresses: Addresses
    municipality: str
    key_log: bool
    workers: int
    kiosk_ids: tuple[str, ...]


def write_configs(settings: Settings) -> None:
    """Write every server's and every kiosk's TOML."""
    sections = _sections(settings)
    for server in topology.SERVERS:
        if server.name == "store/kiosk":
            continue
        folder = settings.layout.server(server.name)
        table = {**_common(settings, server.name, folder), **sections[server.name]}
        write_public(folder / "config.toml", toml_text(table).encode())
    for kiosk_id in settings.kiosk_ids:
        folder = settings.layout.kiosk(kiosk_id)
        write_public(folder / "config.toml", toml_text(_kiosk(settings, folder, kiosk_id)).encode())


def _common(settings: Settings, name: str, folder: Path) -> Table:
    tls: dict[str, str] = {
        "certificate": str(folder.absolute() / "hop.pem"),
        "key": str(folder.absolute() / "hop.key"),
        "authority": str(settings.layout.public.absolute() / "hop-authority.pem"),
    }
    if settings.key_log:
        tls["key_log"] = str(folder.absolute() / "tls-keys.log")
    return {
        "server": name,
        "listen": settings.addresses.of(name),
        "development": True,
        "compute_workers": settings.workers if name == "issuance/issuer" else 0,
        "tls": tls,
        "neighbours": {callee: settings.addresses.of(callee) for callee in topology.callees_of(name)},
    }


def _sections(settings: Settings) -> Mapping[str, Mapping[str, Table]]:
    passing: Mapping[str, Table] = {"service": {"municipalities": [settings.municipality]}}
    relays = ("hq/forwarder", "center/relay", "lgwan/gateway", "dmz/transfer")
    return {**dict.fromkeys(relays, passing), **_center(settings.layout), **_city(settings)}


def _cards(layout: Layout) -> dict[str, str]:
    public = layout.public.absolute()
    return {"card_table": str(public / "cards.toml"), "card_authorities": str(public / "card-authorities.pem")}


def _trusted(layout: Layout, authority: str, directory: str) -> dict[str, str]:
    public = layout.public.absolute()
    return {f"{authority}_directory": str(public / directory), f"{authority}_root": str(public / f"{authority}-root.pub")}


def _center(layout: Layout) -> Mapping[str, Mapping[str, Table]]:
    validity, responder = layout.server("center/validity").absolute(), layout.server("jpki/responder").absolute()
    return {
        "center/validity": {
            "files": {
                "seal_keys": [str(validity / "seal.key")],
                "token_key": str(validity / "token.key"),
                "beacon_key": str(validity / "beacon.key"),
                "center_directory": str(layout.public.absolute() / CENTER_DIRECTORY),
                "revocation_lists": str(validity / REVOCATION_LISTS),
                **_cards(layout),
            }
        },
        "jpki/responder": {"files": {"state": str(responder / "state.json"), "generations": _generations(layout)}},
    }


def _city(settings: Settings) -> Mapping[str, Mapping[str, Table]]:
    layout = settings.layout
    public = layout.public.absolute()
    issuer, checker, residents, recorder = (
        layout.server(name).absolute() for name in ("issuance/issuer", "issuance/checker", "core/residents", "vault/recorder")
    )
    service: Table = {"municipality": settings.municipality}
    center = _trusted(layout, "center", CENTER_DIRECTORY)
    city = _trusted(layout, "city", CITY_DIRECTORY)
    fonts = [str(font) for font in find_fonts()]
    return {
        "issuance/issuer": {
            "service": service,
            "files": {
                "store": str(issuer / "issuer.db"),
                "seal_keys": str(issuer / "seal-keys"),
                "policy": str(public / "city.toml"),
                "fonts": fonts,
                **city,
                **center,
                **_cards(layout),
            },
        },
        "issuance/checker": {
            "service": service,
            "files": {
                "answer_key": str(checker / "answer.key"),
                "document_key": str(checker / "document.key"),
                "paper_key": str(checker / "paper.key"),
                "stops": str(checker / "stops"),
                "policy": str(public / "city.toml"),
                "fonts": fonts,
                **city,
                **center,
            },
        },
        "core/residents": {
            "service": service,
            "files": {
                "residents_url": layout.register_url,
                "registry_key": str(residents / "registry.key"),
                "feed_source": str(layout.feed.absolute()),
                **city,
                **center,
                **_cards(layout),
            },
        },
        "vault/recorder": {"service": _recorder(layout, recorder, settings.municipality)},
        **_registries(layout, service, {**city, **center}),
    }


def _registries(layout: Layout, service: Table, directories: dict[str, str]) -> Mapping[str, Mapping[str, Table]]:
    """Return the sections of the registries beside core/residents."""
    seals, taxes, koseki = (layout.server(name).absolute() for name in ("core/seals", "core/taxes", "koseki/register"))
    return {
        "core/seals": {
            "service": service,
            "files": {
                "seals_url": layout.seals_url,
                "seals_key": str(seals / "seals.key"),
                "feed_source": str(layout.seals_feed.absolute()),
                **directories,
            },
        },
        "core/taxes": {
            "service": service,
            "files": {
                "taxes_url": layout.taxes_url,
                "taxes_key": str(taxes / "taxes.key"),
                "days": str(layout.tax_days.absolute()),
                **directories,
            },
        },
        "koseki/register": {
            "service": {
                **service,
                "staff": {name: _public_hex(layout.offline / f"staff-{name}.key") for name in KOSEKI_STAFF},
            },
            "files": {
                "register_url": layout.koseki_url,
                "koseki_key": str(koseki / "koseki.key"),
                "feed_source": str(layout.koseki_feed.absolute()),
                "conditions": str(layout.koseki_conditions.absolute()),
                "inbox": str(koseki / "inbox"),
                **directories,
                **_cards(layout),
            },
        },
    }


def _recorder(layout: Layout, folder: Path, municipality: str) -> Table:
    return {
        "municipalities": [municipality],
        "folder": str(layout.ledger.absolute()),
        "inbox": str(folder / "inbox"),
        "voids": str(layout.voids.absolute()),
        "note_name": NOTE_NAME,
        "note_key": str(folder / "note.key"),
        "receipt_key": str(folder / "receipt.key"),
        **_trusted(layout, "center", CENTER_DIRECTORY),
        "operators": {name: _public_hex(layout.offline / f"operator-{name}.key") for name in OPERATORS},
    }


def _generations(layout: Layout) -> list[dict[str, str]]:
    folder = layout.server("jpki/responder").absolute()
    numbers = sorted(path.stem.removeprefix("responder-") for path in folder.glob("responder-*.pem"))
    return [
        {
            "authority": str(folder / f"generation-{number}.pem"),
            "certificate": str(folder / f"responder-{number}.pem"),
            "key": str(folder / f"responder-{number}.key"),
        }
        for number in numbers
    ]


def _kiosk(settings: Settings, folder: Path, kiosk_id: str) -> Table:
    public = settings.layout.public.absolute()
    return {
        **_common(settings, "store/kiosk", folder),
        "service": {
            "kiosk_id": kiosk_id,
            "build": f"akashi-{version('akashi')}",
            "device_key": str(folder.absolute() / "device.key"),
            "device_certificate": str(folder.absolute() / "device.der"),
            "center_root": str(public / "center-root.pub"),
            "city_roots": {settings.municipality: str(public / "city-root.pub")},
            "municipality": settings.municipality,
            "journal": str(folder.absolute() / "journal.db"),
            "cards": str(settings.layout.cards.absolute()),
        },
    }


def _public_hex(key_file: Path) -> str:
    return SigningKey.from_bytes(key_file.read_bytes()).public_bytes.hex()
