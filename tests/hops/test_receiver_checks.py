"""What the running route issued is judged by `akashi verify` as receivers do: the file, its pages as pictures, an edited copy."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pypdfium2
import pytest

from akashi.base.config import load_config
from akashi.entry.demo.city import DEMO_PIN
from akashi.entry.demo.provision import KIOSK_IDS
from akashi.entry.kiosk import build_kiosk, card_present
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import CertificateAnswer, Outcome
from akashi.zones.store.kiosk.config import Config
from akashi.zones.store.kiosk.service import Wish
from running_route import RunningRoute

pytestmark = [pytest.mark.promise("C11")]
_VOID_LIST_S = 30.0
_DPI = 150


def verdict(route: RunningRoute, *files: Path) -> tuple[str, int]:
    """Return what `akashi verify` says with the demonstration's own lists, and its exit code."""
    lists = ("--trust", str(route.layout.trust), "--trust", str(route.layout.voids))
    done = route.akashi("verify", *map(str, files), *lists, "--json", timeout_s=120)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["verdict"], done.returncode


def pictures(pdf: Path) -> list[Path]:
    """Draw each page as a scanner of 150 dpi would give it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        made = []
        for number, page in enumerate(document, 1):
            made.append(pdf.with_name(f"page-{number}.png"))
            page.render(scale=_DPI / 72, grayscale=True).to_pil().save(made[-1])
            page.close()
        return made
    finally:
        document.close()


def edited(pdf: Path) -> Path:
    """Let a character of a value say another one to programs; the drawing stays."""
    content = bytearray(pdf.read_bytes())
    at = content.rindex(b"beginbfchar\n")
    digit = content.index(b"> <", at) + len(b"> <") + 3
    content[digit] = ord("1") if content[digit] != ord("1") else ord("2")
    copy = pdf.with_name("edited.pdf")
    copy.write_bytes(content)
    return copy


async def issued_unsettled(route: RunningRoute, person: str) -> tuple[CertificateAnswer, int]:
    """Issue over the route, and let the kiosk tell the city that no paper came out."""
    config = load_config(route.layout.kiosk_config(KIOSK_IDS[0]), Config)
    kiosk = build_kiosk(config)
    try:
        session = kiosk.session()
        await session.prepare(config.service.municipality)
        with card_present(config, image=str(route.layout.card(person)), reader="") as card:
            answer = await session.open_grant(card, DEMO_PIN)
        [offer] = [one for one in answer.offers if one.kind is Kind.JUMINHYO]
        members = tuple(sorted(member.member_ref for member in answer.members))
        certificate = await session.order(Wish(Kind.JUMINHYO, members, (Choice.RELATIONSHIP,), offer.fee_yen, year=offer.year))
        kiosk.journal.note_opened(certificate.issue_number, holder="00" * 16)
        kiosk.journal.record(certificate.issue_number, Outcome.VOID, WireCode.INTERNAL)
        return certificate, await kiosk.reporter().report()
    finally:
        await kiosk.close()


@pytest.mark.parametrize("person", ["ivs-name", "big-household"])
def test_what_was_issued_is_authentic_and_an_edited_copy_is_not(route: RunningRoute, person: str, tmp_path: Path) -> None:
    pdf = tmp_path / "certificate.pdf"
    pages = route.issue(person, pdf, "--with", "relationship,honseki")["pages"]
    assert verdict(route, pdf) == ("authentic", 0)
    drawn = pictures(pdf)
    assert len(drawn) == pages
    assert verdict(route, *drawn) == ("authentic", 0)
    assert verdict(route, edited(pdf)) == ("altered", 4)


def test_two_certificates_of_one_person_have_nothing_in_common_that_a_salt_hides(route: RunningRoute, tmp_path: Path) -> None:
    salts = set()
    for name in ("one.pdf", "two.pdf"):
        route.issue("family-head", tmp_path / name)
        content = (tmp_path / name).read_bytes()
        at = content.rindex(b"/ID[<") + len(b"/ID[<")
        first, second = content[at : at + 32], content[at + 34 : at + 66]
        assert first != second
        salts.add(second)
    assert len(salts) == 2


def test_after_its_outcome_is_void_it_is_judged_so(route: RunningRoute, tmp_path: Path) -> None:
    pdf = tmp_path / "certificate.pdf"
    certificate, acknowledged = asyncio.run(issued_unsettled(route, "honseki-inside"))
    pdf.write_bytes(certificate.pdf)
    assert certificate.page_count == 1
    assert acknowledged >= 1
    until = time.monotonic() + _VOID_LIST_S
    while (said := verdict(route, pdf)) == ("authentic", 0) and time.monotonic() < until:
        time.sleep(0.5)
    assert said == ("voided", 5)
    assert verdict(route, *pictures(pdf)) == ("voided", 5)
