"""
The card: accepted suite, certificate of an accepted authority and policy, and its signature over the transcript.

The same function serves issuer, registry and center/validity, each with its own copy of the table.
Source: docs/spec/protocol.md sections 3.5, 4.4, 4.5.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from akashi.admission.errors import SuiteRefused, TrustUnfit
from akashi.card import suites as card_suites
from akashi.pki.authority import key_identifier, own_certificate
from akashi.pki.errors import MaterialBad
from akashi.pki.jpki import AcceptedPolicy, CardIdentity, verify_card_certificate
from akashi.pki.moments import millis


@dataclass(frozen=True, slots=True)
class CardTrust:
    """
    Which cards are accepted.

    Attributes:
        authorities: certificates (DER) of all accepted generations of the card authority.
        policies: the table (policy, authority, dates).
        suites: names of the accepted suites.
    """

    authorities: tuple[bytes, ...]
    policies: tuple[AcceptedPolicy, ...]
    suites: frozenset[str]


@dataclass(frozen=True, slots=True, repr=False)
class CardProof:
    """
    What a card shows, untrusted.

    Attributes:
        suite: name of the suite it claims.
        certificate: user-authentication certificate, DER.
        signature: over the transcript.
    """

    suite: str
    certificate: bytes
    signature: bytes


def trust_authorities(authorities: Sequence[bytes], *, policy_oids: Collection[str], suites: Collection[str]) -> CardTrust:
    """
    Return the simplest table: every authority with every policy, each for the authority's own life.

    Args:
        authorities: certificates (DER) of the accepted generations.
        policy_oids: accepted policies, dotted.
        suites: names of the accepted suites.

    Raises:
        TrustUnfit: nothing would be accepted, or an authority's certificate cannot be used.
    """
    if not authorities or not policy_oids or not suites:
        raise TrustUnfit("no authority, no policy or no suite; nothing would be accepted")
    try:
        rows = tuple(
            AcceptedPolicy(
                policy_oid,
                key_identifier(certificate),
                millis(certificate.not_valid_before_utc),
                millis(certificate.not_valid_after_utc),
            )
            for certificate in map(own_certificate, authorities)
            for policy_oid in sorted(policy_oids)
        )
    except MaterialBad as error:
        raise TrustUnfit(error.detail) from None
    return CardTrust(tuple(authorities), rows, frozenset(suites))


def verify_card(untrusted: CardProof, *, transcript: bytes, trust: CardTrust, now_ms: int) -> CardIdentity:
    """
    Return whose card signed this transcript. Revocation is not part of it: that is center/validity's word.

    Args:
        untrusted: what came with the request.
        transcript: T, recomputed by the caller from what it received, 32 bytes.
        trust: which cards are accepted.
        now_ms: the verifier's time.

    Raises:
        SuiteRefused: the suite is not accepted, or not under the certificate's policy (CARD_UNTRUSTED).
        CardUntrusted: the certificate.
        CardExpired: the certificate's time is over.
        KeyUnsuited: the certificate's key is not of the suite's kind (CARD_UNTRUSTED).
        SignatureRefused: the signature does not fit (CARD_SIGNATURE).
        MaterialBad: an authority's certificate in the table cannot be parsed.
    """
    if untrusted.suite not in trust.suites:
        raise SuiteRefused("the suite is not accepted here")
    suite = card_suites.suite(untrusted.suite)
    card = verify_card_certificate(untrusted.certificate, authorities=trust.authorities, now_ms=now_ms, policies=trust.policies)
    if suite.policy_oids and card.policy_oid not in suite.policy_oids:
        raise SuiteRefused("the certificate's policy is not one of the suite's")
    suite.verify(card.public_key, transcript, untrusted.signature)
    return card
