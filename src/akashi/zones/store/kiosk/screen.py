"""
The kiosk's page: start and PIN, choice, certificate. Plain HTML, no script, nothing from outside.

It holds no key and no session of its own: everything personal is in the session's child process, and the one answer on
the screen. A new start ends the session before it. (Paper, money and the full screen flow come with the printer.)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs

import jinja2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from akashi.base.locale import LANGUAGES, texts
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import FACTS, Refused, WireCode
from akashi.wire.messages import CertificateAnswer, EligibilityAnswer, KindOffer, Outcome
from akashi.zones.store.kiosk.session_pipe import OpenGrant, Order, PipeNo, Prepare, SessionProcess, Settle

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


Form = dict[str, list[str]]
_FORM_BYTES_MAX = 8192


@dataclass(slots=True)
class _Visit:
    """The person at the screen: their session's process and what the screen shows of it."""

    session: SessionProcess
    answer: EligibilityAnswer | None = None
    certificate: CertificateAnswer | None = None
    settled: bool = False


class Screen:
    """
    The page of one kiosk. One person at a time.

    Args:
        spawn: starts a session's process.
        municipality: the city that is asked.
        cards: folder of card images of a made-up city, or None.
        reader: whether there is a card reader.
    """

    def __init__(
        self, spawn: Callable[[], Awaitable[SessionProcess]], *, municipality: str, cards: Path | None, reader: bool
    ) -> None:
        self._spawn = spawn
        self._municipality = municipality
        self._cards = cards
        self._reader = reader
        self._visit: _Visit | None = None
        self._language = LANGUAGES[0]
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        self._template = environment.from_string(_resource("page.html"))

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/", self.start),
                Route("/kiosk.css", self.style),
                Route("/grant", self.grant, methods=["POST"]),
                Route("/choose", self.choose),
                Route("/order", self.order, methods=["POST"]),
                Route("/certificate.pdf", self.certificate),
                Route("/end", self.end, methods=["POST"]),
            ]
        )

    async def start(self, request: Request) -> Response:
        """Show the first page; whoever was here before is gone."""
        await self.close()
        language = request.query_params.get("lang", self._language)
        self._language = language if language in LANGUAGES else LANGUAGES[0]
        return self._page("start", cards=self._card_names(), reader=self._reader, error=None)

    async def style(self, _request: Request) -> Response:
        """Return the style sheet."""
        return Response(_resource("kiosk.css"), media_type="text/css", headers=_HEADERS)

    async def grant(self, request: Request) -> Response:
        """Give card and PIN to a fresh session; show what can be had, or why not."""
        await self.close()
        form = await _read_form(request)
        name = _text(form, "card")
        image = str(self._cards / f"{name}.json") if self._cards is not None and name in self._card_names() else ""
        visit = self._visit = _Visit(await self._spawn())
        try:
            await visit.session.call(Prepare(self._municipality))
            answer = await visit.session.call(OpenGrant(image, _text(form, "pin")[:16]))
        except Refused as refusal:
            await self.close()
            error = self._error(refusal)
            return self._page("start", status=422, cards=self._card_names(), reader=self._reader, error=error)
        if isinstance(answer, EligibilityAnswer):
            visit.answer = answer
        return RedirectResponse("/choose", status_code=303, headers=_HEADERS)

    async def choose(self, _request: Request) -> Response:
        """Show kinds, household members and items."""
        visit = self._visit
        if visit is None or visit.answer is None:
            return RedirectResponse("/", status_code=303, headers=_HEADERS)
        members = [
            {"ref": m.member_ref, "name": m.name, "relationship": m.relationship, "is_applicant": m.is_applicant}
            for m in visit.answer.members
        ]
        return self._page("choose", members=members, offers=[self._offer(offer) for offer in visit.answer.offers])

    async def order(self, request: Request) -> Response:
        """Order what was chosen and show that it is there."""
        visit = self._visit
        if visit is None or visit.answer is None:
            return RedirectResponse("/", status_code=303, headers=_HEADERS)
        form = await _read_form(request)
        try:
            order = _parse_order(form, visit.answer)
            answer = await visit.session.call(order)
        except Refused as refusal:
            return self._page("error", status=422, error=self._error(refusal))
        if isinstance(answer, CertificateAnswer):
            visit.certificate, visit.settled = answer, False
            return self._page("done", issue_number=answer.issue_number, pages=answer.page_count)
        return RedirectResponse("/", status_code=303, headers=_HEADERS)

    async def certificate(self, _request: Request) -> Response:
        """Hand the certificate out, from memory; then its number counts as taken."""
        visit = self._visit
        if visit is None or visit.certificate is None:
            return RedirectResponse("/", status_code=303, headers=_HEADERS)
        if not visit.settled:
            await visit.session.call(Settle(visit.certificate.issue_number, Outcome.TAKEN, None))
            visit.settled = True
        return Response(visit.certificate.pdf, media_type="application/pdf", headers=_HEADERS)

    async def end(self, _request: Request) -> Response:
        """End the session and show the first page."""
        await self.close()
        return RedirectResponse("/", status_code=303, headers=_HEADERS)

    async def close(self) -> None:
        """End the present session. A certificate that nobody took is void."""
        visit, self._visit = self._visit, None
        if visit is None:
            return
        try:
            if visit.certificate is not None and not visit.settled:
                await visit.session.call(Settle(visit.certificate.issue_number, Outcome.VOID, WireCode.GRANT_ENDED))
        finally:
            await visit.session.end()

    def _card_names(self) -> list[str]:
        return sorted(path.stem for path in self._cards.glob("*.json")) if self._cards is not None else []

    def _page(self, view: str, *, status: int = 200, **values: object) -> HTMLResponse:
        html = self._template.render(view=view, language=self._language, t=texts("kiosk", self._language), **values)
        return HTMLResponse(html, status_code=status, headers=_HEADERS)

    def _error(self, refusal: Refused) -> dict[str, str]:
        words = texts("kiosk", self._language)
        tries = refusal.tries_left if isinstance(refusal, PipeNo) else None
        return {
            "sentence": texts("codes", self._language)[refusal.code],
            "help": words[f"who_{FACTS[refusal.code].acts.value}"],
            "tries": words["tries_left"].format(tries=tries) if tries is not None else "",
        }

    def _offer(self, offer: KindOffer) -> dict[str, object]:
        names = texts("certificates", self._language)
        return {
            "kind": offer.kind.value,
            "name": names[offer.kind.value],
            "fee": offer.fee_yen,
            "refusal": texts("codes", self._language)[offer.refusal] if offer.refusal else "",
            "choices": [{"code": choice.value, "name": names[choice.value]} for choice in offer.choices],
        }


def _parse_order(form: Form, answer: EligibilityAnswer) -> Order:
    """Return the order in the form. Raises Refused (MALFORMED, MEMBER_UNKNOWN) where it holds what was not offered."""
    try:
        kind = Kind(_text(form, "kind"))
        members = tuple(sorted({int(value) for value in form.get("member", [])}))
        choices = tuple(choice for choice in Choice if choice.value in form.get("choice", []))
    except ValueError:
        raise Refused(WireCode.MALFORMED, "form") from None
    offers = {offer.kind: offer for offer in answer.offers}
    if kind not in offers:
        raise Refused(WireCode.KIND_OFF)
    if not members or not set(members) <= {member.member_ref for member in answer.members}:
        raise Refused(WireCode.MEMBER_UNKNOWN)
    return Order(kind, members, choices, offers[kind].fee_yen)


async def _read_form(request: Request) -> Form:
    """Return the posted fields. Raises Refused (OVERSIZE, MALFORMED)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES_MAX:
            raise Refused(WireCode.OVERSIZE, "form")
    try:
        return parse_qs(body.decode("ascii"), max_num_fields=200)
    except ValueError:
        raise Refused(WireCode.MALFORMED, "form") from None


def _text(form: Form, key: str) -> str:
    return form.get(key, [""])[0]


def _resource(name: str) -> str:
    return files("akashi.zones.store.kiosk").joinpath("page", name).read_text("utf-8")
