"""One whole eligibility session of a person who does not exist: center, kiosk, card, request, token; any part replaceable."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from akashi.admission import Admitted, CardTrust, Trust, admit
from akashi.pki.authority import Authority
from akashi.pki.kiosk import issue_kiosk_certificate, make_kiosk_authority
from akashi.sealing.directory import Directory, sign_directory, verify_directory
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.sealing.signing import Purpose, sign_message, sign_raw
from akashi.wire import codec
from akashi.wire.messages import (
    BeaconPayload,
    DirectoryKey,
    DirectoryPayload,
    EligibilityRequest,
    Header,
    JourneyClass,
    KeyUse,
    RevocationSource,
    ValidityTokenPayload,
)
from akashi.wire.transcript import key_id, root_hash, transcript_hash
from unit.pki.made_pki import DAY_MS, NOW, card, card_key, jpki_ca, p384_key

CITY = "139998"
RSA_SUITE = "jpki-rsa2048-sha256-v15"
P384_SUITE = "next-ecdsa-p384-sha384"
TOKEN_MS = 180_000


@dataclass(frozen=True)
class Center:
    """Keys of the certificate center."""

    root: SigningKey = field(default_factory=SigningKey.generate)
    token: SigningKey = field(default_factory=SigningKey.generate)
    beacon: SigningKey = field(default_factory=SigningKey.generate)
    kiosk_authority: Authority = field(default_factory=lambda: make_kiosk_authority(now_ms=NOW))

    def keys(self) -> tuple[DirectoryKey, ...]:
        return (
            entry(KeyUse.VALIDITY_TOKEN, self.token.public_bytes),
            entry(KeyUse.BEACON, self.beacon.public_bytes),
            entry(KeyUse.KIOSK_AUTHORITY, self.kiosk_authority.certificate_der),
        )

    def signed_directory(
        self, *, keys: tuple[DirectoryKey, ...] | None = None, revoked: tuple[str, ...] = (), begin_ms: int = NOW - 1000
    ) -> bytes:
        payload = DirectoryPayload("center", 1, begin_ms, begin_ms + DAY_MS, self.keys() if keys is None else keys, revoked)
        return sign_directory(self.root, payload)

    def directory(self, *, keys: tuple[DirectoryKey, ...] | None = None, revoked: tuple[str, ...] = ()) -> Directory:
        signed = self.signed_directory(keys=keys, revoked=revoked)
        return verify_directory(signed, root_public=self.root.public_bytes, authority="center", now_ms=NOW)


def entry(use: KeyUse, public: bytes, *, from_ms: int = NOW - DAY_MS, until_ms: int = NOW + DAY_MS) -> DirectoryKey:
    return DirectoryKey(key_id(public), use, public, from_ms, until_ms)


@functools.cache
def center() -> Center:
    return Center()


@functools.cache
def device_key(number: int = 1) -> SigningKey:
    del number
    return SigningKey.generate()


@functools.cache
def kiosk_certificate(kiosk_id: str = "K0001") -> bytes:
    return issue_kiosk_certificate(center().kiosk_authority, kiosk_id=kiosk_id, public=device_key().public_bytes, now_ms=NOW)


@functools.cache
def session_keys() -> tuple[SealPrivateKey, SigningKey]:
    return SealPrivateKey.generate(), SigningKey.generate()


def cards() -> CardTrust:
    return CardTrust(jpki_ca().authorities, jpki_ca().accepted(), frozenset({RSA_SUITE, P384_SUITE}))


def card_signs(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, transcript: bytes) -> bytes:
    """Sign as the card does: RSA with PKCS#1 v1.5 and SHA-256, P-384 with SHA-384 and raw r and s."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(transcript, padding.PKCS1v15(), hashes.SHA256())
    r, s = decode_dss_signature(key.sign(transcript, ec.ECDSA(hashes.SHA384())))
    return r.to_bytes(48) + s.to_bytes(48)


def beacon(time_ms: int = NOW, key: SigningKey | None = None) -> bytes:
    return sign_message(key or center().beacon, Purpose.BEACON, BeaconPayload(time_ms, bytes(16)))


def token(transcript: bytes, *, not_after_ms: int = NOW + TOKEN_MS, key: SigningKey | None = None) -> bytes:
    payload = ValidityTokenPayload(transcript, not_after_ms, RevocationSource.OCSP)
    return sign_message(key or center().token, Purpose.VALIDITY_TOKEN, payload)


@dataclass(frozen=True)
class Session:
    """What the issuer holds after it opened part I. `admit` runs the check on it."""

    header: Header
    request: EligibilityRequest
    validity_token: bytes
    trust: Trust
    header_bytes: bytes | None = None

    def with_request(self, **changes: object) -> Session:
        return replace(self, request=msgspec.structs.replace(self.request, **changes))

    def with_header(self, **changes: object) -> Session:
        return replace(self, header=msgspec.structs.replace(self.header, **changes))

    def transcript(self) -> bytes:
        root = root_hash(self.request, municipality=self.header.municipality, issuer_key_id=self.header.key_id)
        return transcript_hash(beacon=self.request.beacon, card_certificate=self.request.card_certificate, root=root)

    def signed(
        self,
        *,
        card_private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
        device: SigningKey | None = None,
    ) -> Session:
        """Return the session with both signatures and the token made anew for its present content."""
        transcript = self.transcript()
        signed = self.with_request(
            card_signature=card_signs(card_private or card_key(), transcript),
            kiosk_signature=sign_raw(device or device_key(), Purpose.KIOSK, transcript),
        )
        return replace(signed, validity_token=token(transcript))

    def admit(self, *, now_ms: int = NOW) -> Admitted:
        header_bytes = codec.encode(self.header) if self.header_bytes is None else self.header_bytes
        return admit(self.header, header_bytes, self.request, self.validity_token, trust=self.trust, now_ms=now_ms)


def session() -> Session:
    """Return a session that is admitted."""
    kem, sign = session_keys()
    directory = center().directory()
    request = EligibilityRequest(
        salt=bytes(range(32)),
        suite=RSA_SUITE,
        kem_public=kem.public_bytes,
        sign_public=sign.public_bytes,
        session_secret=bytes(range(32, 64)),
        build="kiosk-1",
        service="juminhyo",
        directory_sequence=1,
        beacon=beacon(),
        card_certificate=card().certificate_der,
        card_signature=bytes(256),
        kiosk_certificate=kiosk_certificate(),
        kiosk_signature=bytes(64),
        deadline_ms=30_000,
    )
    header = Header(1, CITY, JourneyClass.ELIGIBILITY, bytes(16), "store/kiosk/K0001", "issuance/issuer", b"\x07" * 8)
    return Session(header, request, b"", Trust(lambda _now_ms: directory, cards())).signed()


def p384_session() -> Session:
    """Return a session with a card of the next kind."""
    made = jpki_ca().issue(now_ms=NOW - DAY_MS, public_key=p384_key().public_key())
    return session().with_request(suite=P384_SUITE, card_certificate=made.certificate_der).signed(card_private=p384_key())
