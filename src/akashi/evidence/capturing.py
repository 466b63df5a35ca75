"""
Captures what crosses the loopback interface on given ports, bounded in bytes and time.

Promises: returns from the start only when packets are being written; says so where a limit ended it early.
Needs dumpcap and the right to capture (root, or the group wireshark).
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from akashi.evidence.errors import MeasurementFailed
from akashi.evidence.programs import find_program

CAPTURE_BYTES_MAX = 256 * 1024 * 1024
CAPTURE_SECONDS_MAX = 600
_BUFFER_MIB = 64
_START_SECONDS_MAX = 15
_SETTLE_SECONDS = 0.7
"""The kernel hands packets over in blocks; the last ones come within half a second."""


@contextmanager
def capturing(file: Path, ports: Sequence[int], *, interface: str = "lo") -> Iterator[None]:
    """
    Capture TCP on these ports into `file` while the context is open.

    Args:
        file: made, readable by this user only; pcapng.
        ports: TCP ports, on either side.
        interface: the loopback interface of this machine, or another one in a lab.

    Raises:
        MeasurementFailed: dumpcap is missing, may not capture, or ended early because a limit was reached.
    """
    wanted = " or ".join(f"port {port}" for port in ports)
    command = [find_program("dumpcap"), "-q", "-i", interface, "-s", "0", "-B", str(_BUFFER_MIB), "-w", str(file)]
    command += ["-f", f"tcp and ({wanted})"]
    command += ["-a", f"filesize:{CAPTURE_BYTES_MAX // 1000}", "-a", f"duration:{CAPTURE_SECONDS_MAX}"]
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words)  # noqa: S603 - our own arguments
        try:
            _wait_until_capturing(process, file)
            yield
            time.sleep(_SETTLE_SECONDS)
            if process.poll() is not None:
                raise MeasurementFailed(f"dumpcap ended early: {_last_words(words)}")
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait()


def _wait_until_capturing(process: subprocess.Popen[bytes], file: Path) -> None:
    """Dumpcap writes the file's head once the interface is open; a short while later packets are seen."""
    end = time.monotonic() + _START_SECONDS_MAX
    while not (file.exists() and file.stat().st_size):
        if process.poll() is not None:
            raise MeasurementFailed("dumpcap cannot capture here; it needs root or the group wireshark")
        if time.monotonic() > end:
            raise MeasurementFailed("dumpcap did not begin")
        time.sleep(0.05)
    time.sleep(0.2)


def _last_words(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read(4096).decode("utf-8", "replace").split("\n")
    return " ".join(lines)[-200:]
