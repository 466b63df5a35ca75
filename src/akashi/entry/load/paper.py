"""How many codes a second are drawn, and how many are checked: for `akashi bench documents`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric import ec

from akashi.documents.paper_seal import PaperContent, PaperPage, Shown, ShownItem, verify_code
from akashi.documents.paper_seal.sign import PaperKey, fill_codes
from akashi.documents.paper_seal.words import PageWords

_NUMBER = "139998-7ZQ2-M0KD-4T9X-HB3E"
_DAY = date(2026, 11, 23)
_SALT = bytes(16)
_VALUES = 45
_WARM = 20


@dataclass(frozen=True, slots=True)
class PaperRates:
    """
    What was measured, by the CPU time of one core.

    Attributes:
        codes_per_second: content hashed, words signed, code drawn; a page with two persons.
        checks_per_second: codes read already, signature checked, words parsed.
    """

    codes_per_second: float
    checks_per_second: float


def measure_paper(*, rounds: int = 500) -> PaperRates:
    """Measure with a key made for it and made-up people; a page of 45 values."""
    shown = (Shown(ShownItem.NAME, "証野󠄂 太郎"), Shown(ShownItem.BIRTH_DATE, "昭和60年5月3日")) * 2
    content = PaperContent("juminhyo", _NUMBER, (PaperPage(tuple(f"値{index}" for index in range(_VALUES)), shown),))
    key = PaperKey(ec.generate_private_key(ec.SECP256R1()))
    code = key.seal(PageWords(_NUMBER, content.kind, _DAY, 1, 1, bytes(32), shown))

    def fill() -> None:
        fill_codes(content, key, salt=_SALT, issued_on=_DAY)

    def check() -> None:
        verify_code(code, key.public_bytes)

    return PaperRates(_rate(fill, rounds), _rate(check, rounds))


def _rate(work: Callable[[], None], rounds: int) -> float:
    for _ in range(_WARM):
        work()
    began = time.process_time()
    for _ in range(rounds):
        work()
    return rounds / max(time.process_time() - began, 1e-9)
