"""
The one table: segments, servers, links, callers.

Firewall rules, the who-may-call-whom tests, the diagram, the console screen and the page that explains encryption to
citizens are generated from here. Nothing of it is written twice. Default: nobody may call anybody.
Source: council minutes 2016-06-27 (the route as told); docs/spec/protocol.md section 1.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Sealing(enum.Enum):
    """What of a certificate's content a server can read."""

    BLIND = "blind"
    """Passes sealed envelopes on; cannot open them."""
    OWN_PART = "own part"
    """Opens the one sealed part addressed to it, which holds no certificate data."""
    END = "end"
    """One of the two ends: opens requests or answers."""
    INNER = "inner"
    """Behind the issuing end: answers about one person at a time, or records commitments only."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    One server process.

    Attributes:
        name: "zone/server", the same word in code, config, policy, tests, docs and certificates.
        ja, en: what people call it.
        segment: the network segment it stands in.
        run_by: who answers for it.
        sealing: what it can read.
        keeps_ja, keeps_en: what remains on it after an issue.
        port: on loopback, when all servers run on one machine.
    """

    name: str
    ja: str
    en: str
    segment: str
    run_by: str
    sealing: Sealing
    keeps_ja: str
    keeps_en: str
    port: int

    @property
    def tls_name(self) -> str:
        """DNS name in the server's TLS certificate, such as "relay.center.akashi.internal"."""
        zone, server = self.name.split("/")
        return f"{server}.{zone}.akashi.internal"

    @property
    def package(self) -> str:
        """Python package of the server, such as "akashi.zones.center.relay"."""
        return "akashi.zones." + self.name.replace("/", ".")

    @property
    def os_user(self) -> str:
        """Operating-system user of the server, such as "akashi-center-relay"."""
        return "akashi-" + self.name.replace("/", "-")


class Method(enum.StrEnum):
    """Every method that exists on any link."""

    BULLETIN = "bulletin"
    """Public, signed: the beacon and the key directories. Holds no personal data."""
    FORWARD = "forward"
    """One envelope one hop further; the sealed answer comes back."""
    CHECK_CARD = "check_card"
    """The sealed part V: is this card certificate valid, did it sign this transcript?"""
    OCSP = "ocsp"
    """RFC 6960 request about one card certificate."""
    OPEN_GRANT = "open_grant"
    """Registry: verify card, kiosk and validity token, find the person, give a subject ticket."""
    CONFIRM = "confirm"
    """core/residents: may the ticket's person still be served, for this order? Signed, good for a minute."""
    HELD = "held"
    """Registry: what is held for the ticket's person, signed."""
    READ_RECORD = "read_record"
    """Registry: exactly what the order names, of one committed version, signed."""
    ENROL = "enrol"
    """koseki/register: keep an applicant's statement for staff, say what became of it, signed."""
    ATTEST_ELIGIBILITY = "attest_eligibility"
    ATTEST_CERTIFICATE = "attest_certificate"
    ATTEST_OUTCOME = "attest_outcome"
    ATTEST_REFUSAL = "attest_refusal"
    APPEND = "append"
    """Ledger: one durable entry; the signed receipt comes back."""


@dataclass(frozen=True, slots=True)
class Link:
    """`caller` may call these methods of `callee`, and no others."""

    caller: str
    callee: str
    methods: frozenset[Method]


_PASSES_JA = "何も残さない（メモリ内を通過するだけ）"
_PASSES_EN = "nothing: it passes through memory only"

SERVERS: tuple[Server, ...] = (
    Server(
        "store/kiosk",
        "キオスク端末（マルチコピー機）",
        "kiosk (multi-copier)",
        "store",
        "店舗事業者 store operator",
        Sealing.END,
        "内容のない発行記録（発行番号と結果）",
        "a content-free journal: issue number and outcome",
        7100,
    ),
    Server(
        "hq/forwarder",
        "コンビニ本部サーバ",
        "convenience-store headquarters",
        "hq",
        "店舗事業者 store operator",
        Sealing.BLIND,
        _PASSES_JA,
        _PASSES_EN,
        7101,
    ),
    Server(
        "center/relay",
        "広域交付サーバ（中継暗号化）",
        "wide-area relay of the certificate center",
        "center",
        "証明書交付センター certificate center",
        Sealing.BLIND,
        _PASSES_JA,
        _PASSES_EN,
        7102,
    ),
    Server(
        "center/validity",
        "有効性確認サーバ",
        "card validity check of the certificate center",
        "center",
        "証明書交付センター certificate center",
        Sealing.OWN_PART,
        _PASSES_JA,
        _PASSES_EN,
        7103,
    ),
    Server(
        "lgwan/gateway",
        "LGWANサービス提供設備",
        "LGWAN service facility",
        "lgwan",
        "LGWAN-ASP",
        Sealing.BLIND,
        _PASSES_JA,
        _PASSES_EN,
        7104,
    ),
    Server(
        "dmz/transfer",
        "転送サーバ（LGWAN公開セグメント）",
        "transfer server in the LGWAN public segment",
        "dmz",
        "市 city",
        Sealing.BLIND,
        _PASSES_JA,
        _PASSES_EN,
        7105,
    ),
    Server(
        "issuance/issuer",
        "証明発行サーバ",
        "issuing server",
        "issuance",
        "市 city",
        Sealing.END,
        "発行番号・状態・自らは開けない封緘済み応答（最長30分）",
        "issue numbers, states, and for at most 30 minutes sealed answers it cannot open itself",
        7106,
    ),
    Server(
        "issuance/checker",
        "証明検査署名サーバ",
        "checker and signer",
        "issuance",
        "市 city",
        Sealing.INNER,
        _PASSES_JA,
        _PASSES_EN,
        7107,
    ),
    Server(
        "core/residents",
        "住民記録（基幹系LAN）",
        "resident register (core LAN)",
        "core",
        "市 city",
        Sealing.INNER,
        "住民記録そのもの",
        "the resident records themselves",
        7108,
    ),
    Server(
        "core/seals",
        "印鑑登録（基幹系LAN）",
        "seal register (core LAN)",
        "core",
        "市 city",
        Sealing.INNER,
        "印鑑登録原票そのもの",
        "the registered seals themselves",
        7111,
    ),
    Server(
        "core/taxes",
        "税務証明（基幹系LAN、前日データ）",
        "tax records (core LAN, the day before's data)",
        "core",
        "市 city",
        Sealing.INNER,
        "前日の課税データ",
        "the day before's tax data",
        7112,
    ),
    Server(
        "koseki/register",
        "戸籍・附票（戸籍系LAN、市役所内）",
        "family register (koseki LAN, in the city hall)",
        "koseki",
        "市 city",
        Sealing.INNER,
        "戸籍と附票そのもの",
        "the family registers themselves",
        7113,
    ),
    Server(
        "vault/recorder",
        "台帳記録サーバ",
        "ledger recorder",
        "vault",
        "市 city",
        Sealing.INNER,
        "個人情報を含まない台帳",
        "the ledger, without personal data",
        7109,
    ),
    Server(
        "jpki/responder",
        "公的個人認証 失効情報",
        "JPKI revocation responder (outside party; a test one here)",
        "jpki",
        "J-LIS",
        Sealing.INNER,
        "失効情報",
        "revocation data",
        7110,
    ),
)


def _link(caller: str, callee: str, *methods: Method) -> Link:
    return Link(caller, callee, frozenset(methods))


LINKS: tuple[Link, ...] = (
    _link("store/kiosk", "hq/forwarder", Method.BULLETIN, Method.FORWARD),
    _link("hq/forwarder", "center/relay", Method.BULLETIN, Method.FORWARD),
    _link("center/relay", "center/validity", Method.BULLETIN, Method.CHECK_CARD),
    _link("center/relay", "lgwan/gateway", Method.BULLETIN, Method.FORWARD),
    _link("lgwan/gateway", "dmz/transfer", Method.BULLETIN, Method.FORWARD),
    _link("dmz/transfer", "issuance/issuer", Method.BULLETIN, Method.FORWARD),
    _link("center/validity", "jpki/responder", Method.OCSP),
    _link("issuance/issuer", "core/residents", Method.OPEN_GRANT, Method.CONFIRM, Method.READ_RECORD),
    _link("issuance/issuer", "core/seals", Method.HELD, Method.READ_RECORD),
    _link("issuance/issuer", "core/taxes", Method.HELD, Method.READ_RECORD),
    _link("issuance/issuer", "koseki/register", Method.OPEN_GRANT, Method.HELD, Method.READ_RECORD, Method.ENROL),
    _link(
        "issuance/issuer",
        "issuance/checker",
        Method.ATTEST_ELIGIBILITY,
        Method.ATTEST_CERTIFICATE,
        Method.ATTEST_OUTCOME,
        Method.ATTEST_REFUSAL,
    ),
    _link("issuance/issuer", "vault/recorder", Method.APPEND),
    _link("issuance/checker", "vault/recorder", Method.APPEND),
    _link("core/residents", "vault/recorder", Method.APPEND),
)

_BY_NAME = {server.name: server for server in SERVERS}
_BY_PAIR = {(link.caller, link.callee): link.methods for link in LINKS}


def server(name: str) -> Server:
    """Return the server of that name; KeyError where the topology has none."""
    return _BY_NAME[name]


def may_call(caller: str, callee: str, method: str) -> bool:
    """Return whether the table lists this call. What it does not list is refused."""
    return method in _BY_PAIR.get((caller, callee), frozenset())


def callers_of(callee: str) -> tuple[str, ...]:
    """Return the servers that may call `callee` at all, in the table's order."""
    return tuple(link.caller for link in LINKS if link.callee == callee)


def callees_of(caller: str) -> tuple[str, ...]:
    """Return the servers that `caller` may call, in the table's order."""
    return tuple(link.callee for link in LINKS if link.caller == caller)


def methods_of(callee: str) -> frozenset[Method]:
    """Return every method that `callee` must offer: the union over its callers."""
    return frozenset(method for link in LINKS if link.callee == callee for method in link.methods)
