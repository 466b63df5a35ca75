"""The three private keys of the checker, used only while the city's directory names them."""

from __future__ import annotations

from datetime import date

from akashi.documents.paper_seal import PaperContent
from akashi.documents.paper_seal.sign import PaperKey, fill_codes
from akashi.sealing.directory import Directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.messages import AnswerBox, AnswerPayload, KeyUse, SignedAnswer
from akashi.zones.issuance.checker.errors import KeyUnfit
from akashi.zones.issuance.checker.finishing import CodeMaker, Prepared
from akashi.zones.issuance.checker.signer import DocumentKey, embed_signature


class CheckerKeys:
    """
    Signs answers, documents and the 2D codes on their pages.

    Args:
        answer: the ANSWER key.
        document: the DOCUMENT key.
        paper: the PAPER key.
    """

    def __init__(self, answer: SigningKey, document: DocumentKey, paper: PaperKey) -> None:
        self._answer = answer
        self._document = document
        self._paper = paper

    def check_named(self, city: Directory, now_ms: int) -> None:
        """
        Check that the directory names all three keys now.

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
        self.code_maker(city, now_ms)

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

    def code_maker(self, city: Directory, now_ms: int) -> CodeMaker:
        """
        Return what makes the 2D codes of certificates issued now.

        Raises:
            KeyUnfit: the directory does not name the paper key now; nobody would believe the codes.
        """
        key = self._paper
        if not any(
            named.use is KeyUse.PAPER and named.public == key.public_bytes and named.not_before_ms <= now_ms < named.not_after_ms
            for named in city.payload.keys
        ):
            raise KeyUnfit("the city's directory does not name the paper key")

        def make_codes(content: PaperContent, salt: bytes, issued_on: date) -> tuple[bytes, ...]:
            return fill_codes(content, key, salt=salt, issued_on=issued_on)

        return make_codes

    def _certificate(self, city: Directory, now_ms: int) -> bytes:
        for key in city.payload.keys:
            in_date = key.use is KeyUse.DOCUMENT and key.not_before_ms <= now_ms < key.not_after_ms
            if in_date and self._document.fits(key.public):
                return key.public
        raise KeyUnfit("the city's directory names no certificate for the document key")
