"""
The private sealing keys: found by the id that a header names, destroyed when their time is over.

HPKE's base mode has no forward secrecy of its own: who gets a private key opens every request that was ever sealed to it. So each
key lives a day and two hours. Source: docs/spec/protocol.md section 2.1.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from akashi.pki.errors import MaterialBad
from akashi.pki.pem import destroy_private
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
        """
        Destroy the key of that id; nothing where there is none.

        Raises:
            StoreRefused: it could not be destroyed properly. All the same it is not found any more.
        """
        ...


class FolderKeyRing:
    """
    Keys in a folder, one file `*.key` of 96 bytes each, in memory only while their file is there and their time is not over.

    Args:
        folder: of this server's user only.

    Raises:
        StoreRefused: the folder cannot be read or holds a file that is no key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[bytes, SealPrivateKey] = {}
        self._files: dict[bytes, list[Path]] = {}
        self._ended: set[bytes] = set()
        self.reload()

    def reload(self) -> None:
        """
        Read the folder again: new keys count from now on, removed ones are forgotten, destroyed ones never come back.

        An empty file is none: a key that is being written, or what is left of one that could not be removed.

        Raises:
            StoreRefused: it cannot be read or holds a file that is no key; what was known stays.
        """
        try:
            contents = [(path, path.read_bytes()) for path in sorted(self._folder.glob("*.key"))]
            found = [(path, SealPrivateKey.from_bytes(content)) for path, content in contents if content]
        except OSError as error:
            raise StoreRefused(WireCode.INTERNAL, f"seal keys: {error.strerror}") from None
        except Refused:
            raise StoreRefused(WireCode.INTERNAL, "seal keys: a *.key file is not 96 bytes") from None
        self._files = {}
        for path, key in found:
            self._files.setdefault(key.key_id, []).append(path)
        self._keys = {key.key_id: key for _, key in found if key.key_id not in self._ended}

    def find(self, key_id: bytes) -> SealPrivateKey | None:
        """See `KeyRing.find`."""
        return self._keys.get(key_id)

    def destroy(self, key_id: bytes) -> None:
        """
        Forget the key for good, and overwrite and remove its file, and copies of it in the folder.

        Raises:
            StoreRefused: a file cannot be overwritten or removed. What is still there is tried again next time.
        """
        self._ended.add(key_id)
        self._keys.pop(key_id, None)
        failed = ""
        for path in self._files.pop(key_id, []):
            # Where the file system or disk keeps old blocks, only their encryption protects what was there: see README.md.
            try:
                destroy_private(path)
            except MaterialBad as refusal:
                failed = refusal.detail
        if failed:
            raise StoreRefused(WireCode.INTERNAL, f"seal keys: {failed}")


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
        with database.read() as connection:
            rows = connection.execute("SELECT key_id, not_after_ms FROM seal_keys").fetchall()
        self._ends_ms: dict[bytes, int] = {bytes(row[0]): int(row[1]) for row in rows}

    def find(self, key_id: bytes, now_ms: int) -> SealPrivateKey | None:
        """
        Return the private key of that id, or None: it is not here, or its end, plus the overlap, has passed.

        The end decides, whatever the folder still has: a key that could not be destroyed opens nothing.
        """
        self._learn_if_current(now_ms)
        return None if self._has_ended(key_id, now_ms) else self.ring.find(key_id)

    def destroy_ended(self, now_ms: int) -> int:
        """
        Destroy the private keys whose end, plus the overlap, has passed, and return how many ended ones are known.

        A directory that is out of date teaches nothing; what was learned before still counts.

        Raises:
            StoreRefused: some could not be destroyed properly; all the others were.
        """
        self._learn_if_current(now_ms)
        ended = [key_id for key_id in self._ends_ms if self._has_ended(key_id, now_ms)]
        failed: list[str] = []
        for key_id in ended:
            try:
                self.ring.destroy(key_id)
            except StoreRefused as refusal:
                failed.append(refusal.detail)
        if failed:
            raise StoreRefused(WireCode.INTERNAL, f"{len(failed)} of {len(ended)}: {failed[0]}")
        return len(ended)

    def _has_ended(self, key_id: bytes, now_ms: int) -> bool:
        end_ms = self._ends_ms.get(key_id)
        return end_ms is not None and end_ms < now_ms - self._overlap_ms

    def _learn_if_current(self, now_ms: int) -> None:
        # Refused: nothing new is known. Issuing is refused on its own account while the directory is stale.
        with suppress(Refused):
            self._learn(self.directory(now_ms))

    def _learn(self, directory: Directory) -> None:
        payload = directory.payload
        if payload.sequence == self._learned_sequence:
            return
        ends = [(key.key_id, key.not_after_ms) for key in payload.keys if key.use is KeyUse.ISSUER_SEAL]
        self._ends_ms.update(ends)
        with self._database.durable() as connection:
            connection.executemany(
                "INSERT INTO seal_keys VALUES (?, ?) ON CONFLICT (key_id) DO UPDATE SET not_after_ms = excluded.not_after_ms",
                ends,
            )
        self._database.sync()
        self._learned_sequence = payload.sequence
