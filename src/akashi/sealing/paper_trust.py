"""
What somebody who checks paper believes: a city's trust list, and the list of what is void.

Both are files that work off line. A trust list counts without an end, unlike a directory: paper is checked years later. Its age
is for people to judge, so it is always shown. The city's root must be known otherwise (pinned); nothing in a list changes it.
Promises: lists come from `verify_...` only after their signatures were checked; what a list does not hold is not guessed.
Source: docs/spec/paper-seal.md sections 6 and 7.
"""

from __future__ import annotations

import enum
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from akashi.sealing import signing
from akashi.sealing.directory import check_keys
from akashi.sealing.errors import SignatureBad
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.messages import DirectoryKey, KeyUse, Signed, TrustListPayload, VoidListPayload
from akashi.wire.messages.paper import VOID_ENTRIES_MAX, VOID_ENTRY_BYTES
from akashi.wire.transcript import labelled_hash

VOID_HASH_BYTES = 8
_EPOCH = date(1970, 1, 1)
_TRUSTED_USES = frozenset({KeyUse.PAPER, KeyUse.DOCUMENT, KeyUse.RECEIPT})


class VoidState(enum.IntEnum):
    """Why a certificate counts no more. Numbers are part of the format."""

    VOID = 1
    """It never counted: jam, not taken, given up."""
    REVOKED = 2
    """The city withdrew it after it had been taken."""


@dataclass(frozen=True, slots=True)
class TrustList:
    """
    A verified trust list. Only `verify_trust_list` makes one.

    Attributes:
        payload: what the root signed.
    """

    payload: TrustListPayload

    def by_id(self, use: KeyUse, key_id: bytes) -> DirectoryKey | None:
        """Return the city's key of that use and id, or None where the list has none."""
        return next((key for key in self.payload.keys if key.use is use and key.key_id == key_id), None)

    def of_use(self, use: KeyUse) -> tuple[DirectoryKey, ...]:
        """Return all keys of a use."""
        return tuple(key for key in self.payload.keys if key.use is use)


@dataclass(frozen=True, slots=True)
class Voided:
    """A certificate that counts no more, and since which day (Japanese time)."""

    state: VoidState
    day: date


@dataclass(frozen=True, slots=True)
class VoidList:
    """
    A verified void list. Only `verify_void_list` makes one.

    Attributes:
        payload: what the recorder signed.
    """

    payload: VoidListPayload

    def complete_from(self) -> date:
        """Return the day from which on the list is complete: what was issued before and is not found may be void or not."""
        return _EPOCH + timedelta(days=self.payload.complete_from_day)

    def find(self, issue_number: str) -> Voided | None:
        """Return what the list says of a number, or None where it is not in it."""
        wanted, entries = void_hash(issue_number), self.payload.entries
        places = range(len(entries) // VOID_ENTRY_BYTES)
        place = bisect_left(places, wanted, key=lambda index: _entry(entries, index)[:VOID_HASH_BYTES])
        if place == len(places) or (found := _entry(entries, place))[:VOID_HASH_BYTES] != wanted:
            return None
        return Voided(VoidState(found[-1]), _EPOCH + timedelta(days=int.from_bytes(found[VOID_HASH_BYTES:-1], "big")))


def void_hash(issue_number: str) -> bytes:
    """Return what stands for a number in a void list. Nobody can go back: a number has 80 random bits."""
    return labelled_hash("akashi/void/1", issue_number.encode())[:VOID_HASH_BYTES]


def void_entries(voided: Mapping[bytes, Voided], *, entries_max: int = VOID_ENTRIES_MAX) -> tuple[bytes, date]:
    """
    Return the entries of a list, and the day from which on it is complete: of too many, the oldest days are left out.

    Args:
        voided: by `void_hash`.
        entries_max: how many a list may have.
    """
    kept: Iterable[tuple[bytes, Voided]] = voided.items()
    complete_from = _EPOCH
    if len(voided) > entries_max:
        oldest = sorted(each.day for each in voided.values())[len(voided) - entries_max - 1]
        complete_from = oldest + timedelta(days=1)
        kept = ((key, each) for key, each in voided.items() if each.day >= complete_from)
    encoded = (key + (each.day - _EPOCH).days.to_bytes(2, "big") + bytes([each.state]) for key, each in kept)
    return b"".join(sorted(encoded)), complete_from


def verify_trust_list(untrusted_signed: bytes, *, root_public: bytes) -> TrustList:
    """
    Return the trust list that a city's root signed.

    Raises:
        Malformed: not a trust list, or it names a key twice, under a wrong id, of a wrong length or of another use.
        SignatureBad: not signed by that root.
    """
    payload = signing.verify_message(root_public, Purpose.TRUST_LIST, TrustListPayload, untrusted_signed)
    _check_trust(payload)
    return TrustList(payload)


def sign_trust_list(root: SigningKey, payload: TrustListPayload) -> bytes:
    """
    Return the trust list as an encoded `Signed`, by the off-line root.

    Raises:
        Malformed: what no verifier would take.
    """
    _check_trust(payload)
    encoded = codec.encode(payload)
    codec.parse(TrustListPayload, encoded)
    return signing.sign(root, Purpose.TRUST_LIST, encoded)


def verify_void_list(untrusted_signed: bytes, trust: TrustList) -> VoidList:
    """
    Return the void list that the recorder of the trusted city signed.

    Raises:
        Malformed: not a void list, or its entries are not rising.
        SignatureBad: not signed by a receipt key that the trust list names, or another city's.
    """
    key = trust.by_id(KeyUse.RECEIPT, codec.parse(Signed, untrusted_signed).key_id)
    if key is None:
        raise SignatureBad("void list: not a receipt key of the city")
    payload = signing.verify_message(key.public, Purpose.VOID_LIST, VoidListPayload, untrusted_signed)
    if payload.municipality != trust.payload.municipality:
        raise SignatureBad("void list of another city")
    _check_entries(payload.entries)
    return VoidList(payload)


def _check_trust(payload: TrustListPayload) -> None:
    check_keys(payload.keys)
    if not {key.use for key in payload.keys} <= _TRUSTED_USES:
        raise Malformed("trust list: a key of a use that nobody checks paper by")


def _check_entries(entries: bytes) -> None:
    count, rest = divmod(len(entries), VOID_ENTRY_BYTES)
    if rest:
        raise Malformed("void list: length of the entries")
    before = b""
    for index in range(count):
        entry = _entry(entries, index)
        if entry[:VOID_HASH_BYTES] <= before or entry[-1] not in _STATES:
            raise Malformed("void list: order or state of the entries")
        before = entry[:VOID_HASH_BYTES]


def _entry(entries: bytes, index: int) -> bytes:
    return entries[index * VOID_ENTRY_BYTES : (index + 1) * VOID_ENTRY_BYTES]


_STATES = frozenset(VoidState)
