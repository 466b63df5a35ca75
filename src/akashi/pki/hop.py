"""
Hop certificates: who a server is on a link, and the only place where a TLS peer gets its name.

Promises: `peer_name` gives a name of the topology or refuses; a certificate with two names, or none, has none.
Trusts: that TLS has checked chain, dates and possession of the key. Source: docs/spec/protocol.md section 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from akashi.base.ports import Caller
from akashi.pki.authority import EXTENSIONS_UNREAD, USAGE_SIGN, Authority, draft, make_authority, uri_names
from akashi.pki.errors import MaterialBad, PeerUnnamed
from akashi.pki.pem import key_text
from akashi.wire import topology

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 90
DER_BYTES_MAX = 8192

_INSTANCE = r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
_URI = re.compile(rf"spiffe://akashi/(?P<server>[a-z]+/[a-z]+)(?:/(?P<instance>{_INSTANCE}))?", re.ASCII)
_SERVERS = frozenset(server.name for server in topology.SERVERS)


@dataclass(frozen=True, slots=True, repr=False)
class HopIdentity:
    """
    A server's hop certificate with its private key.

    Attributes:
        certificate_der: public.
        key_pem: PKCS#8 PEM of the private key; only into a file of mode 0400.
    """

    certificate_der: bytes
    key_pem: bytes


def make_hop_authority(*, now_ms: int) -> Authority:
    """Return a new authority for hop certificates, good for 10 years. It is used off line, when a server is set up."""
    return make_authority("Akashi hop authority", now_ms=now_ms, lifetime_days=AUTHORITY_DAYS)


def hop_uri(server: str, instance: str = "") -> str:
    """
    Return the URI name of a server, such as "spiffe://akashi/store/kiosk/K0001".

    Raises:
        MaterialBad: the topology has no such server, or the instance is not 1-32 of A-Z a-z 0-9 _ -.
    """
    if server not in _SERVERS or (instance and not re.fullmatch(_INSTANCE, instance, re.ASCII)):
        raise MaterialBad("no such server in the topology, or a wrong instance name")
    return f"spiffe://akashi/{server}" + (f"/{instance}" if instance else "")


def issue_hop_certificate(
    authority: Authority, *, server: str, instance: str = "", now_ms: int, lifetime_days: int = CERTIFICATE_DAYS
) -> HopIdentity:
    """
    Return a fresh key and its certificate for one server, usable as TLS client and TLS server.

    Args:
        authority: the hop authority.
        server: name in the topology, such as "center/relay".
        instance: which of several, such as the kiosk's id; empty where there is one.
        now_ms: the certificate begins 5 minutes earlier.
        lifetime_days: 1 or more.

    Raises:
        MaterialBad: no such server, or a wrong instance name.
    """
    uri = hop_uri(server, instance)
    key = ec.generate_private_key(ec.SECP256R1())
    dns = topology.server(server).tls_name
    certificate = (
        draft(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, dns)]),
            authority.certificate.subject,
            key.public_key(),
            now_ms=now_ms,
            lifetime_days=lifetime_days,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(USAGE_SIGN, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(dns), x509.UniformResourceIdentifier(uri)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return HopIdentity(certificate.public_bytes(serialization.Encoding.DER), key_text(key))


def peer_name(untrusted_der: bytes) -> Caller:
    """
    Return who the TLS peer is.

    Args:
        untrusted_der: the peer's certificate as TLS gave it, after TLS verified chain and dates; at most 8 KiB.

    Raises:
        PeerUnnamed: no certificate, not exactly one URI name, or one that is no server of the topology.
    Source: docs/spec/protocol.md section 1.
    """
    if len(untrusted_der) > DER_BYTES_MAX:
        raise PeerUnnamed("certificate larger than 8 KiB")
    try:
        names = uri_names(x509.load_der_x509_certificate(untrusted_der))
    except EXTENSIONS_UNREAD:
        raise PeerUnnamed("not a certificate") from None
    if len(names) != 1:
        raise PeerUnnamed(f"{len(names)} URI names instead of one")
    match = _URI.fullmatch(names[0])
    if match is None or match["server"] not in _SERVERS:
        raise PeerUnnamed("the URI name is no server of the topology")
    return Caller(server=match["server"], instance=match["instance"] or "")
