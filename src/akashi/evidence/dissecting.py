"""
Takes a capture apart with tshark: connections, their parties as their certificates prove them, their bytes, what was said.

Everything that tshark prints is untrusted text until it is parsed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from akashi.evidence.errors import MeasurementFailed
from akashi.evidence.programs import run_program

CONNECTIONS_MAX = 2_000
_FOLLOW_AT_ONCE = 100
_NAME_PREFIX = "spiffe://akashi/"
_TLS_1_3 = "0x0304"
_RECORD_HEAD = 5
_RECORD_EXTRA = 17
_APPLICATION_DATA = 23
HANDSHAKE_BYTES_MAX = 8_192
"""Encrypted words of TLS itself in one connection, above what is seen: both certificate chains, tickets."""


@dataclass(slots=True)
class Connection:
    """
    One TCP connection.

    Attributes:
        number: tshark's number of it.
        port: of the side that listens.
        whole: whether its beginning is in the capture.
        tls_1_3: whether the listening side chose TLS 1.3.
        caller, callee: "zone/server" as their certificates name them; empty where not known.
        wire: reassembled bytes, [from caller, from callee].
        opened: what the application said, after decryption with the key log.
    """

    number: int
    port: int
    whole: bool = False
    tls_1_3: bool = False
    caller: str = ""
    callee: str = ""
    wire: list[bytes] = field(default_factory=lambda: [b"", b""])
    opened: list[bytes] = field(default_factory=lambda: [b"", b""])

    @property
    def hidden_bytes(self) -> int:
        """How many encrypted bytes crossed that decryption did not give, beside TLS's own words; 0 where all was read."""
        sealed = sum(sum(_encrypted_lengths(side)) for side in self.wire)
        return max(0, sealed - sum(map(len, self.opened)) - HANDSHAKE_BYTES_MAX)


def _encrypted_lengths(stream: bytes) -> Iterator[int]:
    """Yield the plaintext length of every encrypted TLS 1.3 record: its own less tag and content type."""
    place = 0
    while place + _RECORD_HEAD <= len(stream):
        length = int.from_bytes(stream[place + 3 : place + 5], "big")
        if stream[place] == _APPLICATION_DATA:
            yield max(0, length - _RECORD_EXTRA)
        place += _RECORD_HEAD + length


class Dissection:
    """
    One capture file.

    Args:
        file: pcapng.
        tls_ports: where TLS is spoken, and HTTP inside it.
        http_ports: where plain HTTP is spoken (the planted control).
        key_log: TLS session secrets of both sides; None reads the capture as an eavesdropper would.
    """

    def __init__(self, file: Path, *, tls_ports: Sequence[int], http_ports: Sequence[int] = (), key_log: Path | None) -> None:
        self._options = ["-n", "-r", str(file)]
        if key_log is not None:
            self._options += ["-o", f"tls.keylog_file:{key_log}"]
        for port in tls_ports:
            self._options += ["-d", f"tcp.port=={port},tls", "-d", f"tls.port=={port},http"]
        for port in http_ports:
            self._options += ["-d", f"tcp.port=={port},http"]
        self._ports = frozenset((*tls_ports, *http_ports))

    def connections(self) -> list[Connection]:
        """
        Return the connections on the ports that carried data, with their bytes.

        Raises:
            MeasurementFailed: tshark is missing, failed, or the capture holds too many connections or a gap.
        """
        found = self._list()
        self._name(found)
        self._follow(found, "tcp")
        found = {number: one for number, one in found.items() if any(one.wire)}
        self._follow(found, "tls")
        return list(found.values())

    def lost_packets(self) -> int:
        """Return how many packets tshark misses in the connections: 0 in a capture that can prove anything."""
        rows = self._fields("tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment", "frame.number")
        return len(rows)

    def _list(self) -> dict[int, Connection]:
        found: dict[int, Connection] = {}
        rows = self._fields("tcp", "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.flags.syn", "tcp.flags.ack")
        for stream, source, target, syn, ack in rows:
            number, ports = _number(stream), (_number(source), _number(target))
            listening = [port for port in reversed(ports) if port in self._ports]
            if not listening:
                continue
            connection = found.setdefault(number, Connection(number, listening[0]))
            if _flag(syn) and not _flag(ack):
                connection.whole, connection.port = True, ports[1]
            if len(found) > CONNECTIONS_MAX:
                raise MeasurementFailed("too many connections in the capture")
        return found

    def _name(self, found: dict[int, Connection]) -> None:
        """Version from the hello of the listening side; names from both certificates, which only decryption shows."""
        shown = ("tcp.stream", "tcp.srcport", "tls.handshake.extensions.supported_version", "x509ce.uniformResourceIdentifier")
        for stream, source, version, names in self._fields("tls.handshake.type == 2 || tls.handshake.type == 11", *shown):
            connection = found.get(_number(stream))
            if connection is None:
                continue
            from_callee = _number(source) == connection.port
            connection.tls_1_3 |= from_callee and _TLS_1_3 in version.split(",")
            name = next((one for one in names.split(",") if one.startswith(_NAME_PREFIX)), "")
            server = "/".join(name.removeprefix(_NAME_PREFIX).split("/")[:2])
            if server and from_callee:
                connection.callee = server
            elif server:
                connection.caller = server

    def _follow(self, found: dict[int, Connection], layer: str) -> None:
        numbers = list(found)
        for start in range(0, len(numbers), _FOLLOW_AT_ONCE):
            options = ["-q"]
            for number in numbers[start : start + _FOLLOW_AT_ONCE]:
                options += ["-z", f"follow,{layer},raw,{number}"]
            for followed in parse_follow(self._run(options).decode("ascii", "replace")):
                connection = found[followed.number]
                sides = [followed.first, followed.second]
                if followed.first_port == connection.port:
                    sides.reverse()
                if layer == "tcp":
                    connection.wire = sides
                else:
                    connection.opened = sides

    def _fields(self, wanted: str, *fields: str) -> list[list[str]]:
        options = ["-Y", wanted, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
        for one in fields:
            options += ["-e", one]
        lines = self._run(options).decode("utf-8", "replace").splitlines()
        rows = [line.split("\t") for line in lines]
        if any(len(row) != len(fields) for row in rows):
            raise MeasurementFailed("tshark printed other columns than asked for")
        return rows

    def _run(self, options: Sequence[str]) -> bytes:
        return _tshark([*self._options, *options])


@dataclass(slots=True)
class Followed:
    """
    One connection as tshark reassembled it.

    Attributes:
        number: tshark's number of it.
        first_port: port of the side that tshark names first; 0 where it has nothing to say.
        first, second: bytes of both sides.
    """

    number: int
    first_port: int = 0
    first: bytes = b""
    second: bytes = b""


def parse_follow(untrusted_text: str) -> list[Followed]:
    """
    Return the connections that `tshark -z follow,…,raw` printed.

    Raises:
        MeasurementFailed: the text is not of that form.
    """
    found: list[Followed] = []
    sides: tuple[list[str], list[str]] = ([], [])
    for line in untrusted_text.splitlines():
        if line.startswith("Filter: tcp.stream eq "):
            found.append(Followed(_number(line.rsplit(" ", 1)[1])))
            sides = ([], [])
        elif not found or line.startswith(("Follow: ", "Node 1: ")) or not line:
            continue
        elif line.startswith("Node 0: "):
            found[-1].first_port = _number(line.rsplit(":", 1)[1])
        elif line.startswith("====="):
            found[-1].first, found[-1].second = _unhex(sides[0]), _unhex(sides[1])
        else:
            sides[line.startswith("\t")].append(line.strip())
    return found


def _unhex(lines: Sequence[str]) -> bytes:
    try:
        return bytes.fromhex("".join(lines))
    except ValueError:
        raise MeasurementFailed("tshark's reassembly cannot be read") from None


def _tshark(options: Sequence[str]) -> bytes:
    done = run_program(["tshark", *options])
    if done.returncode != 0:
        raise MeasurementFailed(f"tshark: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}")
    return done.stdout


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise MeasurementFailed("tshark printed no number where one belongs")
    return int(text)


def _flag(text: str) -> bool:
    return text in {"1", "True"}
