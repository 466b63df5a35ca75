"""A signed directory of keys in a file, for starts that need one."""

from __future__ import annotations

from pathlib import Path

from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.entry.start.watched import Watched
from akashi.sealing.directory import Directory, verify_directory

CENTER = "center"


class DirectoryFile:
    """
    A signed directory, read again when its file changes, verified against its root; never one behind the last.

    Args:
        path: file with the encoded `Signed`.
        root: file of the root's public key, 32 bytes.
        authority: "center" or the municipality.
        clock: for its dates.
        log: is told about a version that cannot be used; until a good one comes, the one before counts, and runs out by itself.
    """

    def __init__(self, path: str | Path, root: str | Path, *, authority: str, clock: Clock, log: Log) -> None:
        self._authority = authority
        self._clock = clock
        self._sequence = 1
        self._file = Watched((Path(path), Path(root)), self._verify, log)

    def at(self, _now_ms: int) -> Directory:
        """Return the directory; whoever uses it has it check the moment itself."""
        return self._file()[0]

    def signed(self) -> bytes:
        """Return the same directory as an encoded `Signed`."""
        return self._file()[1]

    def _verify(self, untrusted_signed: bytes, root_public: bytes) -> tuple[Directory, bytes]:
        directory = verify_directory(
            untrusted_signed,
            root_public=root_public,
            authority=self._authority,
            now_ms=self._clock.now_ms(),
            sequence_min=self._sequence,
        )
        self._sequence = directory.payload.sequence
        return directory, untrusted_signed
