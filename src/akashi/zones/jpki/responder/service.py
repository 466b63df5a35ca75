"""
jpki/responder: answers OCSP questions about cards of the test CA. Keeps nothing, logs nothing about a certificate.

Source: RFC 6960; README.md of this server for what it stands in for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from akashi.base.ports import Clock
from akashi.pki import ocsp
from akashi.pki.authority import key_identifier, own_certificate
from akashi.pki.crl import Revocation
from akashi.pki.errors import QuestionBad

Revoked = Mapping[bytes, Mapping[int, Revocation]]
"""By the authority's subject key identifier: serial number to revocation."""


class OcspResponder:
    """
    The service.

    Args:
        responders: one per generation of the CA.
        revoked: what is revoked, as it is now.
        clock: the responder's time.
        answer_ms: how long an answer counts.
    """

    def __init__(
        self,
        responders: Sequence[ocsp.Responder],
        revoked: Callable[[], Revoked],
        clock: Clock,
        *,
        answer_ms: int,
    ) -> None:
        self._responders = {key_identifier(own_certificate(each.authority_der)): each for each in responders}
        self._revoked = revoked
        self._clock = clock
        self._answer_ms = answer_ms

    def answer(self, untrusted_request: bytes) -> bytes:
        """
        Return the OCSP answer (DER); a bad question has an unsigned answer that says so, as RFC 6960 section 2.3 wants.

        Args:
            untrusted_request: OCSP request, DER.
        """
        try:
            question = ocsp.parse_question(untrusted_request)
        except QuestionBad:
            return ocsp.build_failure(ocsp.Failure.MALFORMED)
        for key_id, responder in self._responders.items():
            if question.is_about(own_certificate(responder.authority_der)):
                now_ms = self._clock.now_ms()
                return ocsp.build_answer(
                    question,
                    responder=responder,
                    revocation=self._revoked().get(key_id, {}).get(question.serial),
                    dates_ms=(now_ms, now_ms + self._answer_ms),
                )
        return ocsp.build_failure(ocsp.Failure.UNAUTHORIZED)
