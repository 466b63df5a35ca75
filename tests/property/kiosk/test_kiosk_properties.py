"""Whatever bytes reach the kiosk, as bulletin, sealed or opened answer, certificate on a card, or form: a documented error."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.sealing.padding import SizeClass
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import Bulletin, CertificateAnswer, SignedAnswer
from akashi.zones.store.kiosk.cardfacts import issuer_and_serial
from akashi.zones.store.kiosk.store import Journal
from unit.zones.store_kiosk.far_end import CITY, FarEnd, Twist, granted, material, run, session, wish
from unit.zones.store_kiosk.screen_stage import HOST, Browser, Stage

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NO_ANSWER = {WireCode.SEAL_BROKEN, WireCode.SIGNATURE_BAD, WireCode.MALFORMED, WireCode.CONTRADICTION, WireCode.OVERSIZE}
NO_BULLETIN = {WireCode.MALFORMED, WireCode.SIGNATURE_BAD, WireCode.DIRECTORY_STALE}
BULLETIN = FarEnd().bulletin()


@pytest.fixture(scope="module")
def open_far() -> tuple[FarEnd, Callable[[], Any]]:
    """Return an honest end and a way to get a session with an open grant there; the card signs once per call."""
    journal = Journal(Path(tempfile.mkdtemp()) / "journal.db")
    far = FarEnd()
    return far, lambda: granted(far, journal)[0]


class Raw:
    """A link that says the same to every call."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:  # noqa: ARG002 - as the port says
        return self.body


def flipped(bits: int, whole: bytes) -> bytes:
    at = bits % (len(whole) * 8)
    return whole[: at // 8] + bytes([whole[at // 8] ^ 1 << at % 8]) + whole[at // 8 + 1 :]


@pytest.mark.promise("C4")
@FEW
@given(body=st.binary(max_size=300))
def test_any_bytes_as_a_bulletin(body: bytes, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    one = session(FarEnd(), journal)
    one._link = cast("Any", Raw(body))
    with pytest.raises(Refused) as refused:
        run(one.prepare(CITY))
    assert refused.value.code is WireCode.MALFORMED
    journal.close()


@pytest.mark.promise("C4")
@FEW
@given(part=st.sampled_from(["beacon", "center_directory", "city_directory"]), bits=st.integers(0, 2**20))
def test_any_flipped_bit_of_a_bulletin(part: str, bits: int, tmp_path: Path) -> None:
    tampered = structs.replace(BULLETIN, **{part: flipped(bits, getattr(BULLETIN, part))})
    journal = Journal(tmp_path / "journal.db")
    one = session(FarEnd(twist=Twist(bulletin=lambda _: tampered)), journal)
    with pytest.raises(Refused) as refused:
        run(one.prepare(CITY))
    assert refused.value.code in NO_BULLETIN
    journal.close()


@pytest.mark.promise("C4")
@FEW
@given(
    parts=st.fixed_dictionaries(
        {name: st.binary(max_size=200) for name in ("beacon", "center_directory", "city_directory")},
    )
)
def test_any_parts_of_a_bulletin(parts: dict[str, bytes], tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    one = session(FarEnd(twist=Twist(bulletin=lambda _: Bulletin(**parts))), journal)
    with pytest.raises(Refused) as refused:
        run(one.prepare(CITY))
    assert refused.value.code in NO_BULLETIN
    journal.close()


@pytest.mark.promise("C4")
@FEW
@given(data=st.data())
def test_any_bytes_as_a_sealed_answer(data: st.DataObject, open_far: tuple[FarEnd, Callable[[], Any]]) -> None:
    far, new = open_far
    far.twist = Twist()
    one = new()
    raw = data.draw(st.binary(max_size=100) | st.sampled_from([bytes(size + 1136) for size in SizeClass]), "raw")
    bits = data.draw(st.integers(0, 2**24), "bits")
    far.twist = Twist(sealed=(lambda _: raw) if data.draw(st.booleans(), "made up") else (lambda sealed: flipped(bits, sealed)))
    with pytest.raises(Refused) as refused:
        run(one.order(wish()))
    assert refused.value.code is WireCode.SEAL_BROKEN
    assert one.can_repeat


@pytest.mark.promise("C4")
@FEW
@given(data=st.data())
def test_any_bytes_inside_a_seal_that_opens(data: st.DataObject, open_far: tuple[FarEnd, Callable[[], Any]]) -> None:
    far, new = open_far
    far.twist = Twist()
    one = new()
    raw = data.draw(st.binary(max_size=300), "raw")
    bits = data.draw(st.integers(0, 2**16), "bits")
    tampers: list[Callable[[bytes], bytes]] = [
        lambda _: raw,
        lambda _: codec.encode(SignedAnswer(raw)),
        lambda plain: flipped(bits, plain),
    ]
    far.twist = Twist(plaintext=data.draw(st.sampled_from(tampers), "how"))
    with pytest.raises(Refused) as refused:
        run(one.order(wish()))
    assert refused.value.code in NO_ANSWER


@pytest.mark.promise("C4")
@FEW
@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            "envelope_hash": st.binary(max_size=40),
            "subject_token": st.binary(max_size=40),
            "number": st.integers(-1, 2**40).filter(lambda number: number != 1),
            "kind": st.text(max_size=9),
            "issue_number": st.text(max_size=30),
            "page_count": st.integers(-1, 0) | st.integers(100, 2**40),
            "fee_yen": st.integers(-1, 2**40).filter(lambda fee: fee != 200),
        },
    ).filter(bool)
)
def test_any_other_answer_that_the_city_signed(changes: dict[str, Any], open_far: tuple[FarEnd, Callable[[], Any]]) -> None:
    far, new = open_far
    far.twist = Twist()
    one = new()

    def tamper(answer: Any) -> Any:
        return structs.replace(answer, **changes) if isinstance(answer, CertificateAnswer) else answer

    far.twist = Twist(answer=tamper)
    with pytest.raises(Refused) as refused:
        run(one.order(wish()))
    assert refused.value.code in NO_ANSWER


@FEW
@given(der=st.binary(max_size=300) | st.integers(0, 2**16).map(lambda bits: flipped(bits, material().certificate_der)))
def test_any_bytes_as_a_cards_certificate(der: bytes) -> None:
    try:
        issuer, serial = issuer_and_serial(der)
    except Refused as refusal:
        code: WireCode | None = refusal.code
    else:
        code = None
        assert issuer
        assert serial > 0
    assert code in {None, WireCode.CARD_UNREADABLE}


@pytest.mark.promise("C19")
@FEW
@given(
    button=st.sampled_from(["grant", "order", "again", "choose", "take", "stay", "hide", "language", "end", "nothing"]),
    body=st.binary(max_size=200)
    | st.lists(
        st.tuples(
            st.sampled_from(["once", "kind", "shown", "member-juminhyo", "choice-juminhyo", "pin", "card", "agree", "lang"]),
            st.text(max_size=9),
        )
    ).map(lambda fields: "&".join(f"{name}={value}" for name, value in fields).encode("utf-8", "surrogatepass")),
)
def test_any_bytes_as_a_form(button: str, body: bytes, tmp_path: Path) -> None:
    async def whole() -> None:
        stage = Stage(tmp_path)
        browser = Browser(stage)
        await browser.start()
        once = f"&once={browser.once}".encode()
        for form in (body, body + once):
            answer = await browser.send("POST", f"/{button}", form, origin=f"http://{HOST}")
            assert answer.status in {303, 404}
        assert (await browser.send("GET", "/")).status in {200, 303}
        assert "bug" not in stage.log.getvalue()
        await stage.close()

    asyncio.run(whole())
