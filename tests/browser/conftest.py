"""A kiosk's page in a thread, one visit after the other, and Debian's Chromium in front of it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from unit.zones.store_kiosk.screen_stage import Stage

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@dataclass
class Kiosk:
    """
    A kiosk whose visits follow each other, as its processes do in truth.

    Attributes:
        make: sets the next visit's stage; a test may replace it.
        stages: of all visits, in order.
    """

    folder: Path
    make: Callable[[Path, frozenset[str]], Stage] = field(default=lambda folder, hosts: Stage(folder, hosts=hosts))
    stages: list[Stage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._serve, interface="asgi3", lifespan="off", ws="none", log_config=None, access_log=False, server_header=False
            )
        )
        self._thread = threading.Thread(target=self._run, name="kiosk page")

    @property
    def address(self) -> str:
        return f"http://{self.host}/"

    @property
    def stage(self) -> Stage:
        """The present visit's."""
        return self.stages[-1]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        for stage in self.stages:
            stage.session.held.clear()
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        async def whole() -> None:
            await self._server.serve(sockets=[self._listening])
            for stage in self.stages:
                await stage.close()

        asyncio.run(whole())

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        if not self.stages or self.stage.screen.over.is_set():
            self.stages.append(self.make(self.folder / f"visit-{len(self.stages)}", frozenset({self.host})))
        await self.stage.app(scope, receive, send)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    kiosk = Kiosk(tmp_path)
    kiosk.start()
    yield kiosk
    kiosk.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not longer than a module: as long as it lives, an event loop runs in this thread, and no other test could run one.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
