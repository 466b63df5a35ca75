"""One visit is one process: what it knew is nowhere afterwards, and whatever kills it, the outcome of its paper is not lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from akashi.wire.errors import WireCode
from akashi.wire.messages import Outcome
from browser.visit_processes import HttpBrowser, KioskProcesses, alive, kiosk_processes, memory_holds, until
from unit.zones.store_kiosk.far_end import NAME, PDF, PIN


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskProcesses]:
    with kiosk_processes(tmp_path) as kiosk:
        yield kiosk


def _ordered(kiosk: KioskProcesses) -> tuple[HttpBrowser, str]:
    """Return a browser that shows a certificate which nobody took, and its number."""
    browser = kiosk.browser()
    asyncio.run(browser.start())
    assert NAME in browser.page
    asyncio.run(browser.order())
    until(lambda: "できました" in (asyncio.run(browser.get()).text))
    return browser, next(iter(kiosk.route.far.issued))


@pytest.mark.promise("C14", "C15")
def test_a_visit_from_the_first_screen_to_the_next_visits(kiosk: KioskProcesses) -> None:
    serving, waiting = kiosk.visits()
    browser, number = _ordered(kiosk)
    asyncio.run(browser.press("take"))
    assert asyncio.run(browser.get("/certificate.pdf")).body == PDF
    asyncio.run(browser.press("end"))
    assert "証明書をとる" in browser.page
    assert not alive(serving)
    assert kiosk.visits()[0] == waiting
    assert kiosk.lines() == [(number, Outcome.TAKEN, None)]
    until(lambda: kiosk.route.far.acknowledged == [1])
    second = kiosk.browser()
    asyncio.run(second.start())
    assert NAME in second.page


@pytest.mark.promise("C14", "C19")
@pytest.mark.needs("root")
def test_the_main_process_never_knew_anything(kiosk: KioskProcesses) -> None:
    assert kiosk.main is not None
    serving = kiosk.visits()[0]
    secrets = [NAME.encode(), b"pin=" + PIN.encode(), PDF[:20]]
    browser, _ = _ordered(kiosk)
    # The control: while the visit lasts, its own process knows, so this search finds what is there.
    assert memory_holds(serving, secrets[0])
    asyncio.run(browser.press("end"))
    assert not alive(serving)
    for pid in (kiosk.main.pid, *kiosk.visits()):
        assert not any(memory_holds(pid, secret) for secret in secrets)
    cards = kiosk.folder / "cards"
    for path in kiosk.folder.rglob("*"):
        if path.is_file() and cards not in path.parents:
            assert not any(secret in path.read_bytes() for secret in secrets), path
    for secret in secrets:
        assert secret not in kiosk.log.read_bytes()


@pytest.mark.promise("C15")
def test_a_visit_that_is_killed_loses_no_outcome(kiosk: KioskProcesses) -> None:
    serving = kiosk.visits()[0]
    browser, number = _ordered(kiosk)
    os.kill(serving, signal.SIGKILL)
    until(lambda: kiosk.lines() == [(number, Outcome.VOID, WireCode.INTERNAL)])
    assert "証明書をとる" in asyncio.run(browser.get()).text
    until(lambda: kiosk.route.far.acknowledged == [1])


@pytest.mark.promise("C14", "C15")
def test_a_power_cut_loses_no_outcome_and_leaves_no_process(kiosk: KioskProcesses) -> None:
    visits = kiosk.visits()
    _, number = _ordered(kiosk)
    visits += kiosk.visits()
    kiosk.kill()
    until(lambda: not any(alive(pid) for pid in visits))
    assert kiosk.lines() == []
    kiosk.start()
    until(lambda: kiosk.lines() == [(number, Outcome.VOID, WireCode.INTERNAL)])


@pytest.mark.promise("C14", "C15")
def test_told_to_end_it_voids_and_leaves_nothing(kiosk: KioskProcesses) -> None:
    _, number = _ordered(kiosk)
    visits = kiosk.visits()
    kiosk.stop()
    assert kiosk.main is not None
    assert kiosk.main.returncode == 0
    assert not any(alive(pid) for pid in visits)
    assert kiosk.lines() == [(number, Outcome.VOID, WireCode.INTERNAL)]


@pytest.mark.parametrize(
    ("service", "hint"),
    [
        ({}, "another process serves this kiosk's page"),
        ({"journal": "/nowhere/journal.db"}, "cannot be written"),
        ({"municipality": "139971"}, "has no root"),
        ({"kiosk_id": "K0002"}, "must be the certificate of K0002"),
        ({"device_key": "missing"}, "cannot be read"),
        ({"idle_warning_ms": 180_000}, "must be less than idle_ms"),
        ({"idle_ms": 1_000}, "idle_ms"),
    ],
)
def test_what_must_not_run_does_not_start_and_says_why(tmp_path: Path, service: dict[str, object], hint: str) -> None:
    with kiosk_processes(tmp_path) as kiosk:
        if service:
            kiosk.stop()
        second = kiosk.run(**service)
        assert second.wait(30) != 0
        assert hint in kiosk.log.read_text()
        assert "Traceback" not in kiosk.log.read_text()
