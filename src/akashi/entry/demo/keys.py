"""Puts a made-up deployment's keys where they belong: off-line roots apart, each server's keys in its own folder."""

from __future__ import annotations

from pathlib import Path

from akashi.entry.demo.layout import Layout
from akashi.ledger.checkpoint import NoteKey
from akashi.pki.authority import Authority
from akashi.pki.hop import issue_hop_certificate
from akashi.pki.pem import key_text, pem_text, write_private, write_public
from akashi.sealing.keys import SigningKey
from akashi.simulation.deployment import Deployment, KioskKeys, sign_center_directory, sign_city_directory
from akashi.wire import topology
from akashi.wire.transcript import key_id

CENTER_DIRECTORY = "center.directory"
CITY_DIRECTORY = "city.directory"
NOTE_NAME = "akashino.example/ledger"
OPERATORS = ("asahi", "yuhi")
KOSEKI_STAFF = ("sumi", "fude")
"""Who decides about 利用登録 in the made-up city; two must sign."""


def write_keys(layout: Layout, deployment: Deployment, *, now_ms: int) -> None:
    """Write every key and certificate of the deployment; folders are made with the narrowest rights that work."""
    for folder, mode in ((layout.root, 0o755), (layout.offline, 0o700), (layout.public, 0o755), (layout.logs, 0o755)):
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    _write_offline(layout, deployment)
    _write_public(layout, deployment, now_ms=now_ms)
    for server in topology.SERVERS:
        if server.name != "store/kiosk":
            _write_hop(layout.server(server.name), deployment.hop_authority, server.name, "", now_ms=now_ms)
    _write_server_keys(layout, deployment)
    for kiosk in deployment.kiosks:
        _write_kiosk(layout.kiosk(kiosk.kiosk_id), deployment.hop_authority, kiosk, now_ms=now_ms)


def seal_key_file(folder: Path, public: bytes) -> Path:
    """Return where a private sealing key lies: named after its key id, never after a date."""
    return folder / f"{key_id(public).hex()}.key"


def _write_offline(layout: Layout, deployment: Deployment) -> None:
    offline = layout.offline
    write_private(offline / "center-root.key", deployment.center.root.to_bytes())
    write_private(offline / "city-root.key", deployment.city.root.to_bytes())
    for name, authority in (("hop", deployment.hop_authority), ("kiosk", deployment.center.kiosk_authority)):
        write_private(offline / f"{name}-authority.key", authority.key_pem())
        write_public(offline / f"{name}-authority.pem", pem_text("CERTIFICATE", authority.certificate_der))
    for name, key in zip(OPERATORS, deployment.operators, strict=True):
        write_private(offline / f"operator-{name}.key", key.to_bytes())
    for name in KOSEKI_STAFF:
        write_private(offline / f"staff-{name}.key", SigningKey.generate().to_bytes())


def _write_public(layout: Layout, deployment: Deployment, *, now_ms: int) -> None:
    public = layout.public
    write_public(public / "hop-authority.pem", pem_text("CERTIFICATE", deployment.hop_authority.certificate_der))
    write_public(public / "center-root.pub", deployment.center.root.public_bytes)
    write_public(public / "city-root.pub", deployment.city.root.public_bytes)
    write_public(public / "document.pem", pem_text("CERTIFICATE", deployment.city.document_certificate))
    write_public(public / CENTER_DIRECTORY, sign_center_directory(deployment.center, sequence=1, now_ms=now_ms))
    write_public(public / CITY_DIRECTORY, sign_city_directory(deployment.city, sequence=1, now_ms=now_ms))


def _write_hop(folder: Path, authority: Authority, server: str, instance: str, *, now_ms: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    identity = issue_hop_certificate(authority, server=server, instance=instance, now_ms=now_ms)
    write_private(folder / "hop.key", identity.key_pem)
    write_public(folder / "hop.pem", pem_text("CERTIFICATE", identity.certificate_der))


def _write_server_keys(layout: Layout, deployment: Deployment) -> None:
    center, city = deployment.center, deployment.city
    validity = layout.server("center/validity")
    write_private(validity / "seal.key", center.seal.to_bytes())
    write_private(validity / "token.key", center.token.to_bytes())
    write_private(validity / "beacon.key", center.beacon.to_bytes())
    seal_keys = layout.server("issuance/issuer") / "seal-keys"
    seal_keys.mkdir(mode=0o700, exist_ok=True)
    write_private(seal_key_file(seal_keys, city.seal.public_bytes), city.seal.to_bytes())
    checker = layout.server("issuance/checker")
    write_private(checker / "answer.key", city.answer.to_bytes())
    write_private(checker / "document.key", key_text(city.document_key))
    write_private(checker / "paper.key", key_text(city.paper_key))
    write_private(layout.server("core/residents") / "registry.key", city.registry.to_bytes())
    write_private(layout.server("core/seals") / "seals.key", city.seals.to_bytes())
    write_private(layout.server("core/taxes") / "taxes.key", city.taxes.to_bytes())
    write_private(layout.server("koseki/register") / "koseki.key", city.koseki.to_bytes())
    (layout.server("koseki/register") / "inbox").mkdir(mode=0o700)
    recorder = layout.server("vault/recorder")
    write_private(recorder / "receipt.key", city.receipt.to_bytes())
    note = SigningKey.generate()
    write_private(recorder / "note.key", note.to_bytes())
    write_public(layout.ledger_key, NoteKey(NOTE_NAME, note.public_bytes).text().encode() + b"\n")


def _write_kiosk(folder: Path, authority: Authority, kiosk: KioskKeys, *, now_ms: int) -> None:
    _write_hop(folder, authority, "store/kiosk", kiosk.kiosk_id, now_ms=now_ms)
    write_private(folder / "device.key", kiosk.device_key.to_bytes())
    write_public(folder / "device.der", kiosk.certificate)
