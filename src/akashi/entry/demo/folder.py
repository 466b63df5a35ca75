"""
The demonstration's folder: marked as Akashi's own before anything else is written there, and held by one process at a time.

Promises: only what lies in a folder that carries the mark is ever removed, and never while another process holds it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

from akashi.base.config import ConfigRefused

MARK = "akashi-demonstration"
_CONTENT = (
    "証の架空の市のフォルダです。akashi が中身を消すことがあります。 / Akashi's made-up city: akashi may delete what is here.\n"
)


class HeldFolder:
    """
    A folder that this process alone may change, until it is released or the process ends.

    Args:
        root: the folder; made where it is missing.

    Raises:
        ConfigRefused: it cannot be made, another process holds it, or it holds something and does not carry the mark.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            self._descriptor = self._take()
        except OSError as error:
            raise ConfigRefused(
                f"{root}: このフォルダは使えません / this folder cannot be used ({error.strerror}: {error.filename or root})"
            ) from None

    def clear(self) -> None:
        """Remove everything but the mark."""
        for entry in self._root.iterdir():
            if entry.name == MARK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def release(self) -> None:
        """Let another process have it. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _take(self) -> int:
        self._root.mkdir(mode=0o755, parents=True, exist_ok=True)
        mark = self._root / MARK
        if not mark.is_file():
            self._refuse_others()
        descriptor = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            self._hold(descriptor)
            content = os.pread(descriptor, 4096, 0)
            if not content:
                # Written only now that it is held: an empty mark beside other files may be anybody's.
                self._refuse_others()
                os.pwrite(descriptor, _CONTENT.encode(), 0)
                os.fsync(descriptor)
            elif content != _CONTENT.encode():
                self._refuse_others(known=())
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _hold(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigRefused(
                f"{self._root}: 別の akashi がこのフォルダを使っています。終わらせるか、--data で別のフォルダにしてください"
                " / another akashi is using this folder; end it, or name another one with --data"
            ) from None

    def _refuse_others(self, known: tuple[str, ...] = (MARK,)) -> None:
        if any(entry.name not in known for entry in self._root.iterdir()):
            raise ConfigRefused(
                f"{self._root}: 空でなく、証が作ったフォルダでもないので、何も変えませんでした。"
                "--data で空のフォルダか新しい名前を指定してください（前の版の証が作ったものなら、先に消してください）"
                " / holds files and was not made by Akashi; nothing was changed. Name an empty or new folder with --data"
                " (remove it first, where an earlier version of Akashi made it)"
            )
