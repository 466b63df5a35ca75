"""What is public, signed and cacheable: keys of an authority, the beacon."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from akashi.wire.messages.fields import (
    Bytes8,
    Bytes16,
    Message,
    MessageBlob,
    Millis,
    Municipality,
    Name,
    SmallBlob,
)


class KeyUse(enum.StrEnum):
    """What a key in a directory is for. One key, one use."""

    ISSUER_SEAL = "issuer-seal"
    ANSWER = "answer"
    DOCUMENT = "document"
    REGISTRY = "registry"
    """core/residents: tickets, standing, resident records."""
    SEALS = "seals"
    TAXES = "taxes"
    KOSEKI = "koseki"
    RECEIPT = "receipt"
    VALIDITY_SEAL = "validity-seal"
    VALIDITY_TOKEN = "validity-token"
    BEACON = "beacon"
    KIOSK_AUTHORITY = "kiosk-authority"
    PAPER = "paper"


class DirectoryKey(Message, frozen=True):
    """One key: raw public bytes (X-Wing 1216, Ed25519 32, PAPER 33) or an X.509 certificate (DOCUMENT, KIOSK_AUTHORITY)."""

    key_id: Bytes8
    use: KeyUse
    public: Annotated[bytes, Meta(min_length=32, max_length=4096)]
    not_before_ms: Millis
    not_after_ms: Millis


class DirectoryPayload(Message, frozen=True):
    """Section 2.1. Keys of one authority ("center" or a municipality), signed by its off-line root. Purpose "directory"."""

    authority: Name
    sequence: Annotated[int, Meta(ge=1)]
    not_before_ms: Millis
    not_after_ms: Millis
    keys: Annotated[tuple[DirectoryKey, ...], Meta(max_length=64)]
    revoked_kiosks: Annotated[tuple[Name, ...], Meta(max_length=10_000)] = ()


class BeaconPayload(Message, frozen=True):
    """Section 2.3. The center's time, new every 30 s, signed by the center's beacon key. Purpose "beacon"."""

    time_ms: Millis
    nonce: Bytes16


class BulletinRequest(Message, frozen=True):
    """Ask for what is public: beacon and directories of one municipality."""

    municipality: Municipality


class Bulletin(Message, frozen=True):
    """Beacon and directories, each an encoded `Signed`. A server fills in what it knows; hq and relay put it together."""

    beacon: SmallBlob = b""
    center_directory: MessageBlob = b""
    city_directory: MessageBlob = b""
