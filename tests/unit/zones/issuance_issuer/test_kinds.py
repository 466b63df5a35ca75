"""Every kind through one issuer: who is asked what, in which order, and what becomes of a registry's no or of its wrong word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from akashi.sealing.signing import Purpose
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import KINDS, Registry
from akashi.wire.messages import (
    AttestEligibilityCall,
    CertificateAnswer,
    EligibilityAnswer,
    Frame,
    HeldRecord,
    JourneyClass,
    KeyUse,
    KindOffer,
    RefusalAnswer,
    StopEntry,
)
from akashi.zones.issuance.checker.readers import READERS
from akashi.zones.issuance.issuer.composers import COMPOSERS
from unit.zones.issuance_issuer.registries import EVERY_COMPOSER, Confirming, FakeRegistry
from unit.zones.issuance_issuer.stage import NOON_MS, Stage, deployment
from unit.zones.issuance_issuer.visitor import Visitor


class KindsStage(Stage):
    """A stage on which every kind can be drawn, with the other registries."""

    def __post_init__(self) -> None:
        self.composers = EVERY_COMPOSER
        super().__post_init__()
        city = deployment().city
        keys = {Registry.SEALS: city.seals, Registry.TAXES: city.taxes, Registry.KOSEKI: city.koseki}
        self.registries = {registry: FakeRegistry(self.clock, registry, key) for registry, key in keys.items()}
        self.confirming = Confirming(self.clock, city.registry)
        self.residents.confirm = self.confirming.confirm
        self.link.serve({registry.value: fake for registry, fake in self.registries.items()})
        self.seals, self.taxes, self.koseki = (self.registries[one] for one in keys)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[KindsStage]:
    one = KindsStage(tmp_path)
    yield one
    one.database.close()


def asked(stage: KindsStage) -> tuple[Visitor, EligibilityAnswer]:
    visitor = Visitor(stage, kiosk=1)
    answer = visitor.ask(visitor.eligibility(), visitor.token())
    assert isinstance(answer, EligibilityAnswer)
    return visitor, answer


def offers_of(answer: EligibilityAnswer) -> dict[Kind, KindOffer]:
    return {offer.kind: offer for offer in answer.offers}


def ordered(visitor: Visitor, kind: Kind, number: int = 1, **changes: Any) -> object:
    facts = KINDS[kind]
    fee = 350 if kind in {Kind.KOSEKI_ZENBU, Kind.KOSEKI_KOJIN} else 200
    given: dict[str, Any] = {
        "kind": kind,
        "members": (0,) if facts.names_members else (),
        "choices": (),
        "year": 2026 if facts.yearly else 0,
        "fee_yen": fee,
    }
    return visitor.ask(visitor.order(number, **(given | changes)))


def stops(stage: KindsStage) -> list[StopEntry]:
    return [entry for entry in stage.recorder.entries if isinstance(entry, StopEntry)]


@pytest.mark.promise("C1", "C10")
def test_everything_that_is_held_is_offered_with_year_and_moment(stage: KindsStage) -> None:
    stage.taxes.refused = {Kind.HIKAZEI: WireCode.NOT_HELD}
    _, answer = asked(stage)
    found = offers_of(answer)
    assert [offer.kind for offer in answer.offers] == list(Kind)
    assert {kind for kind, offer in found.items() if offer.refusal is None} == set(Kind) - {Kind.HIKAZEI}
    assert found[Kind.HIKAZEI].refusal is WireCode.NOT_HELD
    assert (found[Kind.KAZEI].year, found[Kind.INKAN].year) == (2026, 0)
    assert found[Kind.INKAN].as_of_ms == NOON_MS
    assert stage.link.calls == ["open_grant", "held", "held", "held", "attest_eligibility"]


@pytest.mark.promise("C4")
def test_a_person_for_whom_nothing_is_issued_is_asked_about_nowhere(stage: KindsStage) -> None:
    stage.residents.refusals["open_grant"] = WireCode.NOT_AVAILABLE
    visitor = Visitor(stage, kiosk=1)
    answer = visitor.ask(visitor.eligibility(), visitor.token())
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is WireCode.NOT_AVAILABLE
    assert [fake.asked for fake in stage.registries.values()] == [[], [], []]


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("failing", "refusal"),
    [
        (WireCode.NOT_AVAILABLE, WireCode.NOT_AVAILABLE),
        (WireCode.RECORD_CHANGED, WireCode.RECORD_CHANGED),
        (WireCode.REGISTRY_STALE, WireCode.REGISTRY_STALE),
        (WireCode.INTERNAL, WireCode.REGISTRY_STALE),
        (WireCode.SIGNATURE_BAD, WireCode.REGISTRY_STALE),
    ],
)
def test_a_registry_that_says_no_takes_only_its_own_kinds_away(stage: KindsStage, failing: WireCode, refusal: WireCode) -> None:
    stage.seals.refusals["held"] = failing
    _, answer = asked(stage)
    found = offers_of(answer)
    assert found[Kind.INKAN].refusal is refusal
    assert {offer.refusal for kind, offer in found.items() if kind is not Kind.INKAN} == {None}


@pytest.mark.promise("C1")
def test_a_registry_that_is_slow_does_not_use_up_the_visit(stage: KindsStage) -> None:
    stage.link.takes_ms["held"] = 60_000
    _, answer = asked(stage)
    found = offers_of(answer)
    assert found[Kind.JUMINHYO].refusal is None
    assert {found[kind].refusal for kind in set(Kind) - {Kind.JUMINHYO, Kind.JUMINHYO_KISAI}} == {WireCode.REGISTRY_STALE}


@pytest.mark.promise("C4", "C23")
@pytest.mark.parametrize("changes", [{"transcript": bytes(32)}, {"registry": Registry.TAXES}])
def test_a_word_about_another_session_stops_the_city(stage: KindsStage, changes: dict[str, Any]) -> None:
    stage.seals.held_changes = changes
    visitor = Visitor(stage, kiosk=1)
    answer = visitor.ask(visitor.eligibility(), visitor.token())
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is WireCode.CHECK_FAILED
    assert len(stops(stage)) == 1


@pytest.mark.promise("C4")
def test_a_word_that_another_registry_signed_is_no_word(stage: KindsStage) -> None:
    stage.seals._key = deployment().city.taxes
    _, answer = asked(stage)
    assert offers_of(answer)[Kind.INKAN].refusal is WireCode.REGISTRY_STALE
    assert stops(stage) == []


@pytest.mark.promise("C1", "C4")
@pytest.mark.parametrize("kind", [Kind.INKAN, Kind.SHOTOKU, Kind.KAZEI, Kind.HIKAZEI])
def test_a_certificate_of_another_registry_needs_the_resident_registers_word_first(stage: KindsStage, kind: Kind) -> None:
    visitor, _ = asked(stage)
    stage.link.calls.clear()
    answer = ordered(visitor, kind)
    assert isinstance(answer, CertificateAnswer)
    assert (answer.kind, answer.page_count) == (kind, 1)
    assert stage.link.calls[:4] == ["append", "confirm", "read_record", "attest_certificate"]
    (standing,) = stage.registries[KINDS[kind].registry].standings
    assert standing.issue_number == answer.issue_number


@pytest.mark.promise("C4")
@pytest.mark.parametrize("code", [WireCode.NOT_AVAILABLE, WireCode.RECORD_CHANGED, WireCode.REGISTRY_STALE])
def test_what_the_resident_register_does_not_confirm_is_not_read(stage: KindsStage, code: WireCode) -> None:
    """A block that is set in the middle of a visit."""
    visitor, _ = asked(stage)
    stage.confirming.refusal = code
    answer = ordered(visitor, Kind.INKAN)
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is code
    assert stage.seals.asked == ["held"]


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    "code", [WireCode.NOT_HELD, WireCode.TAX_UNDECLARED, WireCode.LEVY_DAY_ELSEWHERE, WireCode.RECORD_CHANGED]
)
def test_a_registrys_no_to_an_order_is_told_and_final(stage: KindsStage, code: WireCode) -> None:
    visitor, _ = asked(stage)
    stage.taxes.refusals["read_record"] = code
    answer = ordered(visitor, Kind.KAZEI)
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is code
    stage.taxes.refusals.clear()
    assert isinstance(ordered(visitor, Kind.KAZEI, 2), CertificateAnswer)


@pytest.mark.promise("C4", "C23")
@pytest.mark.parametrize("changes", [{"transcript": bytes(32)}, {"order_hash": bytes(32)}])
def test_a_record_about_another_order_stops_the_city(stage: KindsStage, changes: dict[str, Any]) -> None:
    visitor, _ = asked(stage)
    stage.seals.record_changes = changes
    answer = ordered(visitor, Kind.INKAN)
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is WireCode.CHECK_FAILED
    assert stops(stage)


@pytest.mark.promise("C1")
def test_an_order_for_another_year_is_refused_before_anything_is_read(stage: KindsStage) -> None:
    visitor, _ = asked(stage)
    answer = ordered(visitor, Kind.KAZEI, year=2025)
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is WireCode.YEAR_CHANGED
    assert stage.taxes.asked == ["held"]


@pytest.mark.promise("C1", "C4")
def test_a_build_without_a_form_asks_no_registry_and_issues_nothing_of_it(tmp_path: Path) -> None:
    plain = Stage(tmp_path)
    visitor = Visitor(plain, kiosk=1)
    visitor.ask(visitor.eligibility(), visitor.token())
    assert plain.link.calls == ["open_grant", "attest_eligibility"]
    answer = visitor.ask(visitor.order(1, kind=Kind.INKAN, members=(), choices=(), fee_yen=200))
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is WireCode.KIND_OFF
    plain.database.close()


@pytest.mark.promise("C1")
def test_issuer_and_checker_have_the_same_forms() -> None:
    """A form that only one of the two knows is none: it cannot be switched on by mistake."""
    assert {kind: composer.choices for kind, composer in COMPOSERS.items()} == {
        kind: reader.choices for kind, reader in READERS.items()
    }
    assert all(composer.choices <= set(KINDS[kind].choices) for kind, composer in COMPOSERS.items())


def test_what_the_checker_is_asked_to_sign_holds_every_word(stage: KindsStage) -> None:
    seen: list[AttestEligibilityCall] = []
    original = stage.checker._eligibility

    def note(body: bytes) -> Any:
        seen.append(codec.parse(AttestEligibilityCall, body))
        return original(body)

    stage.checker._eligibility = note  # type: ignore[method-assign]  # a test looks in
    stage.taxes.refusals["held"] = WireCode.REGISTRY_STALE
    asked(stage)
    (call,) = seen
    assert [(word.registry, word.refusal) for word in call.held] == [
        (Registry.SEALS, None),
        (Registry.TAXES, WireCode.REGISTRY_STALE),
        (Registry.KOSEKI, None),
    ]
    assert call.held[1].record == b""
    city = stage.city
    key = deployment().city.seals
    assert key.public_bytes in {one.public for one in city.payload.keys}
    assert (
        city.verify_message(HeldRecord, call.held[0].record, use=KeyUse.SEALS, purpose=Purpose.HELD, now_ms=NOON_MS).registry
        is Registry.SEALS
    )


def test_a_journey_that_is_not_served_is_refused_plainly(stage: KindsStage) -> None:
    visitor = Visitor(stage, kiosk=1)
    journey = visitor.journey(JourneyClass.ENROL, b"x")
    frame = Frame(30_000, journey.envelope, b"")
    with pytest.raises(Refused) as caught:
        stage.forward(codec.encode(frame))
    assert caught.value.code in {WireCode.KIND_OFF, WireCode.MALFORMED}
