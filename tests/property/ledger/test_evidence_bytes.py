"""Any bytes as a kiosk's report or certificate, any flipped bit of right ones: refused with a code, recorded never."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.wire.errors import Refused
from akashi.wire.messages import OutcomeEvidence
from akashi.zones.vault.recorder.evidence import check_said_by_kiosk
from unit.zones.vault_recorder.desk import NOW_MS, center_directory, evidence_of, line_of, taken

ENTRY = taken(0)


def refused(evidence: OutcomeEvidence) -> None:
    entry = structs.replace(ENTRY, report_hash=sha256(evidence.report).digest())
    with pytest.raises(Refused):
        check_said_by_kiosk(entry, evidence, center=center_directory(), now_ms=NOW_MS)


@given(report=st.binary(max_size=400), certificate=st.binary(min_size=32, max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_bytes(report: bytes, certificate: bytes) -> None:
    right = evidence_of("K0001", line_of(ENTRY))
    for evidence in (
        OutcomeEvidence(report, certificate),
        OutcomeEvidence(report, right.kiosk_certificate),
        OutcomeEvidence(right.report, certificate),
    ):
        refused(evidence)


@given(place=st.integers(0, 2**16), bit=st.integers(0, 7))
@settings(max_examples=150, deadline=None)
def test_any_flipped_bit(place: int, bit: int) -> None:
    right = evidence_of("K0001", line_of(ENTRY))
    check_said_by_kiosk(ENTRY, right, center=center_directory(), now_ms=NOW_MS)
    for field in ("report", "kiosk_certificate"):
        altered = bytearray(getattr(right, field))
        altered[place % len(altered)] ^= 1 << bit
        refused(structs.replace(right, **{field: bytes(altered)}))
