"""The page's promises, without a browser: what counts once, who sees what, what is said, and how a visit ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path

import pytest

from akashi.base import locale
from akashi.base.locale import LANGUAGES, texts
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import About
from akashi.wire.messages import KindOffer, Outcome
from akashi.zones.store.kiosk.errors import JournalRefused
from akashi.zones.store.kiosk.views import Words
from unit.zones.store_kiosk.screen_stage import HOST, NAMES, PDF, PIN, Browser, FakeSession, FakeTray, Stage, juminhyo, on_stage


@pytest.mark.promise("C14", "C18")
def test_from_the_first_screen_to_the_last(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.get()
        assert "証明書をとる" in browser.page
        await browser.start()
        assert all(name in browser.page for name in NAMES)
        assert "カードをお取りください" in browser.page
        assert "令和8年11月24日" in browser.page
        await browser.order(member=["1", "0"], choice=["honseki"])
        assert "139998-7ZQ2-M0KD-4T9X-0001" in browser.page
        assert (await browser.send("GET", "/certificate.pdf")).status == 303
        await browser.press("take")
        assert stage.journal.pending()[0].outcome is Outcome.TAKEN
        file = await browser.get("/certificate.pdf")
        assert file.body == PDF
        assert file.headers["content-disposition"].startswith("attachment")
        await browser.press("choose")
        await browser.order()
        assert "-0002" in browser.page
        assert (await browser.post("end", browser.once)).status == 303
        assert stage.stopped == 1
        assert stage.screen.over.is_set()
        assert stage.visit.certificate is None

    stage = on_stage(test, lambda: Stage(tmp_path))
    wishes = [(wish.members, wish.choices, wish.fee_yen) for wish in stage.session.wishes]
    assert wishes == [((0, 1), (Choice.HONSEKI,), 200), ((0,), (), 200)]


@pytest.mark.promise("C19")
def test_a_wrong_pin_says_the_tries_that_are_left_and_is_shown_nowhere(tmp_path: Path) -> None:
    wrong = "7913"

    async def test(stage: Stage, browser: Browser) -> None:
        for tries in (2, 1):
            answer = await browser.start(wrong)
            assert f"あと {tries} 回" in answer.text
            assert wrong not in answer.text
            assert answer.text.count("value=") == answer.text.replace(wrong, "").count("value=")
        await browser.start(wrong)
        assert texts("codes", "ja")["PIN_LOCKED"] in browser.page
        assert wrong not in stage.log.getvalue()
        assert wrong not in repr(vars(stage.screen))

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C21")
def test_nothing_goes_to_the_card_before_the_notice_was_acknowledged(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.get()
        assert texts("kiosk", "ja")["notice"] in browser.page
        await browser.press("grant", card="alone", pin=PIN)
        assert stage.tray.presented == []

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C15")
def test_a_second_click_orders_nothing(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        once = browser.once
        await asyncio.gather(*(browser.post("order", once, **juminhyo(["0"], [])) for _ in range(3)), browser.send("GET", "/"))
        assert len(stage.session.wishes) == 1
        assert "できました" in (await browser.get()).text

    on_stage(test, lambda: Stage(tmp_path, FakeSession(delay_s=0.02)))


@pytest.mark.promise("C19")
def test_a_second_click_spends_no_second_try(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.get()
        await asyncio.gather(*(browser.post("grant", browser.once, card="alone", pin="0000", agree="yes") for _ in range(3)))
        assert stage.tray.card.tries == 2
        assert "あと 2 回" in (await browser.get()).text

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C14")
def test_only_the_browser_that_gave_the_card_sees_the_visit(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        other = Browser(stage)
        await other.get()
        await browser.start()
        await browser.order()
        await browser.press("take")
        for path in ("/", "/certificate.pdf"):
            answer = await other.get(path)
            assert "使用中" in answer.text
            assert not any(word in answer.body for word in (NAMES[0].encode(), b"7ZQ2", PDF))
        await other.post("end", browser.once)
        assert not stage.screen.over.is_set()
        assert len(browser.cookie) > 32

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"host": "evil.example"}),
        ("GET", {"host": ""}),
        ("GET", {"host": "127.0.0.1:1"}),
        ("PUT", {}),
        ("HEAD", {}),
        ("POST", {}),
        ("POST", {"origin": "null"}),
        ("POST", {"origin": "http://evil.example"}),
        ("POST", {"origin": f"https://{HOST}"}),
        ("POST", {"sec_fetch_site": "cross-site", "origin": f"http://{HOST}"}),
        ("POST", {"sec_fetch_site": "same-site"}),
        ("POST", {"sec_fetch_site": "none"}),
        ("POST", {"sec_fetch_site": "same-origin", "origin": "http://evil.example"}),
    ],
)
def test_other_sites_and_names_are_refused(tmp_path: Path, method: str, headers: dict[str, str]) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        body = f"once={browser.once}".encode()
        answer = await browser.send(method, "/end", body, **headers)
        assert answer.status == 403
        assert not stage.screen.over.is_set()
        assert "CALLER_REFUSED" in stage.log.getvalue()

    on_stage(test, lambda: Stage(tmp_path))


def test_every_answer_forbids_scripts_caching_and_frames(tmp_path: Path) -> None:
    async def test(_stage: Stage, browser: Browser) -> None:
        for method, path in (("GET", "/"), ("GET", "/kiosk.css"), ("GET", "/hidden"), ("GET", "/nothing"), ("POST", "/end")):
            headers = (await browser.send(method, path, origin=f"http://{HOST}")).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["cache-control"] == "no-store"
            assert headers["connection"] == "close"
        assert "<script" not in browser.page

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.parametrize(
    "body", [b"\xff", b"once=%FF", b"x" * 33_000, b"&".join(b"a=1" for _ in range(1100)), b"", b"once=&pin=4649", b"\x00=\x00"]
)
def test_any_other_form_counts_for_nothing(tmp_path: Path, body: bytes) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.get()
        for button in ("grant", "order", "again", "choose", "take", "stay", "hide", "language", "end"):
            assert (await browser.send("POST", f"/{button}", body, origin=f"http://{HOST}")).status == 303
        assert stage.tray.presented == []
        assert "bug" not in stage.log.getvalue()

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.parametrize("button", ["order", "again", "choose", "take", "stay"])
def test_buttons_of_a_later_page_do_nothing_on_the_first(tmp_path: Path, button: str) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.get()
        await browser.press(button, **juminhyo(["0"], []))
        assert "証明書をとる" in browser.page
        assert stage.session.wishes == []
        assert "bug" not in stage.log.getvalue()

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "juminhyo", "member-juminhyo": ["0", "5"]}, "MEMBER_UNKNOWN"),
        ({"kind": "juminhyo", "member-juminhyo": ["0"], "choice-juminhyo": ["juminhyo-code"]}, "OPTION_OFF"),
        ({"kind": "juminhyo", "member-juminhyo": ["0"], "choice-juminhyo": ["nothing"]}, "KIND_OFF"),
        ({"kind": "koseki", "member-juminhyo": ["0"]}, "KIND_OFF"),
    ],
)
def test_what_was_not_offered_is_not_ordered(tmp_path: Path, fields: dict[str, str | list[str]], code: str) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        await browser.press("order", **fields)
        assert texts("codes", "ja")[code] in browser.page
        assert stage.session.wishes == []
        await browser.order()
        assert "できました" in browser.page

    on_stage(test, lambda: Stage(tmp_path))


def test_an_offer_that_is_closed_says_why_and_cannot_be_ordered(tmp_path: Path) -> None:
    session = FakeSession(offers=(KindOffer(Kind.JUMINHYO, 200, (), WireCode.CLOSED_HOURS),))

    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        assert browser.page.count(texts("codes", "ja")["CLOSED_HOURS"]) == 1
        await browser.order()
        assert stage.session.wishes == []
        assert browser.page.count(texts("codes", "ja")["CLOSED_HOURS"]) == 2

    on_stage(test, lambda: Stage(tmp_path, session))


@pytest.mark.promise("C15")
@pytest.mark.parametrize("code", [WireCode.DEADLINE_PASSED, WireCode.RELAY_DOWN, WireCode.BUSY, WireCode.INTERNAL])
def test_an_order_without_answer_can_only_be_repeated(tmp_path: Path, code: WireCode) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        stage.session.refusals, stage.session.open_after = [code], True
        await browser.order()
        assert texts("codes", "ja")[code] in browser.page
        assert "選び直す" not in browser.page
        await browser.press("choose")
        assert "発行できませんでした" in browser.page
        await browser.press("again")
        assert "できました" in browser.page
        assert len(stage.session.wishes) == 1

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.parametrize(
    ("code", "again", "choose"),
    [
        (WireCode.OPTION_OFF, False, True),
        (WireCode.ISSUE_VOIDED, False, True),
        (WireCode.FEE_CHANGED, False, False),
        (WireCode.CLOSED_HOURS, False, False),
        (WireCode.CITY_STOPPED, False, False),
    ],
)
def test_after_a_no_the_page_offers_what_can_help(tmp_path: Path, code: WireCode, *, again: bool, choose: bool) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        stage.session.refusals = [code]
        await browser.order()
        assert ("もう一度試す" in browser.page, "選び直す" in browser.page) == (again, choose)
        assert "終わる" in browser.page

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.parametrize(
    ("code", "again"),
    [
        (WireCode.RELAY_DOWN, True),
        (WireCode.NOT_AVAILABLE, False),
        (WireCode.BEACON_STALE, False),
        (WireCode.CARD_REVOKED, False),
    ],
)
def test_a_grant_without_answer_is_asked_for_again_without_the_card(tmp_path: Path, code: WireCode, *, again: bool) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        stage.session.refusals = [None, code]
        await browser.start()
        assert texts("codes", "ja")[code] in browser.page
        assert ("もう一度試す" in browser.page) == again
        await browser.press("again")
        assert ("証明書を選ぶ" in browser.page) == again
        assert stage.tray.presented == ["family-head"]

    on_stage(test, lambda: Stage(tmp_path))


def test_a_way_that_is_down_before_the_card_signs_costs_nothing(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        stage.session.refusals = [WireCode.RELAY_DOWN]
        await browser.start()
        assert texts("codes", "ja")["RELAY_DOWN"] in browser.page
        assert stage.tray.card.tries == 3
        await browser.start()
        assert "証明書を選ぶ" in browser.page

    on_stage(test, lambda: Stage(tmp_path))


def test_a_card_that_is_not_on_the_tray_is_refused(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        for name in ("../../etc/passwd", "", "FAMILY-HEAD"):
            await browser.start(card=name)
            assert texts("codes", "ja")["CARD_ABSENT"] in browser.page
        assert stage.tray.presented == []

    on_stage(test, lambda: Stage(tmp_path))


def test_with_a_reader_there_is_nothing_to_choose(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start(card="")
        assert stage.tray.presented == [""]
        assert "証明書を選ぶ" in browser.page

    on_stage(test, lambda: Stage(tmp_path, tray=FakeTray(cards=())))


@pytest.mark.promise("C19")
def test_a_bug_shows_and_logs_its_type_only(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        stage.session.bug = RuntimeError(f"{NAMES[0]} {PIN}")
        answer = await browser.order()
        assert "RuntimeError" in stage.log.getvalue()
        for shown in (answer.text, stage.log.getvalue(), (await browser.get()).text):
            assert not any(word in shown for word in (NAMES[0], PIN))
        assert texts("codes", "ja")["INTERNAL"] in browser.page

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C19")
def test_a_bug_in_the_page_itself_shows_and_logs_its_type_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise RuntimeError(f"{NAMES[0]} {PIN}")

    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        monkeypatch.setattr(Words, "page", broken)
        answer = await browser.get()
        assert answer.status == 500
        assert "RuntimeError" in stage.log.getvalue()
        for shown in (answer.text, stage.log.getvalue()):
            assert not any(word in shown for word in (NAMES[0], PIN))

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C18")
def test_work_that_takes_its_time_says_so_and_shows_its_outcome(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        stage.session.delay_s = 0.9
        await browser.order()
        assert "しばらくお待ちください" in browser.page
        assert not any(name in browser.page for name in NAMES)
        await browser.get("/?wait")
        assert "できました" in browser.page
        assert len(stage.session.wishes) == 1

    on_stage(test, lambda: Stage(tmp_path))


def test_an_order_is_finished_even_where_the_browser_left(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        stage.session.delay_s = 0.05
        leaving = asyncio.ensure_future(browser.post("order", browser.once, **juminhyo(["0"], [])))
        await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.sleep(0.1)
        assert "できました" in (await browser.get()).text

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C14", "C15")
def test_a_visit_without_input_ends_by_itself(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        await browser.order()
        for _ in range(3):
            await asyncio.sleep(0.1)
            await browser.press("stay")
        assert not stage.screen.over.is_set()
        async with asyncio.timeout(3):
            await stage.screen.over.wait()
        assert stage.journal.pending()[0].cause is WireCode.GRANT_ENDED
        assert stage.stopped == 1
        assert (await browser.send("GET", "/")).status == 303

    on_stage(test, lambda: Stage(tmp_path, idle_ms=250, warning_ms=100))


def test_an_order_on_its_way_is_not_idleness(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        stage.session.delay_s = 0.3
        await browser.order()
        assert not stage.screen.over.is_set()
        assert "できました" in browser.page

    on_stage(test, lambda: Stage(tmp_path, idle_ms=150, warning_ms=50))


def test_looking_is_not_input_and_nobody_waits_for_nobody(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.get()
        await asyncio.sleep(0.15)
        assert not stage.screen.over.is_set()
        assert "http-equiv" not in browser.page
        await browser.start("0000")
        assert 'http-equiv="refresh"' in browser.page
        for _ in range(3):
            await asyncio.sleep(0.05)
            await browser.get()
        async with asyncio.timeout(3):
            await stage.screen.over.wait()

    on_stage(test, lambda: Stage(tmp_path, idle_ms=100, warning_ms=50))


@pytest.mark.promise("C14")
def test_whatever_fails_at_the_end_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        await browser.order()
        failures: list[Exception] = [JournalRefused(WireCode.INTERNAL, "disk"), RuntimeError(NAMES[0])]

        def fails(*_: object) -> int:
            raise failures.pop()

        monkeypatch.setattr(stage.journal, "record", fails)
        await stage.screen.close()
        await stage.screen.close()
        assert stage.stopped == 1
        assert stage.visit.certificate is None
        assert stage.visit.answer is None
        assert NAMES[0] not in stage.log.getvalue()

    on_stage(test, lambda: Stage(tmp_path))


def test_what_cannot_be_written_is_not_handed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        await browser.order()

        def full(*_: object) -> int:
            raise JournalRefused(WireCode.INTERNAL, "disk full")

        with monkeypatch.context() as patched:
            patched.setattr(stage.journal, "record", full)
            await browser.press("take")
        assert texts("codes", "ja")["INTERNAL"] in browser.page
        assert (await browser.send("GET", "/certificate.pdf")).status == 303
        await browser.press("take")
        assert (await browser.get("/certificate.pdf")).body == PDF

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C18")
def test_the_language_changes_anywhere_and_the_visit_goes_on(tmp_path: Path) -> None:
    async def test(_stage: Stage, browser: Browser) -> None:
        await browser.get()
        await browser.press("language", lang="en")
        assert "Get a certificate" in browser.page
        await browser.start()
        assert "Choose your certificate" in browser.page
        assert "2026-11-24" in browser.page
        await browser.press("language", lang="ja")
        assert "証明書を選ぶ" in browser.page
        await browser.press("language", lang="xx")
        assert "証明書を選ぶ" in browser.page

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C18")
def test_the_hidden_screen_shows_nobody(tmp_path: Path) -> None:
    async def test(_stage: Stage, browser: Browser) -> None:
        await browser.start()
        answer = await browser.get("/hidden")
        assert not any(name in answer.text for name in NAMES)
        assert NAMES[0] in (await browser.get()).text

    on_stage(test, lambda: Stage(tmp_path))


def test_names_are_text_and_never_markup(tmp_path: Path) -> None:
    async def test(_stage: Stage, browser: Browser) -> None:
        await browser.start()
        raw = (await browser.send("GET", "/")).body.decode()
        assert "&lt;b&gt;" in raw
        assert "<b>" not in raw

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(WireCode))
def test_every_code_has_a_page(language: str, code: WireCode) -> None:
    words = Words(language)
    page = words.page("error", error=words.refusal(Refused(code)), can_repeat=False, can_choose=False, once="00", refresh_s=9)
    assert texts("codes", language)[code] in unescape(page)


def test_a_missing_word_does_not_break_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "texts", lambda _subject, _language: {})
    words = Words()
    monkeypatch.setattr("akashi.zones.store.kiosk.views.texts", lambda _subject, _language: {})
    page = words.page("error", error=words.refusal(Refused(WireCode.BUSY)), can_repeat=True, can_choose=True, once="00")
    assert "BUSY" in page
    assert "error_heading" in page
    assert locale.say("codes", "PIN_WRONG", "ja") == "PIN_WRONG"


@pytest.mark.parametrize("what", [("kiosk", "xx"), ("nothing", "ja")])
def test_a_missing_language_or_subject_is_a_named_error(what: tuple[str, str]) -> None:
    with pytest.raises(locale.TextMissing):
        texts(*what)


def test_both_languages_have_the_words_of_the_page_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk = {language: set(texts("kiosk", language)) for language in LANGUAGES}
    used = set[str]()

    class Noting(Mapping[str, str]):
        """Has no word, and notes which were asked for."""

        def __getitem__(self, key: str) -> str:
            used.add(key)
            raise KeyError(key)

        def __iter__(self) -> Iterator[str]:
            return iter(())

        def __len__(self) -> int:
            return 0

    async def every_view(stage: Stage, browser: Browser) -> None:
        await browser.start("0000", card="")
        await browser.start(card="")
        await browser.get("/hidden")
        await Browser(stage).get()
        await browser.get()
        await browser.press("order", **juminhyo([], []))
        stage.session.delay_s = 0.6
        await browser.order()
        await browser.get("/?wait")
        stage.session.delay_s = 0
        await browser.press("choose")
        stage.session.refusals, stage.session.open_after = [WireCode.BUSY], True
        await browser.order()
        stage.session.open_after = False
        await browser.press("again")
        await browser.press("take")
        await browser.press("choose")
        stage.session.refusals = [WireCode.OPTION_OFF]
        await browser.order()

    for place in ("akashi.zones.store.kiosk.views", "akashi.base.locale"):
        monkeypatch.setattr(f"{place}.texts", lambda _subject, _language: Noting())
    closed = FakeSession(offers=(KindOffer(Kind.JUMINHYO, 200, (), WireCode.CLOSED_HOURS),))
    on_stage(every_view, lambda: Stage(tmp_path / "open", tray=FakeTray(cards=())))
    on_stage(every_view, lambda: Stage(tmp_path / "closed", closed, FakeTray(cards=("",))))
    elsewhere = {code.value for code in WireCode} | {each.value for each in (*Kind, *Choice)}
    who = {"who_resident", "who_clerk", "who_operator"}
    about = {f"about_{each.value.replace('-', '_')}" for each in About}
    assert kiosk["ja"] == kiosk["en"] == used - elsewhere | who | about
