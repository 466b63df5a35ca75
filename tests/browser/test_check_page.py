"""The receiver's page in a real browser: by keyboard, with and without script, by camera; nothing is kept, axe finds nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page

from akashi.base.locale import LANGUAGES, texts
from akashi.base.log import Log
from akashi.entry.verifying.page_app import CheckPage
from akashi.sealing.paper_trust import Voided, VoidState
from akashi.verifier import Report, Trust, judge
from browser.conftest import CHROMIUM, FLAGS
from unit.verifier.made_paper import DAY, NUMBER, MadeCity, png, sheet

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.promise("C11")]

CITY = MadeCity()
FILE = CITY.file()
WIDE, ZOOMED = {"width": 1100, "height": 900}, {"width": 400, "height": 700}
PICTURES = os.environ.get("AKASHI_PICTURES", "")  # noqa: TID251 - a test may be told where to put screenshots
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass
class Judge:
    """Judges in the page's own process; the process with limits has tests of its own."""

    trust: Trust
    asked: list[tuple[bytes, ...]] = field(default_factory=list)
    warmed: int = 0

    async def warm(self) -> None:
        self.warmed += 1

    async def judge(self, untrusted_files: Sequence[bytes]) -> Report:
        self.asked.append(tuple(untrusted_files))
        return await asyncio.to_thread(judge, untrusted_files, self.trust)


class Served:
    """The page in a thread."""

    def __init__(self, log: Any) -> None:
        self.judge = Judge(CITY.trust())
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._log = log
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="check page")

    @property
    def address(self) -> str:
        return f"http://{self.host}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _run(self) -> None:
        page = CheckPage(self.judge, hosts=frozenset({self.host}), log=Log("verifier/page", self._log))
        config = uvicorn.Config(
            page.app(), interface="asgi3", lifespan="off", ws="none", log_config=None, access_log=False, server_header=False
        )
        self._server = uvicorn.Server(config)
        await self._server.serve(sockets=[self._listening])
        await page.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with (tmp_path / "log").open("w+") as log:
        served = Served(log)
        served.start()
        yield served
        served.stop()
        log.seek(0)
        assert NUMBER not in log.read()


@dataclass
class Receiver:
    """Somebody with a certificate, who uses the keyboard only."""

    page: Page
    served: Served
    language: str
    console: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.goto(self.served.address)
        if self.language == "en":
            self.tab_to("nav a")
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")

    def word(self, key: str) -> str:
        return texts("verify", self.language)[key]

    def tab_to(self, selector: str) -> None:
        for _ in range(30):
            if self.page.locator(selector).evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {selector}")

    def check(self, *files: tuple[str, str, bytes]) -> None:
        chosen = [FilePayload(name=name, mimeType=kind, buffer=body) for name, kind, body in files]
        self.page.locator("#file").set_input_files(chosen)
        self.tab_to("button.main")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def look(self, name: str) -> None:
        """What must hold of every screen."""
        assert self.page.locator("html").get_attribute("lang") == self.language
        assert self.page.locator("h1").count() == 1
        for size in (WIDE, ZOOMED):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert not self.page.evaluate(_TOO_WIDE), name
            if PICTURES:
                self.page.screenshot(path=Path(PICTURES) / f"check-{name}-{self.language}-{size['width']}.png", full_page=True)
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()

    @property
    def answer(self) -> str:
        return self.page.locator("h1").inner_text()


@pytest.fixture(params=LANGUAGES)
def receiver(request: pytest.FixtureRequest, chromium: Browser, served: Served) -> Iterator[Receiver]:
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")  # type: ignore[arg-type]
    receiver = Receiver(context.new_page(), served, request.param)
    yield receiver
    assert receiver.console == []
    assert receiver.hosts == {served.host}
    context.close()


def test_a_file_by_keyboard_alone(receiver: Receiver) -> None:
    receiver.look("1-ask")
    receiver.check(("certificate.pdf", "application/pdf", FILE))
    assert receiver.answer == receiver.word("verdict_authentic")
    assert receiver.page.evaluate("document.activeElement.id") == "answer"
    assert receiver.page.get_by_text(NUMBER).first.is_visible()
    receiver.look("2-authentic")
    receiver.tab_to(".foot a")
    with receiver.page.expect_navigation():
        receiver.page.keyboard.press("Enter")
    assert receiver.answer == receiver.word("title")
    assert NUMBER not in receiver.page.content()
    assert receiver.served.judge.asked == [(FILE,)]


def test_photos_of_two_pages(receiver: Receiver) -> None:
    first, second = (png(sheet(CITY.code(page))) for page in (1, 2))
    receiver.check(("1.png", "image/png", first), ("2.png", "image/png", second))
    assert receiver.answer == receiver.word("verdict_authentic_paper")
    assert receiver.page.get_by_text(receiver.word("compare")).is_visible()
    receiver.look("3-paper")
    receiver.page.goto(receiver.served.address)


def test_altered_void_and_nothing(receiver: Receiver) -> None:
    receiver.check(("a.pdf", "application/pdf", CITY.file(values=(("x",), ("y",)))))
    assert receiver.answer == receiver.word("verdict_altered")
    receiver.look("4-altered")
    receiver.served.judge.trust = CITY.trust(CITY.void_list({NUMBER: Voided(VoidState.VOID, DAY)}))
    receiver.page.goto(f"{receiver.served.address}?lang={receiver.language}")
    receiver.check(("a.pdf", "application/pdf", FILE))
    assert receiver.answer == receiver.word("verdict_voided")
    receiver.look("5-voided")
    receiver.page.goto(f"{receiver.served.address}?lang={receiver.language}")
    receiver.check(("a.txt", "text/plain", b"nothing"))
    assert receiver.answer == receiver.word("verdict_cannot-tell")
    receiver.look("6-cannot-tell")


def test_without_a_file_the_page_says_so(receiver: Receiver) -> None:
    receiver.tab_to("button.main")
    receiver.page.keyboard.press("Enter")
    assert receiver.page.locator("#file").evaluate("one => !one.validity.valid")
    receiver.page.locator("#file").evaluate("one => { one.required = false; one.blur(); }")
    receiver.tab_to("button.main")
    with receiver.page.expect_navigation():
        receiver.page.keyboard.press("Enter")
    assert receiver.page.get_by_role("alert").first.inner_text() == receiver.word("nothing_chosen")
    receiver.look("7-nothing")
    # The browser itself says that the answer was a refusal.
    assert all("400" in line for line in receiver.console)
    receiver.console.clear()


def test_dropped_files_are_chosen(receiver: Receiver) -> None:
    receiver.page.evaluate(
        """bytes => {
          const given = new DataTransfer();
          given.items.add(new File([new Uint8Array(bytes)], "c.pdf", { type: "application/pdf" }));
          const dropped = { dataTransfer: given, bubbles: true, cancelable: true };
          document.getElementById("drop").dispatchEvent(new DragEvent("drop", dropped));
        }""",
        list(FILE),
    )
    receiver.tab_to("button.main")
    with receiver.page.expect_navigation():
        receiver.page.keyboard.press("Enter")
    assert receiver.answer == receiver.word("verdict_authentic")


def test_without_script_the_form_works(chromium: Browser, served: Served) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.address)
    assert not page.locator("#camera-open").is_visible()
    page.locator("#file").set_input_files(FilePayload(name="c.pdf", mimeType="application/pdf", buffer=FILE))
    with page.expect_navigation():
        page.locator("button.main").click()
    assert page.locator("h1").inner_text() == texts("verify", "ja")["verdict_authentic"]
    context.close()


def test_the_browser_enforces_the_policy_and_keeps_nothing(chromium: Browser, served: Served) -> None:
    context = chromium.new_context()
    page = context.new_page()
    answer = page.goto(served.address)
    assert answer is not None
    headers = answer.headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["permissions-policy"] == "camera=(self)"
    injected = "const one = document.createElement('script'); one.textContent = 'window.injected = 1'; document.body.append(one)"
    page.evaluate(f"() => {{ {injected} }}")
    assert page.evaluate("window.injected") is None
    assert context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    foreign = context.new_page()
    foreign.goto(served.address.replace("127.0.0.1", "localhost"))
    assert "このページからの操作ではありません" in foreign.content()
    foreign.goto(f"data:text/html,<form method=post action='{served.address}check'><button>x</button></form>")
    foreign.get_by_role("button").click()
    foreign.wait_for_load_state()
    assert "このページからの操作ではありません" in foreign.content()
    assert served.judge.asked == []
    context.close()


def test_the_camera_hands_in_one_picture(chromium: Browser, served: Served) -> None:
    flags = [*FLAGS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=flags)
    page = browser.new_page()
    page.goto(served.address)
    page.get_by_role("button", name=texts("verify", "ja")["camera_open"]).click()
    page.locator("#camera-take").wait_for()
    # The policy forbids what `wait_for_function` does.
    while not page.evaluate("document.getElementById('video').videoWidth"):
        page.wait_for_timeout(50)
    with page.expect_navigation():
        page.get_by_role("button", name=texts("verify", "ja")["camera_take"]).click()
    # The made-up device shows a moving ball: a picture, and no code in it.
    assert page.locator("h1").inner_text() == texts("verify", "ja")["verdict_cannot-tell"]
    assert texts("verify", "ja")["reason_code-absent"] in page.content()
    browser.close()
    ((picture,),) = served.judge.asked
    assert picture.startswith(b"\x89PNG")


def test_a_camera_that_is_not_there_is_said(chromium: Browser, served: Served) -> None:
    page = chromium.new_page()
    page.goto(served.address)
    page.get_by_role("button", name=texts("verify", "ja")["camera_open"]).click()
    page.get_by_text(texts("verify", "ja")["camera_failed"]).wait_for()
    page.close()
