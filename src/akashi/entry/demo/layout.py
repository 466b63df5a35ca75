"""Where things lie in the demonstration's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Paths below one folder.

    Attributes:
        root: the folder, such as var/demo.
    """

    root: Path

    @property
    def offline(self) -> Path:
        """Keys that no server may hold: roots of city and center, hop and kiosk authority, operators."""
        return self.root / "offline"

    @property
    def public(self) -> Path:
        """What everybody may read: directories, authority certificates, root public keys."""
        return self.root / "public"

    @property
    def ledger(self) -> Path:
        """The ledger's files."""
        return self.server("vault/recorder") / "ledger"

    @property
    def ledger_key(self) -> Path:
        """The ledger's public key, for anybody who verifies it."""
        return self.public / "ledger.pub"

    @property
    def trust(self) -> Path:
        """For those who check paper: the city's trust list and root."""
        return self.public / "trust"

    @property
    def voids(self) -> Path:
        """For those who check paper: the void list, written by vault/recorder, read by everybody."""
        return self.root / "voids"

    @property
    def jpki(self) -> Path:
        """The test JPKI."""
        return self.root / "jpki"

    @property
    def city(self) -> Path:
        """The made-up city: CSV files, people.json, cards."""
        return self.root / "city"

    @property
    def cards(self) -> Path:
        """Card images of the people who have a label."""
        return self.city / "cards"

    @property
    def load_cards(self) -> Path:
        """Card images of ordinary people, for load tests."""
        return self.city / "load-cards"

    @property
    def register_url(self) -> str:
        """The resident register's database."""
        return f"sqlite:///{(self.server('core/residents') / 'residents.db').absolute()}"

    @property
    def feed(self) -> Path:
        """The resident register's change feed."""
        return self.root / "feed" / "residents.jsonl"

    @property
    def seals_url(self) -> str:
        """The seal register's database."""
        return f"sqlite:///{(self.server('core/seals') / 'seals.db').absolute()}"

    @property
    def seals_feed(self) -> Path:
        """The seal register's change feed."""
        return self.root / "feed" / "seals.jsonl"

    @property
    def taxes_url(self) -> str:
        """The tax records' database."""
        return f"sqlite:///{(self.server('core/taxes') / 'taxes.db').absolute()}"

    @property
    def tax_days(self) -> Path:
        """Where the made-up tax system delivers a folder a day."""
        return self.root / "tax-days"

    @property
    def koseki_url(self) -> str:
        """The family register's database."""
        return f"sqlite:///{(self.server('koseki/register') / 'koseki.db').absolute()}"

    @property
    def koseki_feed(self) -> Path:
        """The family register's change feed."""
        return self.root / "feed" / "koseki.jsonl"

    @property
    def koseki_conditions(self) -> Path:
        """Attestations of the Legal Affairs Bureau's conditions."""
        return self.public / "koseki-conditions.toml"

    @property
    def logs(self) -> Path:
        """One log per server."""
        return self.root / "log"

    @property
    def state(self) -> Path:
        """Process ids of the running servers."""
        return self.root / "running.json"

    def server(self, name: str) -> Path:
        """Return the folder of a server: its TOML, keys and data, readable by its own user only."""
        return self.root / "servers" / name.replace("/", "-")

    def server_config(self, name: str) -> Path:
        """Return the TOML of a server."""
        return self.server(name) / "config.toml"

    def kiosk(self, kiosk_id: str) -> Path:
        """Return the folder of a kiosk."""
        return self.root / "kiosks" / kiosk_id

    def kiosk_config(self, kiosk_id: str) -> Path:
        """Return the TOML of a kiosk."""
        return self.kiosk(kiosk_id) / "config.toml"

    def card(self, label: str) -> Path:
        """Return the card image of a labelled person."""
        return self.cards / f"{label}.json"
