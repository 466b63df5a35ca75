"""
The closed list of codes that may cross a hop.

Across a hop goes a code and nothing else; the reason stays in the local log. Each code says who can act on it and whether
trying again helps; the sentence for the person is in `locale/`, keyed by the code.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Acts(enum.Enum):
    """Who can do something about a refusal."""

    RESIDENT = "resident"
    """The person at the kiosk."""
    CLERK = "clerk"
    """The city's counter."""
    OPERATOR = "operator"
    """Whoever runs the server that refused."""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What a code means to whom: who can act, whether the same request may succeed later, HTTP status between hops."""

    acts: Acts
    retry_helps: bool
    http_status: int


class WireCode(enum.StrEnum):
    """Every reason for which Akashi says no. Members carry their facts in `FACTS`."""

    # the card and the person
    PIN_WRONG = "PIN_WRONG"
    PIN_LOCKED = "PIN_LOCKED"
    PIN_FORM = "PIN_FORM"
    CARD_ABSENT = "CARD_ABSENT"
    CARD_UNREADABLE = "CARD_UNREADABLE"
    CARD_UNTRUSTED = "CARD_UNTRUSTED"
    CARD_EXPIRED = "CARD_EXPIRED"
    CARD_REVOKED = "CARD_REVOKED"
    CARD_SIGNATURE = "CARD_SIGNATURE"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    """Blocked, unknown and deceased: one code, one sentence, one size, one time."""
    # what the registries hold
    NOT_HELD = "NOT_HELD"
    """The registry holds nothing of this kind for the applicant: no registered seal, no tax record, another certificate fits."""
    TAX_UNDECLARED = "TAX_UNDECLARED"
    """No income was declared for the year."""
    LEVY_DAY_ELSEWHERE = "LEVY_DAY_ELSEWHERE"
    """Not a resident on 1 January of the year: another city has the tax record."""
    HONSEKI_ELSEWHERE = "HONSEKI_ELSEWHERE"
    """The family register is in another city."""
    # the family register
    KOSEKI_CLOSED = "KOSEKI_CLOSED"
    """A condition under which the family register may be connected is not attested today."""
    KOSEKI_ENTERING = "KOSEKI_ENTERING"
    """A notification (届出) is being entered into the register."""
    ENROL_NEEDED = "ENROL_NEEDED"
    """The card speaks for nobody in this city's family registers: 利用登録 comes first."""
    ENROL_PENDING = "ENROL_PENDING"
    """The 利用登録 was received; staff have not decided yet."""
    # the city's rules
    CLOSED_HOURS = "CLOSED_HOURS"
    KIND_OFF = "KIND_OFF"
    OPTION_OFF = "OPTION_OFF"
    MEMBER_UNKNOWN = "MEMBER_UNKNOWN"
    FEE_CHANGED = "FEE_CHANGED"
    YEAR_CHANGED = "YEAR_CHANGED"
    """The order names another 年度 than the one that is issued today."""
    CITY_UNKNOWN = "CITY_UNKNOWN"
    CITY_STOPPED = "CITY_STOPPED"
    KIOSK_STOPPED = "KIOSK_STOPPED"
    # the session
    GRANT_ENDED = "GRANT_ENDED"
    GRANT_ORDER = "GRANT_ORDER"
    ISSUE_VOIDED = "ISSUE_VOIDED"
    REPLAYED = "REPLAYED"
    CONTRADICTION = "CONTRADICTION"
    # the record and the paper
    REGISTRY_STALE = "REGISTRY_STALE"
    RECORD_CHANGED = "RECORD_CHANGED"
    GLYPH_MISSING = "GLYPH_MISSING"
    TEXT_OVERFLOW = "TEXT_OVERFLOW"
    CHECK_FAILED = "CHECK_FAILED"
    # trust
    SEAL_BROKEN = "SEAL_BROKEN"
    SIGNATURE_BAD = "SIGNATURE_BAD"
    TOKEN_BAD = "TOKEN_BAD"
    DIRECTORY_STALE = "DIRECTORY_STALE"
    BEACON_STALE = "BEACON_STALE"
    KIOSK_UNTRUSTED = "KIOSK_UNTRUSTED"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    # the way
    MALFORMED = "MALFORMED"
    OVERSIZE = "OVERSIZE"
    CALLER_REFUSED = "CALLER_REFUSED"
    METHOD_UNKNOWN = "METHOD_UNKNOWN"
    RELAY_DOWN = "RELAY_DOWN"
    DEADLINE_PASSED = "DEADLINE_PASSED"
    BUSY = "BUSY"
    LEDGER_DOWN = "LEDGER_DOWN"
    INTERNAL = "INTERNAL"
    """A bug. Logged where it happened; nothing of it crosses a hop."""


_R, _C, _O = Acts.RESIDENT, Acts.CLERK, Acts.OPERATOR

FACTS: dict[WireCode, CodeFacts] = {
    WireCode.PIN_WRONG: CodeFacts(_R, retry_helps=True, http_status=403),
    WireCode.PIN_LOCKED: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.PIN_FORM: CodeFacts(_R, retry_helps=True, http_status=422),
    WireCode.CARD_ABSENT: CodeFacts(_R, retry_helps=True, http_status=422),
    WireCode.CARD_UNREADABLE: CodeFacts(_R, retry_helps=True, http_status=422),
    WireCode.CARD_UNTRUSTED: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.CARD_EXPIRED: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.CARD_REVOKED: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.CARD_SIGNATURE: CodeFacts(_R, retry_helps=True, http_status=403),
    WireCode.NOT_AVAILABLE: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.NOT_HELD: CodeFacts(_C, retry_helps=False, http_status=404),
    WireCode.TAX_UNDECLARED: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.LEVY_DAY_ELSEWHERE: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.HONSEKI_ELSEWHERE: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.KOSEKI_CLOSED: CodeFacts(_O, retry_helps=False, http_status=503),
    WireCode.KOSEKI_ENTERING: CodeFacts(_R, retry_helps=True, http_status=409),
    WireCode.ENROL_NEEDED: CodeFacts(_R, retry_helps=False, http_status=403),
    WireCode.ENROL_PENDING: CodeFacts(_R, retry_helps=True, http_status=403),
    WireCode.CLOSED_HOURS: CodeFacts(_R, retry_helps=True, http_status=403),
    WireCode.KIND_OFF: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.OPTION_OFF: CodeFacts(_C, retry_helps=False, http_status=403),
    WireCode.MEMBER_UNKNOWN: CodeFacts(_R, retry_helps=True, http_status=422),
    WireCode.FEE_CHANGED: CodeFacts(_R, retry_helps=True, http_status=409),
    WireCode.YEAR_CHANGED: CodeFacts(_R, retry_helps=True, http_status=409),
    WireCode.CITY_UNKNOWN: CodeFacts(_R, retry_helps=False, http_status=404),
    WireCode.CITY_STOPPED: CodeFacts(_O, retry_helps=False, http_status=503),
    WireCode.KIOSK_STOPPED: CodeFacts(_O, retry_helps=False, http_status=503),
    WireCode.GRANT_ENDED: CodeFacts(_R, retry_helps=False, http_status=403),
    WireCode.GRANT_ORDER: CodeFacts(_R, retry_helps=False, http_status=409),
    WireCode.ISSUE_VOIDED: CodeFacts(_R, retry_helps=True, http_status=409),
    WireCode.REPLAYED: CodeFacts(_O, retry_helps=False, http_status=409),
    WireCode.CONTRADICTION: CodeFacts(_O, retry_helps=False, http_status=409),
    WireCode.REGISTRY_STALE: CodeFacts(_O, retry_helps=True, http_status=503),
    WireCode.RECORD_CHANGED: CodeFacts(_R, retry_helps=True, http_status=409),
    WireCode.GLYPH_MISSING: CodeFacts(_C, retry_helps=False, http_status=422),
    WireCode.TEXT_OVERFLOW: CodeFacts(_C, retry_helps=False, http_status=422),
    WireCode.CHECK_FAILED: CodeFacts(_O, retry_helps=False, http_status=500),
    WireCode.SEAL_BROKEN: CodeFacts(_O, retry_helps=True, http_status=400),
    WireCode.SIGNATURE_BAD: CodeFacts(_O, retry_helps=False, http_status=403),
    WireCode.TOKEN_BAD: CodeFacts(_O, retry_helps=False, http_status=403),
    WireCode.DIRECTORY_STALE: CodeFacts(_O, retry_helps=True, http_status=503),
    WireCode.BEACON_STALE: CodeFacts(_R, retry_helps=True, http_status=403),
    WireCode.KIOSK_UNTRUSTED: CodeFacts(_O, retry_helps=False, http_status=403),
    WireCode.REVOCATION_UNKNOWN: CodeFacts(_O, retry_helps=True, http_status=503),
    WireCode.MALFORMED: CodeFacts(_O, retry_helps=False, http_status=400),
    WireCode.OVERSIZE: CodeFacts(_O, retry_helps=False, http_status=413),
    WireCode.CALLER_REFUSED: CodeFacts(_O, retry_helps=False, http_status=403),
    WireCode.METHOD_UNKNOWN: CodeFacts(_O, retry_helps=False, http_status=404),
    WireCode.RELAY_DOWN: CodeFacts(_O, retry_helps=True, http_status=503),
    WireCode.DEADLINE_PASSED: CodeFacts(_R, retry_helps=True, http_status=504),
    WireCode.BUSY: CodeFacts(_R, retry_helps=True, http_status=503),
    WireCode.LEDGER_DOWN: CodeFacts(_O, retry_helps=True, http_status=503),
    WireCode.INTERNAL: CodeFacts(_O, retry_helps=False, http_status=500),
}


class Refused(Exception):  # noqa: N818 - the name says what happened; every package subclasses it
    """
    An anticipated no. Anything else that is raised is a bug and becomes INTERNAL.

    Args:
        code: what crosses the hop.
        detail: for the local log only; must not hold personal data or secrets.
    """

    def __init__(self, code: WireCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[object, ...]:
        """Travel whole between a server and its worker processes, whatever a subclass's constructor takes."""
        return _rebuild, (type(self), self.code, self.detail, self.__dict__)


def _rebuild(kind: type[Refused], code: WireCode, detail: str, state: dict[str, object]) -> Refused:
    error = kind.__new__(kind)
    Refused.__init__(error, code, detail)
    error.__dict__.update(state)
    return error


def parse_code(untrusted_code: str) -> WireCode:
    """Return the code a neighbour answered with, or INTERNAL where it is not in the list."""
    try:
        return WireCode(untrusted_code)
    except ValueError:
        return WireCode.INTERNAL
