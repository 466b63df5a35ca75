"""A visit: every certificate that was opened gets exactly one outcome, before anybody can lose it."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from akashi.card.client import CardClient
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CertificateAnswer, Outcome
from akashi.zones.store.kiosk.errors import JournalRefused
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.visit import Visit
from unit.zones.store_kiosk.far_end import CITY, PDF, PIN, FarEnd, replaced, run, session, virtual_card, wish


def _visit(far: FarEnd, journal: Journal) -> Visit:
    visit = Visit(session(far, journal), journal, holder="one", municipality=CITY)
    run(visit.present(nullcontext(CardClient(virtual_card())), PIN))
    run(visit.ask())
    return visit


def _lines(journal: Journal) -> list[tuple[str, Outcome, WireCode | None]]:
    return [(entry.issue_number, entry.outcome, entry.cause) for entry in journal.pending()]


@pytest.mark.promise("C14", "C15")
def test_taken_is_written_before_the_file_is_handed_out(journal: Journal) -> None:
    visit = _visit(FarEnd(), journal)
    answer = run(visit.order(wish()))
    assert _lines(journal) == []
    assert visit.take() == PDF
    assert _lines(journal) == [(answer.issue_number, Outcome.TAKEN, None)]
    assert visit.take() == PDF
    visit.leave()
    assert len(_lines(journal)) == 1
    assert visit.certificate is None
    assert visit.answer is None


@pytest.mark.promise("C15")
def test_what_nobody_took_is_void_when_the_person_leaves(journal: Journal) -> None:
    visit = _visit(FarEnd(), journal)
    answer = run(visit.order(wish()))
    visit.leave()
    visit.leave()
    assert _lines(journal) == [(answer.issue_number, Outcome.VOID, WireCode.GRANT_ENDED)]


@pytest.mark.promise("C15")
def test_what_nobody_took_is_void_before_the_next_is_ordered(journal: Journal) -> None:
    far = FarEnd()
    visit = _visit(far, journal)
    first = run(visit.order(wish()))
    far.refusals = [WireCode.CITY_STOPPED]
    with pytest.raises(Refused):
        run(visit.order(wish()))
    assert visit.certificate is None
    assert _lines(journal) == [(first.issue_number, Outcome.VOID, WireCode.GRANT_ENDED)]
    second = run(visit.order(wish()))
    visit.take()
    assert _lines(journal)[1] == (second.issue_number, Outcome.TAKEN, None)


@pytest.mark.promise("C15")
def test_a_visit_that_is_gone_without_a_word_leaves_its_number_open(journal: Journal) -> None:
    visit = _visit(FarEnd(), journal)
    answer = run(visit.order(wish()))
    del visit
    assert journal.abandon(WireCode.INTERNAL, holder="one") == 1
    assert _lines(journal) == [(answer.issue_number, Outcome.VOID, WireCode.INTERNAL)]


@pytest.mark.promise("C15")
def test_a_certificate_that_came_late_is_noted_too(journal: Journal) -> None:
    far = FarEnd()
    visit = _visit(far, journal)
    far.twist.lose = 1
    with pytest.raises(Refused):
        run(visit.order(wish()))
    assert journal.abandon(WireCode.INTERNAL) == 0
    run(visit.again())
    assert journal.abandon(WireCode.INTERNAL) == 1


@pytest.mark.promise("C14")
def test_what_cannot_be_noted_is_not_shown(journal: Journal) -> None:
    far = FarEnd()
    first = run(_visit(far, journal).order(wish()))
    far.twist.answer = replaced(CertificateAnswer, issue_number=first.issue_number)
    visit = _visit(far, journal)
    with pytest.raises(JournalRefused) as refused:
        run(visit.order(wish()))
    assert refused.value.code is WireCode.CONTRADICTION
    assert visit.certificate is None


def test_without_a_certificate_there_is_nothing_to_take(journal: Journal) -> None:
    with pytest.raises(Refused) as refused:
        _visit(FarEnd(), journal).take()
    assert refused.value.code is WireCode.GRANT_ORDER


@pytest.mark.promise("C14")
def test_a_journal_that_fails_at_the_end_still_misses_the_outcome(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = _visit(FarEnd(), journal)
    run(visit.order(wish()))

    def full(*_: object) -> int:
        raise JournalRefused(WireCode.INTERNAL, "disk full")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "record", full)
        with pytest.raises(JournalRefused):
            visit.leave()
        with pytest.raises(JournalRefused):
            _ = visit.take() if visit.certificate else full()
    assert visit.certificate is None
    assert journal.abandon(WireCode.INTERNAL, holder="one") == 1
