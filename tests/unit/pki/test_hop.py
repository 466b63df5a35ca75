"""Hop certificates and the name of a TLS peer."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from akashi.base.config import TlsConfig
from akashi.base.ports import Caller
from akashi.base.tls import client_context, server_context
from akashi.pki.authority import draft, load_authority
from akashi.pki.errors import MaterialBad, PeerUnnamed
from akashi.pki.hop import hop_uri, issue_hop_certificate, peer_name
from akashi.pki.pem import pem_text
from akashi.wire import topology
from akashi.wire.errors import WireCode
from unit.pki.made_pki import NOW, hop_authority, kiosk_authority


def named(*uris: str) -> bytes:
    """Return a certificate with these URI names, as a hostile hop CA customer might wish for."""
    authority = hop_authority()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    builder = draft(name, authority.certificate.subject, key.public_key(), now_ms=NOW, lifetime_days=1)
    if uris:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.promise("C5")
@pytest.mark.parametrize("server", [server.name for server in topology.SERVERS])
def test_every_server_of_the_topology_gets_its_own_name_back(server: str) -> None:
    issued = issue_hop_certificate(hop_authority(), server=server, now_ms=NOW)
    assert peer_name(issued.certificate_der) == Caller(server, "")
    certificate = x509.load_der_x509_certificate(issued.certificate_der)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [topology.server(server).tls_name]
    certificate.verify_directly_issued_by(hop_authority().certificate)


def test_an_instance_is_part_of_the_name() -> None:
    issued = issue_hop_certificate(hop_authority(), server="store/kiosk", instance="K0001", now_ms=NOW)
    assert peer_name(issued.certificate_der) == Caller("store/kiosk", "K0001")


@pytest.mark.parametrize(
    ("server", "instance"),
    [("store/printer", ""), ("", ""), ("center/relay", "a/b"), ("center/relay", "x" * 33), ("center/relay", "a\n")],
)
def test_no_certificate_for_names_outside_the_topology(server: str, instance: str) -> None:
    with pytest.raises(MaterialBad):
        hop_uri(server, instance)


@pytest.mark.promise("C5")
@pytest.mark.parametrize(
    "uris",
    [
        (),
        ("spiffe://akashi/center/relay", "spiffe://akashi/center/validity"),
        ("spiffe://akashi/center/nothing",),
        ("spiffe://akashi/center/relay/",),
        ("spiffe://akashi/center/relay/a/b",),
        ("spiffe://akashi/center/relay?x",),
        ("spiffe://other/center/relay",),
        ("https://akashi/center/relay",),
        ("spiffe://akashi/kiosk/K0001",),
        ("spiffe://akashi/center/relay\n",),
    ],
)
def test_a_peer_with_no_two_or_foreign_names_is_nobody(uris: tuple[str, ...]) -> None:
    with pytest.raises(PeerUnnamed) as refusal:
        peer_name(named(*uris))
    assert refusal.value.code is WireCode.CALLER_REFUSED


def test_bytes_that_are_no_certificate_are_nobody() -> None:
    good = issue_hop_certificate(hop_authority(), server="center/relay", now_ms=NOW).certificate_der
    for bad in (b"", b"\x30\x00", good[:-1], good + b"\x00", good + bytes(9000)):
        with pytest.raises(PeerUnnamed):
            peer_name(bad)


def test_a_certificate_with_a_negative_serial_number_is_nobodys() -> None:
    """The library only warns of it; a warning is no name."""
    good = issue_hop_certificate(hop_authority(), server="center/relay", now_ms=NOW).certificate_der
    serial = x509.load_der_x509_certificate(good).serial_number
    octets = serial.to_bytes((serial.bit_length() + 8) // 8, "big")
    with pytest.raises(PeerUnnamed, match="not a certificate"):
        peer_name(good.replace(octets, bytes([octets[0] | 0x80]) + octets[1:], 1))


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> tuple[Caller, Caller]:
    """Run a TLS handshake in memory; return whom the server and whom the client sees."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_side = client.wrap_bio(to_client, to_server, server_hostname=host)
    server_side = server.wrap_bio(to_server, to_client, server_side=True)
    pending = [client_side, server_side]
    for _ in range(10):
        for side in list(pending):
            try:
                side.do_handshake()
                pending.remove(side)
            except ssl.SSLWantReadError:
                continue
    seen_by_server, seen_by_client = server_side.getpeercert(binary_form=True), client_side.getpeercert(binary_form=True)
    assert seen_by_server is not None
    assert seen_by_client is not None
    return peer_name(seen_by_server), peer_name(seen_by_client)


def test_the_authority_is_restored_from_its_files_and_not_from_two_that_differ() -> None:
    authority = hop_authority()
    pem = pem_text("CERTIFICATE", authority.certificate_der)
    again = load_authority(authority.key_pem(), pem)
    assert again.certificate_der == authority.certificate_der
    assert again.key.private_numbers() == authority.key.private_numbers()
    with pytest.raises(MaterialBad):
        load_authority(kiosk_authority().key_pem(), pem)


def test_a_hop_certificate_serves_both_sides_of_mutual_tls(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(pem_text("CERTIFICATE", hop_authority().certificate_der))
    for side, server in (("server", "center/relay"), ("client", "hq/forwarder")):
        issued = issue_hop_certificate(hop_authority(), server=server, now_ms=NOW, lifetime_days=3650)
        (tmp_path / f"{side}.pem").write_bytes(pem_text("CERTIFICATE", issued.certificate_der))
        (tmp_path / f"{side}.key").write_bytes(issued.key_pem)
    tls = {
        side: TlsConfig(
            certificate=str(tmp_path / f"{side}.pem"),
            key=str(tmp_path / f"{side}.key"),
            authority=str(tmp_path / "ca.pem"),
        )
        for side in ("server", "client")
    }
    seen = handshake(server_context(tls["server"]), client_context(tls["client"]), "relay.center.akashi.internal")
    assert seen == (Caller("hq/forwarder", ""), Caller("center/relay", ""))
