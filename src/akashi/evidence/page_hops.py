"""
The page `docs/hops.md`: segments, servers and calls, in Japanese and English, from the topology.

Nothing of the route is written here. Where the topology gains a server, a link or a method that has no words yet, making the
page fails, and so does its test. Source: `wire/topology.py`; promises C8, C9, C21.
"""

from __future__ import annotations

import enum
import tomllib
from dataclasses import dataclass
from importlib.resources import files

import msgspec

from akashi.evidence.page_errors import PageRefused
from akashi.wire.topology import LINKS, SERVERS, Link, Method, Sealing, Server, methods_of


class Inside(enum.StrEnum):
    """What is inside the TLS of a call, to the two servers that make it."""

    PUBLIC = "public"
    SEALED = "sealed"
    READABLE = "readable"
    CONTENT_FREE = "content_free"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing in two languages."""

    ja: str
    en: str


class MethodWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What a method does, and what travels in it.

    Attributes:
        ja, en: what it does.
        inside: what is inside TLS.
        what_ja, what_en: what exactly its two servers read, where they can read anything personal.
    """

    ja: str
    en: str
    inside: Inside
    what_ja: str = ""
    what_en: str = ""


class HopWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of the page: `hops.toml`."""

    sealing: dict[str, Words]
    inside: dict[Inside, Words]
    methods: dict[str, MethodWords]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Headings and sentences of one language."""

    title: str
    servers: str
    server_heads: tuple[str, ...]
    calls: str
    call_heads: tuple[str, ...]
    notes: tuple[str, ...]


_JA = _Frame(
    "日本語",
    "サーバ",
    ("区画", "サーバ", "名称", "運用者", "証明書の内容を読めるか", "発行のあとに残るもの"),
    "だれが、だれに、何を頼めるか",
    ("頼む側", "頼まれる側", "呼び出し", "何をするか", "TLSの中身"),
    (
        "どの区間も、両側が証明書を示し合う TLS 1.3 で暗号化します。",
        "この表にない呼び出しは、すべて断ります（CALLER_REFUSED）。",
        "「封緘」は、キオスク端末と証明発行サーバだけが開けられる、もうひとつ内側の暗号化です。途中でTLSが解かれても、中身は読めません。",
    ),
)

_EN = _Frame(
    "English",
    "Servers",
    ("segment", "server", "name", "run by", "can it read the certificate?", "what remains on it after an issue"),
    "Who may ask whom for what",
    ("caller", "callee", "method", "what it does", "inside TLS"),
    (
        "Every link is TLS 1.3, and both sides show a certificate.",
        "Every call that is not in this table is refused (CALLER_REFUSED).",
        '"Sealed" is a second encryption inside TLS that only kiosk and the issuing server can open; it stays where TLS ends.',
    ),
)


def read_hop_words() -> HopWords:
    """
    Return the words of the page.

    Raises:
        PageRefused: `hops.toml` does not have the form of `HopWords`.
    """
    text = files("akashi.evidence").joinpath("hops.toml").read_text("utf-8")
    try:
        return msgspec.convert(tomllib.loads(text), HopWords)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PageRefused(f"hops.toml: {error}") from None


def hops_page(words: HopWords, servers: tuple[Server, ...] = SERVERS, links: tuple[Link, ...] = LINKS) -> str:
    """
    Return the text of `docs/hops.md`.

    Args:
        words: what to call sealings and methods.
        servers: the topology's servers.
        links: the topology's links.

    Raises:
        PageRefused: the topology has something that the words do not name.
    """
    lines = ["# 経路とサーバ (the route and its servers)", "", "Made from `src/akashi/wire/topology.py`; do not edit."]
    for frame, ja in ((_JA, True), (_EN, False)):
        lines += ["", f"## {frame.title}", "", f"### {frame.servers}", "", *_head(frame.server_heads)]
        lines += [_row(_server_cells(server, words, ja=ja)) for server in servers]
        lines += ["", f"### {frame.calls}", "", *_head(frame.call_heads)]
        lines += [_row(cells) for link in links for cells in _call_cells(link, words, ja=ja)]
        lines += ["", *(f"- {note}" for note in frame.notes)]
    return "\n".join([*lines, ""])


def _server_cells(server: Server, words: HopWords, *, ja: bool) -> tuple[str, ...]:
    key = server.sealing.name.lower()
    received = {_method(words, method).inside for method in methods_of(server.name)}
    if server.sealing is Sealing.INNER and received == {Inside.CONTENT_FREE}:
        key = "inner_content_free"
    sealing = words.sealing.get(key)
    if sealing is None:
        raise PageRefused(f"hops.toml has no words for sealing.{key}")
    # `run_by` holds the Japanese name, a space and the English one, or a name that is the same in both.
    first, _, rest = server.run_by.partition(" ")
    run_by = first if ja or not rest else rest
    name, keeps, can_read = (server.ja, server.keeps_ja, sealing.ja) if ja else (server.en, server.keeps_en, sealing.en)
    return server.segment, f"`{server.name}`", name, run_by, can_read, keeps


def _method(words: HopWords, method: Method) -> MethodWords:
    known = words.methods.get(method)
    if known is None or known.inside not in words.inside:
        raise PageRefused(f"hops.toml has no words for methods.{method}")
    readable = known.inside is Inside.READABLE
    if readable != bool(known.what_ja) or readable != bool(known.what_en):
        raise PageRefused(f"hops.toml: methods.{method}: say what is read, exactly where something is")
    return known


def _call_cells(link: Link, words: HopWords, *, ja: bool) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for method in sorted(link.methods):
        known = _method(words, method)
        inside = words.inside[known.inside]
        does, cell = (known.ja, inside.ja + known.what_ja) if ja else (known.en, inside.en + known.what_en)
        rows.append((f"`{link.caller}`", f"`{link.callee}`", f"`{method}`", does, cell))
    return rows


def _head(cells: tuple[str, ...]) -> list[str]:
    return [_row(cells), "|" + "---|" * len(cells)]


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
