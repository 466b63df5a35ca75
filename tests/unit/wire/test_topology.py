"""The table: what it says about itself must fit, since everything is generated from it."""

from __future__ import annotations

import itertools

import pytest

from akashi.wire.topology import (
    LINKS,
    SERVERS,
    Method,
    Sealing,
    callees_of,
    callers_of,
    may_call,
    methods_of,
    server,
)

NAMES = [one.name for one in SERVERS]
ROUTE = ["store/kiosk", "hq/forwarder", "center/relay", "lgwan/gateway", "dmz/transfer", "issuance/issuer"]


def test_names_ports_and_users_are_unique() -> None:
    for values in (NAMES, [one.port for one in SERVERS], [one.os_user for one in SERVERS], [one.tls_name for one in SERVERS]):
        assert len(set(values)) == len(SERVERS)


def test_what_a_server_is_called() -> None:
    relay = server("center/relay")
    assert relay.tls_name == "relay.center.akashi.internal"
    assert relay.package == "akashi.zones.center.relay"
    assert relay.os_user == "akashi-center-relay"
    assert relay.segment == "center"


@pytest.mark.promise("C5")
def test_default_is_deny() -> None:
    listed = {(link.caller, link.callee, method) for link in LINKS for method in link.methods}
    for caller, callee, method in itertools.product(NAMES, NAMES, Method):
        assert may_call(caller, callee, method) is ((caller, callee, method) in listed)
    assert not may_call("store/kiosk", "hq/forwarder", "shell")
    assert not may_call("nobody", "hq/forwarder", Method.FORWARD)


def test_links_join_known_servers_once_and_are_used() -> None:
    pairs = [(link.caller, link.callee) for link in LINKS]
    assert len(set(pairs)) == len(pairs)
    assert {name for pair in pairs for name in pair} == set(NAMES)
    assert all(link.methods for link in LINKS)
    assert all(caller != callee for caller, callee in pairs)


@pytest.mark.promise("C5")
def test_the_route_is_the_one_that_was_told_and_has_no_short_cut() -> None:
    forwards = {(link.caller, link.callee) for link in LINKS if Method.FORWARD in link.methods}
    assert forwards == set(itertools.pairwise(ROUTE))
    assert callees_of("store/kiosk") == ("hq/forwarder",)
    assert callers_of("core/residents") == ("issuance/issuer",)
    assert callees_of("core/residents") == ("vault/recorder",)


@pytest.mark.promise("C7")
def test_everything_between_the_ends_is_blind() -> None:
    assert {one.name for one in SERVERS if one.sealing is Sealing.BLIND} == set(ROUTE[1:-1])
    assert {one.name for one in SERVERS if one.sealing is Sealing.END} == {ROUTE[0], ROUTE[-1]}
    assert {one.name for one in SERVERS if one.sealing is Sealing.OWN_PART} == {"center/validity"}


def test_methods_are_the_union_over_the_callers() -> None:
    for name in NAMES:
        assert methods_of(name) == {method for method in Method if any(may_call(caller, name, method) for caller in NAMES)}
    assert methods_of("store/kiosk") == frozenset()


def test_callers_and_callees_mirror_each_other() -> None:
    for one, two in itertools.product(NAMES, NAMES):
        assert (two in callees_of(one)) is (one in callers_of(two))


def test_an_unknown_server_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        server("center/backdoor")
