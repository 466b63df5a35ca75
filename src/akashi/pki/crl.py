"""
Revocation lists (証明書失効リスト): build, and verify before use.

Promises: an answer "not revoked" comes only from lists that the card's own authority signed, that are in date now and whose
partition is one the card's certificate names. Lists are data: any number of partitions and generations side by side.
Indirect, delta and reason-restricted lists are refused. Source: RFC 5280 section 5; docs/spec/pki.md section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from akashi.pki.authority import EXTENSIONS_UNREAD, key_identifier, own_certificate
from akashi.pki.errors import CardRevoked, RevocationUnknown
from akashi.pki.jpki import CardIdentity
from akashi.pki.moments import millis, moment

DER_BYTES_MAX = 64 * 1024 * 1024
"""A list of a large partition; about 1.5 million entries."""

_READ_CRITICAL = frozenset({ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.AUTHORITY_KEY_IDENTIFIER})
_CRITICAL_FLAG = b"\x01\x01\xff"
"""DER BOOLEAN TRUE, as it stands in every critical extension."""
_ENTRY_READ_CRITICAL = frozenset({CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE})


@dataclass(frozen=True, slots=True, repr=False)
class Revocation:
    """
    One revoked certificate. Has no repr: the serial stands for a person.

    Attributes:
        serial: of the certificate.
        time_ms: when it was revoked.
        reason: why; `certificate_hold` counts as revoked while it lasts.
    """

    serial: int
    time_ms: int
    reason: x509.ReasonFlags


@dataclass(frozen=True, slots=True, repr=False)
class RevocationList:
    """
    A list whose signature was verified. Whether it is in date is asked at every use.

    Attributes:
        authority_key_id: of the authority that signed it.
        partition: names (DER) of the distribution point that it covers; empty: every certificate of the authority.
        this_update_ms, next_update_ms: its dates.
        serials: every listed serial number, whatever the reason.
    """

    authority_key_id: bytes
    partition: frozenset[bytes]
    this_update_ms: int
    next_update_ms: int
    serials: frozenset[int]

    def covers(self, card: CardIdentity) -> bool:
        """Return whether the card would be in this list if it were revoked."""
        if key_identifier(own_certificate(card.authority_der)) != self.authority_key_id:
            return False
        return not self.partition or not self.partition.isdisjoint(card.distribution_points)

    def is_in_date(self, now_ms: int) -> bool:
        """Return whether `now_ms` lies between its dates, both ends included."""
        return self.this_update_ms <= now_ms <= self.next_update_ms


def build_crl(
    *,
    authority_der: bytes,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    number: int,
    dates_ms: tuple[int, int],
    revoked: Iterable[Revocation],
    partition: x509.Name | None = None,
) -> bytes:
    """
    Return a signed list (DER).

    Args:
        authority_der: the certificate whose key signs.
        key: that key.
        number: CRL number; grows with every list.
        dates_ms: this update and next update.
        revoked: what it lists.
        partition: directory name of the distribution point; None: the list is complete for the authority.
    """
    authority = own_certificate(authority_der)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(moment(dates_ms[0]))
        .next_update(moment(dates_ms[1]))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier(key_identifier(authority), None, None),
            critical=False,
        )
    )
    if partition is not None:
        builder = builder.add_extension(_issuing_point(partition), critical=True)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial).revocation_date(moment(each.time_ms))
        if each.reason is not x509.ReasonFlags.unspecified:
            entry = entry.add_extension(x509.CRLReason(each.reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _issuing_point(partition: x509.Name) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.DirectoryName(partition)],
        relative_name=None,
        only_contains_user_certs=True,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


def parse_crl(untrusted_der: bytes, *, authorities: Sequence[bytes]) -> RevocationList:
    """
    Return the list, verified except for its dates.

    Args:
        untrusted_der: the list as it came; at most 64 MiB.
        authorities: certificates (DER) of all accepted generations; the signer is found by key identifier and signature.

    Raises:
        RevocationUnknown: no list, not signed by one of them, no next update, or of a kind that is not read here.
        MaterialBad: an authority's certificate cannot be parsed.
    """
    if len(untrusted_der) > DER_BYTES_MAX:
        raise RevocationUnknown("list larger than 64 MiB")
    try:
        entries = x509.load_der_x509_crl(untrusted_der)
        extensions = entries.extensions
        next_update, this_update = entries.next_update_utc, entries.last_update_utc
        signer = _signer(entries, extensions, authorities)
        serials = frozenset(_serials(entries, extensions))
    except EXTENSIONS_UNREAD:
        raise RevocationUnknown("not a revocation list") from None
    if next_update is None:
        raise RevocationUnknown("list without next update")
    return RevocationList(
        authority_key_id=signer,
        partition=_partition(extensions),
        this_update_ms=millis(this_update),
        next_update_ms=millis(next_update),
        serials=serials,
    )


def verify_crl(untrusted_der: bytes, *, authorities: Sequence[bytes], now_ms: int) -> RevocationList:
    """
    Return the list, verified and in date now.

    Raises:
        RevocationUnknown: as `parse_crl`, or `now_ms` lies outside its dates.
        MaterialBad: an authority's certificate cannot be parsed.
    """
    found = parse_crl(untrusted_der, authorities=authorities)
    if not found.is_in_date(now_ms):
        raise RevocationUnknown("list out of date")
    return found


def check_not_listed(card: CardIdentity, *, lists: Iterable[RevocationList], now_ms: int) -> None:
    """
    Return if a list that is in date covers the card and does not list it.

    Raises:
        CardRevoked: a list in date has it, on hold included.
        RevocationUnknown: no list in date covers the card.
    """
    covered = False
    for each in lists:
        if not each.covers(card) or not each.is_in_date(now_ms):
            continue
        covered = True
        if card.serial in each.serials:
            raise CardRevoked("listed in a revocation list")
    if not covered:
        raise RevocationUnknown("no revocation list in date covers the card")


def _signer(entries: x509.CertificateRevocationList, extensions: x509.Extensions, authorities: Sequence[bytes]) -> bytes:
    try:
        wanted = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        raise RevocationUnknown("list without authority key identifier") from None
    for der in authorities:
        authority = own_certificate(der)
        key = authority.public_key()
        if key_identifier(authority) != wanted or authority.subject != entries.issuer:
            continue
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or not _signs_lists(authority):
            continue
        if _strong(entries) and entries.is_signature_valid(key):
            return key_identifier(authority)
    raise RevocationUnknown("list not signed by an accepted authority")


def _signs_lists(authority: x509.Certificate) -> bool:
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return False


def _strong(entries: x509.CertificateRevocationList) -> bool:
    """Return whether the signature's hash is SHA-256, -384 or -512; the library would also verify SHA-1."""
    return isinstance(entries.signature_hash_algorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512)


def _partition(extensions: x509.Extensions) -> frozenset[bytes]:
    if any(each.critical and each.oid not in _READ_CRITICAL for each in extensions):
        raise RevocationUnknown("list with a critical extension that is not read here")
    try:
        point = extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return frozenset()
    other_kind = point.only_contains_ca_certs or point.only_contains_attribute_certs
    if point.indirect_crl or point.only_some_reasons is not None or other_kind or point.relative_name is not None:
        raise RevocationUnknown("indirect, reason-restricted or other kind of list")
    names = frozenset(name.value.public_bytes() for name in point.full_name or () if isinstance(name, x509.DirectoryName))
    if point.full_name is not None and not names:
        raise RevocationUnknown("list of a distribution point that is not a directory name")
    return names


def _serials(entries: x509.CertificateRevocationList, extensions: x509.Extensions) -> Iterator[int]:
    """Yield every listed serial number; an entry that means something else than "this one is revoked" refuses the list."""
    # Reading each entry's extensions takes ten times as long as all the rest. A critical one is written with this flag: where
    # the list has no more of them than its own critical extensions account for, no entry can have one.
    flags = entries.tbs_certlist_bytes.count(_CRITICAL_FLAG)
    looked_at = flags > sum(each.critical for each in extensions)
    for entry in entries:
        if looked_at and any(each.critical and each.oid not in _ENTRY_READ_CRITICAL for each in entry.extensions):
            raise RevocationUnknown("list entry with a critical extension that is not read here")
        yield entry.serial_number
