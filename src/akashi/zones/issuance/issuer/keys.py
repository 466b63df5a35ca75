"""
The private sealing keys: found by the id that a header names, destroyed when their time is over.

HPKE's base mode has no forward secrecy of its own: who gets a private key opens every request that was ever sealed to it. So each
key lives a day and two hours. Source: docs/spec/protocol.md section 2.1.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from akashi.sealing.directory import Directory
from akashi.sealing.keys import SealPrivateKey
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import KeyUse
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.errors import StoreRefused


class KeyRing(Protocol):
    """Private sealing keys of this server: today's, yesterday's until it is destroyed, perhaps tomorrow's."""

    def find(self, key_id: bytes) -> SealPrivateKey | None:
        """Return the key of that id, or None."""
        ...

    def destroy(self, key_id: bytes) -> None:
        """Destroy the key of that id; nothing where there is none."""
        ...


class FolderKeyRing:
    """
    Keys in a folder, one file `*.key` of 96 bytes each, in memory only while their file is there.

    Args:
        folder: readable by this server's user only.

    Raises:
        StoreRefused: the folder cannot be read or holds a file that is no key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[bytes, tuple[Path, SealPrivateKey]] = {}
        self.reload()

    def reload(self) -> None:
        """
        Read the folder again: new keys count from now on, removed ones are forgotten.

        Raises:
            StoreRefused: it cannot be read or holds a file that is no key; what was known stays.
        """
        try:
            found = {path: SealPrivateKey.from_bytes(path.read_bytes()) for path in sorted(self._folder.glob("*.key"))}
        except OSError as error:
            raise StoreRefused(WireCode.INTERNAL, f"seal keys: {error.strerror}") from None
        except Refused:
            raise StoreRefused(WireCode.INTERNAL, "seal keys: a *.key file is not 96 bytes") from None
        self._keys = {key.key_id: (path, key) for path, key in found.items()}

    def find(self, key_id: bytes) -> SealPrivateKey | None:
        """See `KeyRing.find`."""
        known = self._keys.get(key_id)
        return known[1] if known else None

    def destroy(self, key_id: bytes) -> None:
        """
        Overwrite and remove the key's file, and forget the key.

        Raises:
            StoreRefused: the file cannot be written or removed.
        """
        known = self._keys.pop(key_id, None)
        if known is None:
            return
        try:
            # Where the file system or disk keeps old blocks, only their encryption protects what was there: see README.md.
            with known[0].open("r+b") as file:
                file.write(bytes(known[0].stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            known[0].unlink()
        except OSError as error:
            raise StoreRefused(WireCode.INTERNAL, f"seal keys: {error.strerror}") from None


class CityKeys:
    """
    What the server knows of its city's keys.

    Args:
        ring: its private sealing keys.
        directory: moment to the city's own verified directory; raises DirectoryStale.
        signed_directory: the same as it is served to everybody, an encoded `Signed`.
        database: where ends of keys are remembered, also of keys that later directories no longer name.
        overlap_ms: how long after its end a private key is kept.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        directory: Callable[[int], Directory],
        signed_directory: Callable[[], bytes],
        database: Database,
        overlap_ms: int,
    ) -> None:
        self.ring = ring
        self.directory = directory
        self.signed_directory = signed_directory
        self._database = database
        self._overlap_ms = overlap_ms
        self._learned_sequence = 0

    def destroy_ended(self, now_ms: int) -> int:
        """
        Destroy the private keys whose end, plus the overlap, has passed, and return how many ended ones are known.

        A directory that is out of date teaches nothing; what was learned before still counts.
        """
        # Refused: nothing new is known. Issuing is refused on its own account while the directory is stale.
        with suppress(Refused):
            self._learn(self.directory(now_ms))
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT key_id FROM seal_keys WHERE not_after_ms < ?", (now_ms - self._overlap_ms,)
            ).fetchall()
        for row in rows:
            self.ring.destroy(bytes(row[0]))
        return len(rows)

    def _learn(self, directory: Directory) -> None:
        payload = directory.payload
        if payload.sequence == self._learned_sequence:
            return
        ends = [(key.key_id, key.not_after_ms) for key in payload.keys if key.use is KeyUse.ISSUER_SEAL]
        with self._database.durable() as connection:
            connection.executemany(
                "INSERT INTO seal_keys VALUES (?, ?) ON CONFLICT (key_id) DO UPDATE SET not_after_ms = excluded.not_after_ms",
                ends,
            )
        self._learned_sequence = payload.sequence
