"""
A deliberately unprotected copy: the same certificate over plain HTTP, compressed, so that the search has something to find.

A "0" on an encrypted link proves nothing alone: a wrong interface, port or search would give it, too. If the name in this copy is
not found, the whole measurement counts for nothing.
"""

from __future__ import annotations

import gzip
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from akashi.evidence.errors import MeasurementFailed

CONTROL_WAYS = ("utf-8", "gzip > utf-8", "gzip > PDF page")
"""What must be found in the copy: the name in the open, compressed, and on the compressed page."""


class _Answer(BaseHTTPRequestHandler):
    """Answers a GET with the compressed copy."""

    copy = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/octet-stream")
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(self.copy)))
        self.end_headers()
        self.wfile.write(self.copy)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


def send_unprotected_copy(port: int, name: str, pdf: bytes) -> None:
    """
    Send name and file over plain HTTP on loopback: the name in the request, name and file compressed in the answer.

    Args:
        port: where the capture listens, too.
        name: the marker, in the open.
        pdf: the certificate as the kiosk got it.

    Raises:
        MeasurementFailed: the port is taken, or the copy did not arrive.
    """
    copy = gzip.compress(name.encode() + b"\n" + pdf)
    handler = type("Answer", (_Answer,), {"copy": copy})
    try:
        server = HTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise MeasurementFailed(f"control port {port}: {error.strerror}") from None
    thread = threading.Thread(target=server.handle_request, name="control")
    thread.start()
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/copy", headers={"x-name": name.encode().decode("latin-1")})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
            arrived = response.read()
    except OSError as error:
        raise MeasurementFailed(f"control: {type(error).__name__}") from None
    finally:
        thread.join(timeout=10)
        server.server_close()
    if arrived != copy:
        raise MeasurementFailed("control: the copy did not arrive whole")
