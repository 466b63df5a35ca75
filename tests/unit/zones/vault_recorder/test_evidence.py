"""What a kiosk said, only the kiosk can say: a taken-over issuer writes no outcome in a kiosk's name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import structs

from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.codec import encode
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import OutcomeEvidence, OutcomeRecorded, OutcomeReport, StopEntry, StopScope
from akashi.wire.messages.ledger import AppendCall
from akashi.zones.vault.recorder.web import APPEND_BYTES_MAX
from unit.ledger.samples import intent
from unit.zones.vault_recorder.desk import (
    ISSUER,
    NOW_MS,
    SETTINGS,
    Desk,
    call_of,
    center_directory,
    deployment,
    evidence_of,
    line_of,
    said,
    sealed,
    taken,
    void,
)

STRANGER = SigningKey.from_bytes(b"\x09" * 32)
LINE = line_of(taken(0))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "ledger")
    for which in (0, 1):
        made.append(intent(which))
        made.append(sealed(which))
    yield made
    made.store.close()


def refused(desk: Desk, call: AppendCall) -> WireCode | None:
    try:
        asyncio.run(desk.service.append(ISSUER, call))
    except Refused as refusal:
        return refusal.code
    return None


def with_hash(entry: OutcomeRecorded, evidence: OutcomeEvidence | None) -> AppendCall:
    hashed = sha256(evidence.report).digest() if evidence else b"x" * 32
    return AppendCall(structs.replace(entry, report_hash=hashed), evidence)


def other_kiosk() -> OutcomeEvidence:
    """K0002 signs a report in K0001's name."""
    kiosk = deployment().kiosks[1]
    signed = sign_message(kiosk.device_key, Purpose.OUTCOME, OutcomeReport("K0001", (LINE,)))
    return OutcomeEvidence(signed, kiosk.certificate)


NOT_PROVEN: dict[str, tuple[Callable[[], OutcomeEvidence | None], WireCode]] = {
    "no report": (lambda: None, WireCode.SIGNATURE_BAD),
    "signed by somebody": (lambda: evidence_of("K0001", LINE, key=STRANGER), WireCode.SIGNATURE_BAD),
    "signed by the recorder": (
        lambda: evidence_of("K0001", LINE, key=deployment().city.receipt),
        WireCode.SIGNATURE_BAD,
    ),
    "another kiosk in its name": (other_kiosk, WireCode.KIOSK_UNTRUSTED),
    "no certificate": (
        lambda: structs.replace(evidence_of("K0001", LINE), kiosk_certificate=bytes(64)),
        WireCode.KIOSK_UNTRUSTED,
    ),
    "another authority's certificate": (
        lambda: structs.replace(evidence_of("K0001", LINE), kiosk_certificate=deployment().city.document_certificate),
        WireCode.KIOSK_UNTRUSTED,
    ),
    "another kiosk's certificate": (
        lambda: structs.replace(evidence_of("K0001", LINE), kiosk_certificate=deployment().kiosks[1].certificate),
        WireCode.SIGNATURE_BAD,
    ),
    "not a report": (lambda: structs.replace(evidence_of("K0001", LINE), report=b"\x90"), WireCode.MALFORMED),
}


@pytest.mark.promise("C15", "C23")
@pytest.mark.parametrize("name", NOT_PROVEN)
def test_an_outcome_that_the_kiosk_did_not_sign_is_refused_and_stops_nothing(desk: Desk, name: str) -> None:
    make, code = NOT_PROVEN[name]
    size = desk.store.size
    assert refused(desk, with_hash(taken(0), make())) is code
    assert desk.store.size == size
    assert refused(desk, call_of(taken(0))) is None


@pytest.mark.promise("C15", "C23")
@pytest.mark.parametrize(
    "entry",
    [void(0), taken(1), taken(0, 2), structs.replace(void(0), cause=WireCode.INTERNAL)],
    ids=["the other outcome", "another number", "another line", "another cause"],
)
def test_a_line_that_is_not_in_the_report_stops_the_city(desk: Desk, entry: OutcomeRecorded) -> None:
    said_otherwise = evidence_of("K0001", line_of(void(0)) if entry.cause is WireCode.INTERNAL else LINE)
    assert refused(desk, with_hash(entry, said_otherwise)) is WireCode.CONTRADICTION
    stop = desk.leaves()[-1].entry
    assert isinstance(stop, StopEntry)
    assert stop.scope is StopScope.CITY
    assert refused(desk, AppendCall(intent(5))) is WireCode.CITY_STOPPED


@pytest.mark.promise("C15", "C23")
def test_another_kiosks_true_words_are_not_this_kiosks(desk: Desk) -> None:
    theirs = evidence_of("K0002", LINE)
    assert refused(desk, with_hash(taken(0), theirs)) is WireCode.CONTRADICTION
    assert refused(desk, AppendCall(intent(5))) is WireCode.CITY_STOPPED


@pytest.mark.promise("C15")
def test_a_kiosk_that_speaks_of_another_kiosks_number_stops_itself(desk: Desk) -> None:
    assert refused(desk, call_of(taken(0, 1, "K0002"))) is WireCode.CONTRADICTION
    assert refused(desk, AppendCall(intent(5, "K0002"))) is WireCode.KIOSK_STOPPED
    assert refused(desk, AppendCall(intent(5))) is None


@pytest.mark.promise("C23")
def test_the_leaf_holds_the_hash_of_exactly_that_report(desk: Desk) -> None:
    both = evidence_of("K0001", LINE, line_of(void(1, 2)))
    call = with_hash(taken(0), both)
    assert refused(desk, structs.replace(call, entry=structs.replace(taken(0), report_hash=None))) is WireCode.CONTRADICTION
    assert refused(desk, call) is None  # also while the city is stopped: what became of paper is always heard
    assert desk.leaves()[-1].entry == structs.replace(taken(0), report_hash=sha256(both.report).digest())
    # Known already: the same receipt, and nobody has to prove it again.
    size = desk.store.size
    assert refused(desk, AppendCall(call.entry)) is None
    assert desk.store.size == size
    # The same line of another report is another entry for this line of the journal.
    assert refused(desk, call_of(taken(0))) is WireCode.CONTRADICTION


@pytest.mark.promise("C15")
def test_a_revoked_kiosk_is_not_believed(tmp_path: Path) -> None:
    revoked = replace(SETTINGS, center=lambda _now_ms: center_directory(revoked_kiosks=("K0001",)))
    desk = Desk(tmp_path, settings=revoked)
    desk.append(intent(0))
    desk.append(sealed(0))
    assert refused(desk, call_of(taken(0))) is WireCode.KIOSK_UNTRUSTED
    desk.clock.time_ms = NOW_MS + 25 * 3_600_000
    assert refused(desk, call_of(taken(0))) is WireCode.DIRECTORY_STALE
    desk.store.close()


def test_evidence_belongs_to_a_kiosks_outcome_and_to_nothing_else(desk: Desk) -> None:
    evidence = evidence_of("K0001", LINE)
    desk.append(intent(2))
    own = void(2, 0, "issuer")
    for call in (
        AppendCall(intent(3), evidence),
        AppendCall(sealed(2), evidence),
        AppendCall(own, evidence),
        AppendCall(structs.replace(own, report_hash=b"x" * 32)),
    ):
        assert refused(desk, call) is WireCode.MALFORMED
    assert refused(desk, AppendCall(own)) is None


def test_the_largest_report_fits() -> None:
    lines = tuple(structs.replace(LINE, sequence=2**63 - 1 - which, cause=WireCode.REVOCATION_UNKNOWN) for which in range(50))
    evidence = structs.replace(evidence_of("K0001", *lines), kiosk_certificate=bytes(4096))
    assert len(encode(AppendCall(said(taken(0)), evidence))) <= APPEND_BYTES_MAX
    assert len(encode(AppendCall(said(taken(0)), OutcomeEvidence(bytes(16_384), bytes(4096))))) <= APPEND_BYTES_MAX
