"""The sample policy and moments to try it at."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path

from akashi.rules.eras import JST
from akashi.rules.policy import CityPolicy, parse_policy

SAMPLE_FILE = Path(__file__).resolve().parents[3] / "docs/samples/city.toml"


@cache
def sample_text() -> str:
    return SAMPLE_FILE.read_text("utf-8")


@cache
def sample() -> CityPolicy:
    return parse_policy(sample_text())


def changed(pattern: str, replacement: str) -> str:
    """Return the sample with the first match replaced."""
    text, count = re.subn(pattern, replacement, sample_text(), count=1)
    assert count == 1, pattern
    return text


def at(written: str) -> int:
    """Return milliseconds of a moment in Japan, such as "2026-06-16 12:00"."""
    return int(datetime.fromisoformat(written).replace(tzinfo=JST).timestamp() * 1000)
