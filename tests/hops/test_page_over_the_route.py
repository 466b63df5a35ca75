"""The kiosk's page over the running servers, by a real browser: card, PIN, choice, PDF in hand, outcome in the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pypdfium2
import pytest
from playwright.sync_api import Browser, sync_playwright

from akashi.base.locale import texts
from akashi.entry.demo.city import DEMO_PIN
from akashi.entry.demo.provision import KIOSK_IDS
from akashi.zones.store.kiosk.store import Journal
from running_route import RunningRoute

pytestmark = pytest.mark.needs("chromium")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.promise("C4", "C11", "C18")
def test_a_visitor_gets_the_certificate(route: RunningRoute, browser: Browser) -> None:
    words = texts("kiosk", "ja")
    context = browser.new_context(accept_downloads=True, locale="ja-JP")
    page = context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.goto(f"http://{route.demonstration.addresses.of('store/kiosk')}/")
    page.check("input[name=agree]")
    page.select_option("#card", "ivs-name")
    page.fill("#pin", DEMO_PIN)
    page.get_by_role("button", name=words["next"], exact=True).click()
    page.get_by_role("heading", name=words["choose_heading"]).wait_for(timeout=20_000)
    page.get_by_role("button", name=words["order"], exact=True).first.click()  # 住民票の写し comes first
    page.get_by_role("heading", name=words["done_heading"]).wait_for(timeout=20_000)
    number = page.locator("dd.number").inner_text()
    with page.expect_download(timeout=20_000) as download:
        page.get_by_role("button", name=words["take"], exact=True).click()
    path = download.value.path()
    document = pypdfium2.PdfDocument(path)
    text = "".join(document[0].get_textpage().get_text_range().split())
    document.close()
    people = json.loads((route.layout.city / "people.json").read_text())["people"]
    name = next(person["name"] for person in people if person["label"] == "ivs-name")
    assert number in text
    assert "".join(name.split()) in text
    assert messages == []
    page.get_by_role("button", name=words["end"], exact=True).click()
    page.get_by_role("heading", name=words["start_heading"]).wait_for(timeout=20_000)
    context.close()
    # The kiosk's own process tells the city what became of the paper, and is told that the ledger has it.
    journal = Journal(route.layout.kiosk(KIOSK_IDS[0]) / "journal.db")
    end = time.monotonic() + 20
    while any(entry.issue_number == number for entry in journal.pending()) and time.monotonic() < end:
        time.sleep(0.3)
    assert [entry for entry in journal.pending() if entry.issue_number == number] == []
    journal.close()


@pytest.mark.promise("C4")
def test_a_protected_person_is_told_no_more_than_others(route: RunningRoute, browser: Browser) -> None:
    words, codes = texts("kiosk", "en"), texts("codes", "en")
    page = browser.new_context(locale="en-US").new_page()
    address = route.demonstration.addresses.of("store/kiosk")
    shown = {}
    for card in ("protected", "deceased"):
        page.goto(f"http://{address}/")
        page.locator("main").wait_for()
        english = page.get_by_role("button", name="English", exact=True)
        if english.count():
            english.click()
            page.get_by_role("button", name="日本語", exact=True).wait_for()
        page.check("input[name=agree]")
        page.select_option("#card", card)
        page.fill("#pin", DEMO_PIN)
        page.get_by_role("button", name=words["next"], exact=True).click()
        page.locator("#problem").wait_for(timeout=20_000)
        shown[card] = page.locator("#problem").inner_text()
        page.get_by_role("button", name=words["end"], exact=True).click()
    assert shown["protected"] == shown["deceased"]
    assert codes["NOT_AVAILABLE"] in shown["protected"]
    page.context.close()
