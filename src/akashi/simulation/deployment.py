"""
All keys and certificates of one deployment, in memory: a city, a center, an operator's kiosks, a test JPKI.

`entry` writes it to disk for the demo; tests and the simulation use it as it is. In production each party makes its own keys
and only public halves meet in the directories; that one process sees them all is what makes this a made-up deployment.
Source: docs/spec/protocol.md section 2; docs/spec/pki.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from akashi.pki.authority import Authority
from akashi.pki.hop import make_hop_authority
from akashi.pki.kiosk import issue_kiosk_certificate, make_kiosk_authority
from akashi.pki.moments import moment
from akashi.sealing.directory import DIRECTORY_AGE_MS_MAX, sign_directory
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.wire.messages import DirectoryKey, DirectoryPayload, KeyUse
from akashi.wire.transcript import key_id

DAY_MS = 86_400_000
SEAL_OVERLAP_MS = 2 * 3_600_000
"""How long after its end a seal key's private half is kept: longer than any deadline and any grant."""


@dataclass(frozen=True, slots=True, repr=False)
class KioskKeys:
    """A kiosk's device key and certificate."""

    kiosk_id: str
    device_key: SigningKey
    certificate: bytes


@dataclass(frozen=True, slots=True, repr=False)
class CenterKeys:
    """Keys of the certificate center; `root` and `kiosk_authority` are off line."""

    root: SigningKey
    kiosk_authority: Authority
    seal: SealPrivateKey
    token: SigningKey
    beacon: SigningKey


@dataclass(frozen=True, slots=True, repr=False)
class CityKeys:
    """
    Keys of one city; `root` is off line. `document_certificate` is the DER beside `document_key`.

    `registry` is core/residents'; `seals`, `taxes` and `koseki` are those of the other registries.
    """

    municipality: str
    root: SigningKey
    seal: SealPrivateKey
    answer: SigningKey
    registry: SigningKey
    seals: SigningKey
    taxes: SigningKey
    koseki: SigningKey
    receipt: SigningKey
    document_key: ec.EllipticCurvePrivateKey
    document_certificate: bytes
    paper_key: ec.EllipticCurvePrivateKey

    @property
    def paper_public(self) -> bytes:
        """The public half of `paper_key`, as directories name it."""
        return self.paper_key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)


@dataclass(frozen=True, slots=True, repr=False)
class Deployment:
    """Everything that exists before the first citizen comes."""

    hop_authority: Authority
    center: CenterKeys
    city: CityKeys
    kiosks: tuple[KioskKeys, ...]
    operators: tuple[SigningKey, SigningKey]


def make_deployment(*, municipality: str, city_name: str, kiosk_ids: tuple[str, ...], now_ms: int) -> Deployment:
    """
    Return fresh keys for everybody.

    Args:
        municipality: code of the city, 6 digits.
        city_name: stands in the document certificate, such as "東京都証野市".
        kiosk_ids: the operator's kiosks.
        now_ms: beginning of every certificate.
    """
    authority = make_kiosk_authority(now_ms=now_ms)
    document_key, document_certificate = make_document_key(city_name, now_ms=now_ms)
    return Deployment(
        hop_authority=make_hop_authority(now_ms=now_ms),
        center=CenterKeys(
            SigningKey.generate(), authority, SealPrivateKey.generate(), SigningKey.generate(), SigningKey.generate()
        ),
        city=CityKeys(
            municipality=municipality,
            root=SigningKey.generate(),
            seal=SealPrivateKey.generate(),
            answer=SigningKey.generate(),
            registry=SigningKey.generate(),
            seals=SigningKey.generate(),
            taxes=SigningKey.generate(),
            koseki=SigningKey.generate(),
            receipt=SigningKey.generate(),
            document_key=document_key,
            document_certificate=document_certificate,
            paper_key=ec.generate_private_key(ec.SECP256R1()),
        ),
        kiosks=tuple(_make_kiosk(authority, kiosk_id, now_ms) for kiosk_id in kiosk_ids),
        operators=(SigningKey.generate(), SigningKey.generate()),
    )


def make_document_key(city_name: str, *, now_ms: int) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """Return the key that signs documents (ECDSA P-256) and its self-signed certificate (DER), good for three years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, city_name),
            x509.NameAttribute(NameOID.COMMON_NAME, "Akashi document signer"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(now_ms - 300_000))
        .not_valid_after(moment(now_ms + 3 * 365 * DAY_MS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    return key, certificate.public_bytes(serialization.Encoding.DER)


def sign_center_directory(center: CenterKeys, *, sequence: int, now_ms: int, revoked_kiosks: tuple[str, ...] = ()) -> bytes:
    """Return the center's directory (an encoded `Signed`), good for 24 hours from five minutes ago."""
    keys = (
        _key(KeyUse.VALIDITY_SEAL, center.seal.public_bytes, now_ms),
        _key(KeyUse.VALIDITY_TOKEN, center.token.public_bytes, now_ms),
        _key(KeyUse.BEACON, center.beacon.public_bytes, now_ms),
        _key(KeyUse.KIOSK_AUTHORITY, center.kiosk_authority.certificate_der, now_ms),
    )
    return _sign(center.root, "center", keys, sequence=sequence, now_ms=now_ms, revoked_kiosks=revoked_kiosks)


def sign_city_directory(city: CityKeys, *, sequence: int, now_ms: int, previous: DirectoryKey | None = None) -> bytes:
    """Return the city's directory (an encoded `Signed`); `previous` is yesterday's issuer seal key, still honoured."""
    keys = (
        _key(KeyUse.ISSUER_SEAL, city.seal.public_bytes, now_ms),
        _key(KeyUse.ANSWER, city.answer.public_bytes, now_ms),
        _key(KeyUse.REGISTRY, city.registry.public_bytes, now_ms),
        _key(KeyUse.SEALS, city.seals.public_bytes, now_ms),
        _key(KeyUse.TAXES, city.taxes.public_bytes, now_ms),
        _key(KeyUse.KOSEKI, city.koseki.public_bytes, now_ms),
        _key(KeyUse.RECEIPT, city.receipt.public_bytes, now_ms),
        _key(KeyUse.DOCUMENT, city.document_certificate, now_ms),
        _key(KeyUse.PAPER, city.paper_public, now_ms),
    ) + ((previous,) if previous else ())
    return _sign(city.root, city.municipality, keys, sequence=sequence, now_ms=now_ms)


def _key(use: KeyUse, public: bytes, now_ms: int) -> DirectoryKey:
    return DirectoryKey(key_id(public), use, public, now_ms - 300_000, now_ms + DAY_MS + SEAL_OVERLAP_MS)


def _sign(
    root: SigningKey,
    authority: str,
    keys: tuple[DirectoryKey, ...],
    *,
    sequence: int,
    now_ms: int,
    revoked_kiosks: tuple[str, ...] = (),
) -> bytes:
    begin_ms = now_ms - 300_000
    return sign_directory(
        root, DirectoryPayload(authority, sequence, begin_ms, begin_ms + DIRECTORY_AGE_MS_MAX, keys, revoked_kiosks)
    )


def _make_kiosk(authority: Authority, kiosk_id: str, now_ms: int) -> KioskKeys:
    device_key = SigningKey.generate()
    certificate = issue_kiosk_certificate(authority, kiosk_id=kiosk_id, public=device_key.public_bytes, now_ms=now_ms)
    return KioskKeys(kiosk_id, device_key, certificate)
