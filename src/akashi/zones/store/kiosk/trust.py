"""
What the kiosk believes before anyone comes: the roots it was delivered with, and directories that follow from them.

Promises: a directory is used only when its pinned root signed it, it is in date by the center's beacon (no kiosk clock is
trusted), and no later one was seen before. The center's time never goes back by more than the three minutes that a beacon counts.
Source: docs/spec/protocol.md section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.signing import Purpose
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.messages import AnswerBox, AnswerPayload, BeaconPayload, Bulletin, DirectoryKey, KeyUse, Signed
from akashi.zones.store.kiosk.errors import SessionRefused

CENTER = "center"
BEACON = "beacon"
"""Under this name the memory keeps the newest beacon's time, beside the authorities' sequences."""
BEACON_AGE_MS_MAX = 180_000


class SequenceMemory(Protocol):
    """Remembers the highest directory sequence seen of each authority, and the newest beacon's time, over restarts."""

    def highest_sequence(self, authority: str) -> int:
        """Return the highest sequence seen, or 1."""
        ...

    def remember_sequence(self, authority: str, sequence: int) -> None:
        """Keep the sequence where it is the highest so far."""
        ...


@dataclass(frozen=True, slots=True)
class Bearings:
    """
    A verified bulletin: the center's time and the keys to use.

    Attributes:
        beacon: the encoded `Signed`, as the card will sign its hash.
        time_ms: the center's time in it.
        center, city: verified directories.
    """

    beacon: bytes
    time_ms: int
    center: Directory
    city: Directory

    def issuer_seal(self) -> DirectoryKey:
        """Return the key to seal part I to."""
        return self.city.current(KeyUse.ISSUER_SEAL, self.time_ms)

    def validity_seal(self) -> DirectoryKey:
        """Return the key to seal part V to."""
        return self.center.current(KeyUse.VALIDITY_SEAL, self.time_ms)

    def verify_answer(self, untrusted_signed: bytes) -> AnswerPayload:
        """Return the answer that the city's checker signed. Raises Refused (SIGNATURE_BAD, MALFORMED) for any other."""
        box = self.city.verify_message(
            AnswerBox, untrusted_signed, use=KeyUse.ANSWER, purpose=Purpose.ANSWER, now_ms=self.time_ms
        )
        return box.answer


class PinnedRoots:
    """
    Turns untrusted bulletins into bearings.

    Args:
        center_root: Ed25519 public key of the center's off-line root, 32 bytes.
        city_roots: municipality to its root's public key; a city without one cannot be asked.
        memory: highest sequences seen.
    """

    def __init__(self, center_root: bytes, city_roots: dict[str, bytes], memory: SequenceMemory) -> None:
        self._center_root = center_root
        self._city_roots = city_roots
        self._memory = memory

    def take_bearings(self, municipality: str, untrusted: Bulletin) -> Bearings:
        """
        Return the verified bulletin.

        Raises:
            SessionRefused: no pinned root for this city (CITY_UNKNOWN); the beacon is more than three minutes older than one that
                was seen before (BEACON_STALE).
            Refused: a signature, date or sequence does not hold (SIGNATURE_BAD, DIRECTORY_STALE, MALFORMED).
        """
        city_root = self._city_roots.get(municipality)
        if city_root is None:
            raise SessionRefused(WireCode.CITY_UNKNOWN, municipality)
        # 1. The time is only a claim until the beacon key, which is in the directory that the time selects, has checked it (2).
        # A relay that replays an old bulletin whole gains nothing for a card: validity refuses the old beacon. Outcomes pass no
        # validity, so 3: an old bulletin would bring back old keys and kiosks. 4. What was seen is remembered at the end: what
        # stands in a bulletin that does not hold must not make the true one look old.
        untrusted_signed = codec.parse(Signed, untrusted.beacon)
        claimed_ms = codec.parse(BeaconPayload, untrusted_signed.payload).time_ms
        center = self._verify(CENTER, self._center_root, untrusted.center_directory, claimed_ms)  # 1
        beacon = center.verify_message(  # 2
            BeaconPayload, untrusted.beacon, use=KeyUse.BEACON, purpose=Purpose.BEACON, now_ms=claimed_ms
        )
        if beacon.time_ms < self._memory.highest_sequence(BEACON) - BEACON_AGE_MS_MAX:  # 3
            raise SessionRefused(WireCode.BEACON_STALE, "an old bulletin")
        city = self._verify(municipality, city_root, untrusted.city_directory, beacon.time_ms)
        self._memory.remember_sequence(BEACON, beacon.time_ms)  # 4
        self._memory.remember_sequence(CENTER, center.payload.sequence)
        self._memory.remember_sequence(municipality, city.payload.sequence)
        return Bearings(untrusted.beacon, beacon.time_ms, center, city)

    def _verify(self, authority: str, root: bytes, untrusted_signed: bytes, now_ms: int) -> Directory:
        return verify_directory(
            untrusted_signed,
            root_public=root,
            authority=authority,
            now_ms=now_ms,
            sequence_min=self._memory.highest_sequence(authority),
        )
