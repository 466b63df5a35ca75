"""
Says, link by link, what an eavesdropper on it could read, and what the relay at its end could.

Three readings of one capture: the bytes on the wire; the same decrypted with the TLS key log, which is what the server at the
end of the hop holds; a deliberately unprotected copy. On the wire nothing may be found. Decrypted, the name must be found where
the city's own inner servers talk, which proves that the search finds it, and nowhere else, which is what the seal promises.
Source: council minutes 2016-06-27 ("what really crosses each link"); requirements C7, C8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from akashi.evidence.bodies import http_bodies
from akashi.evidence.control import CONTROL_WAYS
from akashi.evidence.dissecting import Connection, Dissection
from akashi.evidence.needles import make_marker
from akashi.evidence.searching import find_marker
from akashi.wire import topology

Pair = tuple[str, str]
SEALED_LINKS: tuple[Pair, ...] = (
    ("store/kiosk", "hq/forwarder"),
    ("hq/forwarder", "center/relay"),
    ("center/relay", "center/validity"),
    ("center/relay", "lgwan/gateway"),
    ("lgwan/gateway", "dmz/transfer"),
    ("dmz/transfer", "issuance/issuer"),
)
"""Where even the server that decrypts the hop must find nothing. Each must have carried calls."""
INNER_LINKS: tuple[Pair, ...] = (("issuance/issuer", "core/residents"), ("issuance/issuer", "issuance/checker"))
"""Where the city's own servers exchange the record: readable after decryption of the hop, and only then. The positive control."""


@dataclass(frozen=True, slots=True)
class LinkReading:
    """
    One link as measured.

    Attributes:
        caller, callee: as both certificates name them; callee alone, by its port, where a connection could not be decrypted.
        connections: how many carried data.
        calls: methods that were called, from the decrypted requests.
        wire_bytes: on the wire, both directions, without TCP's own.
        all_tls_1_3: whether every connection spoke TLS 1.3.
        found_on_wire: how the marker stands in what an eavesdropper sees.
        opened_bytes: after decryption of the hop.
        not_opened: connections of which not everything could be decrypted.
        found_opened: how the marker stands in what the server at the end of the hop sees.
    """

    caller: str
    callee: str
    connections: int
    calls: tuple[str, ...]
    wire_bytes: int
    all_tls_1_3: bool
    found_on_wire: tuple[str, ...]
    opened_bytes: int
    not_opened: int
    found_opened: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    The whole measurement.

    Attributes:
        marker: the name that was looked for; a made-up person's.
        links: in the order of the topology.
        control_found: how the marker stands in the deliberately unprotected copy.
        lost_packets: missing in the capture; anything but 0 makes it worthless.
        problems: why it does not show what is promised; empty where it does.
    """

    marker: str
    links: tuple[LinkReading, ...]
    control_found: tuple[str, ...]
    lost_packets: int
    problems: tuple[str, ...]

    def to_json(self) -> bytes:
        """Return the measurement as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


@dataclass(frozen=True, slots=True)
class Captured:
    """
    What is read.

    Attributes:
        file: the capture.
        key_log: TLS secrets of all servers.
        ports: port of each server.
        control_port: where the unprotected copy was sent.
    """

    file: Path
    key_log: Path
    ports: dict[str, int]
    control_port: int


def read_evidence(captured: Captured, marker_text: str) -> Evidence:
    """
    Read a capture and judge it.

    Raises:
        MeasurementFailed: it could not be read; that is never the same as "nothing found".
    """
    marker = make_marker(marker_text)
    tls_ports = sorted(captured.ports.values())
    dissection = Dissection(captured.file, tls_ports=tls_ports, http_ports=(captured.control_port,), key_log=captured.key_log)
    connections = dissection.connections()
    links: dict[Pair, list[Connection]] = {}
    servers = {port: server for server, port in captured.ports.items()}
    for connection in connections:
        if connection.port in servers:
            links.setdefault((connection.caller, connection.callee or servers[connection.port]), []).append(connection)

    def find(contents: Sequence[bytes]) -> tuple[str, ...]:
        read = [body for content in contents for body in (content, *http_bodies(content))]
        return tuple(dict.fromkeys(how for content in read for how in find_marker(content, marker)))

    def read_link(pair: Pair, found: Sequence[Connection]) -> LinkReading:
        wire = [side for connection in found for side in connection.wire]
        opened = [side for connection in found for side in connection.opened]
        return LinkReading(
            caller=pair[0],
            callee=pair[1],
            connections=len(found),
            calls=tuple(sorted({call for connection in found for call in _calls(connection.opened[0])})),
            wire_bytes=sum(map(len, wire)),
            all_tls_1_3=all(connection.tls_1_3 for connection in found),
            found_on_wire=find(wire),
            opened_bytes=sum(map(len, opened)),
            not_opened=sum(not any(connection.opened) or connection.hidden_bytes > 0 for connection in found),
            found_opened=find(opened),
        )

    readings = tuple(read_link(pair, links[pair]) for pair in sorted(links, key=_rank))
    control = find([side for connection in connections if connection.port == captured.control_port for side in connection.wire])
    lost = dissection.lost_packets()
    return Evidence(marker_text, readings, control, lost, tuple(judge(readings, control, lost)))


def _calls(sent: bytes) -> Iterator[str]:
    """Yield the methods that the decrypted requests name."""
    for line in sent.split(b"POST /v1/")[1:]:
        yield line.split(b" ", 1)[0][:40].decode("ascii", "replace")


def _rank(pair: Pair) -> int:
    order = [(link.caller, link.callee) for link in topology.LINKS]
    return order.index(pair) if pair in order else len(order)


def judge(links: Sequence[LinkReading], control: Sequence[str], lost_packets: int) -> Iterator[str]:
    """
    Yield, in words, what is against the promise or makes the measurement worth nothing; nothing where all is as it should be.

    In order: 1. the measurement itself, 2. each link, 3. the links that must be there, 4. the inner control.

    Args:
        links: one reading a link.
        control: how the marker was found in the unprotected copy.
        lost_packets: missing in the capture.
    """
    if lost_packets:  # 1
        yield f"{lost_packets} packets are missing in the capture"
    for way in CONTROL_WAYS:
        if way not in control:
            yield f"control: the unprotected copy was not found as {way!r}, so the search proves nothing"
    measured = {(link.caller, link.callee): link for link in links}
    for pair, link in measured.items():  # 2
        yield from _link_problems(pair, link)
    for pair in (*SEALED_LINKS, *INNER_LINKS):  # 3
        if pair not in measured or not measured[pair].calls:
            yield f"{' → '.join(pair)}: no call was seen, so nothing is shown"
    for pair in INNER_LINKS:  # 4
        if pair in measured and not measured[pair].found_opened:
            yield f"{' → '.join(pair)}: control: the name was not found after decryption, so the search proves nothing"


def _link_problems(pair: Pair, link: LinkReading) -> Iterator[str]:
    name = f"{link.caller or 'unknown'} → {link.callee}"
    if link.not_opened:
        yield f"{name}: {link.not_opened} connections could not be decrypted to the end, so nothing is shown"
    elif not all(topology.may_call(*pair, call) for call in link.calls) or pair not in _listed_pairs():
        yield f"{name}: not a link of the topology"
    if not link.all_tls_1_3:
        yield f"{name}: a connection is not TLS 1.3"
    if link.found_on_wire:
        yield f"{name}: an eavesdropper reads the name: {', '.join(link.found_on_wire)}"
    if link.found_opened and pair not in INNER_LINKS:
        yield f"{name}: {link.callee} reads the name: {', '.join(link.found_opened)}"


def _listed_pairs() -> frozenset[Pair]:
    return frozenset((link.caller, link.callee) for link in topology.LINKS)
