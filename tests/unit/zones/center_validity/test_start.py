"""The start of center/validity: files in, endpoints out; files that change are read again, broken ones refuse or are left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from akashi.admission import CardTrust, card_trust_files
from akashi.base.config import ConfigRefused, load_config
from akashi.entry.start import Started, World
from akashi.entry.start.center_validity import start
from akashi.entry.world import InlineCompute
from akashi.pki.pem import pem_text
from akashi.pki.testca import TestAuthority
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import Bulletin, BulletinRequest, RevocationSource, Signed, ValidityTokenPayload
from akashi.wire.topology import methods_of
from akashi.zones.center.validity.config import Config, RevocationPolicy
from unit.admission.made_session import CITY, cards, center
from unit.pki.made_pki import DAY_MS, NOW, card, fresh_ca, other_ca
from unit.zones.center_validity.made_validity import RELAY, CountingIds, Stage, down

CONFIG = """
server = "center/validity"
listen = "127.0.0.1:7103"
tls = { certificate = "a", key = "b", authority = "c" }
neighbours = { "jpki/responder" = "127.0.0.1:7110" }
[service]
revocation = "REVOCATION"
[files]
seal_keys = ["FOLDER/seal.key"]
token_key = "FOLDER/token.key"
beacon_key = "FOLDER/beacon.key"
beacon_previous = ["FOLDER/beacon.before"]
center_directory = "FOLDER/center.directory"
card_table = "FOLDER/cards.toml"
card_authorities = "FOLDER/authorities.pem"
revocation_lists = "FOLDER/lists.pem"
"""


@dataclass
class Machine:
    """A folder with everything the server reads, and the neighbour's side of its link."""

    folder: Path
    stage: Stage
    ca: TestAuthority
    policy: str = "ocsp-then-crl"

    def config(self) -> Config:
        path = self.folder / "config.toml"
        path.write_text(CONFIG.replace("FOLDER", str(self.folder)).replace("REVOCATION", self.policy))
        return load_config(path, Config)

    def start(self, config: Config | None = None) -> Started:
        world = World(self.stage.clock, CountingIds(), self.stage.link, InlineCompute())
        return start(config or self.config(), world)

    def ask(self, started: Started) -> RevocationSource:
        call = codec.encode(self.stage.call(codec.encode(self.stage.request())))

        async def exchange() -> bytes:
            return await started.endpoints["check_card"].handle(RELAY, call)

        return codec.parse(ValidityTokenPayload, codec.parse(Signed, asyncio.run(exchange())).payload).source


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    ca = fresh_ca()
    stage = Stage("ocsp", ca=ca)
    (tmp_path / "seal.key").write_bytes(stage.seal[0].to_bytes())
    (tmp_path / "token.key").write_bytes(center().token.to_bytes())
    (tmp_path / "beacon.key").write_bytes(center().beacon.to_bytes())
    (tmp_path / "beacon.before").write_bytes(bytes(32))
    (tmp_path / "center.directory").write_bytes(center().signed_directory())
    table, authorities = card_trust_files(cards())
    (tmp_path / "cards.toml").write_bytes(table)
    (tmp_path / "authorities.pem").write_bytes(authorities)
    ca.save_lists(tmp_path / "lists.pem", now_ms=NOW)
    return Machine(tmp_path, stage, ca)


def test_the_files_make_a_server_that_checks_cards(machine: Machine) -> None:
    started = machine.start()
    assert set(started.endpoints) == set(methods_of("center/validity"))
    assert machine.ask(started) is RevocationSource.OCSP
    machine.stage.link.twist = down
    assert machine.ask(started) is RevocationSource.CRL


def test_a_new_revocation_list_is_read_without_a_restart(machine: Machine) -> None:
    machine.policy = "crl"
    started = machine.start()
    assert machine.ask(started) is RevocationSource.CRL
    machine.ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    machine.ca.save_lists(machine.folder / "lists.pem", now_ms=NOW)
    with pytest.raises(Refused) as refusal:
        machine.ask(started)
    assert refusal.value.code is WireCode.CARD_REVOKED


def test_a_broken_list_leaves_the_last_good_one_until_its_time_is_over(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.policy = "crl"
    started = machine.start()
    (machine.folder / "lists.pem").write_bytes(b"-----BEGIN X509 CRL-----\nA=AA\n-----END X509 CRL-----")
    assert machine.ask(started) is RevocationSource.CRL
    assert '"event": "file_unusable", "file": "lists.pem"' in capsys.readouterr().err
    (machine.folder / "lists.pem").unlink()
    assert machine.ask(started) is RevocationSource.CRL
    machine.stage.clock.now = NOW + DAY_MS + 1
    with pytest.raises(Refused) as refusal:
        machine.ask(started)
    assert refusal.value.code is WireCode.REVOCATION_UNKNOWN


def test_one_bad_list_does_not_take_the_others_with_it(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.policy = "crl"
    good = (machine.folder / "lists.pem").read_bytes()
    (machine.folder / "lists.pem").write_bytes(pem_text("X509 CRL", other_ca().crls(now_ms=NOW)[0]) + good)
    assert machine.ask(machine.start()) is RevocationSource.CRL
    assert '"event": "revocation_lists_refused", "count": 1' in capsys.readouterr().err


def test_a_new_directory_is_served_without_a_restart_and_a_broken_one_is_not(machine: Machine) -> None:
    started = machine.start()

    def directory() -> bytes:
        async def exchange() -> bytes:
            return await started.endpoints["bulletin"].handle(RELAY, codec.encode(BulletinRequest(CITY)))

        return codec.parse(Bulletin, asyncio.run(exchange())).center_directory

    path = machine.folder / "center.directory"
    assert directory() == center().signed_directory()
    newer = center().signed_directory(revoked=("K0009",))
    path.write_bytes(newer)
    assert directory() == newer
    path.write_bytes(b"not a directory")
    assert directory() == newer


def test_a_generation_that_is_taken_off_the_table_is_refused_without_a_restart(machine: Machine) -> None:
    started = machine.start()
    trust = cards()
    narrow = CardTrust(trust.authorities[:-1], trust.policies[:-1], trust.suites)
    table, authorities = card_trust_files(narrow)
    (machine.folder / "cards.toml").write_bytes(table)
    (machine.folder / "authorities.pem").write_bytes(authorities)
    with pytest.raises(Refused) as refusal:
        machine.ask(started)
    assert refusal.value.code is WireCode.CARD_UNTRUSTED


BREAKS: dict[str, Callable[[Path], object]] = {
    "no seal key": lambda folder: (folder / "seal.key").unlink(),
    "short seal key": lambda folder: (folder / "seal.key").write_bytes(bytes(95)),
    "short token key": lambda folder: (folder / "token.key").write_bytes(bytes(31)),
    "no beacon key": lambda folder: (folder / "beacon.key").unlink(),
    "no directory": lambda folder: (folder / "center.directory").unlink(),
    "no signed directory": lambda folder: (folder / "center.directory").write_bytes(b"x"),
    "no table": lambda folder: (folder / "cards.toml").unlink(),
    "broken table": lambda folder: (folder / "cards.toml").write_bytes(b"suites = 1"),
    "no lists": lambda folder: (folder / "lists.pem").unlink(),
    "short previous beacon key": lambda folder: (folder / "beacon.before").write_bytes(bytes(31)),
}


@pytest.mark.parametrize("damage", BREAKS.values(), ids=BREAKS.keys())
def test_a_file_that_is_missing_or_broken_starts_no_server(machine: Machine, damage: Callable[[Path], object]) -> None:
    damage(machine.folder)
    with pytest.raises(ConfigRefused) as refusal:
        machine.start()
    assert str(bytes(31)) not in str(refusal.value)


def test_lists_are_needed_where_the_policy_looks_into_them(machine: Machine) -> None:
    config = machine.config()
    without = msgspec.structs.replace(config, files=msgspec.structs.replace(config.files, revocation_lists=""))
    with pytest.raises(ConfigRefused, match="revocation_lists"):
        machine.start(without)
    only_ocsp = msgspec.structs.replace(
        without, service=msgspec.structs.replace(config.service, revocation=RevocationPolicy.OCSP)
    )
    assert machine.ask(machine.start(only_ocsp)) is RevocationSource.OCSP


def test_the_configuration_is_closed(machine: Machine) -> None:
    machine.policy = "sometimes"
    with pytest.raises(ConfigRefused, match="revocation"):
        machine.config()
