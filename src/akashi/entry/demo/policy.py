"""The made-up city's decisions: the documented sample, open at all hours at these kiosks, so that it can be tried at night."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.wire.certificates import Kind

ALL_DAY = """
[[groups]]
name = "demonstration"
kiosks = [{kiosks}]
"""
KIND_ALL_DAY = """
[[kinds.{kind}.hours]]
groups = ["demonstration"]
days = ["weekday", "saturday", "sunday", "holiday"]
opens = 00:00:00
closes = 23:59:59.999999
"""


def demonstration_policy(sample: Path, kiosk_ids: tuple[str, ...]) -> str:
    """
    Return the sample policy with the demonstration's kiosks in a group of their own that is open day and night.

    Raises:
        ConfigRefused: the sample is not where it should be.
    """
    try:
        text = sample.read_text("utf-8")
    except OSError as error:
        raise ConfigRefused(f"{sample}: cannot be read ({error.strerror})") from None
    hours = "".join(KIND_ALL_DAY.format(kind=kind.value) for kind in Kind)
    return text + ALL_DAY.format(kiosks=", ".join(f'"{kiosk_id}"' for kiosk_id in kiosk_ids)) + hours
