"""Eligibility, acknowledgements, refusals; endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from akashi.sealing.keys import SigningKey
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    AttestRefusalCall,
    EligibilityAnswer,
    KindOffer,
    Member,
    Outcome,
    OutcomeAck,
    OutcomeEntry,
    RefusalAnswer,
    StopEntry,
)
from akashi.wire.topology import methods_of
from akashi.zones.issuance.checker.web import endpoints
from unit.zones.issuance_checker.court import ISSUER, MINUTE_MS, NOON_MS, NUMBER, Case, Court, deployment, opened, run

STRANGER = SigningKey.from_bytes(b"\x09" * 32)
TAKEN = OutcomeEntry(7, NUMBER, Outcome.TAKEN, None)
VOID = OutcomeEntry(8, "139998-7Q2M-8XKD-0V4T-HC94", Outcome.VOID, WireCode.ISSUE_VOIDED)


def eligibility(case: Case, court: Court | None = None) -> tuple[WireCode, list[StopEntry]]:
    court = court or Court()
    with pytest.raises(Refused) as caught:
        run(court.checker.attest_eligibility(ISSUER, case.eligibility_call()))
    return caught.value.code, court.ledger.stops


def outcome(case: Case, *entries: OutcomeEntry) -> tuple[WireCode, list[StopEntry]]:
    court = Court()
    with pytest.raises(Refused) as caught:
        run(court.checker.attest_outcome(ISSUER, case.outcome_call(*entries)))
    return caught.value.code, court.ledger.stops


@pytest.mark.promise("C4")
def test_the_grant_follows_from_the_registrys_words() -> None:
    call = Case().eligibility_call()
    answer = opened(run(Court().checker.attest_eligibility(ISSUER, call)))
    assert isinstance(answer, EligibilityAnswer)
    assert (answer.envelope_hash, answer.subject_token, answer.as_of_ms) == (b"e" * 32, b"s" * 32, NOON_MS - MINUTE_MS)
    assert [member.is_applicant for member in answer.members] == [True, False]
    assert (answer.offers, answer.certificates_max) == (call.offers, 10)
    assert answer.grant_not_after_ms == NOON_MS + 30 * MINUTE_MS


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("ticket", {"transcript": b"x" * 32}),
        ("ticket", {"municipality": "131016"}),
        ("eligibility", {"transcript": b"x" * 32}),
        ("eligibility", {"members": ()}),
        ("eligibility", {"members": (Member(0, "あ", "", is_applicant=False, foreign=False),)}),
    ],
)
def test_registry_words_that_contradict_each_other_stop_the_city(name: str, fields: dict[str, Any]) -> None:
    code, stops = eligibility(Case(edits={name: fields}))
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


@pytest.mark.parametrize("name", ["ticket", "eligibility"])
def test_words_that_the_registry_did_not_sign_are_refused(name: str) -> None:
    assert eligibility(Case(keys={name: STRANGER})) == (WireCode.SIGNATURE_BAD, [])


def test_an_ended_ticket_is_refused() -> None:
    assert eligibility(Case(edits={"ticket": {"not_after_ms": NOON_MS}})) == (WireCode.GRANT_ENDED, [])


@pytest.mark.parametrize(
    "call",
    [
        {"offers": ()},
        {"offers": (KindOffer(Kind.JUMINHYO, 0, (), None),)},
        {"certificates_max": 11},
        {"certificates_max": 0},
    ],
)
def test_offers_that_the_city_does_not_make_are_refused(call: dict[str, Any]) -> None:
    assert eligibility(Case(call=call)) == (WireCode.FEE_CHANGED, [])


def test_at_the_end_of_an_hour_both_offers_are_right() -> None:
    closing_ms = NOON_MS + 11 * 60 * MINUTE_MS
    court = Court()
    court.clock.wall_ms = closing_ms + 50
    answer = opened(run(court.checker.attest_eligibility(ISSUER, Case(now_ms=closing_ms - 50).eligibility_call())))
    assert isinstance(answer, EligibilityAnswer)


def test_lines_that_the_ledger_has_are_acknowledged() -> None:
    answer = opened(run(Court().checker.attest_outcome(ISSUER, Case().outcome_call(TAKEN, VOID))))
    assert answer == OutcomeAck(b"e" * 32, (7, 8))


@pytest.mark.parametrize("fields", [{"entries": (VOID,)}, {"entries": (TAKEN, VOID)}])
def test_a_receipt_for_something_else_than_the_line_stops_the_city(fields: dict[str, Any]) -> None:
    code, stops = outcome(Case(edits={"report": fields}), TAKEN)
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


@pytest.mark.parametrize("hashes", [(), (b"x" * 32,), (b"h" * 32, b"h" * 32)])
def test_a_receipt_for_a_line_of_another_report_stops_the_city(hashes: tuple[bytes, ...]) -> None:
    code, stops = outcome(Case(call={"report_hashes": hashes}), TAKEN)
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


def test_a_report_in_another_kiosks_name_stops_the_city() -> None:
    code, stops = outcome(Case(edits={"report": {"kiosk_id": "K0001"}}), TAKEN)
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


@pytest.mark.parametrize("name", ["report", "receipt"])
def test_outcomes_that_the_right_key_did_not_sign_are_refused(name: str) -> None:
    assert outcome(Case(keys={name: STRANGER}), TAKEN) == (WireCode.SIGNATURE_BAD, [])


def test_a_kiosk_of_another_authority_is_refused() -> None:
    assert outcome(Case(call={"kiosk_certificate": deployment().city.document_certificate}), TAKEN)[0] is WireCode.KIOSK_UNTRUSTED


def test_outcomes_are_acknowledged_while_the_ledger_does_not_know_of_a_stop() -> None:
    court = Court()
    court.ledger.down = True
    with pytest.raises(Refused):
        run(court.checker.attest_eligibility(ISSUER, Case(edits={"eligibility": {"members": ()}}).eligibility_call()))
    assert opened(run(court.checker.attest_outcome(ISSUER, Case().outcome_call(TAKEN)))) == OutcomeAck(b"e" * 32, (7,))


@pytest.mark.parametrize("code", list(WireCode))
def test_a_refusal_is_signed_as_it_is_asked_for(code: WireCode) -> None:
    answer = opened(run(Court().checker.attest_refusal(ISSUER, AttestRefusalCall(b"e" * 32, code))))
    assert answer == RefusalAnswer(b"e" * 32, code)


@pytest.mark.needs("fonts")
def test_endpoints_are_those_of_the_topology_and_parse_before_they_call() -> None:
    court = Court()
    offered = endpoints(court.checker)
    assert set(offered) == methods_of("issuance/checker")
    for endpoint in offered.values():
        with pytest.raises(Refused) as caught:
            run(endpoint.handle(ISSUER, b"\xc1"))  # type: ignore[arg-type]  # an async function returns a coroutine
        assert caught.value.code is WireCode.MALFORMED
    bodies = {
        "attest_eligibility": codec.encode(Case().eligibility_call()),
        "attest_certificate": codec.encode(Case().certificate_call()),
        "attest_outcome": codec.encode(Case().outcome_call(TAKEN)),
        "attest_refusal": codec.encode(AttestRefusalCall(b"e" * 32, WireCode.BUSY)),
    }
    for method, body in bodies.items():
        assert len(body) <= offered[method].body_bytes_max
        opened(run(offered[method].handle(ISSUER, body)))  # type: ignore[arg-type]  # as above
