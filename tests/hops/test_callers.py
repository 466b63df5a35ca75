"""Who may call whom, over real mutual TLS: every caller x every server x every method, complete and not sampled."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from akashi.base.config import TlsConfig
from akashi.base.ports import Caller, CallFailed, Endpoint
from akashi.pki.hop import make_hop_authority
from akashi.wire import topology
from akashi.wire.topology import Method
from hops.hop import Identities, calling, running

SERVERS = [server.name for server in topology.SERVERS]


async def _echo(caller: Caller, untrusted_body: bytes) -> bytes:
    return f"{caller.server}|{caller.instance}|".encode() + untrusted_body


ALL_METHODS = {method.value: Endpoint(_echo, 1024) for method in Method}


@pytest.mark.promise("C5", "C23")
@pytest.mark.parametrize("callee", SERVERS)
def test_only_listed_callers_get_in(callee: str, identities: Identities) -> None:
    async def scenario() -> dict[tuple[str, str], str]:
        seen: dict[tuple[str, str], str] = {}
        async with running(callee, ALL_METHODS, identities) as (address, _):
            for caller in SERVERS:
                instance = "K0001" if caller == "store/kiosk" else ""
                async with calling(identities.of(caller, instance), {callee: address}) as link:
                    for method in Method:
                        try:
                            answer = await link.call(callee, method, b"x", deadline_ms=5_000)
                            assert answer == f"{caller}|{instance}|x".encode()
                            seen[caller, method] = "answered"
                        except CallFailed as failure:
                            seen[caller, method] = failure.code
        return seen

    seen = asyncio.run(scenario())
    expected = {
        (caller, method): "answered" if topology.may_call(caller, callee, method) else "CALLER_REFUSED"
        for caller in SERVERS
        for method in Method
    }
    assert seen == expected


@pytest.mark.promise("C7")
def test_strangers_do_not_get_in(identities: Identities, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000)
    stranger = Identities(tmp_path, make_hop_authority(now_ms=now_ms), now_ms)

    async def scenario() -> list[str]:
        codes = []
        async with running("center/relay", ALL_METHODS, identities) as (address, _):
            for tls in (stranger.of("hq/forwarder"), _mixed(stranger, identities)):
                async with calling(tls, {"center/relay": address}) as link:
                    with pytest.raises(CallFailed) as refused:
                        await link.call("center/relay", "forward", b"", deadline_ms=5_000)
                    codes.append(refused.value.code)
        return codes

    # One knows another authority than the server's; one trusts the server's, but was not issued by it.
    assert asyncio.run(scenario()) == ["RELAY_DOWN", "RELAY_DOWN"]


def _mixed(stranger: Identities, identities: Identities) -> TlsConfig:
    own = stranger.of("hq/forwarder")
    return TlsConfig(certificate=own.certificate, key=own.key, authority=identities.of("hq/forwarder").authority)


@pytest.mark.promise("C7")
def test_a_server_under_another_name_is_not_believed(identities: Identities) -> None:
    async def scenario() -> None:
        async with (
            running("dmz/transfer", ALL_METHODS, identities) as (address, _),
            calling(identities.of("hq/forwarder"), {"center/relay": address}) as link,
        ):
            await link.call("center/relay", "forward", b"", deadline_ms=5_000)

    with pytest.raises(CallFailed) as refused:
        asyncio.run(scenario())
    assert refused.value.code == "RELAY_DOWN"
