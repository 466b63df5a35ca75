"""
A disk that keeps what was synced and nothing else, and a power cut that shows it.

Underneath lie real files: they are what the operating system shows before the power goes. Beside them is kept what the platters
hold. Both live as long as the tests' object does, so also over several openings: a page that was never written back is as good
to read for the next process as for the one before.
"""

from __future__ import annotations

import os
from pathlib import Path

from akashi.ledger.append import Disk


class VolatileDisk(Disk):
    """
    Keeps per file what is durable, and which bytes wait.

    Attributes:
        fails: the next sync reports an input/output error. As on Linux, what waited is then no longer waiting: it can still be
            read, and no later sync writes it.
    """

    def __init__(self) -> None:
        self.fails = False
        self._durable: dict[int, bytes] = {}
        self._waiting: dict[int, list[tuple[int, bytes]]] = {}
        self._names: dict[Path, int] = {}

    def write(self, descriptor: int, content: bytes) -> None:
        super().write(descriptor, content)
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        self._waiting.setdefault(os.fstat(descriptor).st_ino, []).append((end - len(content), content))

    def sync_data(self, descriptor: int) -> None:
        """Length and waiting bytes become durable; bytes that are not waiting stay what the platters have."""
        status = os.fstat(descriptor)
        waiting = self._waiting.pop(status.st_ino, [])
        if self.fails:
            self.fails = False
            raise OSError(5, "Input/output error")
        held = bytearray(self._durable.get(status.st_ino, b"")[: status.st_size].ljust(status.st_size, b"\0"))
        for start, content in waiting:
            held[start : start + len(content)] = content
        self._durable[status.st_ino] = bytes(held[: status.st_size])

    def sync_folder(self, folder: Path) -> None:
        """Names become durable."""
        here = {path: path.stat().st_ino for path in folder.iterdir()}
        self._names = {path: inode for path, inode in self._names.items() if path.parent != folder} | here

    def held(self, path: Path) -> bytes:
        """Return what the platters hold of a file that is there."""
        return self._durable.get(path.stat().st_ino, b"")

    def cut_power(self, folder: Path) -> None:
        """Leave of the folder's files what is durable. The process that had them is dead: it must not be used any more."""
        contents = {path: self._durable.get(inode, b"") for path, inode in self._names.items() if path.parent == folder}
        for path in folder.iterdir():
            path.unlink()
        self._durable, self._waiting, self._names = {}, {}, {}
        for path, content in contents.items():
            path.write_bytes(content)
            inode = path.stat().st_ino
            self._durable[inode], self._names[path] = content, inode
