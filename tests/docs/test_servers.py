"""Every server of the topology has the files that a reader looks for, and its README says the three things."""

from __future__ import annotations

import pytest

from akashi.wire.topology import LINKS, SERVERS, Server, callees_of, callers_of, methods_of
from akashi.wire.topology import server as server_named
from docs.reading import ROOT

HEADINGS = ("**Guarantees**", "**Mitigates**", "**Limits**")
README_LINES_MAX = 60


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.param
    return found


@pytest.mark.promise("C5")
def test_a_server_is_a_folder_with_the_same_files(server: Server) -> None:
    folder = ROOT / "src" / server.package.replace(".", "/")
    expected = {"README.md", "__init__.py", "config.py", "service.py"} | ({"web.py"} if methods_of(server.name) else set())
    assert expected - {path.name for path in folder.iterdir()} == set()


@pytest.mark.promise("C23")
def test_its_readme_says_what_it_guarantees_mitigates_and_cannot_do(server: Server) -> None:
    text = (ROOT / "src" / server.package.replace(".", "/") / "README.md").read_text("utf-8")
    places = [text.find(heading) for heading in HEADINGS]
    assert -1 not in places
    assert places == sorted(places)
    assert len(text.splitlines()) <= README_LINES_MAX
    assert server.name in text.splitlines()[0]


def test_links_have_both_ends() -> None:
    names = {server.name for server in SERVERS}
    assert {end for link in LINKS for end in (link.caller, link.callee)} <= names


def test_no_server_folder_is_missing_from_the_topology() -> None:
    folders = {path.parent for path in (ROOT / "src/akashi/zones").rglob("service.py")}
    assert {folder.relative_to(ROOT / "src/akashi/zones").as_posix() for folder in folders} == {s.name for s in SERVERS}


@pytest.mark.promise("C12")
def test_registers_stand_in_two_segments_of_their_own_that_only_the_issuer_reaches() -> None:
    segments = {
        server_named(name).segment: {one.name for one in SERVERS if one.segment == server_named(name).segment}
        for name in ("core/residents", "koseki/register")
    }
    assert segments == {"core": {"core/residents", "core/seals", "core/taxes"}, "koseki": {"koseki/register"}}
    for register in segments["core"] | segments["koseki"]:
        assert callers_of(register) == ("issuance/issuer",)
        # It asks nobody for data, no register asks another: the first may write its own line into the ledger.
        assert callees_of(register) == (("vault/recorder",) if register == "core/residents" else ())
