"""Outcomes reach the city, each once acknowledged, whatever is lost or contradicted in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import Outcome, OutcomeAck, RefusalAnswer
from akashi.zones.store.kiosk.outcomes import OutcomeReporter
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.trust import BEACON_AGE_MS_MAX
from unit.zones.store_kiosk.far_end import CITY, DEADLINE_MS, OTHER_CITY, FarEnd, SeededIds, identity, pinned, run, same

HOUR_MS = 3_600_000
NUMBERS = [f"{CITY}-0000-0000-0000-000{n}" for n in range(4)]


def _reporter(far: FarEnd, journal: Journal) -> OutcomeReporter:
    return OutcomeReporter(identity(), pinned(journal), far, SeededIds(3), journal, deadline_ms=DEADLINE_MS)


def _refused(reporter: OutcomeReporter) -> WireCode:
    with pytest.raises(Refused) as refused:
        run(reporter.report())
    return refused.value.code


def test_nothing_pending_asks_nobody(journal: Journal) -> None:
    far = FarEnd()
    far.twist.plain = [WireCode.RELAY_DOWN]
    assert run(_reporter(far, journal).report()) == 0
    assert far.twist.plain


@pytest.mark.promise("C15")
def test_lines_are_sent_until_acknowledged(journal: Journal) -> None:
    far = FarEnd()
    reporter = _reporter(far, journal)
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    journal.record(NUMBERS[1], Outcome.VOID, WireCode.GRANT_ENDED)
    far.twist.lose = 1
    assert _refused(reporter) is WireCode.DEADLINE_PASSED
    assert len(journal.pending()) == 2
    assert run(reporter.report()) == 2
    assert journal.pending() == ()
    assert run(reporter.report()) == 0


@pytest.mark.promise("C15")
@pytest.mark.parametrize("lie", ["key", "refusal", "envelope", "others", "journey"])
def test_only_the_citys_signed_word_about_these_lines_counts(journal: Journal, lie: str) -> None:
    far = FarEnd()
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    expected = {"key": WireCode.SIGNATURE_BAD, "refusal": WireCode.LEDGER_DOWN, "envelope": WireCode.CONTRADICTION}
    if lie == "key":
        far.twist.key = SigningKey.generate()
    elif lie == "refusal":
        far.refusals = [WireCode.LEDGER_DOWN]
    elif lie == "envelope":
        far.twist.answer = lambda _: OutcomeAck(bytes(32), (1,))
    elif lie == "journey":
        far.twist.answer = lambda answer: RefusalAnswer(answer.envelope_hash, WireCode.MALFORMED)
    else:
        far.twist.answer = lambda answer: OutcomeAck(answer.envelope_hash, (2, 3, 99))
    if lie == "others":
        assert run(_reporter(far, journal).report()) == 0
    else:
        assert _refused(_reporter(far, journal)) is expected.get(lie, WireCode.MALFORMED)
    assert len(journal.pending()) == 1


def test_an_old_bulletin_does_not_carry_outcomes(journal: Journal, tmp_path: Path) -> None:
    """A relay shows the bulletin of an hour ago, whole and signed; neither a restart nor a bulletin that does not hold helps."""
    far = FarEnd()
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    seen_ms = far.now_ms
    assert run(_reporter(far, journal).report()) == 1
    far.twist.bulletin = lambda bulletin: structs.replace(bulletin, city_directory=b"")
    far.now_ms = seen_ms + HOUR_MS
    journal.record(NUMBERS[1], Outcome.TAKEN, None)
    assert _refused(_reporter(far, journal)) is WireCode.MALFORMED
    far.twist.bulletin = same
    again = Journal(tmp_path / "journal.db")
    far.now_ms = seen_ms - BEACON_AGE_MS_MAX - 1
    assert _refused(_reporter(far, again)) is WireCode.BEACON_STALE
    assert [entry.issue_number for entry in again.pending()] == [NUMBERS[1]]
    far.now_ms = seen_ms - BEACON_AGE_MS_MAX
    assert run(_reporter(far, again).report()) == 1
    again.close()


def test_one_line_that_contradicts_does_not_hold_the_others_back(journal: Journal) -> None:
    far = FarEnd(poison={NUMBERS[1]})
    for number in NUMBERS:
        journal.record(number, Outcome.TAKEN, None)
    assert _refused(_reporter(far, journal)) is WireCode.CONTRADICTION
    assert [entry.issue_number for entry in journal.pending()] == [NUMBERS[1]]
    assert far.acknowledged == [1, 3, 4]


LINES = [f"{CITY}-0000-0000-0000-{n:04}" for n in range(130)]


@pytest.mark.promise("C15")
@pytest.mark.parametrize("code", [WireCode.CONTRADICTION, WireCode.LEDGER_DOWN, WireCode.SIGNATURE_BAD])
def test_any_number_of_lines_that_the_city_refuses_hold_no_other_line_back(journal: Journal, code: WireCode) -> None:
    """Whatever its reason: more than one report's worth of them, and they come first."""
    far = FarEnd(poison=set(LINES[:120]), poison_code=code)
    for number in LINES:
        journal.record(number, Outcome.TAKEN, None)
    reporter = _reporter(far, journal)
    rounds, asked = 0, 0
    while not set(far.acknowledged) >= set(range(121, 131)):
        frames = len(far.frames)
        assert _refused(reporter) is code
        asked = max(asked, len(far.frames) - frames)
        rounds += 1
        assert rounds < 60
    # A city that refuses everything, as while its ledger is down, is not asked once for each line.
    assert asked <= 20
    # New lines go first; those that were refused come round all the same, each in its turn.
    journal.record(f"{CITY}-0000-0000-0000-0999", Outcome.TAKEN, None)
    assert _refused(reporter) is code
    assert far.acknowledged[-1] == 131
    far.poison = set(LINES[:119])
    rounds = 0
    while 120 not in far.acknowledged:
        assert _refused(reporter) is code
        rounds += 1
        assert rounds < 60
    far.poison = set()
    while run(reporter.report()):
        pass
    assert journal.pending() == ()


@pytest.mark.promise("C15")
def test_any_number_of_lines_of_a_city_that_is_down_hold_no_other_citys_line_back(journal: Journal) -> None:
    far = FarEnd()
    for which in range(60):
        journal.record(f"{OTHER_CITY}-0000-0000-0000-{which:04}", Outcome.TAKEN, None)
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    assert _refused(_reporter(far, journal)) is WireCode.SIGNATURE_BAD
    assert far.acknowledged == [61]


def test_what_was_refused_stays_behind_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    far = FarEnd(poison={NUMBERS[0]})
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    assert _refused(_reporter(far, journal)) is WireCode.CONTRADICTION
    again = Journal(tmp_path / "journal.db")
    again.record(NUMBERS[1], Outcome.TAKEN, None)
    assert [entry.issue_number for entry in again.pending()] == [NUMBERS[1], NUMBERS[0]]
    assert [entry.issue_number for entry in again.pending(CITY, refused=True)] == [NUMBERS[0]]
    assert again.pending(OTHER_CITY) == ()
    assert again.pending_cities() == (CITY,)
    again.close()


def test_one_city_that_is_down_does_not_hold_the_others_back(journal: Journal) -> None:
    far = FarEnd()
    journal.record(f"{OTHER_CITY}-0000-0000-0000-0000", Outcome.TAKEN, None)
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    # The other city's bulletin does not verify: this far end has the directory of one city only.
    assert _refused(_reporter(far, journal)) is WireCode.SIGNATURE_BAD
    assert [entry.issue_number[:6] for entry in journal.pending()] == [OTHER_CITY]
