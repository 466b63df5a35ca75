"""
The kiosk's page for one visit: card and PIN, choice, certificate. Plain HTML, no script, nothing from outside.

Promises: what the address shows says nothing (one page, `/`, whatever the state); a form counts once, so that a second click
orders nothing; only the browser that gave the card sees the visit; without input the visit ends by itself; the PIN is in no page,
no address, no log. The visit's process serves this page and ends with it. (Paper and money come with the printer.)
Source: requirements C14, C18, C19, C21; docs/spec/protocol.md section 8.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import hmac
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from akashi.base.locale import LANGUAGES
from akashi.base.log import Log
from akashi.wire.certificates import Kind
from akashi.wire.errors import FACTS, Refused, WireCode
from akashi.zones.store.kiosk.forms import Form, Ticks, parse_ticks, read_form, text, wish_from
from akashi.zones.store.kiosk.guard import Guard, where
from akashi.zones.store.kiosk.service import Card
from akashi.zones.store.kiosk.views import Words
from akashi.zones.store.kiosk.visit import Visit

Action = Callable[[Form, str], Awaitable[None]]

COOKIE = "akashi-visit"
_PIN_LENGTH_MAX = 16
_COOKIES_MAX = 64
_RANDOM_BYTES = 16
_SEE_OTHER = 303
_PATIENCE_S = 0.5
"""How long a button's answer waits for the outcome before the page says that it is being worked on."""
_LOOK_AGAIN_S = 50
_REFRESH_AFTER_S = 2
"""So much after the visit's end a page that was left alone goes back to the start."""

_CARD_AGAIN = frozenset({WireCode.BEACON_STALE, WireCode.CARD_SIGNATURE})
"""Sending the same question again cannot help: the card has to sign anew."""
_NEW_VISIT = frozenset(
    {
        WireCode.CLOSED_HOURS,
        WireCode.FEE_CHANGED,
        WireCode.CITY_STOPPED,
        WireCode.KIOSK_STOPPED,
        WireCode.NOT_AVAILABLE,
        WireCode.CHECK_FAILED,
    }
)
"""Choosing again cannot help: what is offered on the screen is not what the city says now."""


class CardTray(Protocol):
    """Where cards come from."""

    def names(self) -> tuple[str, ...]:
        """Return the card images of a made-up city, none where there is a real reader."""
        ...

    def present(self, name: str) -> AbstractContextManager[Card]:
        """Return the card of that name, or the one on the reader where the name is empty."""
        ...


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """
    How the page behaves.

    Attributes:
        hosts: what browsers may call this page, such as "127.0.0.1:7180".
        idle_ms: a visit without input ends after this time.
        warning_ms: so long before it, the page warns.
    """

    hosts: frozenset[str]
    idle_ms: int = 180_000
    warning_ms: int = 60_000


class _Stage(enum.Enum):
    """What the page shows."""

    START = "start"
    CHOOSE = "choose"
    DONE = "done"
    ERROR = "error"


class Screen:
    """
    The page of one visit. Make it inside a running event loop.

    Args:
        visit: fresh.
        tray: where the card comes from.
        settings: see there.
        log: for codes and bugs.
        stop_listening: called once when the visit is over, before the last answer leaves: what the browser asks next is for the
            next visit's page.

    Attributes:
        over: set when the visit is over; the process may end.
    """

    def __init__(
        self, visit: Visit, tray: CardTray, settings: ScreenSettings, *, log: Log, stop_listening: Callable[[], None]
    ) -> None:
        self.over = asyncio.Event()
        self._visit = visit
        self._tray = tray
        self._settings = settings
        self._log = log
        self._stop_listening = stop_listening
        self._words = Words(idle_s=settings.idle_ms // 1000, warning_s=settings.warning_ms // 1000)
        self._lock = asyncio.Lock()
        self._once = secrets.token_hex(_RANDOM_BYTES)
        self._cookies: dict[str, None] = {}
        self._owner = ""
        self._stage = _Stage.START
        self._error: Refused | None = None
        self._ticks: dict[Kind, Ticks] = {}
        self._hand_out = False
        self._idle_at = 0.0
        self._agreed = False
        self._card_name = ""
        self._watch: asyncio.Task[None] | None = None
        self._acting: set[asyncio.Task[None]] = set()

    def app(self) -> Guard:
        """Return the ASGI application."""
        pressed: dict[str, Action] = {
            "grant": self._grant,
            "order": self._order,
            "again": self._again,
            "choose": self._choose,
            "take": self._take,
            "stay": self._stay,
            "language": self._language,
            "end": self._end,
        }
        routes = [
            Route("/", self._home),
            Route("/kiosk.css", self._style),
            Route("/hidden", self._hidden),
            Route("/certificate.pdf", self._file),
            *(Route(f"/{name}", self._button(action), methods=["POST"]) for name, action in pressed.items()),
        ]
        return Guard(Router(routes), hosts=self._settings.hosts, log=self._log)

    async def close(self) -> None:
        """End the visit now, whatever state it is in. Nothing raises; what cannot be written is left to `Journal.abandon`."""
        tasks = [*self._acting, *((self._watch,) if self._watch is not None else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._finish()

    # pages

    async def _home(self, request: Request) -> Response:
        if request.url.query == "wait":
            # The page that says "please wait" asks so: it stays on the screen until there is something else to show.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_S), self._lock:
                    pass
            return _to_home()
        if self.over.is_set():
            return _to_home()
        if self._lock.locked():
            return HTMLResponse(self._words.page("working"))
        cookie = request.cookies.get(COOKIE, "")
        if self._owner and not hmac.compare_digest(cookie.encode(), self._owner.encode()):
            return HTMLResponse(self._words.page("busy"), status_code=409)
        response = HTMLResponse(self._page())
        if not self._owner and cookie not in self._cookies:
            cookie = secrets.token_hex(_RANDOM_BYTES)
            self._cookies[cookie] = None
            while len(self._cookies) > _COOKIES_MAX:
                del self._cookies[next(iter(self._cookies))]
            response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path="/")
        return response

    def _page(self) -> str:
        refresh_s = self._words.idle_s + _REFRESH_AFTER_S if self._watch is not None else 0
        error = self._words.refusal(self._error) if self._error else None
        facts: dict[str, object] = {"once": self._once, "refresh_s": refresh_s, "error": error}
        answer, certificate = self._visit.answer, self._visit.certificate
        if self._stage is _Stage.CHOOSE and answer is not None:
            offers = self._words.offers(answer, self._ticks)
            return self._words.page("choose", offers=offers, **facts)
        if self._stage is _Stage.DONE and certificate is not None:
            hand_out, self._hand_out = self._hand_out, False
            facts |= {"taken": self._visit.taken, "hand_out": hand_out, "can_order": self._visit.session.can_order}
            return self._words.page("done", issue_number=certificate.issue_number, pages=certificate.page_count, **facts)
        if self._stage is _Stage.ERROR and self._error is not None:
            return self._words.page("error", can_repeat=self._can_repeat(), can_choose=self._can_choose(), **facts)
        return self._words.page("start", cards=self._tray.names(), chosen=self._card_name, agreed=self._agreed, **facts)

    async def _style(self, _request: Request) -> Response:
        return Response(self._words.style(), media_type="text/css")

    async def _hidden(self, _request: Request) -> Response:
        return HTMLResponse(self._words.page("hidden", refresh_s=self._words.idle_s + _REFRESH_AFTER_S))

    async def _file(self, request: Request) -> Response:
        """Give the file again that was handed out; before `take`, there is none."""
        certificate = self._visit.certificate
        if not self._is_owner(request) or certificate is None or not self._visit.taken:
            return _to_home()
        headers = {"content-disposition": f'attachment; filename="{certificate.issue_number}.pdf"'}
        return Response(certificate.pdf, media_type="application/pdf", headers=headers)

    # buttons

    def _button(self, action: Action) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a button: one at a time, each form once, then back to the page."""

        async def pressed(request: Request) -> Response:
            form = await read_form(request)
            if form is not None:
                acting = asyncio.create_task(self._act(action, form, request.cookies.get(COOKIE, "")))
                self._acting.add(acting)
                acting.add_done_callback(self._acting.discard)
                # It goes on whatever the browser does: an order that is out is finished, and its outcome is shown later.
                await asyncio.wait({acting}, timeout=_PATIENCE_S)
            return _to_home()

        return pressed

    async def _act(self, action: Action, form: Form, cookie: str) -> None:
        async with self._lock:
            if self.over.is_set() or not self._counts(form, cookie):
                return
            self._once = secrets.token_hex(_RANDOM_BYTES)
            self._touch()
            try:
                await action(form, cookie)
            except Refused as refusal:
                self._refuse(refusal)
            except Exception as error:  # noqa: BLE001 - a bug: the person is told so much, the log gets type and place
                self._log.event("bug", error=type(error).__name__, at=where(error))
                self._refuse(Refused(WireCode.INTERNAL))
            self._touch()

    def _counts(self, form: Form, cookie: str) -> bool:
        """Return whether this form is of the page that is shown, and was not sent before."""
        known = hmac.compare_digest(cookie.encode(), self._owner.encode()) if self._owner else cookie in self._cookies
        return known and hmac.compare_digest(text(form, "once").encode(), self._once.encode())

    def _is_owner(self, request: Request) -> bool:
        cookie = request.cookies.get(COOKIE, "")
        return bool(self._owner) and hmac.compare_digest(cookie.encode(), self._owner.encode())

    async def _grant(self, form: Form, cookie: str) -> None:
        if self._stage is not _Stage.START or text(form, "agree") != "yes":
            return
        name = text(form, "card")
        if name not in (self._tray.names() or ("",)):
            raise Refused(WireCode.CARD_ABSENT, "no such card")
        self._error, self._agreed, self._card_name = None, True, name
        await self._visit.present(self._tray.present(name), text(form, "pin")[:_PIN_LENGTH_MAX])
        self._owner = cookie
        self._begin()
        await self._ask()

    async def _ask(self) -> None:
        await self._visit.ask()
        self._stage, self._error = _Stage.CHOOSE, None

    async def _order(self, form: Form, _cookie: str) -> None:
        answer = self._visit.answer
        if self._stage is not _Stage.CHOOSE or answer is None:
            return
        self._keep_ticks(form)
        try:
            wish = wish_from(parse_ticks(form), answer)
        except Refused as refusal:
            # Nothing was ordered: the choice stays on the screen, with the reason.
            self._error = refusal
            return
        self._begin()
        await self._visit.order(wish)
        self._stage, self._error = _Stage.DONE, None

    async def _again(self, _form: Form, _cookie: str) -> None:
        if self._stage is not _Stage.ERROR or not self._can_repeat():
            return
        if self._visit.session.can_ask:
            await self._ask()
            return
        await self._visit.again()
        self._stage, self._error = _Stage.DONE, None

    async def _choose(self, _form: Form, _cookie: str) -> None:
        if self._visit.answer is not None and self._visit.session.can_order:
            self._stage, self._error = _Stage.CHOOSE, None

    async def _take(self, _form: Form, _cookie: str) -> None:
        if self._stage is _Stage.DONE:
            self._visit.take()
            self._hand_out = True

    async def _stay(self, form: Form, _cookie: str) -> None:
        """Somebody is still there; what was ticked stays ticked."""
        if self._stage is _Stage.CHOOSE:
            self._keep_ticks(form)

    async def _language(self, form: Form, _cookie: str) -> None:
        if text(form, "lang") in LANGUAGES:
            self._words.language = text(form, "lang")

    async def _end(self, _form: Form, _cookie: str) -> None:
        self._finish()

    # state

    def _begin(self) -> None:
        """Show a failure unless something else comes of it, so that not even a bug leaves the page in the state before."""
        self._stage, self._error = _Stage.ERROR, Refused(WireCode.INTERNAL)

    def _refuse(self, refusal: Refused) -> None:
        self._error = refusal
        self._log.event("refused", code=refusal.code.value)
        if self._owner and not (self._stage is _Stage.DONE and self._visit.certificate is not None):
            self._stage = _Stage.ERROR

    def _keep_ticks(self, form: Form) -> None:
        ticks = parse_ticks(form)
        if ticks is not None:
            self._ticks[ticks.kind] = ticks

    def _can_repeat(self) -> bool:
        session, code = self._visit.session, self._error.code if self._error else None
        if session.can_ask and code is not None:
            return FACTS[code].retry_helps and code not in _CARD_AGAIN
        return session.can_repeat

    def _can_choose(self) -> bool:
        known = self._visit.answer is not None and self._visit.session.can_order
        return known and self._error is not None and self._error.code not in _NEW_VISIT

    # time

    def _touch(self) -> None:
        """Somebody is there: the visit's end moves on."""
        self._idle_at = asyncio.get_running_loop().time() + self._settings.idle_ms / 1000
        if self._watch is None and not self.over.is_set():
            self._watch = asyncio.create_task(self._end_when_idle())

    async def _end_when_idle(self) -> None:
        time = asyncio.get_running_loop().time
        while not self.over.is_set():
            await asyncio.sleep(max(0.0, self._idle_at - time()))
            # An order that is on its way is not idleness: it holds the lock, and afterwards the person gets the whole time.
            async with self._lock:
                if self._idle_at <= time() and not self.over.is_set():
                    self._log.event("idle")
                    self._finish()

    def _finish(self) -> None:
        """Settle what can be settled, forget everything, serve nothing more."""
        if self.over.is_set():
            return
        try:
            self._visit.leave()
        except Refused as refusal:
            self._log.event("refused", code=refusal.code.value)
        except Exception as error:  # noqa: BLE001 - the visit ends whatever broke; the journal still misses an outcome and says so
            self._log.event("bug", error=type(error).__name__, at=where(error))
        finally:
            self._ticks.clear()
            self._error = None
            self._stop_listening()
            self.over.set()


def _to_home() -> Response:
    return RedirectResponse("/", status_code=_SEE_OTHER)
