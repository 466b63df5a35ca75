"""What was ticked stays ticked, whatever button is pressed: one form holds all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from akashi.base.locale import texts
from unit.zones.store_kiosk.screen_stage import NAMES, PIN, Browser, Stage, juminhyo, on_stage


@pytest.mark.parametrize("member", [[], ["-1"], ["x"]])
def test_an_order_for_nobody_says_so(tmp_path: Path, member: list[str]) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.start()
        await browser.press("order", **juminhyo(member, ["honseki"]))
        assert texts("kiosk", "ja")["nobody"] in browser.page
        assert texts("codes", "ja")["MEMBER_UNKNOWN"] not in browser.page
        assert browser.page.count(" checked>") == 1
        assert stage.session.wishes == []

    on_stage(test, lambda: Stage(tmp_path))


def test_before_anything_is_ticked_only_the_applicant_is(tmp_path: Path) -> None:
    async def test(_stage: Stage, browser: Browser) -> None:
        await browser.start()
        assert browser.page.count(" checked>") == 1
        await browser.press("stay", **juminhyo(["1"], ["honseki", "my-number"]))
        assert browser.page.count(" checked>") == 3
        assert 'name="member-juminhyo" value="1" checked' in browser.page

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C18")
@pytest.mark.parametrize(("button", "more"), [("hide", {}), ("language", {"lang": "en"}), ("stay", {})])
def test_no_button_loses_a_tick(tmp_path: Path, button: str, more: dict[str, str]) -> None:
    async def test(_stage: Stage, browser: Browser) -> None:
        await browser.start()
        answer = await browser.press(button, **juminhyo(["0", "1"], ["honseki"]), **more)
        assert (NAMES[0] in answer.text) == (button != "hide")
        await browser.get()
        assert browser.page.count(" checked>") == 3
        assert 'name="choice-juminhyo" value="honseki" checked' in browser.page

    on_stage(test, lambda: Stage(tmp_path))


@pytest.mark.promise("C18", "C19")
def test_the_first_screen_keeps_consent_and_card_and_no_pin(tmp_path: Path) -> None:
    async def test(stage: Stage, browser: Browser) -> None:
        await browser.get()
        await browser.press("language", lang="en", agree="yes", card="alone", pin=PIN)
        assert browser.page.count(" checked>") == 1
        assert "<option selected>alone<" in browser.page
        assert PIN not in browser.page
        assert stage.tray.presented == []
        await browser.press("language", lang="ja", card="nobody")
        assert " checked>" not in browser.page
        assert "<option selected>alone<" in browser.page

    on_stage(test, lambda: Stage(tmp_path))
