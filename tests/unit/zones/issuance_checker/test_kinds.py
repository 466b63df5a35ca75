"""The checker on every kind: records of each family against order and ticket, and offers against what registries signed."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from akashi.rules.certificates import Forms, Held, offers
from akashi.rules.errors import RuleRefused
from akashi.sealing.keys import SigningKey
from akashi.sealing.records import FAMILIES, REGISTRY_KEYS, verify_record
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import KINDS, Registry, kinds_of
from akashi.wire.messages import (
    AnyRecord,
    EligibilityAnswer,
    FuhyoPerson,
    FuhyoRecord,
    HeldRecord,
    HeldWord,
    Holding,
    IssueOrder,
    KosekiLine,
    KosekiPerson,
    KosekiRecord,
    Member,
    SealImage,
    SealRecord,
    SubjectTicket,
    TaxLine,
    TaxRecord,
)
from akashi.wire.tax_items import TAX_ITEMS_OF
from akashi.wire.transcript import subject_row_hash
from akashi.zones.issuance.checker.errors import Contradiction
from akashi.zones.issuance.checker.judging import Bench, judge_eligibility
from akashi.zones.issuance.checker.matching import check_age_of_data, check_record
from akashi.zones.issuance.checker.readers import READERS, forms_of
from unit.zones.issuance_checker.court import (
    CITY,
    NOON_MS,
    NUMBER,
    SUBJECT,
    Case,
    center_directory,
    city_directory,
    deployment,
    policy,
)

T = b"t" * 32
HASHED = b"h" * 32
RESIDENT = "0000000001"
TICKET = SubjectTicket(T, CITY, RESIDENT, bytes(32), "K0007", NOON_MS + 1, b"l" * 32, SUBJECT)
COMMON: dict[str, Any] = {
    "transcript": T,
    "order_hash": HASHED,
    "issue_number": NUMBER,
    "subject_token": SUBJECT,
    "row_version": 3,
    "as_of_ms": NOON_MS,
    "subject_row": subject_row_hash(T, RESIDENT),
}
PERSON: dict[str, Any] = {"name": "朝倉", "birth_date": "昭和57年4月19日", "address": "硯町"}
ALL_FORMS: Forms = {kind: frozenset(facts.choices) for kind, facts in KINDS.items()}


def order_of(kind: Kind, **changes: Any) -> IssueOrder:
    facts = KINDS[kind]
    order = IssueOrder(T, 1, kind, (0, 2) if facts.names_members else (), (), 2026 if facts.yearly else 0, 200, None, 30_000)
    return structs.replace(order, **changes)


def koseki_person(ref: int) -> KosekiPerson:
    return KosekiPerson(ref, removed=False, facts=(KosekiLine("名", "遠夫"),), matters=())


def fuhyo_person(ref: int, voter: str = "") -> FuhyoPerson:
    return FuhyoPerson(ref, removed=False, name="遠夫", birth_date="", sex="", addresses=(), overseas_voter=voter)


def record_of(kind: Kind) -> AnyRecord:
    match FAMILIES[kind].record.__name__:
        case "SealRecord":
            empty: dict[str, Any] = dict.fromkeys(("former_name", "alias", "name_kana", "sex"), "")
            image = SealImage(200, 200, b"\xff" * 25 * 200)
            return SealRecord(**COMMON, **PERSON, **empty, registered_on="平成20年5月7日", image=image)
        case "TaxRecord":
            lines = tuple(TaxLine(item, 0) for item in TAX_ITEMS_OF[kind])
            years: dict[str, Any] = {"fiscal_year": 2026, "income_year": 2025, "data_on": "2026-06-15"}
            return TaxRecord(**COMMON, **PERSON, **years, levy_address="硯町", lines=lines, note="")
        case "KosekiRecord":
            whole = kind is Kind.KOSEKI_ZENBU
            persons = tuple(koseki_person(ref) for ref in ((0, 1, 2) if whole else (0, 2)))
            return KosekiRecord(**COMMON, honseki="硯町", hittosha="朝倉", whole=whole, matters=(), persons=persons)
        case _:
            persons_of = tuple(fuhyo_person(ref) for ref in (0, 2))
            return FuhyoRecord(**COMMON, honseki="", hittosha="", whole=False, made_on="", persons=persons_of)


OTHERS = tuple(kind for kind in Kind if KINDS[kind].registry is not Registry.RESIDENTS)


def contradiction(kind: Kind, record: dict[str, Any] | None = None, **order: Any) -> str:
    try:
        changed = structs.replace(record_of(kind), **(record or {}))
        check_record(changed, TICKET, order_of(kind, **order), order_hash=HASHED, issue_number=NUMBER)
    except Contradiction as found:
        return found.detail
    return ""


@pytest.mark.promise("C4")
@pytest.mark.parametrize("kind", OTHERS)
def test_a_record_that_answers_the_order_agrees(kind: Kind) -> None:
    assert contradiction(kind) == ""


@pytest.mark.promise("C4", "C23")
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"transcript": bytes(32)}, "certificate: session"),
        ({"order_hash": bytes(32)}, "certificate: order"),
        ({"issue_number": NUMBER[:-1] + "0"}, "certificate: number"),
        ({"subject_token": bytes(32)}, "certificate: subject"),
        ({"subject_row": subject_row_hash(T, "0000000002")}, "certificate: row"),
        ({"subject_row": subject_row_hash(bytes(32), RESIDENT)}, "certificate: row"),
    ],
)
def test_a_record_of_another_session_order_number_or_person_stops_the_city(
    kind: Kind, change: dict[str, Any], found: str
) -> None:
    """The last two: a registry that read somebody else's row signs a record that can never fit the ticket."""
    assert contradiction(kind, change) == found


@pytest.mark.promise("C3", "C4")
@pytest.mark.parametrize(
    ("kind", "record", "order", "found"),
    [
        (Kind.INKAN, {"image": SealImage(200, 200, b"\xff" * 25 * 199)}, {}, "certificate: image"),
        (Kind.KAZEI, {"fiscal_year": 2025}, {}, "certificate: year"),
        (Kind.KAZEI, {"lines": record_of(Kind.SHOTOKU).lines}, {}, "certificate: items"),  # type: ignore[union-attr]  # a TaxRecord
        (Kind.SHOTOKU, {"lines": record_of(Kind.KAZEI).lines}, {}, "certificate: items"),  # type: ignore[union-attr]  # a TaxRecord
        (Kind.KOSEKI_ZENBU, {"whole": False}, {}, "certificate: whole"),
        (Kind.KOSEKI_KOJIN, {"whole": True}, {}, "certificate: whole"),
        (Kind.KOSEKI_KOJIN, {}, {"members": (0,)}, "certificate: members"),
        (Kind.KOSEKI_KOJIN, {"persons": (koseki_person(0),)}, {}, "certificate: members"),
        (Kind.FUHYO, {"persons": (fuhyo_person(0), fuhyo_person(1))}, {}, "certificate: members"),
        (Kind.FUHYO, {"honseki": "硯町"}, {}, "certificate: items"),
        (Kind.FUHYO, {"hittosha": "朝倉"}, {}, "certificate: items"),
        (Kind.FUHYO, {"honseki": "硯町", "hittosha": "朝倉"}, {"choices": (Choice.HONSEKI,)}, ""),
        (Kind.FUHYO, {"persons": (fuhyo_person(0), fuhyo_person(2, "登録"))}, {}, "certificate: items"),
        (
            Kind.FUHYO,
            {"persons": (fuhyo_person(0), fuhyo_person(2, "登録"))},
            {"choices": (Choice.OVERSEAS_VOTER,)},
            "",
        ),
    ],
)
def test_a_record_holds_exactly_what_was_ordered(kind: Kind, record: dict[str, Any], order: dict[str, Any], found: str) -> None:
    assert contradiction(kind, record, **order) == found


@pytest.mark.promise("C2")
@pytest.mark.parametrize(
    ("data_on", "code"),
    [
        ("2026-06-15", None),
        ("2026-06-13", None),
        ("2026-06-12", WireCode.REGISTRY_STALE),
        ("2026-06-17", WireCode.REGISTRY_STALE),
        ("2026-02-30", WireCode.CHECK_FAILED),
    ],
)
def test_the_day_of_tax_data_is_judged_by_the_checkers_own_policy(data_on: str, code: WireCode | None) -> None:
    june_ms = 1_781_578_800_000
    record = structs.replace(record_of(Kind.KAZEI), data_on=data_on)
    found = None
    try:
        check_age_of_data(record, policy(), now_ms=june_ms)
    except (RuleRefused, Contradiction) as refused:
        found = refused.code
    assert found is code
    check_age_of_data(record_of(Kind.INKAN), policy(), now_ms=june_ms)


@pytest.mark.promise("C23")
@pytest.mark.parametrize("kind", OTHERS)
def test_no_registry_can_sign_for_another_ones_kind(kind: Kind) -> None:
    made = deployment().city
    keys: dict[Registry, SigningKey] = {
        Registry.RESIDENTS: made.registry,
        Registry.SEALS: made.seals,
        Registry.TAXES: made.taxes,
        Registry.KOSEKI: made.koseki,
    }
    record, own = record_of(kind), KINDS[kind].registry
    for registry, key in keys.items():
        for purpose in {family.purpose for family in FAMILIES.values()} | {Purpose.HELD, Purpose.TICKET}:
            signed = sign_message(key, purpose, record)
            if registry is own and purpose is FAMILIES[kind].purpose:
                assert verify_record(city_directory(), kind, signed, now_ms=NOON_MS) == record
                continue
            with pytest.raises(Refused, match="SIGNATURE_BAD"):
                verify_record(city_directory(), kind, signed, now_ms=NOON_MS)
    assert len(set(REGISTRY_KEYS.values())) == len(Registry)


def bench(forms: Forms = ALL_FORMS) -> Bench:
    return Bench(
        municipality=CITY,
        city=city_directory(),
        center=center_directory(),
        policy=policy(),
        forms=forms,
        fonts=(),
        now_ms=NOON_MS,
        issued_on_skew_ms_max=1_000,
    )


SPOUSE = Member(1, "朝倉 遠子", "", is_applicant=False, foreign=False)


def held_record(case: Case, of: Registry, **changes: Any) -> HeldRecord:
    holdings = tuple(Holding(kind, None, (2026,) if KINDS[kind].yearly else ()) for kind in kinds_of(of))
    members = (SPOUSE,) if of is Registry.KOSEKI else ()
    return structs.replace(HeldRecord(case.transcript, SUBJECT, of, NOON_MS, holdings, members), **changes)


def word(record: HeldRecord, registry: Registry | None = None) -> HeldWord:
    made = deployment().city
    named = registry or record.registry
    key = {Registry.SEALS: made.seals, Registry.TAXES: made.taxes, Registry.KOSEKI: made.koseki}[named]
    return HeldWord(named, sign_message(key, Purpose.HELD, record), None)


def answered(case: Case, *words: HeldWord, held: Held) -> EligibilityAnswer:
    offered = offers(policy(), policy().group_of("K0007"), NOON_MS, forms=ALL_FORMS, held=held)
    call = structs.replace(case.eligibility_call(), offers=offered, held=words)
    return judge_eligibility(call, bench())


@pytest.mark.promise("C10")
def test_offers_follow_from_what_the_registries_signed() -> None:
    case = Case()
    records = {registry: held_record(case, registry) for registry in (Registry.SEALS, Registry.TAXES, Registry.KOSEKI)}
    answer = answered(case, *(word(record) for record in records.values()), held=Held(records, {}))
    assert {offer.refusal for offer in answer.offers if offer.kind is Kind.INKAN} == {None}
    assert answer.koseki_members == (SPOUSE,)
    silent = HeldWord(Registry.KOSEKI, b"", WireCode.REGISTRY_STALE)
    some = {registry: records[registry] for registry in (Registry.SEALS, Registry.TAXES)}
    without = answered(
        case, *(word(record) for record in some.values()), silent, held=Held(some, {Registry.KOSEKI: WireCode.REGISTRY_STALE})
    )
    assert without.koseki_members == ()


@pytest.mark.promise("C10", "C23")
def test_an_issuer_cannot_offer_what_no_registry_holds() -> None:
    case = Case()
    good = held_record(case, Registry.SEALS)
    empty = held_record(case, Registry.SEALS, holdings=(Holding(Kind.INKAN, WireCode.NOT_HELD),))
    for words in ((), (word(empty),), (HeldWord(Registry.SEALS, b"", WireCode.NOT_HELD),)):
        with pytest.raises(Refused, match="FEE_CHANGED"):
            answered(case, *words, held=Held({Registry.SEALS: good}, {}))


@pytest.mark.promise("C4", "C23")
@pytest.mark.parametrize("changes", [{"transcript": bytes(32)}, {"subject_token": bytes(32)}, {"registry": Registry.TAXES}])
def test_a_word_about_somebody_else_stops_the_city(changes: dict[str, Any]) -> None:
    case = Case()
    record = held_record(case, Registry.SEALS, **changes)
    with pytest.raises(Contradiction):
        answered(case, word(record, Registry.SEALS), held=Held({}, {}))


@pytest.mark.promise("C23")
def test_a_word_that_the_registry_did_not_sign_is_refused_and_stops_nothing() -> None:
    case = Case()
    forged = HeldWord(
        Registry.SEALS, sign_message(deployment().city.taxes, Purpose.HELD, held_record(case, Registry.SEALS)), None
    )
    with pytest.raises(Refused, match="SIGNATURE_BAD"):
        answered(case, forged, held=Held({}, {}))


@pytest.mark.promise("C1")
def test_a_build_without_a_reader_signs_nothing_of_that_kind() -> None:
    few = forms_of({Kind.JUMINHYO: READERS[Kind.JUMINHYO]})
    case = Case()
    offered = offers(policy(), policy().group_of("K0007"), NOON_MS, forms=ALL_FORMS, held=Held({}, {}))
    call = structs.replace(case.eligibility_call(), offers=offered)
    with pytest.raises(Refused, match="FEE_CHANGED"):
        judge_eligibility(call, bench(few))
