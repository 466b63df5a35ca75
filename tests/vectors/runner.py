"""
How Akashi runs a vector: one function a kind. It returns where the outcome is "ok", after comparing every output.

Another implementation writes this file anew; the table of kinds is in docs/spec/vectors.md.
"""

from __future__ import annotations

from collections.abc import Callable

from akashi.sealing import seal, signing, unseal
from akashi.sealing.directory import verify_directory
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.sealing.signing import Purpose
from akashi.wire import codec, messages, transcript
from akashi.wire.errors import Refused
from akashi.wire.messages import AnswerBox, EligibilityRequest, Header, KeyUse, SignedAnswer
from vectors.independent.vector import Loaded


def _hash(function: Callable[[bytes], bytes]) -> Callable[[Loaded], None]:
    def run(vector: Loaded) -> None:
        assert function(vector.data("input")) == vector.data("output")

    return run


def _intent_commitment(vector: Loaded) -> None:
    assert transcript.intent_commitment(vector.data("salt"), vector.data("order-hash")) == vector.data("output")


def _root(vector: Loaded) -> None:
    request = codec.parse(EligibilityRequest, vector.data("request"))
    root = transcript.root_hash(request, municipality=vector.fields["municipality"], issuer_key_id=vector.data("issuer-key-id"))
    assert root == vector.data("output")


def _transcript(vector: Loaded) -> None:
    made = transcript.transcript_hash(
        beacon=vector.data("beacon"), card_certificate=vector.data("card-certificate"), root=vector.data("root")
    )
    assert made == vector.data("output")


def _subject_token(vector: Loaded) -> None:
    link = transcript.card_link(vector.data("issuer-dn"), vector.number("serial"))
    assert link == vector.data("link")
    assert transcript.subject_token(vector.data("session-secret"), link) == vector.data("output")


def _transcript_signature(vector: Loaded) -> None:
    header = codec.parse(Header, vector.data("header"))
    request = codec.parse(EligibilityRequest, vector.data("request"))
    root = transcript.root_hash(request, municipality=header.municipality, issuer_key_id=header.key_id)
    signed = transcript.transcript_hash(beacon=request.beacon, card_certificate=request.card_certificate, root=root)
    signing.verify_raw(vector.data("kiosk-public"), Purpose.KIOSK, signed, request.kiosk_signature)


def _seal_key(vector: Loaded) -> None:
    key = SealPrivateKey.from_bytes(vector.data("key"))
    assert key.public_bytes == vector.data("public")
    assert key.key_id == vector.data("key-id")
    assert key.to_bytes() == vector.data("key")


def _seal_issuer_part(vector: Loaded) -> None:
    seal.seal_issuer_part(vector.data("plaintext"), header=vector.data("header"), public=vector.data("public"))


def _unseal_issuer_part(vector: Loaded) -> None:
    key = SealPrivateKey.from_bytes(vector.data("key"))
    plaintext = unseal.unseal_issuer_part(vector.data("sealed"), header=vector.data("header"), key=key)
    assert plaintext == vector.data("plaintext")


def _unseal_validity_part(vector: Loaded) -> None:
    keys = [SealPrivateKey.from_bytes(vector.data(name)) for name in ("key", "key-before")]
    plaintext = unseal.unseal_validity_part(vector.data("sealed"), header_hash=vector.data("header-hash"), keys=keys)
    assert plaintext == vector.data("plaintext")


def _unseal_answer(vector: Loaded) -> None:
    plaintext = unseal.unseal_answer(
        vector.data("sealed"),
        header=vector.data("header"),
        envelope_hash=vector.data("envelope-hash"),
        key=SealPrivateKey.from_bytes(vector.data("key")),
    )
    assert plaintext == vector.data("plaintext")


def _answer(vector: Loaded) -> None:
    envelope_hash = transcript.envelope_hash(vector.data("envelope"))
    plaintext = unseal.unseal_answer(
        vector.data("sealed"),
        header=vector.data("header"),
        envelope_hash=envelope_hash,
        key=SealPrivateKey.from_bytes(vector.data("key")),
    )
    untrusted_signed = codec.parse(SignedAnswer, plaintext).answer
    box = signing.verify_message(vector.data("checker-public"), Purpose.ANSWER, AnswerBox, untrusted_signed)
    assert box.answer.envelope_hash == envelope_hash


def _sign(vector: Loaded) -> None:
    key, purpose = SigningKey.from_bytes(vector.data("key")), Purpose(vector.fields["purpose"])
    payload = vector.data("payload")
    assert key.public_bytes == vector.data("public")
    assert signing.sign(key, purpose, payload) == vector.data("signed")
    assert signing.sign_raw(key, purpose, payload) == vector.data("signature")
    assert signing.verify(key.public_bytes, purpose, vector.data("signed")) == payload
    signing.verify_raw(key.public_bytes, purpose, payload, vector.data("signature"))


def _verify(vector: Loaded) -> None:
    signing.verify(vector.data("public"), Purpose(vector.fields["purpose"]), vector.data("signed"))


def _directory(vector: Loaded) -> None:
    now_ms = vector.number("now-ms")
    directory = verify_directory(
        vector.data("signed"),
        root_public=vector.data("root-public"),
        authority=vector.fields["authority"],
        now_ms=now_ms,
        sequence_min=vector.number("sequence-min"),
    )
    if "use" in vector.fields:
        assert directory.current(KeyUse(vector.fields["use"]), now_ms).key_id == vector.data("current")


def _parse(vector: Loaded) -> None:
    kind = getattr(messages, vector.fields["message"])
    assert codec.encode(codec.parse(kind, vector.data("bytes"))) == vector.data("bytes")


KINDS: dict[str, Callable[[Loaded], None]] = {
    "key-id": _hash(transcript.key_id),
    "header-hash": _hash(transcript.header_hash),
    "envelope-hash": _hash(transcript.envelope_hash),
    "request-hash": _hash(transcript.request_hash),
    "order-hash": _hash(transcript.order_hash),
    "certificate-hash": _hash(transcript.certificate_hash),
    "intent-commitment": _intent_commitment,
    "root": _root,
    "transcript": _transcript,
    "subject-token": _subject_token,
    "transcript-signature": _transcript_signature,
    "seal-key": _seal_key,
    "seal-issuer-part": _seal_issuer_part,
    "unseal-issuer-part": _unseal_issuer_part,
    "unseal-validity-part": _unseal_validity_part,
    "unseal-answer": _unseal_answer,
    "answer": _answer,
    "sign": _sign,
    "verify": _verify,
    "directory": _directory,
    "parse": _parse,
}


def outcome(vector: Loaded) -> str:
    """Return "ok" or the code with which Akashi refused. Anything else that is raised is a failure of the test."""
    try:
        KINDS[vector.kind](vector)
    except Refused as refused:
        return str(refused.code)
    return "ok"
