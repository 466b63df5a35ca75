"""One certificate through the real running servers, captured on every link: exactly who can read the name in it, and who not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from akashi.base.config import ConfigRefused
from akashi.entry.commands.evidence import Plan, measure, report_lines
from akashi.entry.demo.city import CityPlan
from akashi.evidence.reading import Evidence, LinkReading, judge

pytestmark = [
    pytest.mark.promise("C7", "C8", "C23"),
    pytest.mark.needs("root", "tshark", "poppler", "zstd", "fonts"),
]

# Below the ephemeral ports, which any program may hold, and away from the other tests' servers.
BASE_PORT = 27_000 + os.getpid() % 50 * 100

# Caller, callee, methods called, how the name is found on the wire, how after decryption of the hop.
TABLE = [
    ("store/kiosk", "hq/forwarder", ("bulletin", "forward"), (), ()),
    ("hq/forwarder", "center/relay", ("bulletin", "forward"), (), ()),
    ("center/relay", "center/validity", ("bulletin", "check_card"), (), ()),
    ("center/relay", "lgwan/gateway", ("bulletin", "forward"), (), ()),
    ("lgwan/gateway", "dmz/transfer", ("bulletin", "forward"), (), ()),
    ("dmz/transfer", "issuance/issuer", ("bulletin", "forward"), (), ()),
    ("center/validity", "jpki/responder", ("ocsp",), (), ()),
    ("issuance/issuer", "core/residents", ("open_grant", "read_record"), (), ("utf-8",)),
    ("issuance/issuer", "core/seals", ("held",), (), ()),
    ("issuance/issuer", "core/taxes", ("held",), (), ()),
    ("issuance/issuer", "koseki/register", ("held",), (), ()),
    (
        "issuance/issuer",
        "issuance/checker",
        ("attest_certificate", "attest_eligibility", "attest_outcome"),
        (),
        ("utf-8", "PDF page"),
    ),
    ("issuance/issuer", "vault/recorder", ("append",), (), ()),
]


@pytest.fixture(scope="module")
def found() -> Iterator[Evidence]:
    # The servers' own users must reach their folders, so not below pytest's private one.
    with TemporaryDirectory(prefix="akashi-evidence-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield measure(Plan(folder / "demo", CityPlan(11, 400, 0), BASE_PORT, ""))
        # Nothing that opens a capture is left, and no capture.
        assert not [path for path in folder.rglob("*") if path.suffix in {".log", ".pcapng"} and "tls" in path.name]


def test_the_table(found: Evidence) -> None:
    assert found.problems == ()
    rows = [(link.caller, link.callee, link.calls, link.found_on_wire, link.found_opened) for link in found.links]
    assert rows == TABLE


def test_every_link_was_really_read(found: Evidence) -> None:
    """A zero counts only where all that crossed was decrypted."""
    assert found.lost_packets == 0
    for link in found.links:
        assert link.all_tls_1_3
        assert link.not_opened == 0
        assert 0 < link.opened_bytes < link.wire_bytes
    by_pair = {(link.caller, link.callee): link for link in found.links}
    # The sealed certificate crossed each of the five hops: more than the finished file that the checker read.
    certificate_bytes = by_pair["issuance/issuer", "issuance/checker"].opened_bytes // 2
    for pair in [row[:2] for row in TABLE if "forward" in row[2]]:
        assert by_pair[pair].opened_bytes > certificate_bytes > 20_000


def test_the_control_is_found(found: Evidence) -> None:
    assert {"utf-8", "gzip > utf-8", "gzip > PDF page"} <= set(found.control_found)


def test_the_result_is_told_and_kept(found: Evidence) -> None:
    lines = list(report_lines(found))
    assert len(lines) == len(found.links) + 3
    assert lines[-1].startswith("as promised")
    kept = json.loads(found.to_json())
    assert [link["callee"] for link in kept["links"]] == [row[1] for row in TABLE]
    assert kept["problems"] == []


def _problems(found: Evidence, callee: str, **changes: Any) -> str:
    """The judgement on the same measurement with one link changed."""

    def change(link: LinkReading) -> LinkReading:
        return replace(link, **changes) if link.callee == callee else link

    links = [change(link) for link in found.links]
    return "\n".join(judge(links, found.control_found, found.lost_packets))


@pytest.mark.parametrize(
    ("callee", "changes", "said"),
    [
        ("center/relay", {"found_on_wire": ("utf-8",)}, "an eavesdropper reads the name: utf-8"),
        ("core/residents", {"found_on_wire": ("gzip > utf-8",)}, "an eavesdropper reads"),
        ("dmz/transfer", {"found_opened": ("PDF page",)}, "dmz/transfer reads the name: PDF page"),
        ("vault/recorder", {"found_opened": ("utf-8",)}, "vault/recorder reads the name"),
        ("issuance/checker", {"found_opened": ()}, "was not found after decryption, so the search proves nothing"),
        ("lgwan/gateway", {"calls": ()}, "no call was seen"),
        ("hq/forwarder", {"not_opened": 1}, "could not be decrypted to the end"),
        ("hq/forwarder", {"all_tls_1_3": False}, "not TLS 1.3"),
        ("issuance/issuer", {"caller": "hq/forwarder"}, "not a link of the topology"),
        ("jpki/responder", {"calls": ("forward",)}, "not a link of the topology"),
    ],
)
def test_what_would_be_against_the_promise_is_said(found: Evidence, callee: str, changes: dict[str, Any], said: str) -> None:
    assert said in _problems(found, callee, **changes)


def test_what_would_prove_nothing_is_said(found: Evidence) -> None:
    assert "not found as 'gzip > PDF page'" in "\n".join(judge(found.links, ("utf-8", "gzip > utf-8"), 0))
    assert "3 packets are missing" in "\n".join(judge(found.links, found.control_found, 3))
    missing = [link for link in found.links if link.callee != "issuance/checker"]
    assert "no call was seen" in "\n".join(judge(missing, found.control_found, 0))


@pytest.mark.parametrize(("label", "people"), [("nobody", []), ("", [{"label": "a", "expected": "issued", "name": "森　亮"}])])
def test_a_person_who_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str, people: list[dict[str, str]]
) -> None:
    monkeypatch.setattr("akashi.entry.demo.running.Demonstration.prepare", lambda _self, _progress: None)
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "people.json").write_text(json.dumps({"people": people}))
    with pytest.raises(ConfigRefused, match="nobody is labelled"):
        measure(Plan(tmp_path, CityPlan(11, 400, 0), 7400, label))
