"""
The signed directory of public keys: which key is whose, for what, and when.

Promises: a `Directory` from `verify_directory` was signed by the pinned root for that authority, is at most 24 hours old, is not
behind one already seen, and names each key for one use only.
Trusts: the pinned root; the caller's time (the beacon's, at a kiosk).
Source: docs/spec/protocol.md section 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from akashi.sealing import signing
from akashi.sealing.errors import DirectoryStale, SignatureBad
from akashi.sealing.keys import SEAL_PUBLIC_BYTES, SIGN_BYTES, SigningKey
from akashi.sealing.signing import Purpose
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.messages import DirectoryKey, DirectoryPayload, KeyUse, Message, Signed
from akashi.wire.transcript import key_id

T = TypeVar("T", bound=Message)

DIRECTORY_AGE_MS_MAX = 24 * 60 * 60 * 1000
"""A directory counts for at most 24 hours from its beginning, whatever it says itself."""

PAPER_PUBLIC_BYTES = 33
"""A PAPER key: a point of P-256, compressed."""
_PUBLIC_BYTES = {
    KeyUse.ISSUER_SEAL: SEAL_PUBLIC_BYTES,
    KeyUse.VALIDITY_SEAL: SEAL_PUBLIC_BYTES,
    KeyUse.ANSWER: SIGN_BYTES,
    KeyUse.REGISTRY: SIGN_BYTES,
    KeyUse.RECEIPT: SIGN_BYTES,
    KeyUse.VALIDITY_TOKEN: SIGN_BYTES,
    KeyUse.BEACON: SIGN_BYTES,
    KeyUse.PAPER: PAPER_PUBLIC_BYTES,
}
"""Length of the public bytes by use. The other uses hold a certificate, which `pki` parses."""


@dataclass(frozen=True, slots=True)
class Directory:
    """
    A verified directory. Only `verify_directory` makes one.

    Attributes:
        payload: what the root signed.
    """

    payload: DirectoryPayload

    def current(self, use: KeyUse, now_ms: int) -> DirectoryKey:
        """
        Return the key to use now: of several in date, the one that began last.

        Raises:
            DirectoryStale: the directory has run out, or has no key of that use in date.
        """
        _check_in_date(self.payload, now_ms)
        in_date = [key for key in self.payload.keys if key.use is use and key.not_before_ms <= now_ms < key.not_after_ms]
        if not in_date:
            raise DirectoryStale(f"{self.payload.authority}: no {use} key in date")
        return max(in_date, key=lambda key: (key.not_before_ms, key.key_id))

    def by_id(self, key_id: bytes) -> DirectoryKey:
        """
        Return the key of that id, in date or not: the caller checks use and dates, or calls `verify`, which does.

        Raises:
            DirectoryStale: the directory does not name it.
        """
        for key in self.payload.keys:
            if key.key_id == key_id:
                return key
        raise DirectoryStale(f"{self.payload.authority}: no key of that id")

    def verify(self, untrusted_signed: bytes, *, use: KeyUse, purpose: Purpose, now_ms: int) -> bytes:
        """
        Return the payload of an encoded `Signed` by any key of that use that is in date: also right while keys change.

        Raises:
            Malformed: not a `Signed`.
            SignatureBad: signed by a key that the directory does not name for this use and time, or does not verify.
            DirectoryStale: the directory has run out.
        """
        _check_in_date(self.payload, now_ms)
        named = codec.parse(Signed, untrusted_signed).key_id
        for key in self.payload.keys:
            if key.key_id == named and key.use is use and key.not_before_ms <= now_ms < key.not_after_ms:
                return signing.verify(key.public, purpose, untrusted_signed)
        raise SignatureBad(f"{purpose}: not a {use} key of {self.payload.authority} in date")

    def verify_message(self, kind: type[T], untrusted_signed: bytes, *, use: KeyUse, purpose: Purpose, now_ms: int) -> T:
        """
        Return the message inside an encoded `Signed` by any key of that use that is in date.

        Raises:
            Malformed: not a `Signed`, or the payload is not a message of that kind.
            SignatureBad: as `verify`.
            DirectoryStale: the directory has run out.
        """
        return codec.parse(kind, self.verify(untrusted_signed, use=use, purpose=purpose, now_ms=now_ms))


def _check_in_date(payload: DirectoryPayload, now_ms: int) -> None:
    end_ms = min(payload.not_after_ms, payload.not_before_ms + DIRECTORY_AGE_MS_MAX)
    if not payload.not_before_ms <= now_ms < end_ms:
        raise DirectoryStale(f"{payload.authority}: out of date")


def check_keys(keys: tuple[DirectoryKey, ...]) -> None:
    """
    Check keys that a root names.

    Raises:
        Malformed: one is named twice, under an id that is not of its bytes, or with a wrong length.
    """
    seen: set[bytes] = set()
    for key in keys:
        if key.key_id != key_id(key.public):
            raise Malformed("directory: a key's id is not that of its bytes")
        if len(key.public) != _PUBLIC_BYTES.get(key.use, len(key.public)):
            raise Malformed(f"directory: length of a {key.use} key")
        if key.key_id in seen:
            raise Malformed("directory: one key named twice")
        seen.add(key.key_id)


def verify_directory(
    untrusted_signed: bytes, *, root_public: bytes, authority: str, now_ms: int, sequence_min: int = 1
) -> Directory:
    """
    Return the directory that the root signed. The caller keeps its sequence and passes it as `sequence_min` from then on.

    Args:
        untrusted_signed: an encoded `Signed` as it came.
        root_public: the pinned root of that authority, 32 bytes.
        authority: "center" or a municipality's 6 digits.
        now_ms: the time by which it is measured.
        sequence_min: the highest sequence seen so far.

    Raises:
        Malformed: not a `Signed`, not a directory, or it names a key twice, under a wrong id or with a wrong length.
        SignatureBad: not signed by that root, or for another authority.
        DirectoryStale: too old, not yet valid, or behind `sequence_min`.
    """
    payload = signing.verify_message(root_public, Purpose.DIRECTORY, DirectoryPayload, untrusted_signed)
    if payload.authority != authority:
        raise SignatureBad("directory of another authority")
    check_keys(payload.keys)
    if payload.sequence < sequence_min:
        raise DirectoryStale(f"{authority}: a higher sequence was seen")
    _check_in_date(payload, now_ms)
    return Directory(payload)


def sign_directory(root: SigningKey, payload: DirectoryPayload) -> bytes:
    """
    Return the directory as an encoded `Signed`, by the off-line root.

    Raises:
        Malformed: what no verifier would take: no time or over 24 hours, a key twice, under a wrong id or with a wrong length, or
            a field past its limit.
    """
    if not 0 < payload.not_after_ms - payload.not_before_ms <= DIRECTORY_AGE_MS_MAX:
        raise Malformed("directory: must count for at most 24 hours")
    check_keys(payload.keys)
    encoded = codec.encode(payload)
    # Encoding checks no limits. A root is off line: what it signed in error would be found only where it is needed.
    codec.parse(DirectoryPayload, encoded)
    return signing.sign(root, Purpose.DIRECTORY, encoded)
