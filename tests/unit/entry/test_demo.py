"""Parts of the demonstration: TOML writing, daily renewal, the city's policy, CPU accounts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.config import ConfigRefused
from akashi.entry.commands.up import SAMPLE_POLICY
from akashi.entry.demo.feed import KOSEKI, RESIDENTS, SEALS, FeedKind, FeedWriter
from akashi.entry.demo.keys import CENTER_DIRECTORY, CITY_DIRECTORY, seal_key_file, write_keys
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.policy import demonstration_policy
from akashi.entry.demo.rotation import RENEW_AFTER_MS, renew
from akashi.entry.demo.toml import toml_text
from akashi.entry.demo.trusting import publish_trust
from akashi.entry.load.cpu import cpu_ms, memory_mib
from akashi.entry.load.visitors import Tally
from akashi.entry.verifying.lists import read_lists
from akashi.pki.pem import write_public
from akashi.pki.testca import TestAuthority
from akashi.registers.following import AnyRecord
from akashi.rules.certificates import NOTHING_HELD, check_hours, offers
from akashi.rules.policy import parse_policy
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SealPrivateKey
from akashi.simulation.deployment import DAY_MS, Deployment, make_deployment, sign_city_directory
from akashi.wire.certificates import Kind
from akashi.wire.kinds import KINDS
from akashi.wire.messages import KeyUse
from akashi.zones.core.residents import changes as residents
from akashi.zones.core.seals import changes as seals
from akashi.zones.koseki.register import notifications as koseki

NOW_MS = 1_795_000_000_000
CITY = "139998"

texts = st.text(max_size=20)
keys = st.text("abcdefghij_-/ .日本", min_size=1, max_size=8)
plain = st.one_of(texts, st.integers(-(2**53), 2**53), st.booleans(), st.lists(texts, max_size=3))
tables = st.dictionaries(keys, st.one_of(plain, st.dictionaries(keys, plain, max_size=3)), max_size=5)


@settings(max_examples=150, deadline=None)
@given(tables)
def test_written_toml_reads_back(
    table: dict[str, str | int | bool | list[str] | dict[str, str | int | bool | list[str]]],
) -> None:
    assert tomllib.loads(toml_text(table)) == table


def test_tables_in_lists_read_back() -> None:
    generations = [{"key": "a"}, {"key": "b"}]
    assert tomllib.loads(toml_text({"files": {"state": "x", "generations": generations}})) == {
        "files": {"state": "x", "generations": generations}
    }


@pytest.fixture
def written(tmp_path: Path) -> tuple[Layout, Deployment]:
    layout = Layout(tmp_path / "demo")
    deployment = make_deployment(municipality=CITY, city_name="東京都証野市", kiosk_ids=("K0101",), now_ms=NOW_MS)
    write_keys(layout, deployment, now_ms=NOW_MS)
    layout.jpki.mkdir()
    TestAuthority.create(now_ms=NOW_MS).save(layout.jpki)
    return layout, deployment


def _city(layout: Layout, deployment: Deployment, now_ms: int, sequence_min: int = 1) -> Directory:
    return verify_directory(
        (layout.public / CITY_DIRECTORY).read_bytes(),
        root_public=deployment.city.root.public_bytes,
        authority=CITY,
        now_ms=now_ms,
        sequence_min=sequence_min,
    )


def test_nothing_is_renewed_before_it_is_time(written: tuple[Layout, Deployment]) -> None:
    layout, _ = written
    before = (layout.public / CITY_DIRECTORY).read_bytes()
    assert renew(layout, now_ms=NOW_MS + RENEW_AFTER_MS // 2) is False
    assert (layout.public / CITY_DIRECTORY).read_bytes() == before


def test_daily_renewal_for_a_week(written: tuple[Layout, Deployment]) -> None:
    layout, deployment = written
    seen = {_city(layout, deployment, NOW_MS).current(KeyUse.ISSUER_SEAL, NOW_MS).key_id}
    for day in range(1, 8):
        now_ms = NOW_MS + day * DAY_MS - 3_600_000
        assert renew(layout, now_ms=now_ms) is True
        directory = _city(layout, deployment, now_ms, sequence_min=day + 1)
        seal = directory.current(KeyUse.ISSUER_SEAL, now_ms)
        assert seal.key_id not in seen
        seen.add(seal.key_id)
        private = seal_key_file(layout.server("issuance/issuer") / "seal-keys", seal.public)
        assert SealPrivateKey.from_bytes(private.read_bytes()).public_bytes == seal.public
        # Yesterday's key is still honoured for envelopes on their way; older ones are gone from the directory.
        assert len([key for key in directory.payload.keys if key.use is KeyUse.ISSUER_SEAL]) == 2
        uses = (KeyUse.ANSWER, KeyUse.REGISTRY, KeyUse.SEALS, KeyUse.TAXES, KeyUse.KOSEKI, KeyUse.RECEIPT, KeyUse.DOCUMENT)
        for use in (*uses, KeyUse.PAPER):
            assert directory.current(use, now_ms + DAY_MS - 3_600_000).use is use
        center = verify_directory(
            (layout.public / CENTER_DIRECTORY).read_bytes(),
            root_public=deployment.center.root.public_bytes,
            authority="center",
            now_ms=now_ms,
            sequence_min=day + 1,
        )
        assert center.current(KeyUse.BEACON, now_ms).public == deployment.center.beacon.public_bytes


@pytest.mark.promise("C11")
def test_the_trust_list_follows_the_directory_and_keeps_what_was(written: tuple[Layout, Deployment]) -> None:
    layout, deployment = written
    publish_trust(layout, now_ms=NOW_MS)
    other = ec.generate_private_key(ec.SECP256R1())
    for day in (1, 2):
        changed = replace(deployment.city, paper_key=other)
        write_public(layout.public / CITY_DIRECTORY, sign_city_directory(changed, sequence=1 + day, now_ms=NOW_MS + day * DAY_MS))
        publish_trust(layout, now_ms=NOW_MS + day * DAY_MS)
    trust = read_lists([layout.trust]).parsed().cities[CITY]
    assert (trust.payload.city_name, trust.payload.sequence) == ("東京都証野市", 3)
    assert trust.payload.made_at_ms == NOW_MS + 2 * DAY_MS
    old, new = trust.of_use(KeyUse.PAPER)
    assert (old.public, new.public) == (deployment.city.paper_public, changed.paper_public)
    assert old.not_after_ms < NOW_MS + 2 * DAY_MS < new.not_after_ms
    assert NOW_MS < new.not_before_ms < NOW_MS + DAY_MS
    assert [key.public for key in trust.of_use(KeyUse.DOCUMENT)] == [deployment.city.document_certificate]


@pytest.mark.promise("C23")
def test_private_keys_are_readable_by_their_owner_only(written: tuple[Layout, Deployment]) -> None:
    layout, _ = written
    private = [path for path in layout.root.rglob("*") if path.suffix == ".key"]
    assert len(private) > 20
    assert {path.stat().st_mode & 0o077 for path in private} == {0}
    assert {layout.server(name).stat().st_mode & 0o777 for name in ("hq/forwarder", "issuance/checker")} == {0o700}


def test_the_demonstration_is_open_at_night_where_the_city_is_not() -> None:
    policy = parse_policy(demonstration_policy(SAMPLE_POLICY, CITY, ("K0101",)))
    three_at_night_ms = 1_795_000_000_000 - 1_795_000_000_000 % DAY_MS + 18 * 3_600_000
    forms = {kind: frozenset(facts.choices) for kind, facts in KINDS.items()}
    for kind in Kind:
        check_hours(policy, kind, policy.group_of("K0101"), three_at_night_ms)
    store = offers(policy, policy.group_of("K9999"), three_at_night_ms, forms=forms, held=NOTHING_HELD)
    assert {offer.refusal for offer in store} == {"CLOSED_HOURS"}


def test_a_policy_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    sample = SAMPLE_POLICY.read_text("utf-8")
    mine = tmp_path / "mine.toml"
    for content, why in (
        (b"\xff\xfe", "UTF-8"),
        (b"municipality = ", "not TOML"),
        (b'municipality = "139998"\n', "missing required field"),
        (sample.replace(CITY, "131016").encode(), "131016"),
        ((sample + '\n[[groups]]\nname = "hall"\nkiosks = ["K0101"]\n').encode(), "must be different"),
    ):
        mine.write_bytes(content)
        with pytest.raises(ConfigRefused, match=re.escape(str(mine))) as refused:
            demonstration_policy(mine, CITY, ("K0101",))
        assert why in str(refused.value)
    mine.unlink()
    with pytest.raises(ConfigRefused, match="No such file"):
        demonstration_policy(mine, CITY, ())


def test_a_policy_without_the_kind_leaves_it_off(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(SAMPLE_POLICY.read_text("utf-8").partition("[[kinds")[0].partition("[kinds")[0] + "[kinds]\n", "utf-8")
    assert parse_policy(demonstration_policy(mine, CITY, ("K0101",))).kinds == {}


@pytest.mark.parametrize(
    ("kind", "parse_line"),
    [(RESIDENTS, residents.parse_line), (SEALS, seals.parse_line), (KOSEKI, koseki.parse_line)],
)
def test_the_feed_numbers_on_after_a_restart(tmp_path: Path, kind: FeedKind, parse_line: Callable[[bytes], AnyRecord]) -> None:
    path = tmp_path / "feed" / "lines.jsonl"
    FeedWriter(path, kind).beat(NOW_MS)
    again = FeedWriter(path, kind)
    again.beat(NOW_MS + 1)
    again.beat(NOW_MS + 2)
    records = [parse_line(line) for line in path.read_bytes().splitlines()]
    assert [(record.sequence, record.time_ms) for record in records] == [(1, NOW_MS), (2, NOW_MS + 1), (3, NOW_MS + 2)]


def test_a_named_child_counts_once() -> None:
    burn = (
        "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
        "print('done', flush=True)\ntime.sleep(30)"
    )
    child = subprocess.Popen([sys.executable, "-c", burn], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        child.stdout.readline()
        both = cpu_ms({"me": os.getpid(), "child": child.pid})
        alone = cpu_ms({"me": os.getpid()})
        assert both["child"] >= 250
        assert alone["me"] >= both["me"] + 250
        assert memory_mib({"child": child.pid, "gone": 2**22 + 1})["gone"] == 0
        assert cpu_ms({"gone": 2**22 + 1}) == {"gone": 0}
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_quantiles() -> None:
    tally = Tally(latencies_ms=[float(n) for n in range(100, 0, -1)])
    assert (tally.quantile(0.5), tally.quantile(0.99), tally.quantile(1.0)) == (51.0, 100.0, 100.0)
    assert Tally().quantile(0.5) == 0
