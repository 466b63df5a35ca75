"""
The kiosk's page in a real browser, by keyboard alone: Japanese and English, every screen, small and zoomed.

In front of every test stands the same watch: no message on the console, no blocked content, no request to any other host.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from akashi.base.locale import LANGUAGES, texts
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import KindOffer, Outcome
from browser.conftest import Kiosk
from unit.zones.store_kiosk.screen_stage import NAMES, PDF, PIN, FakeSession, FakeTray, Stage

pytestmark = pytest.mark.needs("chromium")

TARGET_PX_MIN = 44
PORTRAIT = {"width": 1080, "height": 1350}
ZOOMED = {"width": 540, "height": 675}
"""The portrait screen at 200 %: half as many CSS pixels each way."""
PICTURES = os.environ.get("AKASHI_PICTURES", "")  # noqa: TID251 - a test may be told where to put screenshots

_SMALL_TARGETS = """
least => [...document.querySelectorAll("a, button, select, input:not([type=hidden])")]
  .filter(one => getComputedStyle(one).visibility !== "hidden")
  .map(one => one.type === "checkbox" ? one.closest("label") : one)
  .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([_, box]) => box.width < least || box.height < least)
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)
"""
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass
class Person:
    """Somebody at the kiosk who uses the keyboard only."""

    page: Page
    kiosk: Kiosk
    language: str = "ja"
    console: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    _pictures: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def word(self, key: str) -> str:
        return texts("kiosk", self.language)[key]

    def tab_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus."""
        for _ in range(60):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")

    def press(self, key: str) -> None:
        """Press the button with that word."""
        self.tab_to(self.page.get_by_role("button", name=self.word(key), exact=True))
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def follow(self, key: str) -> None:
        """Follow the link with that word."""
        self.tab_to(self.page.get_by_role("link", name=self.word(key), exact=True))
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        box = self.page.get_by_role("checkbox", name=name)
        self.tab_to(box)
        self.page.keyboard.press("Space")

    def open(self) -> None:
        self.page.goto(self.kiosk.address)
        if self.language == "en":
            self.language = "ja"
            self.change_language()

    def change_language(self) -> None:
        """Press the button for the other language."""
        other = "en" if self.language == "ja" else "ja"
        self.tab_to(self.page.get_by_role("button", name="English" if other == "en" else "日本語"))
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.language = other

    def enter(self, pin: str = PIN) -> None:
        """Acknowledge the notice, give the PIN, go on."""
        self.fill_in(pin)
        self.press("next")

    def fill_in(self, pin: str) -> None:
        """Acknowledge the notice and give the PIN."""
        agree = self.page.get_by_role("checkbox", name=self.word("agree"))
        if not agree.is_checked():
            self.tick(self.word("agree"))
        self.tab_to(self.page.get_by_label(self.word("pin"), exact=True))
        self.page.keyboard.type(pin)

    def look(self, name: str) -> None:
        """What must hold of every screen."""
        assert self.page.locator("html").get_attribute("lang") == self.language
        assert self.page.locator("h1").count() == 1
        assert self.page.title().startswith(self.page.locator("h1").inner_text())
        for size in (PORTRAIT, ZOOMED):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert self.page.evaluate(_SMALL_TARGETS, TARGET_PX_MIN) == [], name
            assert not self.page.evaluate(_TOO_WIDE), name
            if PICTURES:
                self.page.screenshot(path=Path(PICTURES) / f"{name}-{self.language}-{size['width']}.png", full_page=True)
        self.page.set_viewport_size(PORTRAIT)  # type: ignore[arg-type]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=PORTRAIT, accept_downloads=True, reduced_motion="reduce")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


@pytest.fixture(params=LANGUAGES)
def person(request: pytest.FixtureRequest, page: Page, kiosk: Kiosk) -> Iterator[Person]:
    person = Person(page, kiosk, request.param)
    yield person
    assert person.console == []
    assert person.hosts <= {kiosk.host}


@pytest.mark.promise("C18", "C21")
def test_a_certificate_by_keyboard_alone(person: Person, kiosk: Kiosk) -> None:
    person.open()
    assert person.page.get_by_text(person.word("notice")).is_visible()
    person.look("1-start")
    person.enter()
    person.look("2-choose")
    assert person.page.get_by_role("checkbox", name=NAMES[0]).is_checked()
    assert not person.page.get_by_role("checkbox", name=NAMES[1]).is_checked()
    person.tick(NAMES[1])
    person.tick(texts("certificates", person.language)["honseki"])
    person.press("order")
    person.look("3-done")
    assert kiosk.stage.session.wishes[0].members == (0, 1)
    assert kiosk.stage.session.wishes[0].choices == (Choice.HONSEKI,)
    with person.page.expect_download() as download:
        person.press("take")
    assert download.value.suggested_filename == "139998-7ZQ2-M0KD-4T9X-0001.pdf"
    assert Path(download.value.path()).read_bytes() == PDF
    person.look("4-taken")
    assert kiosk.stage.journal_lines() == [("139998-7ZQ2-M0KD-4T9X-0001", Outcome.TAKEN)]
    with person.page.expect_download() as download:
        person.tab_to(person.page.get_by_role("link", name=person.word("take_again")))
        person.page.keyboard.press("Enter")
    assert Path(download.value.path()).read_bytes() == PDF
    person.press("end")
    assert len(kiosk.stages) == 2
    assert person.page.locator("h1").inner_text() == texts("kiosk", "ja")["start_heading"]
    person.language = "ja"


@pytest.mark.promise("C19")
def test_a_wrong_pin_says_the_tries_that_are_left(person: Person, kiosk: Kiosk) -> None:
    person.open()
    for tries in (2, 1):
        person.enter("0000")
        alert = person.page.get_by_role("alert").first
        assert person.word("tries_left").replace("{tries}", str(tries)) in alert.inner_text()
        assert person.page.get_by_label(person.word("pin"), exact=True).input_value() == ""
        assert "0000" not in person.page.content()
    person.look("5-wrong-pin")
    person.enter("0000")
    assert texts("codes", person.language)["PIN_LOCKED"] in person.page.get_by_role("alert").first.inner_text()
    assert kiosk.stage.tray.card.tries == 0
    assert person.page.url == kiosk.address


@pytest.mark.promise("C19")
def test_a_pin_of_another_form_does_not_leave_the_page(person: Person, kiosk: Kiosk) -> None:
    person.open()
    for pin in ("123", "12a4", ""):
        person.page.goto(kiosk.address)
        person.fill_in(pin)
        person.page.keyboard.press("Enter")
        assert person.page.get_by_label(person.word("pin"), exact=True).evaluate("one => !one.validity.valid")
        assert kiosk.stage.tray.presented == []


@pytest.mark.promise("C15", "C18")
def test_a_lost_answer_is_asked_for_again(person: Person, kiosk: Kiosk) -> None:
    person.open()
    person.enter()
    kiosk.stage.session.refusals, kiosk.stage.session.open_after = [WireCode.DEADLINE_PASSED], True
    person.press("order")
    assert texts("codes", person.language)["DEADLINE_PASSED"] in person.page.get_by_role("alert").first.inner_text()
    person.look("6-lost")
    person.press("again")
    assert person.page.locator("h1").inner_text() == person.word("done_heading")
    assert len(kiosk.stage.session.wishes) == 1


@pytest.mark.promise("C18")
def test_a_closed_offer_and_the_other_screens(person: Person, kiosk: Kiosk, chromium: Browser) -> None:
    kiosk.make = lambda folder, hosts: Stage(
        folder,
        FakeSession(offers=(KindOffer(Kind.JUMINHYO, 200, (), WireCode.CLOSED_HOURS),)),
        FakeTray(cards=()),
        hosts=hosts,
    )
    person.open()
    person.look("7-reader")
    person.enter()
    assert texts("codes", person.language)["CLOSED_HOURS"] in person.page.locator("main").inner_text()
    assert person.page.get_by_role("button", name=person.word("order")).count() == 0
    person.look("8-closed")
    person.follow("hide")
    assert NAMES[0] not in person.page.content()
    person.look("9-hidden")
    person.follow("show")
    assert person.page.locator("h1").inner_text() == person.word("choose_heading")
    stranger = chromium.new_page()
    stranger.goto(kiosk.address)
    assert stranger.locator("h1").inner_text() == person.word("busy_heading")
    assert NAMES[0] not in stranger.content()
    stranger.close()


@pytest.mark.promise("C18")
def test_what_was_ticked_survives_hiding_and_the_other_language(person: Person, kiosk: Kiosk) -> None:
    person.open()
    person.enter()
    person.tick(NAMES[1])
    person.tick(texts("certificates", person.language)["honseki"])
    person.press("hide")
    assert NAMES[0] not in person.page.content()
    person.follow("show")
    person.change_language()
    # Enter in a field keeps what is ticked; it orders nothing.
    person.tab_to(person.page.get_by_role("checkbox", name=NAMES[1]))
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")
    for name in (*NAMES[:2], texts("certificates", person.language)["honseki"]):
        assert person.page.get_by_role("checkbox", name=name).is_checked()
    assert kiosk.stage.session.wishes == []
    person.press("order")
    assert kiosk.stage.session.wishes[0].members == (0, 1)
    assert kiosk.stage.session.wishes[0].choices == (Choice.HONSEKI,)


@pytest.mark.promise("C18")
def test_the_other_language_keeps_consent_and_card(person: Person, kiosk: Kiosk) -> None:
    person.open()
    person.tick(person.word("agree"))
    person.tab_to(person.page.get_by_label(person.word("card"), exact=True))
    person.page.keyboard.press("ArrowDown")
    chosen = person.page.get_by_label(person.word("card"), exact=True).input_value()
    assert chosen == kiosk.stage.tray.cards[1]
    person.change_language()
    assert person.page.get_by_role("checkbox", name=person.word("agree")).is_checked()
    assert person.page.get_by_label(person.word("card"), exact=True).input_value() == chosen
    person.tab_to(person.page.get_by_label(person.word("pin"), exact=True))
    person.page.keyboard.type(PIN)
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")
    assert person.page.locator("h1").inner_text() == person.word("choose_heading")
    assert kiosk.stage.tray.presented == [chosen]


@pytest.mark.promise("C15")
def test_two_clicks_are_one_order(person: Person, kiosk: Kiosk) -> None:
    person.open()
    person.enter()
    kiosk.stage.session.held.set()
    # The page that says "please wait" is the only one that asks so; Playwright itself waits until what comes after it has come.
    with person.page.expect_request(lambda request: request.url.endswith("/?wait")):
        person.page.get_by_role("button", name=person.word("order")).dblclick(no_wait_after=True)
    kiosk.stage.session.held.clear()
    person.page.get_by_role("heading", name=person.word("done_heading")).wait_for()
    assert len(kiosk.stage.session.wishes) == 1


@pytest.mark.promise("C14", "C18")
@pytest.mark.parametrize("person", ["ja"], indirect=True)
def test_the_page_warns_keeps_what_was_ticked_and_ends_alone(person: Person, kiosk: Kiosk) -> None:
    kiosk.make = lambda folder, hosts: Stage(folder, hosts=hosts, idle_ms=9_000, warning_ms=7_000)
    person.open()
    person.enter()
    warning = person.page.get_by_text(person.word("idle_warning"))
    assert not warning.is_visible()
    person.tick(NAMES[1])
    warning.wait_for(state="visible", timeout=9_000)
    person.look("10-warning")
    began = time.monotonic()
    person.press("go_on")
    assert person.page.get_by_role("checkbox", name=NAMES[1]).is_checked()
    assert len(kiosk.stages) == 1
    person.page.get_by_role("heading", name=texts("kiosk", "ja")["start_heading"]).wait_for(timeout=20_000)
    assert time.monotonic() - began > 8
    assert len(kiosk.stages) == 2
    assert kiosk.stages[0].visit.answer is None


def test_another_site_can_neither_press_nor_read(chromium: Browser, kiosk: Kiosk) -> None:
    page = chromium.new_page()
    page.goto(kiosk.address)
    attack = f'<form method="post" action="{kiosk.address}end"><input name="once" value="00"><button>x</button></form>'
    page.goto(f"data:text/html,{attack}")
    page.get_by_role("button").click()
    page.wait_for_load_state()
    assert "この画面からの操作ではありません" in page.content()
    assert not kiosk.stage.screen.over.is_set()
    page.goto(kiosk.address.replace("127.0.0.1", "localhost"))
    assert "この画面からの操作ではありません" in page.content()
    page.close()


@pytest.mark.promise("C18")
def test_the_fonts_are_those_for_the_language(person: Person) -> None:
    person.open()
    session = person.page.context.new_cdp_session(person.page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root: dict[str, Any] = session.send("DOM.getDocument")
    heading: dict[str, Any] = session.send("DOM.querySelector", {"nodeId": root["root"]["nodeId"], "selector": "h1"})
    fonts: dict[str, Any] = session.send("CSS.getPlatformFontsForNode", {"nodeId": heading["nodeId"]})
    families = {font["familyName"] for font in fonts["fonts"]}
    assert families
    if person.language == "ja" and any("CJK" in family for family in families):
        assert all(re.search(r"CJK JP", family) for family in families)
