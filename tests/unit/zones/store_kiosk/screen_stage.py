"""The kiosk's page on a stage: a session that answers as told, a card with a PIN, and a browser of a few lines."""

from __future__ import annotations

import asyncio
import io
import re
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from akashi.base.log import Log
from akashi.card.errors import PinForm, PinLocked, PinWrong
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CertificateAnswer, EligibilityAnswer, KindOffer, Member, Outcome
from akashi.zones.store.kiosk.screen import Screen, ScreenSettings
from akashi.zones.store.kiosk.service import Card, Wish
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.visit import Visit

CITY = "139998"
PIN = "4649"
HOST = "127.0.0.1:7180"
NAMES = ("朝倉 美和子", "<b>朝倉</b> & 太郎")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>"
AS_OF_MS = 1_795_478_400_000


@dataclass
class FakeCard:
    """A card that knows its PIN and nothing else."""

    tries: int = 3

    @property
    def suite_name(self) -> str:
        return "jpki-rsa2048-sha256-v15"

    def read_certificate(self) -> bytes:
        return b""

    def verify_pin(self, pin: str) -> None:
        if len(pin) != 4 or not pin.isdigit():
            raise PinForm
        if self.tries == 0:
            raise PinLocked
        if pin == PIN:
            self.tries = 3
            return
        self.tries -= 1
        if self.tries == 0:
            raise PinLocked
        raise PinWrong(self.tries)

    def sign(self, message: bytes) -> bytes:
        return message


@dataclass
class FakeTray:
    """Cards by name, or one on a reader."""

    cards: tuple[str, ...] = ("family-head", "alone")
    card: FakeCard = field(default_factory=FakeCard)
    presented: list[str] = field(default_factory=list)

    def names(self) -> tuple[str, ...]:
        return self.cards

    def present(self, name: str) -> AbstractContextManager[Card]:
        self.presented.append(name)
        return nullcontext(self.card)


@dataclass
class FakeSession:
    """
    A session that keeps the same states as the real one.

    Attributes:
        refusals: what the next steps (prepare, ask, order, again) say, None where they work.
        open_after: whether a refused order stays open.
        bug: raised by the next order instead.
        delay_s: how long an order takes.
        held: while it is set, an order takes longer.
        wishes: what was ordered.
    """

    offers: tuple[KindOffer, ...] = (
        KindOffer(Kind.JUMINHYO, 200, (Choice.RELATIONSHIP, Choice.HONSEKI, Choice.MY_NUMBER), None),
    )
    refusals: list[WireCode | None] = field(default_factory=list)
    open_after: bool = False
    bug: Exception | None = None
    delay_s: float = 0.0
    held: threading.Event = field(default_factory=threading.Event)
    orders_max: int = 10
    wishes: list[Wish] = field(default_factory=list)
    issued: int = 0
    can_ask: bool = False
    can_repeat: bool = False
    granted: bool = False

    @property
    def can_order(self) -> bool:
        return self.granted and not self.can_repeat and self.issued < self.orders_max

    async def prepare(self, municipality: str) -> None:
        assert municipality == CITY
        self._step()

    def use_card(self, card: Card, pin: str) -> None:
        card.verify_pin(pin)
        self.can_ask = True

    async def ask(self) -> EligibilityAnswer:
        self._step()
        self.can_ask, self.granted = False, True
        members = tuple(
            Member(ref, name, "世帯主" if ref == 0 else "子", is_applicant=ref == 0, foreign=False)
            for ref, name in enumerate(NAMES)
        )
        return EligibilityAnswer(bytes(32), bytes(32), AS_OF_MS, members, self.offers, AS_OF_MS, self.orders_max)

    async def order(self, wish: Wish) -> CertificateAnswer:
        assert self.can_order
        self.wishes.append(wish)
        await asyncio.sleep(self.delay_s)
        while self.held.is_set():  # noqa: ASYNC110 - told from another thread
            await asyncio.sleep(0.01)
        if self.bug is not None:
            raise self.bug
        return self._certificate(wish)

    async def again(self) -> CertificateAnswer:
        assert self.can_repeat
        return self._certificate(self.wishes[-1])

    def _certificate(self, wish: Wish) -> CertificateAnswer:
        self.can_repeat = self.open_after
        self._step()
        self.can_repeat = False
        self.issued += 1
        number = f"{CITY}-7ZQ2-M0KD-4T9X-000{self.issued}"
        return CertificateAnswer(bytes(32), bytes(32), self.issued, wish.kind, number, 2, wish.fee_yen, PDF)

    def _step(self) -> None:
        code = self.refusals.pop(0) if self.refusals else None
        if code is not None:
            raise Refused(code)


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode())


@dataclass
class Stage:
    """A page with everything that it needs. Make it inside a running event loop."""

    folder: Path
    session: FakeSession = field(default_factory=FakeSession)
    tray: FakeTray = field(default_factory=FakeTray)
    idle_ms: int = 180_000
    warning_ms: int = 60_000
    hosts: frozenset[str] = frozenset({HOST})
    log: io.StringIO = field(default_factory=io.StringIO)
    stopped: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.journal = Journal(self.folder / "journal.db")
        self.visit = Visit(self.session, self.journal, holder="one", municipality=CITY)
        settings = ScreenSettings(self.hosts, self.idle_ms, self.warning_ms)
        self.screen = Screen(
            self.visit, self.tray, settings, log=Log("store/kiosk", self.log), stop_listening=self._stop_listening
        )
        self.app = self.screen.app()

    def _stop_listening(self) -> None:
        self.stopped += 1

    def journal_lines(self) -> list[tuple[str, Outcome]]:
        """Read the journal as another process would."""
        journal = Journal(self.folder / "journal.db")
        try:
            return [(entry.issue_number, entry.outcome) for entry in journal.pending()]
        finally:
            journal.close()

    async def close(self) -> None:
        await self.screen.close()
        self.journal.close()


@dataclass
class Browser:
    """What a browser does: keeps the cookie, follows redirects, sends back what is in the form."""

    stage: Stage
    cookie: str = ""
    page: str = ""

    async def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        """Send one request as it is told."""
        given = {"host": HOST, "cookie": self.cookie, **headers}
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items() if value]
        scope = {
            "type": "http", "method": method, "path": path.partition("?")[0], "raw_path": path.encode(), "headers": raw,
            "query_string": path.partition("?")[2].encode(),
            "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 7180), "client": ("127.0.0.1", 1), "root_path": "",
        }  # fmt: skip
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: object) -> None:
            assert isinstance(message, dict)
            sent.append(message)

        await self.stage.app(scope, receive, send)
        start, content = sent[0], b"".join(_bytes(each) for each in sent[1:])
        assert isinstance(start["headers"], list)
        answer = Response(int(str(start["status"])), {n.decode(): v.decode() for n, v in start["headers"]}, content)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    async def get(self, path: str = "/") -> Response:
        """Open a page and remember it."""
        answer = await self.send("GET", path)
        if answer.status == 303:
            return await self.get(answer.headers["location"])
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    async def press(self, button: str, **fields: str | list[str]) -> Response:
        """Press a button of the page that is open, and open what comes."""
        answer = await self.post(button, self.once, **fields)
        assert answer.status == 303, answer.text
        return await self.get(answer.headers["location"])

    async def post(self, button: str, once: str, **fields: str | list[str]) -> Response:
        """Send a form without looking at what comes."""
        body = urlencode({"once": once, **fields}, doseq=True).encode()
        return await self.send(
            "POST", f"/{button}", body, origin=f"http://{HOST}", sec_fetch_site="same-origin",
            content_type="application/x-www-form-urlencoded",
        )  # fmt: skip

    @property
    def once(self) -> str:
        found = re.search(r'name="once" value="([0-9a-f]+)"', self.page)
        return found.group(1) if found else ""

    async def start(self, pin: str = PIN, card: str = "family-head") -> Response:
        """Give card and PIN."""
        await self.get()
        return await self.press("grant", card=card, pin=pin, agree="yes")

    async def order(self, member: list[str] | None = None, choice: list[str] | None = None) -> Response:
        """Order the copy of the resident record."""
        return await self.press("order", **juminhyo(member or ["0"], choice or []))


def on_stage(test: Callable[[Stage, Browser], Awaitable[None]], stage: Callable[[], Stage]) -> Stage:
    """Run a test inside an event loop; close the page at the end."""

    async def whole() -> Stage:
        one = stage()
        try:
            await test(one, Browser(one))
        finally:
            await one.close()
        return one

    return asyncio.run(whole())


def juminhyo(member: list[str], choice: list[str]) -> dict[str, str | list[str]]:
    """Return the form of the choice with these ticks, sent by the button of the copy of the resident record."""
    return {"kind": "juminhyo", "shown": "juminhyo", "member-juminhyo": member, "choice-juminhyo": choice}


def _bytes(message: dict[str, object]) -> bytes:
    body = message.get("body", b"")
    assert isinstance(body, bytes)
    return body
