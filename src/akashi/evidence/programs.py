"""Runs the measuring programs (dumpcap, tshark, pdftotext, zstd), each bounded, with a sentence where one is missing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from akashi.evidence.errors import MeasurementFailed

SECONDS_MAX = 300
_PACKAGES = {"dumpcap": "tshark", "tshark": "tshark", "pdftotext": "poppler-utils", "zstd": "zstd"}


def find_program(name: str) -> str:
    """
    Return the program's path.

    Raises:
        MeasurementFailed: it is not installed; says which package has it.
    """
    path = shutil.which(name)
    if path is None:
        raise MeasurementFailed(f"{name} がありません / is not installed: apt-get install {_PACKAGES[name]}")
    return path


def run_program(arguments: Sequence[str], *, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """
    Run a program of the list with `content` as its standard input and return what it said, whatever its exit status.

    Raises:
        MeasurementFailed: it is not installed, or did not end in `SECONDS_MAX`.
    """
    command = [find_program(arguments[0]), *arguments[1:]]
    try:
        return subprocess.run(command, input=content, capture_output=True, timeout=SECONDS_MAX, check=False)  # noqa: S603 - closed list
    except subprocess.TimeoutExpired:
        raise MeasurementFailed(f"{arguments[0]} did not end in {SECONDS_MAX} s") from None
    except OSError as error:
        raise MeasurementFailed(f"{arguments[0]}: {error.strerror}") from None
