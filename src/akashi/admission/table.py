"""
The table of accepted cards as a file: TOML beside a PEM file of the authorities' certificates.

Issuer, registry and center/validity each have their own copy, so that no one of them can widen it for the others.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

import msgspec

from akashi.admission.cards import CardTrust
from akashi.admission.errors import TrustUnfit
from akashi.card import suites
from akashi.pki.authority import key_identifier, own_certificate
from akashi.pki.jpki import AcceptedPolicy
from akashi.pki.moments import millis, moment
from akashi.pki.pem import pem_blocks, pem_text
from akashi.wire.errors import Refused


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policy: str
    authority: str
    not_before: datetime
    not_after: datetime


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    suites: list[str]
    accept: list[_Row]


def parse_card_trust(table_toml: bytes, authorities_pem: bytes) -> CardTrust:
    """
    Return which cards are accepted.

    Args:
        table_toml: `suites`, and one `[[accept]]` a row with `policy` (dotted), `authority` (subject key identifier,
            hexadecimal), `not_before` and `not_after` (with time zone).
        authorities_pem: the certificates that the rows name, and no others.

    Raises:
        TrustUnfit: not such a file, no row, an unknown suite, a time without zone, or rows and certificates do not match.
    """
    try:
        table = msgspec.convert(tomllib.loads(table_toml.decode()), _Table)
        policies = tuple(_policy(row) for row in table.accept)
        for name in table.suites:
            suites.suite(name)
        authorities = pem_blocks(authorities_pem, "CERTIFICATE")
        certified = {key_identifier(own_certificate(der)) for der in authorities}
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError, TypeError, RecursionError, Refused) as error:
        raise TrustUnfit(f"table of accepted cards: {type(error).__name__}") from None
    if not policies or not table.suites:
        raise TrustUnfit("table of accepted cards: no suite or no row; nothing would be accepted")
    if certified != {row.authority_key_id for row in policies}:
        raise TrustUnfit("table of accepted cards: its rows and the authorities' certificates are not the same authorities")
    return CardTrust(authorities, policies, frozenset(table.suites))


def card_trust_files(trust: CardTrust) -> tuple[bytes, bytes]:
    """Return the two files, TOML and PEM, that `parse_card_trust` reads."""
    lines = ["suites = [" + ", ".join(f'"{name}"' for name in sorted(trust.suites)) + "]", ""]
    for row in trust.policies:
        lines += [
            "[[accept]]",
            f'policy = "{row.policy_oid}"',
            f'authority = "{row.authority_key_id.hex()}"',
            f"not_before = {_written(row.not_before_ms)}",
            f"not_after = {_written(row.not_after_ms)}",
            "",
        ]
    pem = b"".join(pem_text("CERTIFICATE", der) for der in trust.authorities)
    return "\n".join(lines).encode(), pem


def _policy(row: _Row) -> AcceptedPolicy:
    if row.not_before.tzinfo is None or row.not_after.tzinfo is None:
        raise TrustUnfit("a time without zone")
    key_id = bytes.fromhex(row.authority)
    return AcceptedPolicy(row.policy, key_id, millis(row.not_before), millis(row.not_after))


def _written(time_ms: int) -> str:
    return moment(time_ms).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
