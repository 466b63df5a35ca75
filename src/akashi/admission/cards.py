"""
The card: accepted suite, certificate of an accepted authority and policy, and its signature over the transcript.

The same function serves issuer, registry and center/validity, each with its own copy of the table.
Source: docs/spec/protocol.md sections 3.5, 4.4, 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass

from akashi.admission.errors import SuiteRefused
from akashi.card import suites
from akashi.pki.jpki import AcceptedPolicy, CardIdentity, verify_card_certificate


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
    suite = suites.suite(untrusted.suite)
    card = verify_card_certificate(untrusted.certificate, authorities=trust.authorities, now_ms=now_ms, policies=trust.policies)
    if suite.policy_oids and card.policy_oid not in suite.policy_oids:
        raise SuiteRefused("the certificate's policy is not one of the suite's")
    suite.verify(card.public_key, transcript, untrusted.signature)
    return card
