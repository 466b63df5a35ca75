"""Revocation lists: who signed them, what they cover, when they count."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from akashi.pki.authority import key_identifier
from akashi.pki.crl import Revocation, RevocationList, build_crl, check_not_listed, parse_crl, verify_crl
from akashi.pki.errors import CardRevoked, RevocationUnknown
from akashi.pki.moments import moment
from akashi.pki.revoked import REASONS
from akashi.pki.testca import partition_name
from akashi.wire.errors import WireCode
from unit.pki.made_pki import DAY_MS, NOW, card, fresh_ca, identity, jpki_ca, other_ca


def lists(ders: tuple[bytes, ...], *, now_ms: int = NOW) -> tuple[RevocationList, ...]:
    return tuple(verify_crl(der, authorities=jpki_ca().authorities, now_ms=now_ms) for der in ders)


@pytest.mark.promise("C24")
@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_counts_as_revoked_a_hold_too(reason: str) -> None:
    ca = fresh_ca()
    ca.revoke(card().certificate_der, reason=REASONS[reason], now_ms=NOW)
    with pytest.raises(CardRevoked) as refusal:
        check_not_listed(identity(card()), lists=lists(ca.crls(now_ms=NOW)), now_ms=NOW)
    assert refusal.value.code is WireCode.CARD_REVOKED
    check_not_listed(identity(card(0)), lists=lists(ca.crls(now_ms=NOW)), now_ms=NOW)


def test_a_lifted_hold_counts_no_more() -> None:
    ca = fresh_ca()
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.certificate_hold, now_ms=NOW)
    ca.lift_hold(card().certificate_der)
    check_not_listed(identity(card()), lists=lists(ca.crls(now_ms=NOW)), now_ms=NOW)


@pytest.mark.parametrize(("shift_ms", "counts"), [(-1, False), (0, True), (DAY_MS, True), (DAY_MS + 1, False)])
def test_a_list_counts_between_its_dates_only(shift_ms: int, counts: bool) -> None:  # noqa: FBT001 - a column
    (der,) = fresh_ca().crls(now_ms=NOW)[-1:]
    parsed = parse_crl(der, authorities=jpki_ca().authorities)
    now_ms = NOW + shift_ms
    if counts:
        check_not_listed(identity(card()), lists=[parsed], now_ms=now_ms)
        verify_crl(der, authorities=jpki_ca().authorities, now_ms=now_ms)
    else:
        with pytest.raises(RevocationUnknown) as refusal:
            check_not_listed(identity(card()), lists=[parsed], now_ms=now_ms)
        assert refusal.value.code is WireCode.REVOCATION_UNKNOWN
        with pytest.raises(RevocationUnknown, match="out of date"):
            verify_crl(der, authorities=jpki_ca().authorities, now_ms=now_ms)


def test_another_generations_list_says_nothing() -> None:
    for older in lists(fresh_ca().crls(now_ms=NOW))[:2]:
        with pytest.raises(RevocationUnknown, match="covers"):
            check_not_listed(identity(card()), lists=[older], now_ms=NOW)


def test_a_partition_covers_the_cards_that_name_it_and_no_others() -> None:
    ca = fresh_ca()
    right, wrong = ca.crls(now_ms=NOW, partition="Akashino-shi"), ca.crls(now_ms=NOW, partition="Elsewhere-shi")
    check_not_listed(identity(card()), lists=lists(right), now_ms=NOW)
    with pytest.raises(RevocationUnknown, match="covers"):
        check_not_listed(identity(card()), lists=lists(wrong), now_ms=NOW)
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.key_compromise, now_ms=NOW)
    with pytest.raises(CardRevoked):
        check_not_listed(identity(card()), lists=lists((*wrong, *ca.crls(now_ms=NOW, partition="Akashino-shi"))), now_ms=NOW)


def test_one_list_that_lists_the_card_outweighs_others_that_do_not() -> None:
    ca = fresh_ca()
    clean = ca.crls(now_ms=NOW)
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    for order in ((*clean, *ca.crls(now_ms=NOW)), (*ca.crls(now_ms=NOW), *clean)):
        with pytest.raises(CardRevoked):
            check_not_listed(identity(card()), lists=lists(order), now_ms=NOW)


def test_a_stale_list_that_lists_the_card_is_no_answer_either_way() -> None:
    ca = fresh_ca()
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    stale = tuple(parse_crl(der, authorities=ca.authorities) for der in ca.crls(now_ms=NOW - 3 * DAY_MS))
    with pytest.raises(RevocationUnknown):
        check_not_listed(identity(card()), lists=stale, now_ms=NOW)


def crafted(*extensions: tuple[x509.ExtensionType, bool], names_authority: bool = True) -> bytes:
    issuer = jpki_ca().generations[-1]
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(moment(NOW))
        .next_update(moment(NOW + DAY_MS))
    )
    if names_authority:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier(key_identifier(issuer.certificate), None, None), critical=False
        )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def point(
    *,
    indirect: bool = False,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    ca_only: bool = False,
    uri: bool = False,
) -> tuple[x509.ExtensionType, bool]:
    name: x509.GeneralName = x509.DirectoryName(partition_name("Akashino-shi"))
    if uri:
        name = x509.UniformResourceIdentifier("http://crl.invalid/a.crl")
    extension = x509.IssuingDistributionPoint(
        full_name=[name],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=ca_only,
        only_some_reasons=reasons,
        indirect_crl=indirect,
        only_contains_attribute_certs=False,
    )
    return extension, True


def with_foreign_entry() -> bytes:
    """An entry that belongs to another issuer than the list's: the mark of an indirect list."""
    issuer = jpki_ca().generations[-1]
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(5)
        .revocation_date(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.CertificateIssuer([x509.DirectoryName(partition_name("Elsewhere-shi"))]), critical=True)
        .build()
    )
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(moment(NOW))
        .next_update(moment(NOW + DAY_MS))
        .add_extension(x509.AuthorityKeyIdentifier(key_identifier(issuer.certificate), None, None), critical=False)
        .add_revoked_certificate(entry)
        .sign(issuer.key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(card().certificate_der, id="a certificate"),
        pytest.param(crafted(names_authority=False), id="no authority key identifier"),
        pytest.param(crafted(point(indirect=True)), id="indirect"),
        pytest.param(crafted(point(reasons=frozenset({x509.ReasonFlags.key_compromise}))), id="some reasons only"),
        pytest.param(crafted(point(ca_only=True)), id="CA certificates only"),
        pytest.param(crafted(point(uri=True)), id="partition by address"),
        pytest.param(crafted((x509.DeltaCRLIndicator(3), True)), id="delta"),
        pytest.param(with_foreign_entry(), id="foreign entry"),
        pytest.param(other_ca().crls(now_ms=NOW)[0], id="other CA of the same name"),
    ],
)
def test_what_is_not_a_list_of_ours_is_refused(der: bytes) -> None:
    with pytest.raises(RevocationUnknown) as refusal:
        parse_crl(der, authorities=jpki_ca().authorities)
    assert refusal.value.code is WireCode.REVOCATION_UNKNOWN


def test_the_crafted_list_without_oddities_is_taken() -> None:
    assert parse_crl(crafted(), authorities=jpki_ca().authorities).partition == frozenset()
    assert len(parse_crl(crafted(point()), authorities=jpki_ca().authorities).partition) == 1


def test_a_list_signed_by_another_key_than_it_names_is_refused() -> None:
    newest = jpki_ca().generations[-1]
    der = build_crl(
        authority_der=newest.certificate_der,
        key=jpki_ca().generations[0].key,
        number=1,
        dates_ms=(NOW, NOW + DAY_MS),
        revoked=[Revocation(1, NOW, x509.ReasonFlags.unspecified)],
    )
    with pytest.raises(RevocationUnknown, match="not signed"):
        parse_crl(der, authorities=jpki_ca().authorities)
