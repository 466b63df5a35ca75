"""The two private keys of the checker, used only while the city's directory names them."""

from __future__ import annotations

from akashi.sealing.directory import Directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.messages import AnswerBox, AnswerPayload, KeyUse, SignedAnswer
from akashi.zones.issuance.checker.errors import KeyUnfit
from akashi.zones.issuance.checker.finishing import Prepared
from akashi.zones.issuance.checker.signer import DocumentKey, embed_signature


class CheckerKeys:
    """
    Signs answers and documents.

    Args:
        answer: the ANSWER key.
        document: the DOCUMENT key.
    """

    def __init__(self, answer: SigningKey, document: DocumentKey) -> None:
        self._answer = answer
        self._document = document

    def check_named(self, city: Directory, now_ms: int) -> None:
        """
        Check that the directory names both keys now.

        Raises:
            KeyUnfit: it does not; nobody would believe what is signed.
        """
        named = any(
            key.use is KeyUse.ANSWER and key.key_id == self._answer.key_id and key.not_before_ms <= now_ms < key.not_after_ms
            for key in city.payload.keys
        )
        if not named:
            raise KeyUnfit("the city's directory does not name the answer key")
        self._certificate(city, now_ms)

    def sign_answer(self, answer: AnswerPayload) -> bytes:
        """Return the encoded `SignedAnswer`."""
        return codec.encode(SignedAnswer(sign_message(self._answer, Purpose.ANSWER, AnswerBox(answer))))

    def sign_document(self, prepared: Prepared, city: Directory, now_ms: int) -> bytes:
        """
        Return the signed file.

        Raises:
            KeyUnfit: the directory names no certificate for the document key now.
            SigningFailed: the signature does not fit.
        """
        return embed_signature(prepared, self._document, self._certificate(city, now_ms))

    def _certificate(self, city: Directory, now_ms: int) -> bytes:
        for key in city.payload.keys:
            in_date = key.use is KeyUse.DOCUMENT and key.not_before_ms <= now_ms < key.not_after_ms
            if in_date and self._document.fits(key.public):
                return key.public
        raise KeyUnfit("the city's directory names no certificate for the document key")
