"""The made-up city's decisions: the documented sample, open at all hours at these kiosks, so that it can be tried at night."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.rules.errors import PolicyRefused
from akashi.rules.policy import CityPolicy, parse_policy

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


def demonstration_policy(sample: Path, municipality: str, kiosk_ids: tuple[str, ...]) -> str:
    """
    Return the city's decisions with the demonstration's kiosks in a group of their own that is open day and night.

    Args:
        sample: the city's decisions, as its TOML; `docs/samples/city.toml` explains it.
        municipality: whose they must be.
        kiosk_ids: the demonstration's kiosks; the file must not name them, nor a group "demonstration".

    Raises:
        ConfigRefused: the file cannot be read or used; the text names it.
    """
    try:
        text = sample.read_bytes().decode()
    except OSError as error:
        raise ConfigRefused(f"{sample}: 読めません / cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigRefused(f"{sample}: UTF-8 の文字ではありません / is not UTF-8 text") from None
    decided = _parse(sample, text)
    if decided.municipality != municipality:
        raise ConfigRefused(
            f"{sample}: {decided.municipality} の定めです。架空の市は {municipality} です"
            f" / is the policy of {decided.municipality}; the made-up city is {municipality}"
        )
    hours = "".join(KIND_ALL_DAY.format(kind=kind.value) for kind in decided.kinds)
    whole = text + ALL_DAY.format(kiosks=", ".join(f'"{kiosk_id}"' for kiosk_id in kiosk_ids)) + hours
    _parse(sample, whole)
    return whole


def _parse(sample: Path, untrusted_text: str) -> CityPolicy:
    try:
        return parse_policy(untrusted_text)
    except PolicyRefused as refusal:
        raise ConfigRefused(f"{sample}: 市の定めとして使えません / cannot be used as a city's policy: {refusal}") from None
