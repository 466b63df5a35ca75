"""The validity token: center/validity's signed word that the card behind one transcript is valid now."""

from __future__ import annotations

from akashi.admission.errors import TokenBad
from akashi.sealing.directory import Directory
from akashi.sealing.errors import SignatureBad
from akashi.sealing.signing import Purpose
from akashi.wire.codec import Malformed
from akashi.wire.messages import KeyUse, ValidityTokenPayload


def verify_token(untrusted_token: bytes, *, transcript: bytes, center: Directory, now_ms: int) -> ValidityTokenPayload:
    """
    Return what center/validity said about this transcript.

    Args:
        untrusted_token: encoded `Signed`, as the relay attached it.
        transcript: T, recomputed by the caller.
        center: the center's verified directory.
        now_ms: the verifier's time; the token counts until its `not_after_ms`, that millisecond included.

    Raises:
        TokenBad: no token, not signed by a VALIDITY_TOKEN key in date, for another transcript, or its time is over.
        DirectoryStale: the directory has run out.

    Source: docs/spec/protocol.md sections 4.4 and 4.5.
    """
    try:
        said = center.verify_message(
            ValidityTokenPayload,
            untrusted_token,
            use=KeyUse.VALIDITY_TOKEN,
            purpose=Purpose.VALIDITY_TOKEN,
            now_ms=now_ms,
        )
    except (Malformed, SignatureBad):
        raise TokenBad("not signed by center/validity") from None
    if said.transcript != transcript:
        raise TokenBad("for another transcript")
    if now_ms > said.not_after_ms:
        raise TokenBad("its time is over")
    return said
