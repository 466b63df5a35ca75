"""Opening a grant: what is checked, what a refusal looks like from outside, what happens to T."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from akashi.sealing.keys import SigningKey
from akashi.sealing.padding import SizeClass
from akashi.sealing.signing import Purpose, sign_raw
from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import EligibilityAnswer, Frame, Header, JourneyClass, RefusalAnswer, StopEntry, StopScope
from unit.zones.issuance_issuer.stage import TRANSFER, Finished, Stage, run, step
from unit.zones.issuance_issuer.visitor import Journey, Visitor, frame_of

SEALED_SMALL = SizeClass.SMALL + 1136


def plain_code(stage: Stage, frame: bytes) -> WireCode:
    """Return the plain code with which a frame is refused."""
    with pytest.raises(Refused) as refused:
        stage.forward(frame)
    return refused.value.code


@pytest.mark.promise("C10")
def test_a_grant_says_who_may_be_printed_and_what_is_offered(stage: Stage) -> None:
    visitor = Visitor(stage, kiosk=1)
    answer = visitor.ask(visitor.eligibility(), visitor.token())
    assert isinstance(answer, EligibilityAnswer)
    assert [member.name for member in answer.members] == ["朝倉氏名目印"]
    offer, *others = answer.offers
    assert {one.refusal for one in others} == {WireCode.KIND_OFF}
    assert (offer.kind, offer.fee_yen, offer.refusal) == (Kind.JUMINHYO, 200, None)
    assert Choice.JUMINHYO_CODE not in offer.choices
    assert answer.certificates_max == 10


@pytest.mark.promise("C1")
def test_an_offer_says_why_not(stage: Stage) -> None:
    stage.clock.add(11 * 3_600_000)
    visitor = Visitor(stage, kiosk=1)
    answer = visitor.ask(visitor.eligibility(), visitor.token())
    assert isinstance(answer, EligibilityAnswer)
    assert answer.offers[0].refusal is WireCode.CLOSED_HOURS


BAD = (
    "no token",
    "token for another T",
    "another card's signature",
    "the device key did not sign",
    "no kiosk certificate",
    "another kiosk's name outside",
    "another suite",
    "another session key",
    "another build",
)


def bad_requests(visitor: Visitor) -> dict[str, tuple[Journey, bytes, WireCode]]:
    """Return requests of which one thing is wrong, each with the code that it must get."""
    good, token = visitor.request, visitor.token()
    other = Visitor(visitor.stage, "井手", seed=9)
    stranger = SigningKey.generate()
    return {
        "no token": (visitor.eligibility(), b"", WireCode.TOKEN_BAD),
        "token for another T": (visitor.eligibility(), visitor.token(transcript=bytes(32)), WireCode.TOKEN_BAD),
        "another card's signature": (
            visitor.eligibility(card_signature=other.request.card_signature),
            token,
            WireCode.CARD_SIGNATURE,
        ),
        "the device key did not sign": (
            visitor.eligibility(kiosk_signature=sign_raw(stranger, Purpose.KIOSK, visitor.transcript)),
            token,
            WireCode.SIGNATURE_BAD,
        ),
        "no kiosk certificate": (visitor.eligibility(kiosk_certificate=bytes(64)), token, WireCode.KIOSK_UNTRUSTED),
        "another kiosk's name outside": (
            visitor.journey(JourneyClass.ELIGIBILITY, codec.encode(good), sender="store/kiosk/K0007"),
            token,
            WireCode.MALFORMED,
        ),
        "another suite": (visitor.eligibility(suite="jpki-rsa2048-pss"), token, WireCode.SIGNATURE_BAD),
        "another session key": (visitor.eligibility(sign_public=stranger.public_bytes), token, WireCode.SIGNATURE_BAD),
        "another build": (visitor.eligibility(build="akashi-2"), token, WireCode.SIGNATURE_BAD),
    }


@pytest.mark.promise("C4")
@pytest.mark.parametrize("what", BAD)
def test_what_is_not_proven_gets_a_sealed_no_and_claims_nothing(stage: Stage, what: str) -> None:
    visitor = Visitor(stage)
    assert set(bad_requests(visitor)) == set(BAD)
    journey, token, code = bad_requests(visitor)[what]
    assert visitor.refused(journey, token) == code
    assert stage.rows("SELECT * FROM grants") == []
    assert stage.link.calls == ["attest_refusal"]
    assert stage.recorder.entries == []
    # and the right one still opens the grant
    visitor.open_grant()


@pytest.mark.promise("C4")
@pytest.mark.parametrize("code", [WireCode.NOT_AVAILABLE, WireCode.REGISTRY_STALE])
def test_the_registrys_no_looks_like_a_yes_from_outside(stage: Stage, code: WireCode) -> None:
    yes, no = Visitor(stage), Visitor(stage, "井手", seed=9)
    before_ms = stage.clock.running_ms
    sealed_yes = stage.forward(frame_of(yes.eligibility(), yes.token()))
    yes_ms = stage.clock.running_ms - before_ms
    stage.residents.refusals["open_grant"] = code
    journey, before_ms = no.eligibility(), stage.clock.running_ms
    sealed_no = stage.forward(frame_of(journey, no.token()))
    no_ms = stage.clock.running_ms - before_ms
    assert no.open(journey, sealed_no) == RefusalAnswer(journey.envelope_hash, code)
    assert len(sealed_yes) == len(sealed_no) == SEALED_SMALL
    assert yes_ms == no_ms == 120


@pytest.mark.parametrize(("work_ms", "leaves_ms"), [(0, 120), (1, 120), (119, 120), (120, 120), (121, 240), (500, 600)])
def test_an_answer_leaves_at_a_multiple_of_the_floor(stage: Stage, work_ms: int, leaves_ms: int) -> None:
    visitor = Visitor(stage)
    stage.link.takes_ms["open_grant"] = work_ms
    before_ms = stage.clock.running_ms
    visitor.open_grant()
    assert stage.clock.running_ms - before_ms == leaves_ms


def test_the_same_request_again_gets_the_same_bytes_and_asks_nobody(stage: Stage) -> None:
    visitor = Visitor(stage)
    frame = frame_of(visitor.eligibility(), visitor.token())
    first = stage.forward(frame)
    asked = list(stage.link.calls)
    before_ms = stage.clock.running_ms
    assert stage.forward(frame) == first
    assert stage.link.calls == asked
    assert stage.clock.running_ms - before_ms == 120
    stage.restart()
    assert stage.forward(frame) == first


def test_the_same_request_while_the_first_is_in_work_waits_for_its_answer(stage: Stage) -> None:
    visitor = Visitor(stage)
    frame = frame_of(visitor.eligibility(), visitor.token())
    first, second = stage.issuer.forward(TRANSFER, frame), stage.issuer.forward(TRANSFER, frame)
    assert [step(first), step(first)] == ["gather", "open_grant"]
    assert step(second) == "sleep"
    assert step(second) == "sleep"
    sealed = run(first)
    assert run(second) == sealed
    assert stage.link.calls.count("open_grant") == 1


def test_waiting_for_the_first_ends_with_the_deadline(stage: Stage) -> None:
    visitor = Visitor(stage)
    journey, token = visitor.eligibility(), visitor.token()
    first = stage.issuer.forward(TRANSFER, frame_of(journey, token))
    step(first)
    assert plain_code(stage, frame_of(journey, token, deadline_ms=100)) is WireCode.DEADLINE_PASSED
    run(first)


def test_a_refused_request_again_gets_the_same_refusal(stage: Stage) -> None:
    visitor = Visitor(stage)
    stage.residents.refusals["open_grant"] = WireCode.NOT_AVAILABLE
    frame = frame_of(visitor.eligibility(), visitor.token())
    first = stage.forward(frame)
    stage.residents.refusals.clear()
    assert stage.forward(frame) == first
    assert stage.link.calls.count("open_grant") == 1


@pytest.mark.promise("C4")
def test_the_same_t_in_another_request_is_an_incident_and_stops_the_kiosk(stage: Stage) -> None:
    visitor = Visitor(stage)
    visitor.open_grant()
    assert visitor.refused(visitor.eligibility(), visitor.token()) is WireCode.REPLAYED
    (stop,) = stage.recorder.entries
    assert isinstance(stop, StopEntry)
    assert (stop.scope, stop.kiosk_id, stop.cause) == (StopScope.KIOSK, "K0001", WireCode.REPLAYED)
    assert stage.link.calls.count("open_grant") == 1
    # the same again is the same incident
    assert visitor.refused(visitor.eligibility(), visitor.token()) is WireCode.REPLAYED
    assert len(stage.recorder.entries) == 1


@pytest.mark.promise("C7")
@pytest.mark.parametrize("part", ["validity_part", "encoding"])
def test_a_relay_that_alters_the_envelope_around_a_request_stops_nobody(stage: Stage, part: str) -> None:
    visitor = Visitor(stage)
    journey = visitor.eligibility()
    stage.forward(frame_of(journey, visitor.token()))
    if part == "validity_part":
        altered = codec.encode(structs.replace(journey.parts, validity_part=bytes(9328)))
    else:
        # the array of three as msgpack's "array 16" instead of "fixarray": the same envelope in other bytes
        altered = b"\xdc\x00\x03" + journey.envelope[1:]
    assert plain_code(stage, codec.encode(Frame(30_000, altered, visitor.token()))) is WireCode.SEAL_BROKEN
    assert stage.recorder.entries == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"municipality": "131000"}, WireCode.CITY_UNKNOWN),
        ({"sender": "hq/forwarder"}, WireCode.MALFORMED),
        ({"receiver": "center/validity"}, WireCode.MALFORMED),
        ({"version": 2}, WireCode.MALFORMED),
        ({"key_id": bytes(8)}, WireCode.DIRECTORY_STALE),
        ({"request_id": bytes(16)}, WireCode.SEAL_BROKEN),
        ({"journey": JourneyClass.ISSUE}, WireCode.MALFORMED),
    ],
)
def test_a_header_that_does_not_fit_gets_a_plain_code(stage: Stage, change: dict[str, Any], code: WireCode) -> None:
    visitor = Visitor(stage)
    journey = visitor.eligibility()
    header = structs.replace(codec.parse(Header, journey.header), **change)
    parts = structs.replace(journey.parts, header=codec.encode(header))
    assert plain_code(stage, frame_of(Journey(parts), visitor.token())) is code
    assert stage.link.calls == []
    assert stage.rows("SELECT * FROM grants") == []


def test_a_ticket_about_another_session_stops_the_city(stage: Stage) -> None:
    visitor = Visitor(stage)
    stage.residents.wrong.add("open_grant")
    assert visitor.refused(visitor.eligibility(), visitor.token()) is WireCode.CHECK_FAILED
    (stop,) = stage.recorder.entries
    assert isinstance(stop, StopEntry)
    assert (stop.scope, stop.cause) == (StopScope.CITY, WireCode.CHECK_FAILED)


@pytest.mark.parametrize("method", ["open_grant", "attest_eligibility"])
@pytest.mark.parametrize("code", [WireCode.RELAY_DOWN, WireCode.BUSY, WireCode.INTERNAL])
def test_a_neighbour_that_fails_gives_a_sealed_no(stage: Stage, method: str, code: WireCode) -> None:
    visitor = Visitor(stage)
    stage.link.fails[method] = code
    assert visitor.refused(visitor.eligibility(), visitor.token()) is code
    assert stage.rows("SELECT state FROM grants") == [("refused",)]


def test_without_the_checker_only_a_plain_code_can_leave_and_the_no_comes_later(stage: Stage) -> None:
    visitor = Visitor(stage)
    journey, token = visitor.eligibility(), visitor.token()
    stage.residents.refusals["open_grant"] = WireCode.NOT_AVAILABLE
    stage.link.fails["attest_refusal"] = WireCode.RELAY_DOWN
    assert plain_code(stage, frame_of(journey, token)) is WireCode.RELAY_DOWN
    stage.link.fails.clear()
    assert visitor.refused(journey, token) is WireCode.NOT_AVAILABLE


def test_too_late_is_a_plain_code(stage: Stage) -> None:
    visitor = Visitor(stage)
    stage.link.takes_ms["open_grant"] = 40_000
    assert plain_code(stage, frame_of(visitor.eligibility(), visitor.token())) is WireCode.DEADLINE_PASSED


def test_the_inner_deadline_shortens_the_outer_one(stage: Stage) -> None:
    visitor = Visitor(stage)
    stage.link.takes_ms["open_grant"] = 2_000
    late = visitor.journey(JourneyClass.ELIGIBILITY, codec.encode(structs.replace(visitor.request, deadline_ms=1_000)))
    assert plain_code(stage, frame_of(late, visitor.token())) is WireCode.DEADLINE_PASSED


def test_work_that_is_cancelled_ends_the_grant(stage: Stage) -> None:
    visitor = Visitor(stage)
    journey, token = visitor.eligibility(), visitor.token()
    work = stage.issuer.forward(TRANSFER, frame_of(journey, token))
    step(work)
    work.close()
    assert visitor.refused(journey, token) is WireCode.GRANT_ENDED


def test_a_restart_in_the_middle_ends_the_grant(stage: Stage) -> None:
    visitor = Visitor(stage)
    journey, token = visitor.eligibility(), visitor.token()
    work = stage.issuer.forward(TRANSFER, frame_of(journey, token))
    reached = []
    while True:
        try:
            reached.append(step(work))
        except Finished:
            break
        if reached[-1] == "open_grant answered":
            stage.restart()
            assert visitor.refused(journey, token) is WireCode.GRANT_ENDED
    assert "open_grant answered" in reached


def test_the_bulletin_is_the_citys_directory(stage: Stage) -> None:
    assert run(stage.issuer.bulletin("139998")).city_directory == stage.city_signed
    with pytest.raises(Refused) as refused:
        run(stage.issuer.bulletin("131000"))
    assert refused.value.code is WireCode.CITY_UNKNOWN
