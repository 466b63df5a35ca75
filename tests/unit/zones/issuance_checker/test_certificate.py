"""What the checker signs as a certificate, and everything it does not."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from akashi.base.ports import Caller
from akashi.rules.certificates import facts_hash
from akashi.rules.eras import jst_date
from akashi.sealing.keys import SigningKey
from akashi.sealing.paper_trust import sign_trust_list
from akashi.verifier import Verdict, judge, parse_trust
from akashi.verifier.pdf_values import read_values
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CertificateAnswer, KeyUse, StopEntry, StopScope, TrustListPayload
from unit.documents.people import CHILD, HEAD, NEIGHBOUR, WIFE
from unit.zones.issuance_checker.court import (
    CITY,
    ISSUER,
    MINUTE_MS,
    NOON_MS,
    NUMBER,
    Case,
    Court,
    city_directory,
    deployment,
    opened,
    policy,
    run,
)

pytestmark = pytest.mark.needs("fonts")

STRANGER = SigningKey.from_bytes(b"\x09" * 32)


def signed_certificate(case: Case | None = None, court: Court | None = None) -> CertificateAnswer:
    court = court or Court()
    answer = opened(run(court.checker.attest_certificate(ISSUER, (case or Case()).certificate_call())))
    assert isinstance(answer, CertificateAnswer)
    assert court.ledger.stops == []
    return answer


def refusal(case: Case, court: Court | None = None) -> tuple[WireCode, list[StopEntry]]:
    court = court or Court()
    call = case.certificate_call()
    with pytest.raises(Refused) as caught:
        run(court.checker.attest_certificate(ISSUER, call))
    return caught.value.code, court.ledger.stops


@pytest.mark.promise("C4", "C11")
def test_a_right_certificate_is_signed_twice() -> None:
    case = Case()
    answer = signed_certificate(case)
    assert (answer.envelope_hash, answer.subject_token) == (b"e" * 32, b"s" * 32)
    assert (answer.number, answer.kind, answer.issue_number) == (1, Kind.JUMINHYO, NUMBER)
    assert (answer.page_count, answer.fee_yen) == (1, 200)
    composed = case.certificate_call().pdf
    # Only the rooms that the composer left differ: salt, 2D code, moment and signature.
    differing = [place for place, (one, other) in enumerate(zip(composed, answer.pdf, strict=True)) if one != other]
    moment, room = composed.index(b"/M(D:") + 5, composed.index(b"/Contents<") + 10
    assert answer.pdf[moment : moment + 14] == b"20260616030000"
    salt, code = composed.rindex(b"><") + 2, composed.index(bytes(621))
    rooms = [(moment, 14), (room, 6_144), (salt, 32), (code, 621)]
    assert all(any(start <= place < start + length for start, length in rooms) for place in differing)
    assert all(answer.pdf[start : start + length] != composed[start : start + length] for start, length in rooms)
    assert len(answer.pdf) == len(composed)


@pytest.mark.promise("C11")
def test_a_receiver_finds_it_authentic_and_each_has_a_salt_of_its_own() -> None:
    court, city = Court(), deployment().city
    pdf = signed_certificate(Case(), court).pdf
    keys = tuple(key for key in city_directory().payload.keys if key.use in (KeyUse.PAPER, KeyUse.DOCUMENT, KeyUse.RECEIPT))
    trust_list = sign_trust_list(city.root, TrustListPayload(CITY, "東京都証野市", 1, NOON_MS, keys))
    report = judge([pdf], parse_trust([(city.root.public_bytes, trust_list)], ()))
    assert report.verdict is Verdict.AUTHENTIC
    [page] = report.pages
    assert page.items is not None
    assert page.items.issue_number == NUMBER
    again = signed_certificate(Case(), court).pdf
    salts = [values.salt for values in map(read_values, (pdf, again)) if values is not None]
    assert len(set(salts)) == 2


@pytest.mark.promise("C11")
def test_without_the_paper_key_in_the_directory_nothing_is_signed() -> None:
    city = city_directory()
    without = [key for key in city.payload.keys if key.use is not KeyUse.PAPER]
    court = Court()
    court.city = replace(city, payload=structs.replace(city.payload, keys=tuple(without)))
    assert refusal(Case(), court) == (WireCode.DIRECTORY_STALE, [])


@pytest.mark.promise("C11")
def test_an_independent_validator_finds_the_whole_file_signed() -> None:
    pdf = signed_certificate().pdf
    reader = PdfFileReader(io.BytesIO(pdf))
    (embedded,) = reader.embedded_signatures
    certificate = embedded.signer_cert
    assert certificate.dump() == deployment().city.document_certificate
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False, moment=embedded.self_reported_timestamp)
    status = validate_pdf_signature(embedded, context, skip_diff=True)
    assert status.intact
    assert status.valid
    assert status.coverage.name == "ENTIRE_FILE"
    assert status.md_algorithm == "sha256"
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert embedded.self_reported_timestamp.timestamp() * 1000 == NOON_MS
    for place in (2000, len(pdf) // 2, len(pdf) - 30):
        altered = pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
        assert altered != pdf
        try:
            (spoiled,) = PdfFileReader(io.BytesIO(altered)).embedded_signatures
            status = validate_pdf_signature(spoiled, context, skip_diff=True)
        except Exception:  # noqa: BLE001, S112 - whatever the validator says, it does not say that it is intact
            continue
        assert not (status.intact and status.valid)


@pytest.mark.promise("C11")
@pytest.mark.needs("poppler", "qpdf")
def test_poppler_and_qpdf_agree(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(signed_certificate().pdf)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], check=True, capture_output=True, text=True)
    assert "Signature is Valid" in done.stdout
    assert "Total document signed" in done.stdout
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


def test_the_same_call_gives_the_same_bytes() -> None:
    call = Case().certificate_call()
    assert run(Court().checker.attest_certificate(ISSUER, call)) == run(Court().checker.attest_certificate(ISSUER, call))


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    "printed",
    [
        (HEAD, NEIGHBOUR),
        (NEIGHBOUR, WIFE),
        (WIFE, HEAD),
        (HEAD,),
        (HEAD, WIFE, CHILD),
        (HEAD, WIFE, CHILD, CHILD, CHILD),
    ],
)
def test_a_file_that_shows_anything_else_than_the_record_stops_the_city(printed: tuple[dict[Any, str], ...]) -> None:
    code, stops = refusal(Case(printed=printed))
    assert code is WireCode.CHECK_FAILED
    (stop,) = stops
    assert (stop.scope, stop.municipality, stop.cause) == (StopScope.CITY, CITY, WireCode.CHECK_FAILED)


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    "face",
    [
        {"officer_name": "別　人"},
        {"officer_title": "副市長"},
        {"city_name": "東京都灯野市"},
        {"issued_on_written": "平成38年6月16日"},
        {"issued_on_written": "令和8年6月15日"},
        {"as_of_written": "令和8年6月16日12時00分"},
        {"issue_number": "139998-7Q2M-8XKD-0V4T-HC94"},
    ],
)
def test_a_wrong_officer_city_date_or_number_on_the_paper_stops_the_city(face: dict[str, Any]) -> None:
    code, stops = refusal(Case(face=face))
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("ticket", {"transcript": b"x" * 32}),
        ("ticket", {"municipality": "131016"}),
        ("ticket", {"kiosk_id": "K0001"}),
        ("order", {"transcript": b"x" * 32}),
        ("order", {"members": (0, 1, 2)}),
        ("order", {"members": (0,)}),
        ("record", {"transcript": b"x" * 32}),
        ("record", {"order_hash": b"x" * 32}),
        ("record", {"issue_number": "139998-7Q2M-8XKD-0V4T-HC94"}),
        ("intent", {"commitment": b"x" * 32}),
        ("intent", {"kiosk_id": "K0001"}),
        ("intent", {"issue_number": "139998-7Q2M-8XKD-0V4T-HC94"}),
        ("intent", {"municipality": "131016"}),
    ],
)
def test_signed_words_that_do_not_belong_together_stop_the_city(name: str, fields: dict[str, Any]) -> None:
    code, stops = refusal(Case(edits={name: fields}))
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


@pytest.mark.parametrize(
    "call",
    [
        {"intent_salt": b"x" * 32},
        {"issue_number": "131016-7Q2M-8XKD-0V4T-HC93"},
        {"pdf": b""},
        {"pdf": b"%PDF-1.7\n" + b"0" * 2_200_000},
    ],
)
def test_a_call_that_does_not_fit_its_signed_words_stops_the_city(call: dict[str, Any]) -> None:
    code, stops = refusal(Case(call=call))
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


@pytest.mark.promise("C3", "C4")
def test_a_receipt_for_another_intent_stops_the_city() -> None:
    other = Case(edits={"intent": {"kiosk_id": "K0001"}}).certificate_call()
    code, stops = refusal(Case(call={"receipt": other.receipt}))
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)


@pytest.mark.promise("C4")
@pytest.mark.parametrize("name", ["ticket", "order", "record", "receipt"])
def test_what_the_right_key_did_not_sign_is_refused_and_stops_nothing(name: str) -> None:
    code, stops = refusal(Case(keys={name: STRANGER}))
    assert (code, stops) == (WireCode.SIGNATURE_BAD, [])


@pytest.mark.parametrize("name", ["ticket", "order", "record", "receipt"])
def test_a_signature_for_another_purpose_is_refused(name: str) -> None:
    right = Case().certificate_call()
    others = {"ticket": right.record, "order": right.ticket, "record": right.ticket, "receipt": right.ticket}
    code, stops = refusal(Case(call={name: others[name]}))
    assert (code, stops) == (WireCode.SIGNATURE_BAD, [])


def test_an_ended_ticket_is_refused() -> None:
    assert refusal(Case(edits={"ticket": {"not_after_ms": NOON_MS}})) == (WireCode.GRANT_ENDED, [])


@pytest.mark.parametrize("off_ms", [-3 * MINUTE_MS, 3 * MINUTE_MS])
def test_a_moment_of_issue_that_is_not_now_is_refused(off_ms: int) -> None:
    court = Court()
    court.clock.wall_ms = NOON_MS + off_ms
    assert refusal(Case(edits={"ticket": {"not_after_ms": NOON_MS + 30 * MINUTE_MS}}), court) == (WireCode.DEADLINE_PASSED, [])


@pytest.mark.promise("C11")
def test_the_day_on_the_paper_is_the_issuers_moment_even_across_midnight() -> None:
    midnight_ms = NOON_MS + 12 * 60 * MINUTE_MS
    code, stops = refusal(Case(now_ms=midnight_ms - 1_000), _at(midnight_ms + 1_000))
    # Closed by the city's hours, judged at the issuer's moment: a rule's no, and nothing stops.
    assert (code, stops) == (WireCode.CLOSED_HOURS, [])


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"fee_yen": 10}, WireCode.FEE_CHANGED),
        ({"choices": (Choice.HONSEKI, Choice.RELATIONSHIP)}, WireCode.MALFORMED),
        ({"choices": (Choice.JUMINHYO_CODE,)}, WireCode.OPTION_OFF),
    ],
)
def test_an_order_against_the_citys_rules_is_refused_with_the_rules_code(order: dict[str, Any], code: WireCode) -> None:
    assert refusal(Case(edits={"order": order})) == (code, [])


@pytest.mark.promise("C11")
@pytest.mark.parametrize("changed", ["name", "title", "officer"])
def test_a_policy_that_reached_only_one_of_the_two_stops_nothing(changed: str) -> None:
    """For some seconds issuer and checker may have different mayors; both directions, whatever was composed."""
    day = jst_date(NOON_MS)
    officer = policy().officer_on(day)
    assert officer is not None
    other = {
        "name": structs.replace(policy(), name="東京都灯野市"),
        "title": structs.replace(policy(), officers=(structs.replace(officer, title="市長職務代理者副市長"),)),
        "officer": structs.replace(policy(), officers=(structs.replace(officer, name="別　人"),)),
    }[changed]
    newer = other.officer_on(day)
    assert newer is not None
    face = {"city_name": other.name, "officer_title": newer.title, "officer_name": newer.name}
    ahead = Case(face=face, call={"facts_hash": facts_hash(other, newer, Kind.JUMINHYO)})
    assert refusal(ahead) == (WireCode.BUSY, [])
    court = Court(policy=other)
    assert refusal(Case(), court) == (WireCode.BUSY, [])
    # The same facts and another face are a contradiction as before.
    code, stops = refusal(Case(face=face))
    assert (code, len(stops)) == (WireCode.CHECK_FAILED, 1)
    assert isinstance(signed_certificate(ahead, Court(policy=other)), CertificateAnswer)


def test_only_the_issuer_is_heard() -> None:
    court = Court()
    for caller in (Caller("dmz/transfer"), Caller("issuance/checker"), Caller("core/residents")):
        with pytest.raises(Refused) as caught:
            run(court.checker.attest_certificate(caller, Case().certificate_call()))
        assert caught.value.code is WireCode.CALLER_REFUSED
    assert court.ledger.calls == 0


@pytest.mark.promise("C6")
def test_log_and_refusal_name_no_value() -> None:
    court = Court()
    call = structs.replace(Case(printed=(NEIGHBOUR, WIFE)).certificate_call())
    with pytest.raises(Refused) as caught:
        run(court.checker.attest_certificate(ISSUER, call))
    text = court.log.getvalue() + str(caught.value)
    assert "person-1" in text
    assert not any(value in text for value in (*HEAD.values(), *NEIGHBOUR.values()) if len(value) > 1)


def _at(wall_ms: int) -> Court:
    court = Court()
    court.clock.wall_ms = wall_ms
    return court
