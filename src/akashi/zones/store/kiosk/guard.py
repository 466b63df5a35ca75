"""
The door of the kiosk's page: only this machine's own screen, only its own forms, and nothing of an error but its kind.

The page is plain HTTP on loopback, which every program and every page in the same browser can reach. So: a request must name
exactly this page as its host (no DNS rebinding), a form must come from this page itself (no other site can press a button), and
an exception ends here: its type and place go to the log, never a text or a value. Source: requirements C18, C19.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar

from akashi.base.log import Log

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_CSP = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "content-security-policy": _CSP,
    "cache-control": "no-store",
    # Not "no-referrer": browsers would then send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Each visit is another process; a kept connection would lead to the one before.
    "connection": "close",
}
_BROKEN = (
    "<!doctype html><html lang=ja><meta charset=utf-8><title>証明書交付</title><h1>{}</h1><p>{}</p><p><a href=/>もどる Back</a>"
)
_SORRY = _BROKEN.format("うまくいきませんでした", "システムに不具合がありました。Something in the system failed.")
_NOT_HERE = _BROKEN.format("開けません", "この画面からの操作ではありません。This did not come from the kiosk's own screen.")


class Guard:
    """
    Lets requests of the kiosk's own screen through, and adds the headers that every answer has.

    Args:
        app: the page.
        hosts: what `Host` may be, such as "127.0.0.1:7180"; lower case.
        log: for refused requests and for bugs.
    """

    headers: ClassVar[dict[str, str]] = HEADERS
    """Of every answer. Another page of this machine has its own, in a subclass, with its own two texts."""
    sorry = _SORRY
    """HTML for a bug."""
    not_here = _NOT_HERE
    """HTML for a request that did not come from the page."""

    def __init__(self, app: App, *, hosts: frozenset[str], log: Log) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = frozenset(f"http://{host}" for host in hosts)
        self._log = log
        self._raw_headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        reason = self._why_not(scope)
        if reason:
            self._log.event("refused", code="CALLER_REFUSED", reason=reason)
            await self._answer(send, 403, self.not_here)
            return
        started = False

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": [*message.get("headers", []), *self._raw_headers]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the edge: whatever it was, it must not reach the web server's log
            self._log.event("bug", error=type(error).__name__, at=where(error))
            if not started:
                await self._answer(send, 500, self.sorry)

    def _why_not(self, scope: Scope) -> str:
        """Return why this request is not served, or ""."""
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1").lower()) for name, value in scope["headers"]]
        hosts = [value for name, value in headers if name == "host"]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "host"
        if scope["method"] not in {"GET", "POST"}:
            return "method"
        if scope["method"] == "GET":
            return ""
        # Every browser sends at least one of the two with a form; a program of this machine that sends neither is no screen.
        sites = [value for name, value in headers if name == "sec-fetch-site"]
        origins = [value for name, value in headers if name == "origin"]
        if not sites and not origins:
            return "origin"
        if any(site != "same-origin" for site in sites) or any(origin not in self._origins for origin in origins):
            return "origin"
        return ""

    async def _answer(self, send: Send, status: int, html: str) -> None:
        body = html.encode()
        length = (b"content-length", str(len(body)).encode())
        headers = [*self._raw_headers, (b"content-type", b"text/html; charset=utf-8"), length]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def where(error: BaseException) -> str:
    """Return "module:line" of the innermost frame: enough to find a bug, nothing of the data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}" if trace else "unknown"
