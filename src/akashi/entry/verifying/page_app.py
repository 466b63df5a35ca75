"""
The receiver's page: a photo, a scan or a file in, an answer out. For the screen of this machine.

It works without its script, which is for camera and dropping.

Promises: what is handed in is in memory only, in this process for as long as it is passed on and in one process that judges it
and ends; nothing of it is in an address, a log or a later page; nothing is loaded from anywhere else.
Source: requirements C11; docs/spec/paper-seal.md section 8.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import ClassVar, Protocol

import jinja2
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, Router

from akashi.base.locale import LANGUAGES, say, texts
from akashi.base.log import Log
from akashi.entry.verifying.upload import UPLOAD_BYTES_MAX, Upload, parse_upload
from akashi.entry.verifying.words import tell
from akashi.verifier import Report
from akashi.verifier.errors import Unreadable
from akashi.zones.store.kiosk.guard import HEADERS, App, Guard

AT_ONCE_MAX = 2
"""So many are judged at the same time; others wait."""
_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_BROKEN = (
    "<!doctype html><html lang=ja><meta charset=utf-8><title>証明書の確認</title><h1>{}</h1><p>{}</p><p><a href=/>もどる Back</a>"
)


class Judge(Protocol):
    """Whoever judges; `judging.Bench` in truth."""

    async def warm(self) -> None:
        """Get ready for the next question."""
        ...

    async def judge(self, untrusted_files: Sequence[bytes]) -> Report:
        """Return the report."""
        ...


class PageGuard(Guard):
    """The door of this page: as the kiosk's, but scripts of its own and the camera are allowed."""

    headers: ClassVar[dict[str, str]] = {**HEADERS, "content-security-policy": _CSP, "permissions-policy": "camera=(self)"}
    sorry = _BROKEN.format("うまくいきませんでした", "システムに不具合がありました。Something in the system failed.")
    not_here = _BROKEN.format("開けません", "このページからの操作ではありません。This did not come from this page.")


class CheckPage:
    """
    The page.

    Args:
        judge: see there.
        hosts: what browsers may call this page, such as "127.0.0.1:7181".
        log: for bugs and refused requests.
    """

    def __init__(self, judge: Judge, *, hosts: frozenset[str], log: Log) -> None:
        self._judge = judge
        self._hosts = hosts
        self._log = log
        self._places = asyncio.Semaphore(AT_ONCE_MAX)
        self._warming: set[asyncio.Task[None]] = set()

    def app(self) -> App:
        """Return the page as an ASGI application."""
        routes = [
            Route("/", self._home),
            Route("/check", self._check, methods=["POST"]),
            Route("/check", self._home),
            Route("/verify.css", _resource("verify.css", "text/css")),
            Route("/verify.js", _resource("verify.js", "text/javascript")),
        ]
        return PageGuard(Router(routes), hosts=self._hosts, log=self._log)

    async def close(self) -> None:
        """Stop what is under way in the background."""
        for task in self._warming:
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)

    async def _home(self, request: Request) -> Response:
        self._warm()
        language = request.query_params.get("lang", "")
        return _page("ask", _language(language))

    async def _check(self, request: Request) -> Response:
        try:
            upload = parse_upload(request.headers.get("content-type", ""), await _body(request))
        except Unreadable:
            return _page("ask", _language(request.query_params.get("lang", "")), problem="too_large", status=400)
        except ClientDisconnect:
            return Response(status_code=400)
        return await self._judged(upload)

    async def _judged(self, upload: Upload) -> Response:
        language = _language(upload.language)
        if not upload.files:
            return _page("ask", language, problem="nothing_chosen", status=400)
        async with self._places:
            report = await self._judge.judge(upload.files)
        self._warm()
        self._log.event("checked", verdict=report.verdict.value)
        return _page("told", language, told=tell(report, language))

    def _warm(self) -> None:
        task = asyncio.ensure_future(self._judge.warm())
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)


async def _body(request: Request) -> bytes:
    """Return the body, read piece by piece so that one that is too large is not read to its end."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > UPLOAD_BYTES_MAX:
            raise Unreadable("form: size")
    return bytes(body)


def _language(untrusted: str) -> str:
    return untrusted if untrusted in LANGUAGES else LANGUAGES[0]


def _page(view: str, language: str, *, status: int = 200, problem: str = "", **values: object) -> HTMLResponse:
    other = next(one for one in LANGUAGES if one != language)
    html = _template().render(
        view=view,
        language=language,
        other=other,
        t=texts("verify", language),
        problem=say("verify", problem, language) if problem else "",
        **values,
    )
    return HTMLResponse(html, status_code=status)


def _resource(name: str, media_type: str) -> Response:
    content = files("akashi.entry.verifying").joinpath("page", name).read_bytes()
    return Response(content, media_type=media_type)


@cache
def _template() -> jinja2.Template:
    source = files("akashi.entry.verifying").joinpath("page", "verify.html").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source)
