"""Inside sealed part V, and the token that comes back."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from akashi.wire.messages.fields import Bytes32, Der, Message, Millis, Name, SmallBlob


class ValidityRequest(Message, frozen=True):
    """Section 4.3. Enough to check card and signature; `root` hides everything else that was signed."""

    suite: Name
    beacon: SmallBlob
    card_certificate: Der
    root: Bytes32
    card_signature: Annotated[bytes, Meta(min_length=64, max_length=512)]


class CheckCardCall(Message, frozen=True):
    """Relay to validity: the sealed part and the hash of the header, so that validity never learns the municipality."""

    header_hash: Bytes32
    sealed: SmallBlob


class RevocationSource(enum.StrEnum):
    """How revocation was checked."""

    OCSP = "ocsp"
    CRL = "crl"


class ValidityTokenPayload(Message, frozen=True):
    """Section 4.4. "The card that signed this transcript is valid now." Purpose "validity-token"."""

    transcript: Bytes32
    not_after_ms: Millis
    source: RevocationSource
