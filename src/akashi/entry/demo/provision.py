"""Makes the demonstration's folder: keys, test JPKI, made-up city, one TOML per server. Once; afterwards it is only renewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from akashi.admission import CardTrust, card_trust_files
from akashi.card.suites import JPKI_RSA2048
from akashi.entry.demo.city import CityPlan, make_city
from akashi.entry.demo.configs import Settings, write_configs
from akashi.entry.demo.folder import HeldFolder
from akashi.entry.demo.keys import write_keys
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.ownership import give_file
from akashi.entry.demo.rotation import publish_revocation_lists
from akashi.entry.demo.trusting import publish_trust
from akashi.pki.pem import replace_private, write_public
from akashi.pki.testca import TestAuthority
from akashi.simulation.deployment import make_deployment

MUNICIPALITY = "139998"
CITY_NAME = "東京都証野市"
KIOSK_IDS = ("K0101", "K0102")
LOAD_KIOSK_IDS = tuple(f"K02{number:02}" for number in range(16))
"""Kiosks of the load test: a server gives one kiosk only a part of its places."""
ALL_KIOSK_IDS = KIOSK_IDS + LOAD_KIOSK_IDS
FINISHED = "finished"
FORMAT = "3"
"""Changes whenever what lies in the folder cannot be read by a later build; the made-up city is then made anew."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: `step` is called with each step's name, or a note, for people; `residents` with numbers of people done."""

    step: Callable[[str], None]
    residents: Callable[[int], None]


def is_provisioned(layout: Layout) -> bool:
    """Return whether the folder was made to the end, by a build that this one can follow; any other is made anew."""
    return _format_of(layout) == FORMAT.encode()


def _format_of(layout: Layout) -> bytes:
    finished = layout.root / FINISHED
    return finished.read_bytes() if finished.is_file() else b""


def provision(layout: Layout, folder: HeldFolder, plan: CityPlan, *, now_ms: int, progress: Progress) -> None:
    """
    Make everything but the TOMLs and the policy, which are written at each start.

    Args:
        layout: the folder; what an interrupted run, or a build that wrote another format, left in it is removed.
        folder: the same, held by this process.
        plan: the city.
        now_ms: beginning of every certificate.
        progress: told how far it is.

    Raises:
        Refused, ConfigRefused: it cannot be made; the folder stays unfinished and is made anew next time.
    """
    if _format_of(layout):
        progress.step(
            "前の版が作った架空の市は、この版では読めません。消して作り直します"
            " / an earlier version made this city and this one cannot read it: it is removed and made anew"
        )
    folder.clear()
    progress.step("鍵と証明書 / keys and certificates")
    deployment = make_deployment(municipality=MUNICIPALITY, city_name=CITY_NAME, kiosk_ids=ALL_KIOSK_IDS, now_ms=now_ms)
    write_keys(layout, deployment, now_ms=now_ms)
    publish_trust(layout, now_ms=now_ms)
    progress.step("試験用のカード認証局 / test JPKI")
    authority = TestAuthority.create(now_ms=now_ms)
    layout.jpki.mkdir(mode=0o700)
    layout.voids.mkdir(mode=0o755)
    authority.save(layout.jpki)
    trust = CardTrust(authority.authorities, authority.accepted(), frozenset({JPKI_RSA2048.name}))
    table, certificates = card_trust_files(trust)
    write_public(layout.public / "cards.toml", table)
    write_public(layout.public / "card-authorities.pem", certificates)
    publish_revocation_lists(layout, authority, now_ms=now_ms)
    give_responder(layout)
    progress.step(f"架空の市、{plan.residents:,}人 / made-up city of {plan.residents:,} people")
    make_city(layout, authority, plan, now_ms=now_ms, progress=progress.residents)
    (layout.root / FINISHED).write_text(FORMAT)


def configure(settings: Settings) -> None:
    """Write the TOMLs, as addresses and options are this time."""
    write_configs(settings)


def give_responder(layout: Layout) -> None:
    """Give the revocation responder what it needs of the test JPKI: its own keys and the list, not the authorities' keys."""
    folder = layout.server("jpki/responder")
    owner = folder.stat()
    for source in layout.jpki.iterdir():
        if source.name == "state.json" or source.name.startswith("responder-") or source.suffix == ".pem":
            target = folder / source.name
            # Written beside and renamed: a link that the responder's user planted is replaced, not followed.
            write = write_public if source.suffix == ".pem" else replace_private
            write(target, source.read_bytes())
            give_file(target, owner.st_uid, owner.st_gid)
