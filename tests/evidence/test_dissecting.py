"""Capturing and taking apart, on small servers of our own with known content."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.tls import client_context, server_context
from akashi.evidence.bodies import http_bodies
from akashi.evidence.capturing import capturing
from akashi.evidence.control import CONTROL_WAYS, send_unprotected_copy
from akashi.evidence.dissecting import Dissection, parse_follow
from akashi.evidence.errors import MeasurementFailed
from akashi.evidence.needles import make_marker
from akashi.evidence.programs import run_program
from akashi.evidence.reading import INNER_LINKS, SEALED_LINKS
from akashi.evidence.searching import find_marker
from akashi.pki.hop import make_hop_authority
from akashi.wire import topology
from evidence.papers import pdf_with
from hops.hop import Identities, free_port

NAME = "証野　花子"
MARKER = make_marker(NAME)
LETTER = (NAME + "についての手紙").encode() * 40


@cache
def _zstd() -> bytes:
    """Return the letter compressed when it is first asked for: this module is read on machines without zstd, too."""
    return subprocess.run(["zstd", "-q"], input=LETTER, capture_output=True, check=True).stdout


def _bare_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


BODIES: dict[str, tuple[str, bytes | Callable[[], bytes]]] = {
    "/plain": ("", LETTER),
    "/gzip": ("gzip", gzip.compress(LETTER)),
    "/deflate": ("deflate", zlib.compress(LETTER)),
    "/bare-deflate": ("deflate", _bare_deflate(LETTER)),
    "/zstd": ("zstd", _zstd),
    "/pdf": ("", pdf_with(NAME)),
    "/pdf-gzip": ("gzip", gzip.compress(os.urandom(3000) + pdf_with(NAME))),
    "/nothing": ("", os.urandom(400_000)),
}


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        coding, made = BODIES[self.path.removesuffix("-chunked")]
        body = made if isinstance(made, bytes) else made()
        self.send_response(200)
        self.send_header("content-type", "application/octet-stream")
        if coding:
            self.send_header("content-encoding", coding)
        if self.path.endswith("-chunked"):
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for start in range(0, len(body), 7):
                piece = body[start : start + 7]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@dataclass
class Lab:
    """One TLS server and one plain one, and how to ask them."""

    tls_port: int
    http_port: int
    key_log: Path
    client: ssl.SSLContext

    def ask(self, path: str, *, tls: bool) -> None:
        connection: HTTPConnection
        if tls:
            connection = HTTPSConnection("127.0.0.1", self.tls_port, context=self.client, timeout=10)
        else:
            connection = HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()


@contextmanager
def _serving(port: int, context: ssl.SSLContext | None) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), Answer)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    now_ms = int(time.time() * 1000)
    identities = Identities(tmp_path, make_hop_authority(now_ms=now_ms), now_ms)
    client = client_context(identities.of("hq/forwarder"))
    client.check_hostname = False
    client.keylog_filename = str(tmp_path / "keys.log")
    ports = free_port(), free_port()
    with _serving(ports[0], server_context(identities.of("center/relay"))), _serving(ports[1], None):
        yield Lab(*ports, tmp_path / "keys.log", client)


def _found(sides: list[bytes]) -> bool:
    return any(find_marker(body, MARKER) for side in sides for body in (side, *http_bodies(side)))


needs_tshark = pytest.mark.needs("root", "tshark", "poppler")


@needs_tshark
@pytest.mark.needs("zstd")
@pytest.mark.promise("C8")
def test_every_body_is_read_after_decryption_and_not_before(lab: Lab, tmp_path: Path) -> None:
    """Each way to send a body, over TLS and in the open, whole and in chunks of seven bytes."""
    paths = [path + chunked for path in BODIES if path != "/nothing" for chunked in ("", "-chunked")]
    with capturing(tmp_path / "c.pcapng", [lab.tls_port, lab.http_port]):
        for path in paths:
            lab.ask(path, tls=True)
            lab.ask(path, tls=False)
    read = Dissection(tmp_path / "c.pcapng", tls_ports=[lab.tls_port], http_ports=[lab.http_port], key_log=lab.key_log)
    connections = read.connections()
    assert read.lost_packets() == 0
    assert len(connections) == 2 * len(paths)
    for path, sealed, plain in zip(paths, connections[::2], connections[1::2], strict=True):
        assert sealed.opened[0].startswith(b"GET " + path.encode() + b" ")
        assert plain.wire[0].startswith(b"GET " + path.encode() + b" ")
        assert [find_marker(side, MARKER) for side in sealed.wire] == [(), ()], path
        assert _found(sealed.opened), path
        assert _found(plain.wire), path
        assert (sealed.caller, sealed.callee, sealed.tls_1_3) == ("hq/forwarder", "center/relay", True)
        assert (plain.caller, plain.callee, plain.tls_1_3) == ("", "", False)
        assert sealed.hidden_bytes == 0


@needs_tshark
def test_without_the_key_log_nothing_opens(lab: Lab, tmp_path: Path) -> None:
    with capturing(tmp_path / "c.pcapng", [lab.tls_port]):
        lab.ask("/plain", tls=True)
        lab.ask("/nothing", tls=True)
    small, large = Dissection(tmp_path / "c.pcapng", tls_ports=[lab.tls_port], key_log=None).connections()
    assert small.opened == large.opened == [b"", b""]
    assert large.hidden_bytes > 390_000
    assert small.caller == small.callee == ""


@needs_tshark
def test_a_gap_in_the_capture_is_seen(lab: Lab, tmp_path: Path) -> None:
    with capturing(tmp_path / "c.pcapng", [lab.tls_port]):
        lab.ask("/nothing", tls=True)
    rows = run_program(["tshark", "-r", str(tmp_path / "c.pcapng"), "-Y", "tcp.len > 1000", "-T", "fields", "-e", "frame.number"])
    dropped = rows.stdout.split()[len(rows.stdout.split()) // 2].decode()
    run_program(
        ["tshark", "-r", str(tmp_path / "c.pcapng"), "-Y", f"frame.number != {dropped}", "-w", str(tmp_path / "d.pcapng")]
    )
    read = Dissection(tmp_path / "d.pcapng", tls_ports=[lab.tls_port], key_log=lab.key_log)
    assert read.lost_packets() > 0


@needs_tshark
def test_a_connection_that_began_before_the_capture_is_seen_as_such(lab: Lab, tmp_path: Path) -> None:
    connection = HTTPSConnection("127.0.0.1", lab.tls_port, context=lab.client, timeout=10)
    connection.request("GET", "/plain")
    connection.getresponse().read()
    with capturing(tmp_path / "c.pcapng", [lab.tls_port]):
        connection.request("GET", "/nothing")
        connection.getresponse().read()
    connection.close()
    [found] = Dissection(tmp_path / "c.pcapng", tls_ports=[lab.tls_port], key_log=lab.key_log).connections()
    assert (found.whole, found.opened, found.tls_1_3) == (False, [b"", b""], False)
    assert found.hidden_bytes > 390_000


@needs_tshark
def test_the_unprotected_copy_is_found_in_every_way(tmp_path: Path) -> None:
    port = free_port()
    with capturing(tmp_path / "c.pcapng", [port]):
        send_unprotected_copy(port, NAME, pdf_with(NAME))
    [found] = Dissection(tmp_path / "c.pcapng", tls_ports=[], http_ports=[port], key_log=None).connections()
    assert set(CONTROL_WAYS) <= {how for side in found.wire for how in find_marker(side, MARKER)}


def test_the_copy_needs_its_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(MeasurementFailed, match="control port"):
            send_unprotected_copy(taken.getsockname()[1], NAME, b"%PDF-")


@needs_tshark
def test_limits_are_said(monkeypatch: pytest.MonkeyPatch, lab: Lab, tmp_path: Path) -> None:
    monkeypatch.setattr("akashi.evidence.capturing.CAPTURE_SECONDS_MAX", 1)

    def capture_too_long() -> None:
        with capturing(tmp_path / "c.pcapng", [lab.tls_port]):
            time.sleep(1.5)

    with pytest.raises(MeasurementFailed, match="ended early"):
        capture_too_long()


@needs_tshark
def test_a_capture_that_cannot_begin_is_said(tmp_path: Path) -> None:
    with pytest.raises(MeasurementFailed, match="cannot capture"), capturing(tmp_path / "c", [1], interface="nowhere0"):
        pytest.fail("it must not begin")


@needs_tshark
def test_what_is_no_capture_is_said(tmp_path: Path) -> None:
    (tmp_path / "c.pcapng").write_bytes(b"not a capture")
    with pytest.raises(MeasurementFailed, match="tshark"):
        Dissection(tmp_path / "c.pcapng", tls_ports=[1], key_log=None).connections()


FOLLOWED = """
===================================================================
Follow: tls,raw
Filter: tcp.stream eq 4
Node 0: 127.0.0.1:7101
Node 1: 127.0.0.1:40000
616263
\t64
65
===================================================================
===================================================================
Follow: tls,raw
Filter: tcp.stream eq 9
Node 0: :0
Node 1: :0
===================================================================
"""


def test_followed_connections_are_parsed() -> None:
    first, second = parse_follow(FOLLOWED)
    assert (first.number, first.first_port, first.first, first.second) == (4, 7101, b"abce", b"d")
    assert (second.number, second.first_port, second.first, second.second) == (9, 0, b"", b"")


@pytest.mark.parametrize(
    "wrong", [("616263", "61626"), ("stream eq 4", "stream eq x"), (":7101", ":port"), ("616263", "hello"), ("eq 4", "eq ")]
)
def test_other_text_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(MeasurementFailed):
        parse_follow(FOLLOWED.replace(*wrong))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["", "Filter: tcp.stream eq 1\n", "Filter: tcp.stream eq 1\nNode 0: a:1\n"]))
def test_any_text_as_followed_connections(text: str, head: str) -> None:
    try:
        found = parse_follow(head + text)
    except MeasurementFailed:
        return
    assert len(found) >= bool(head)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["transfer-encoding: chunked", "content-encoding: deflate", "x: y"]))
def test_any_bytes_as_bodies(content: bytes, field: str) -> None:
    stream = b"HTTP/1.1 200 OK\r\n" + field.encode() + b"\r\n\r\n"
    assert len(list(http_bodies(stream + content))) <= 1 + content.count(b"HTTP")


def test_chunks_are_joined_and_plain_bodies_are_not_repeated() -> None:
    head = b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
    assert list(http_bodies(b"junk" + head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")) == [b"abcde"]
    assert list(http_bodies(head + b"5\r\nabc")) == [b"abc"]
    assert list(http_bodies(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc")) == []


def test_the_topology_still_has_the_links_that_are_measured() -> None:
    listed = {(link.caller, link.callee) for link in topology.LINKS}
    assert {*SEALED_LINKS, *INNER_LINKS} <= listed
    blind = {server.name for server in topology.SERVERS if server.sealing in {topology.Sealing.BLIND, topology.Sealing.OWN_PART}}
    assert {callee for _, callee in SEALED_LINKS} == {*blind, "issuance/issuer"}
