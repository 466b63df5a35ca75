"""
A certification authority in the shape of JPKI's user-authentication CA, for tests, simulations and demonstrations.

Its name is O=JPKI-TEST and its key is its own: no certificate of it can pass where the table of accepted authorities does not
list it, and none of the real authority passes here. Only `entry` and `simulation` may import this module.
Several generations share one name, as the real ones do. Not a product CA: keys lie in files, there is no ceremony, no audit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from akashi.pki.authority import is_issued_by, key_identifier, own_certificate
from akashi.pki.crl import Revocation, build_crl
from akashi.pki.errors import MaterialBad
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY, AcceptedPolicy
from akashi.pki.moments import millis
from akashi.pki.pem import (
    key_text,
    one_certificate,
    parse_key,
    pem_text,
    replace_private,
    write_private,
    write_public,
)
from akashi.pki.profile import (
    CardKey,
    build_authority_certificate,
    build_card_certificate,
    build_responder_certificate,
    jp_name,
)
from akashi.pki.revoked import RevokedState, parse_state, state_text

ORGANIZATION: Final = "JPKI-TEST"
GENERATIONS_DEFAULT: Final = 3
CARD_DAYS: Final = 5 * 365
RESPONDER_DAYS: Final = 30
_GENERATION_YEARS: Final = 10
_GENERATION_STEP_YEARS: Final = 4
_YEAR_MS: Final = 365 * 86_400_000
_PARTITION = re.compile(r"[A-Za-z0-9 _-]{1,64}", re.ASCII)

AUTHORITIES_FILE: Final = "authorities.pem"
STATE_FILE: Final = "state.json"


@dataclass(frozen=True, slots=True, repr=False)
class CardMaterial:
    """
    A user-authentication certificate with its key, to be put on a virtual card.

    Attributes:
        certificate_der: the certificate.
        key_pem: PKCS#8 PEM of the private key; None where the caller brought the public key.
        serial: the certificate's serial number.
        authority_der: certificate of the generation that issued it; the card carries it, too.
    """

    certificate_der: bytes
    key_pem: bytes | None
    serial: int
    authority_der: bytes


@dataclass(slots=True, repr=False)
class Generation:
    """
    One generation of the authority.

    Attributes:
        key: its private key, RSA-2048.
        certificate_der: its self-signed certificate.
        responder_key, responder_der: key and certificate of its OCSP responder.
        revoked: serial to revocation; a hold can be lifted, nothing else can.
        crl_number: of the last revocation list.
    """

    key: rsa.RSAPrivateKey
    certificate_der: bytes
    responder_key: ec.EllipticCurvePrivateKey
    responder_der: bytes
    revoked: dict[int, Revocation] = field(default_factory=dict)
    crl_number: int = 0

    @property
    def certificate(self) -> x509.Certificate:
        """The authority's certificate, parsed."""
        return own_certificate(self.certificate_der)


def partition_name(partition: str) -> x509.Name:
    """
    Return the directory name of a revocation list's distribution point, one per municipality.

    Raises:
        MaterialBad: not 1-64 of A-Z a-z 0-9 space _ -.
    """
    if not _PARTITION.fullmatch(partition):
        raise MaterialBad("a partition is 1-64 of A-Z a-z 0-9 space _ -")
    units = ("JPKI for user authentication", "CRL Distribution Points")
    return jp_name(ORGANIZATION, *units, common_name=f"{partition} CRLDP")


class TestAuthority:
    """
    The test CA: several generations of one name, in memory; `save` and `load` keep it in a folder.

    Args:
        generations: oldest first, at least one.
    """

    __test__ = False
    """It is no test case, whatever its name begins with."""

    def __init__(self, generations: Iterable[Generation]) -> None:
        self.generations = tuple(generations)
        if not self.generations:
            raise MaterialBad("a test CA without generation")

    @classmethod
    def create(cls, *, now_ms: int, generations: int = GENERATIONS_DEFAULT) -> TestAuthority:
        """
        Return a new CA. The newest generation began a year ago; each older one began four years earlier, each lives ten.

        Args:
            now_ms: today.
            generations: 1 or more; with 3, all are in date.
        """
        starts = [now_ms - _YEAR_MS * (1 + _GENERATION_STEP_YEARS * back) for back in reversed(range(generations))]
        return cls(_generation(number, start, now_ms) for number, start in enumerate(starts, start=1))

    @property
    def authorities(self) -> tuple[bytes, ...]:
        """Certificates (DER) of all generations, oldest first."""
        return tuple(each.certificate_der for each in self.generations)

    def accepted(self, policy_oid: str = USER_AUTHENTICATION_POLICY) -> tuple[AcceptedPolicy, ...]:
        """Return the table of what a verifier should accept: each generation for its own life."""
        return tuple(
            AcceptedPolicy(
                policy_oid,
                key_identifier(each.certificate),
                millis(each.certificate.not_valid_before_utc),
                millis(each.certificate.not_valid_after_utc),
            )
            for each in self.generations
        )

    def issue(
        self,
        *,
        now_ms: int,
        public_key: CardKey | None = None,
        generation: int = -1,
        partition: str = "Akashino-shi",
        lifetime_days: int = CARD_DAYS,
        policy_oid: str = USER_AUTHENTICATION_POLICY,
    ) -> CardMaterial:
        """
        Return a user-authentication certificate.

        Args:
            now_ms: issued now.
            public_key: RSA-2048 or ECDSA P-384; None: a fresh RSA-2048 key is made and returned (about 0.1 s).
            generation: index into `generations`; -1 is the newest.
            partition: of the revocation list that will cover it.
            lifetime_days: cut where the generation ends earlier.
            policy_oid: the certificate policy.

        Raises:
            MaterialBad: no such generation, or a wrong partition.
        """
        if not -len(self.generations) <= generation < len(self.generations):
            raise MaterialBad("no such generation of the test CA")
        issuer = self.generations[generation]
        key = None
        if public_key is None:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public_key = key.public_key()
        last_ms = min(now_ms + lifetime_days * 86_400_000, millis(issuer.certificate.not_valid_after_utc))
        certificate = build_card_certificate(
            issuer.key,
            issuer.certificate,
            public_key=public_key,
            dates_ms=(now_ms, last_ms),
            policy_oid=policy_oid,
            partition=partition_name(partition),
        )
        return CardMaterial(
            certificate.public_bytes(Encoding.DER),
            key_text(key) if key else None,
            certificate.serial_number,
            issuer.certificate_der,
        )

    def revoke(self, certificate_der: bytes, *, reason: x509.ReasonFlags, now_ms: int) -> None:
        """
        Revoke a certificate, or put it on hold (`certificate_hold`).

        Raises:
            MaterialBad: it is none of ours.
        """
        certificate = own_certificate(certificate_der)
        self._issuer_of(certificate).revoked[certificate.serial_number] = Revocation(certificate.serial_number, now_ms, reason)

    def lift_hold(self, certificate_der: bytes) -> None:
        """
        End a hold.

        Raises:
            MaterialBad: it is none of ours, or is not on hold: a real revocation is never undone.
        """
        certificate = own_certificate(certificate_der)
        issuer = self._issuer_of(certificate)
        found = issuer.revoked.get(certificate.serial_number)
        if found is None or found.reason is not x509.ReasonFlags.certificate_hold:
            raise MaterialBad("the certificate is not on hold")
        del issuer.revoked[certificate.serial_number]

    def crls(self, *, now_ms: int, lifetime_ms: int = 86_400_000, partition: str | None = None) -> tuple[bytes, ...]:
        """
        Return one revocation list (DER) per generation.

        Args:
            now_ms: this update.
            lifetime_ms: until the next update.
            partition: the lists' distribution point; None: they are complete. Every list holds all revoked certificates.

        Raises:
            MaterialBad: a wrong partition.
        """
        point = None if partition is None else partition_name(partition)
        lists = []
        for each in self.generations:
            each.crl_number += 1
            lists.append(
                build_crl(
                    authority_der=each.certificate_der,
                    key=each.key,
                    number=each.crl_number,
                    dates_ms=(now_ms, now_ms + lifetime_ms),
                    revoked=each.revoked.values(),
                    partition=point,
                )
            )
        return tuple(lists)

    def renew_responders(self, *, now_ms: int) -> None:
        """Give every generation's OCSP responder a fresh key and a certificate for 30 days."""
        for each in self.generations:
            each.responder_key, each.responder_der = _responder(each.key, each.certificate, now_ms)

    def _issuer_of(self, certificate: x509.Certificate) -> Generation:
        for each in self.generations:
            if is_issued_by(certificate, each.certificate):
                return each
        raise MaterialBad("not a certificate of this test CA")

    def state_json(self) -> bytes:
        """Return what is revoked, as `parse_state` reads it: for the state file that the responder watches."""
        return state_text(
            {
                key_identifier(each.certificate): RevokedState(each.crl_number, tuple(each.revoked.values()))
                for each in self.generations
            }
        )

    def save(self, folder: Path) -> None:
        """
        Write everything to a folder: keys 0400, responder keys and state 0600, certificates 0644. Call again after a change.

        Raises:
            MaterialBad: the folder cannot be written, or holds another CA's keys.
        """
        write_public(folder / AUTHORITIES_FILE, b"".join(pem_text("CERTIFICATE", der) for der in self.authorities))
        for number, each in enumerate(self.generations, start=1):
            _write_once(folder / f"generation-{number}.key", key_text(each.key))
            write_public(folder / f"generation-{number}.pem", pem_text("CERTIFICATE", each.certificate_der))
            replace_private(folder / f"responder-{number}.key", key_text(each.responder_key))
            write_public(folder / f"responder-{number}.pem", pem_text("CERTIFICATE", each.responder_der))
        self.save_state(folder)

    def save_state(self, folder: Path) -> None:
        """
        Write only what is revoked, in one step.

        Raises:
            MaterialBad: the folder cannot be written.
        """
        replace_private(folder / STATE_FILE, self.state_json())

    def save_lists(self, path: Path, *, now_ms: int, lifetime_ms: int = 86_400_000) -> None:
        """
        Write the complete revocation lists of all generations into one PEM file, in one step. Call `save_state` as well.

        Raises:
            MaterialBad: the folder cannot be written.
        """
        lists = self.crls(now_ms=now_ms, lifetime_ms=lifetime_ms)
        replace_private(path, b"".join(pem_text("X509 CRL", der) for der in lists))

    @classmethod
    def load(cls, folder: Path) -> TestAuthority:
        """
        Return the CA that `save` wrote.

        Raises:
            MaterialBad: a file is missing or is not what it should be.
        """
        try:
            state = parse_state((folder / STATE_FILE).read_bytes())
            return cls(_load_generation(folder, number, state) for number in range(1, len(state) + 1))
        except OSError as error:
            raise MaterialBad(f"test CA: a file cannot be read ({error.strerror})") from None


def _load_generation(folder: Path, number: int, state: Mapping[bytes, RevokedState]) -> Generation:
    key = parse_key((folder / f"generation-{number}.key").read_bytes())
    responder_key = parse_key((folder / f"responder-{number}.key").read_bytes())
    if not isinstance(key, rsa.RSAPrivateKey) or not isinstance(responder_key, ec.EllipticCurvePrivateKey):
        raise MaterialBad("test CA: a key is of another kind")
    certificate_der = one_certificate((folder / f"generation-{number}.pem").read_bytes())
    responder_der = one_certificate((folder / f"responder-{number}.pem").read_bytes())
    mine = state.get(key_identifier(own_certificate(certificate_der)))
    if mine is None or own_certificate(certificate_der).public_key() != key.public_key():
        raise MaterialBad("test CA: files do not belong together")
    return Generation(
        key, certificate_der, responder_key, responder_der, {one.serial: one for one in mine.revoked}, mine.crl_number
    )


def _write_once(path: Path, content: bytes) -> None:
    if not path.exists():
        write_private(path, content)
    elif path.read_bytes() != content:
        raise MaterialBad(f"{path.name}: holds another key; a test CA's keys are never replaced")


def _generation(number: int, start_ms: int, now_ms: int) -> Generation:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate_der = build_authority_certificate(
        key,
        name=jp_name(ORGANIZATION, "JPKI for user authentication", "Akashi test authority"),
        alternative=jp_name("公的個人認証サービス（試験）"),
        serial=number,
        dates_ms=(start_ms, start_ms + _GENERATION_YEARS * _YEAR_MS),
    )
    return Generation(key, certificate_der, *_responder(key, own_certificate(certificate_der), now_ms))


def _responder(
    authority_key: rsa.RSAPrivateKey, authority: x509.Certificate, now_ms: int
) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate_der = build_responder_certificate(
        authority_key,
        authority,
        public_key=key.public_key(),
        dates_ms=(now_ms - 300_000, now_ms + RESPONDER_DAYS * 86_400_000),
        organization=ORGANIZATION,
    )
    return key, certificate_der
