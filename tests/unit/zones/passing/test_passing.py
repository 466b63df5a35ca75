"""The four passing servers: what they pass on, what they refuse, that they change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.base.ports import Caller, CallFailed, Clock, Link
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.frames import HOP_MARGIN_MS
from akashi.wire.messages import Bulletin, CheckCardCall, Envelope, Frame, Header, JourneyClass
from akashi.wire.passing import Passing, passing_endpoints
from akashi.wire.topology import Method
from akashi.wire.transcript import header_hash
from akashi.zones.center.relay.service import Relay
from akashi.zones.dmz.transfer.service import Transfer
from akashi.zones.hq.forwarder.service import Forwarder
from akashi.zones.lgwan.gateway.service import Gateway

CITY = "139998"
KIOSK = Caller("store/kiosk", "K0001")


class StepClock:
    """Each look at the monotonic clock takes `step_ms`."""

    def __init__(self, step_ms: int = 0) -> None:
        self.time_ms = 1_000
        self.step_ms = step_ms

    def now_ms(self) -> int:
        return 1_790_000_000_000 + self.time_ms

    def monotonic_ms(self) -> int:
        self.time_ms += self.step_ms
        return self.time_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        self.time_ms += duration_ms


@dataclass
class RecordingLink:
    """Remembers calls; answers with what it was given, or fails."""

    answers: dict[str, bytes | CallFailed] = field(default_factory=dict)
    calls: list[tuple[str, str, bytes, int]] = field(default_factory=list)

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        self.calls.append((callee, method, body, deadline_ms))
        answer = self.answers.get(f"{callee} {method}", b"sealed answer")
        if isinstance(answer, CallFailed):
            raise answer
        return answer


Build = Callable[[Link, Clock], Passing]
CITIES = frozenset({CITY})
PASSING: dict[str, tuple[Build, str]] = {
    "hq/forwarder": (
        lambda link, clock: Forwarder(link, clock, municipalities=CITIES, bulletin_deadline_ms=5_000, bulletin_cache_ms=20_000),
        "center/relay",
    ),
    "center/relay": (lambda link, clock: Relay(link, clock, municipalities=CITIES, bulletin_deadline_ms=5_000), "lgwan/gateway"),
    "lgwan/gateway": (
        lambda link, clock: Gateway(link, clock, municipalities=CITIES, bulletin_deadline_ms=5_000),
        "dmz/transfer",
    ),
    "dmz/transfer": (
        lambda link, clock: Transfer(link, clock, municipalities=CITIES, bulletin_deadline_ms=5_000),
        "issuance/issuer",
    ),
}
ALL = pytest.mark.parametrize("name", PASSING)

HEADER = Header(1, CITY, JourneyClass.ISSUE, bytes(16), "store/kiosk/K0001", "issuance/issuer", bytes(8))


def make_frame(header: Header = HEADER, *, validity: bytes = b"", token: bytes = b"", deadline_ms: int = 10_000) -> Frame:
    envelope = Envelope(codec.encode(header), validity, b"sealed for the issuer")
    return Frame(deadline_ms, codec.encode(envelope), token)


def run_forward(service: Passing, body: bytes) -> bytes:
    return asyncio.run(_forward(service, body))


async def _forward(service: Passing, body: bytes) -> bytes:
    return await service.forward(KIOSK, body)


@pytest.mark.promise("C6", "C7")
@ALL
def test_passes_the_envelope_byte_for_byte(name: str) -> None:
    build, next_hop = PASSING[name]
    link = RecordingLink()
    frame = make_frame()
    assert run_forward(build(link, StepClock()), codec.encode(frame)) == b"sealed answer"
    [(callee, method, body, deadline_ms)] = link.calls
    assert (callee, method) == (next_hop, Method.FORWARD)
    passed = codec.parse(Frame, body)
    assert passed == structs.replace(frame, deadline_ms=10_000 - HOP_MARGIN_MS)
    assert deadline_ms == passed.deadline_ms


@ALL
def test_takes_its_own_time_off_the_deadline(name: str) -> None:
    link = RecordingLink()
    run_forward(PASSING[name][0](link, StepClock(step_ms=300)), codec.encode(make_frame()))
    assert codec.parse(Frame, link.calls[-1][2]).deadline_ms == 10_000 - 300 - HOP_MARGIN_MS


@ALL
@pytest.mark.parametrize("deadline_ms", [1, HOP_MARGIN_MS])
def test_no_time_left(name: str, deadline_ms: int) -> None:
    link = RecordingLink()
    with pytest.raises(Refused) as refused:
        run_forward(PASSING[name][0](link, StepClock()), codec.encode(make_frame(deadline_ms=deadline_ms)))
    assert refused.value.code is WireCode.DEADLINE_PASSED
    assert link.calls == []


BAD_FRAMES: dict[str, tuple[Frame, WireCode]] = {
    "another version": (make_frame(structs.replace(HEADER, version=2)), WireCode.MALFORMED),
    "another receiver": (make_frame(structs.replace(HEADER, receiver="vault/recorder")), WireCode.MALFORMED),
    "another city": (make_frame(structs.replace(HEADER, municipality="139980")), WireCode.CITY_UNKNOWN),
    "part V on an issue": (make_frame(validity=b"v"), WireCode.MALFORMED),
    "eligibility without part V": (make_frame(structs.replace(HEADER, journey=JourneyClass.ELIGIBILITY)), WireCode.MALFORMED),
}


@ALL
@pytest.mark.parametrize("case", BAD_FRAMES)
def test_refuses_what_does_not_fit(name: str, case: str) -> None:
    frame, code = BAD_FRAMES[case]
    link = RecordingLink()
    with pytest.raises(Refused) as refused:
        run_forward(PASSING[name][0](link, StepClock()), codec.encode(frame))
    assert refused.value.code is code
    assert link.calls == []


@ALL
@pytest.mark.parametrize("code", ["CITY_STOPPED", "RELAY_DOWN", "DEADLINE_PASSED", "made up by a hostile server"])
def test_hands_the_next_hops_code_back(name: str, code: str) -> None:
    build, next_hop = PASSING[name]
    link = RecordingLink({f"{next_hop} forward": CallFailed(code)})
    with pytest.raises(Refused) as refused:
        run_forward(build(link, StepClock()), codec.encode(make_frame()))
    assert refused.value.code == (code if code in set(map(str, WireCode)) else WireCode.INTERNAL)


@pytest.mark.promise("C23")
def test_hq_lets_no_kiosk_speak_for_another() -> None:
    for caller in (Caller("store/kiosk", "K0002"), Caller("store/kiosk", "")):
        service = PASSING["hq/forwarder"][0](RecordingLink(), StepClock())
        with pytest.raises(Refused) as refused:
            asyncio.run(service_forward_as(service, caller))
        assert refused.value.code is WireCode.CALLER_REFUSED


async def service_forward_as(service: Passing, caller: Caller) -> bytes:
    return await service.forward(caller, codec.encode(make_frame()))


@pytest.mark.parametrize("name", ["hq/forwarder", "center/relay"])
def test_nobody_brings_a_token_of_his_own(name: str) -> None:
    with pytest.raises(Refused) as refused:
        run_forward(PASSING[name][0](RecordingLink(), StepClock()), codec.encode(make_frame(token=b"forged")))
    assert refused.value.code is WireCode.MALFORMED


@pytest.mark.promise("C24")
def test_relay_has_the_card_checked_and_tells_validity_no_city() -> None:
    header = structs.replace(HEADER, journey=JourneyClass.ELIGIBILITY)
    link = RecordingLink({"center/validity check_card": b"signed token"})
    frame = make_frame(header, validity=b"part V")
    run_forward(PASSING["center/relay"][0](link, StepClock()), codec.encode(frame))
    question, onward = link.calls
    assert question[:2] == ("center/validity", Method.CHECK_CARD)
    assert codec.parse(CheckCardCall, question[2]) == CheckCardCall(header_hash(codec.encode(header)), b"part V")
    assert CITY.encode() not in question[2]
    passed = codec.parse(Frame, onward[2])
    assert (passed.validity_token, passed.envelope) == (b"signed token", frame.envelope)


def test_relay_stops_where_validity_says_no() -> None:
    header = structs.replace(HEADER, journey=JourneyClass.ELIGIBILITY)
    link = RecordingLink({"center/validity check_card": CallFailed("CARD_REVOKED")})
    with pytest.raises(Refused) as refused:
        run_forward(PASSING["center/relay"][0](link, StepClock()), codec.encode(make_frame(header, validity=b"v")))
    assert refused.value.code is WireCode.CARD_REVOKED
    assert [call[0] for call in link.calls] == ["center/validity"]


def test_hq_asks_for_a_bulletin_once_in_twenty_seconds() -> None:
    clock = StepClock()
    link = RecordingLink({"center/relay bulletin": codec.encode(Bulletin(b"beacon", b"center", b"city"))})
    service = PASSING["hq/forwarder"][0](link, clock)

    async def ask() -> Bulletin:
        return await service.bulletin(CITY)

    assert asyncio.run(ask()) == asyncio.run(ask()) == Bulletin(b"beacon", b"center", b"city")
    assert len(link.calls) == 1
    clock.time_ms += 20_000
    asyncio.run(ask())
    assert len(link.calls) == 2


def test_relay_puts_the_bulletin_together() -> None:
    link = RecordingLink(
        {
            "center/validity bulletin": codec.encode(Bulletin(b"beacon", b"center", b"")),
            "lgwan/gateway bulletin": codec.encode(Bulletin(b"ignored", b"ignored", b"city")),
        }
    )

    async def ask() -> Bulletin:
        return await PASSING["center/relay"][0](link, StepClock()).bulletin(CITY)

    assert asyncio.run(ask()) == Bulletin(b"beacon", b"center", b"city")
    assert [CITY.encode() in body for callee, _, body, _ in link.calls if callee == "center/validity"] == [False]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(sorted(PASSING)), st.sampled_from([Method.FORWARD, Method.BULLETIN]))
def test_any_bytes_give_a_documented_code(body: bytes, name: str, method: Method) -> None:
    link = RecordingLink()
    endpoint = passing_endpoints(PASSING[name][0](link, StepClock()))[method]

    async def ask() -> bytes:
        return await endpoint.handle(KIOSK, body)

    with pytest.raises(Refused) as refused:
        asyncio.run(ask())
    assert refused.value.code in {WireCode.MALFORMED, WireCode.CITY_UNKNOWN}
    assert link.calls == []


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255), st.sampled_from(sorted(PASSING)))
def test_a_flipped_byte_is_passed_or_refused_never_repaired(position: int, flip: int, name: str) -> None:
    body = bytearray(codec.encode(make_frame()))
    body[position % len(body)] ^= flip
    link = RecordingLink()
    code = None
    try:
        run_forward(PASSING[name][0](link, StepClock()), bytes(body))
    except Refused as refused:
        code = refused.code
    assert code in {None, WireCode.MALFORMED, WireCode.CITY_UNKNOWN, WireCode.CALLER_REFUSED, WireCode.DEADLINE_PASSED}
    if code is None:
        assert codec.parse(Frame, link.calls[-1][2]).envelope == codec.parse(Frame, bytes(body)).envelope
