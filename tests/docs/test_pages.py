"""Pages that are made from code say what the code says now, and cannot be made from what does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from akashi.evidence.page_errors import PageRefused
from akashi.evidence.page_hops import Inside, hops_page, read_hop_words
from akashi.evidence.page_promises import Backing, Standing, find_backing, parse_promises, promises_page, read_promises
from akashi.evidence.pages import PAGES, main, stale_pages
from akashi.wire.topology import LINKS, SERVERS, Method, Sealing, server
from docs.reading import ROOT

ONE = '[[promises]]\nid = "C1"\nja = "約束"\nen = "a promise"\nstanding = "{}"\n'
PART = ONE.format("in part") + 'missing_ja = "残り"\nmissing_en = "the rest"\n'


@pytest.mark.promise("C9", "C21")
def test_pages_are_current() -> None:
    assert sorted(stale_pages(ROOT)) == [], "run `python -m akashi.evidence.pages --write`"


@pytest.mark.promise("C9", "C21")
def test_the_route_page_names_every_server_and_call_in_both_languages() -> None:
    _, japanese, english = hops_page(read_hop_words()).split("\n## ")
    for one in SERVERS:
        assert f"| {one.segment} | `{one.name}` | {one.ja} |" in japanese
        assert f"| {one.segment} | `{one.name}` | {one.en} |" in english
        assert one.keeps_ja in japanese
        assert one.keeps_en in english
    for link in LINKS:
        for method in link.methods:
            for part in (japanese, english):
                assert part.count(f"| `{link.caller}` | `{link.callee}` | `{method}` |") == 1


@pytest.mark.promise("C7")
def test_the_route_page_calls_forwarded_envelopes_sealed() -> None:
    words = read_hop_words()
    assert words.methods["forward"].inside is Inside.SEALED
    assert {name for name, method in words.methods.items() if method.inside is Inside.SEALED} == {"forward", "check_card"}
    blind = [one.name for one in SERVERS if one.sealing is Sealing.BLIND]
    page = hops_page(words)
    assert all(page.count(f"| `{name}` |") for name in blind)
    assert page.count(words.sealing["blind"].en) == len(blind)
    content_free = words.sealing["inner_content_free"].en
    assert [line.split("`")[1] for line in page.splitlines() if content_free in line] == ["vault/recorder"]


def test_a_server_that_is_run_under_one_name_is_called_so_in_both_languages() -> None:
    page = hops_page(read_hop_words(), servers=(server("lgwan/gateway"), server("issuance/issuer")), links=())
    assert page.count("| LGWAN-ASP |") == 2
    assert page.count("| 市 |") == 1
    assert page.count("| city |") == 1


def test_the_route_page_refuses_what_it_has_no_words_for() -> None:
    words = read_hop_words()
    wordless = msgspec.structs.replace(words, sealing={})
    with pytest.raises(PageRefused, match=r"sealing\.end"):
        hops_page(wordless)
    silent = words.methods["read_record"]
    for changed in (msgspec.structs.replace(silent, what_ja=""), msgspec.structs.replace(silent, inside=Inside.SEALED)):
        with pytest.raises(PageRefused, match="say what is read"):
            hops_page(msgspec.structs.replace(words, methods=words.methods | {"read_record": changed}))
    speechless = {name: method for name, method in words.methods.items() if name != Method.OCSP}
    with pytest.raises(PageRefused, match=r"methods\.ocsp"):
        hops_page(msgspec.structs.replace(words, methods=speechless))
    assert hops_page(words) != hops_page(words, servers=(replace(SERVERS[0], ja="別の名前"), *SERVERS[1:]))


def test_promises_are_those_that_were_made() -> None:
    assert [promise.id for promise in read_promises()] == [f"C{number}" for number in range(1, 26)]


def test_every_marker_in_the_tests_is_found() -> None:
    backing = find_backing(ROOT)
    assert Backing("tests/docs/test_pages.py", "test_pages_are_current") in backing["C9"]
    assert Backing("tests/unit/wire/test_topology.py", "test_default_is_deny") in backing["C5"]


def test_markers_of_classes_and_files_count(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_one.py").write_text(
        "import pytest\npytestmark = [pytest.mark.promise('C1'), pytest.mark.nightly]\n"
        "@pytest.mark.promise('C2', 'C3')\nclass TestIt:\n    @pytest.mark.promise('C2')\n    async def test_inner(self): ...\n"
    )
    found = find_backing(tmp_path)
    assert found["C1"] == (Backing("tests/test_one.py", ""),)
    assert [one.test for one in found["C2"]] == ["TestIt", "test_inner"]
    assert [one.test for one in found["C3"]] == ["TestIt"]
    (folder / "test_two.py").write_text("import pytest\n@pytest.mark.promise(NAME)\ndef test_it(): ...\n")
    with pytest.raises(PageRefused, match="literal"):
        find_backing(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "promises = 1",
        "not toml",
        ONE.format("perhaps"),
        ONE.format("stands") + ONE.format("stands"),
        ONE.format("stands") + 'missing_ja = "残り"\n',
        ONE.format("later"),
        PART + 'colour = "red"\n',
    ],
)
def test_promises_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(PageRefused):
        parse_promises(text)


def test_a_promise_is_as_far_as_its_tests() -> None:
    part = parse_promises(PART)
    assert part[0].standing is Standing.PART
    backing = {"C1": (Backing("tests/test_one.py", "test_a"), Backing("tests/test_one.py", "test_b"))}
    page = promises_page(part, backing)
    assert "`test_a`, `test_b`" in page
    assert "まだの分：残り" in page
    assert "Not yet: the rest" in page
    with pytest.raises(PageRefused, match="0 tests"):
        promises_page(part, {})
    with pytest.raises(PageRefused, match="does not have"):
        promises_page(part, backing | {"C99": backing["C1"]})
    with pytest.raises(PageRefused, match="later"):
        promises_page(parse_promises(PART.replace("in part", "later")), backing)


def test_the_program_says_what_is_stale_and_writes_it(tmp_path: Path) -> None:
    # A checkout whose tests back what the promises say, and which has no pages yet.
    (tmp_path / "docs").mkdir()
    tests = tmp_path / "tests"
    tests.mkdir()
    ids = ", ".join(repr(promise.id) for promise in read_promises() if promise.standing is not Standing.LATER)
    (tests / "test_all.py").write_text(f"import pytest\n\n@pytest.mark.promise({ids})\ndef test_all(): ...\n")
    runner = CliRunner()
    stale = runner.invoke(main, ["--root", str(tmp_path)])
    assert stale.exit_code == 1
    assert all(f"{name}: out of date" in stale.output for name in PAGES)
    assert runner.invoke(main, ["--root", str(tmp_path), "--write"]).exit_code == 0
    assert all((tmp_path / name).is_file() for name in PAGES)
    again = runner.invoke(main, ["--root", str(tmp_path)])
    assert (again.exit_code, again.output) == (0, "")
    (tests / "test_all.py").write_text("")
    refused = runner.invoke(main, ["--root", str(tmp_path)])
    assert refused.exit_code == 1
    assert "0 tests" in refused.output
