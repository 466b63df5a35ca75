"""A visitor's whole way over the running servers: what is issued, and every no with its code, leaving nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ReasonFlags

from akashi.base.locale import texts
from akashi.card.virtual import VirtualCard
from akashi.entry.demo.city import DEMO_PIN
from akashi.entry.demo.provision import KIOSK_IDS, give_responder
from akashi.pki.testca import TestAuthority
from akashi.wire.certificates import Kind
from akashi.zones.store.kiosk.store import Journal
from running_route import RunningRoute


def _text(pdf: Path) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = []
        for page in document:
            text_page = page.get_textpage()
            pages.append(text_page.get_text_range())
            text_page.close()
            page.close()
        return "\n".join(pages)
    finally:
        document.close()


def _person(route: RunningRoute, label: str) -> dict[str, object]:
    people = json.loads((route.layout.city / "people.json").read_text())["people"]
    found: dict[str, object] = next(person for person in people if person["label"] == label)
    return found


@pytest.mark.promise("C4", "C5", "C11", "C24")
@pytest.mark.parametrize(
    "label", ["ivs-name", "family-head", "big-household", "foreign-single", "special-permanent", "former-name"]
)
def test_a_certificate_about_the_holder_of_the_card(route: RunningRoute, label: str, tmp_path: Path) -> None:
    out = tmp_path / "certificate.pdf"
    answer = route.issue(label, out, "--with", "relationship")
    assert answer["outcome_acknowledged"] is True
    text = _text(out)
    assert str(answer["issue_number"]) in text
    # pdfium breaks lines; names are compared without white space, variation selectors included.
    assert "".join(str(_person(route, label)["name"]).split()) in "".join(text.split())


@pytest.mark.promise("C3")
def test_what_was_not_chosen_is_not_on_the_paper(route: RunningRoute, tmp_path: Path) -> None:
    out = tmp_path / "certificate.pdf"
    route.issue("honseki-inside", out)
    without = _text(out)
    route.issue("honseki-inside", out, "--with", "honseki")
    with_honseki = _text(out)
    assert "（省略）" in without
    assert len("".join(with_honseki.split())) > len("".join(without.split()))


TITLES = {
    Kind.JUMINHYO_KISAI: "住民票記載事項証明書",
    Kind.INKAN: "印鑑登録証明書",
    Kind.SHOTOKU: "所得証明書",
    Kind.KAZEI: "課税証明書",
    Kind.HIKAZEI: "非課税証明書",
    Kind.KOSEKI_ZENBU: "全部事項証明",
    Kind.KOSEKI_KOJIN: "個人事項証明",
    Kind.FUHYO: "戸籍の附票の写し",
}


@pytest.mark.promise("C3", "C4", "C12")
@pytest.mark.parametrize("kind", TITLES)
def test_every_other_kind_is_issued_from_its_own_register(route: RunningRoute, kind: Kind, tmp_path: Path) -> None:
    out, reasons = tmp_path / "certificate.pdf", set()
    for label in ("honseki-inside", "single", "family-head", "exactly-15"):
        answer = route.issue(label, out, "--kind", kind.value)
        if "refused" not in answer:
            break
        reasons.add(answer["refused"])
    assert reasons <= {"NOT_HELD"}  # who pays tax gets one certificate, who pays none the other
    assert answer["outcome_acknowledged"] is True
    text = "".join(_text(out).split())
    assert TITLES[kind] in text
    assert "".join(str(_person(route, label)["name"]).split()) in text


@pytest.mark.promise("C4", "C10")
@pytest.mark.parametrize(
    ("label", "kind", "reason"),
    [
        ("kana-unconfirmed", Kind.INKAN, "NOT_HELD"),
        ("former-name", Kind.SHOTOKU, "TAX_UNDECLARED"),
        ("family-head", Kind.KOSEKI_ZENBU, "HONSEKI_ELSEWHERE"),
        ("protected", Kind.INKAN, "NOT_AVAILABLE"),
        ("protected", Kind.KAZEI, "NOT_AVAILABLE"),
    ],
)
def test_what_cannot_be_had_is_said_with_its_reason(
    route: RunningRoute, label: str, kind: Kind, reason: str, tmp_path: Path
) -> None:
    assert route.issue(label, tmp_path / "x.pdf", "--kind", kind.value) == {"refused": reason, "tries_left": None}


NOT_AVAILABLE = ["protected", "court-block", "deceased", "moved-out", "under-15"]


@pytest.mark.promise("C4")
@pytest.mark.parametrize("label", NOT_AVAILABLE)
def test_blocked_deceased_moved_and_minor_look_alike(route: RunningRoute, label: str, tmp_path: Path) -> None:
    out = tmp_path / "certificate.pdf"
    assert route.issue(label, out) == {"refused": "NOT_AVAILABLE", "tries_left": None}
    assert not out.exists()


@pytest.mark.promise("C11")
@pytest.mark.parametrize("label", ["variant-missing", "character-missing"])
def test_a_name_that_cannot_be_printed_right_is_refused(route: RunningRoute, label: str, tmp_path: Path) -> None:
    assert route.issue(label, tmp_path / "certificate.pdf")["refused"] == "GLYPH_MISSING"


@pytest.mark.promise("C19")
def test_three_wrong_pins_lock_the_card(route: RunningRoute, tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    shutil.copy(route.layout.card("single"), card)
    arguments = [
        "issue",
        "--data",
        str(route.layout.root),
        "--card",
        str(card),
        "--out",
        str(tmp_path / "x.pdf"),
        "--json",
        "--pin",
    ]
    answers = [json.loads(route.akashi(*arguments, pin).stdout) for pin in ("0000", "1111", "2222", DEMO_PIN)]
    assert answers == [
        {"refused": "PIN_WRONG", "tries_left": 2},
        {"refused": "PIN_WRONG", "tries_left": 1},
        {"refused": "PIN_LOCKED", "tries_left": None},
        {"refused": "PIN_LOCKED", "tries_left": None},
    ]
    assert json.loads(route.akashi(*arguments, "12a4").stdout)["refused"] == "PIN_FORM"


def _own_card(route: RunningRoute, path: Path, *, age_days: int = 0, lifetime_days: int = 100) -> tuple[TestAuthority, bytes]:
    """Put a card of the test JPKI that the register does not know into `path`."""
    authority = TestAuthority.load(route.layout.jpki)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now_ms = time.time_ns() // 1_000_000 - age_days * 86_400_000
    material = authority.issue(now_ms=now_ms, public_key=key.public_key(), lifetime_days=lifetime_days)
    VirtualCard(key, material.certificate_der, material.authority_der, DEMO_PIN).save(path)
    return authority, material.certificate_der


def _refusal_of(route: RunningRoute, card: Path, out: Path) -> str:
    done = route.akashi(
        "issue", "--data", str(route.layout.root), "--card", str(card), "--pin", DEMO_PIN, "--out", str(out), "--json"
    )
    assert done.returncode == 1
    assert not out.exists()
    return str(json.loads(done.stdout)["refused"])


@pytest.mark.promise("C4", "C24")
def test_a_card_the_register_does_not_know(route: RunningRoute, tmp_path: Path) -> None:
    _own_card(route, tmp_path / "card.json")
    assert _refusal_of(route, tmp_path / "card.json", tmp_path / "x.pdf") == "NOT_AVAILABLE"


@pytest.mark.promise("C24")
def test_revoked_and_expired_cards(route: RunningRoute, tmp_path: Path) -> None:
    authority, certificate = _own_card(route, tmp_path / "revoked.json")
    authority.revoke(certificate, reason=ReasonFlags.key_compromise, now_ms=time.time_ns() // 1_000_000)
    authority.save_state(route.layout.jpki)
    give_responder(route.layout)
    assert _refusal_of(route, tmp_path / "revoked.json", tmp_path / "x.pdf") == "CARD_REVOKED"
    _own_card(route, tmp_path / "expired.json", age_days=20, lifetime_days=10)
    assert _refusal_of(route, tmp_path / "expired.json", tmp_path / "x.pdf") == "CARD_EXPIRED"


@pytest.mark.promise("C24")
def test_a_card_of_a_strange_authority(route: RunningRoute, tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    material = TestAuthority.create(now_ms=now_ms).issue(now_ms=now_ms, public_key=key.public_key())
    VirtualCard(key, material.certificate_der, material.authority_der, DEMO_PIN).save(tmp_path / "card.json")
    assert _refusal_of(route, tmp_path / "card.json", tmp_path / "x.pdf") == "CARD_UNTRUSTED"


@pytest.mark.promise("C14", "C15")
def test_paper_that_cannot_be_laid_down_is_void_and_the_city_knows(route: RunningRoute) -> None:
    done = route.akashi(
        "issue",
        "--data",
        str(route.layout.root),
        "--person",
        "single",
        "--pin",
        DEMO_PIN,
        "--out",
        "/dev/full",
    )
    assert done.returncode == 1
    assert "void" in done.stderr
    journal = Journal(route.layout.kiosk(KIOSK_IDS[0]) / "journal.db")
    assert journal.pending() == ()
    journal.close()


@pytest.mark.parametrize("person", ["single", "protected"])
def test_a_refusal_is_told_in_japanese_and_english(route: RunningRoute, person: str, tmp_path: Path) -> None:
    done = route.akashi(
        "issue", "--data", str(route.layout.root), "--person", person, "--pin", DEMO_PIN, "--out", str(tmp_path / "x.pdf"),
        "--with", "juminhyo-code",
    )  # fmt: skip
    assert done.returncode == 1
    code = "NOT_AVAILABLE" if person == "protected" else "OPTION_OFF"
    japanese, english, who = [line for line in done.stderr.splitlines() if code in line or "who can act" in line]
    assert any("\u3040" <= character <= "\u9fff" for character in japanese)
    assert english.isascii()
    assert "市役所の窓口" in who
    assert texts("kiosk", "en")["who_clerk"] in who


@pytest.mark.promise("C5")
@pytest.mark.parametrize("name", ["dmz/transfer", "core/residents", "vault/recorder"])
def test_a_server_that_stands_still_is_a_clear_no_and_comes_back(route: RunningRoute, name: str, tmp_path: Path) -> None:
    pid = route.demonstration.pids()[name]
    config = route.layout.kiosk_config(KIOSK_IDS[1])
    impatient = config.with_name("impatient.toml")
    impatient.write_text(config.read_text().replace("[service]", "[service]\ndeadline_ms = 1500", 1))
    folder = route.layout.kiosk("impatient")
    folder.mkdir(exist_ok=True)
    shutil.copy(impatient, folder / "config.toml")
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        answer = route.issue("single", tmp_path / "x.pdf", "--kiosk", "impatient")
        assert answer["refused"] in {"DEADLINE_PASSED", "LEDGER_DOWN", "RELAY_DOWN"}
        assert time.monotonic() - started < 15
    finally:
        os.kill(pid, signal.SIGCONT)
    time.sleep(1)
    assert "issue_number" in route.issue("single", tmp_path / "x.pdf")


@pytest.mark.promise("C16", "C20")
def test_the_ledger_holds_and_no_name_is_in_it(route: RunningRoute, tmp_path: Path) -> None:
    route.issue("ivs-name", tmp_path / "x.pdf")
    time.sleep(2)
    folder = route.layout.server("vault/recorder") / "ledger"
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    name = str(_person(route, "ivs-name")["name"])
    for secret in (name, name.split("\u3000", maxsplit=1)[0], str(_person(route, "ivs-name")["resident_no"])):
        assert secret.encode() not in content
    assert b"K0101" in content


@pytest.mark.promise("C6", "C14")
def test_no_log_names_anybody(route: RunningRoute, tmp_path: Path) -> None:
    route.issue("ivs-name", tmp_path / "x.pdf", "--with", "my-number,honseki,relationship")
    person = _person(route, "ivs-name")
    logs = b"".join(path.read_bytes() for path in route.layout.logs.iterdir())
    assert b"started" in logs
    name = str(person["name"])
    escaped = json.dumps(name).strip(chr(34))
    for secret in (name, name.split("\u3000", maxsplit=1)[0], escaped, str(person["resident_no"]), f"{DEMO_PIN}{chr(34)}"):
        assert secret.encode() not in logs
    assert b'"bug"' not in logs


def test_help_and_wrong_usage(route: RunningRoute) -> None:
    assert route.akashi("--help").returncode == 0
    assert route.akashi("issue", "--pin", "1234", "--out", "x.pdf").returncode == 2
    assert route.akashi("serve", "no/such", "--config", "x").returncode == 3
