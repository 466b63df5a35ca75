"""What the issuer adds to a record on paper, and the plans that it makes before anybody asks."""

from __future__ import annotations

from dataclasses import replace

from akashi.documents.compose import CertificateFace, TaxFace, prepare_jumin
from akashi.rules.certificates import check_officer
from akashi.rules.eras import format_wareki, format_wareki_minute, jst_date
from akashi.rules.policy import CityPolicy, Officer
from akashi.rules.statements import statement
from akashi.rules.taxes import written_tax_days
from akashi.wire.certificates import Kind
from akashi.wire.messages import AnyRecord, TaxRecord


def face_of(
    policy: CityPolicy, officer: Officer, kind: Kind, *, issue_number: str, now_ms: int, as_of_ms: int
) -> CertificateFace:
    """
    Return what stands on a certificate beside the record.

    Args:
        policy: the city's.
        officer: in whose name it is issued.
        kind: what is certified.
        issue_number: 発行番号.
        now_ms: moment of issue.
        as_of_ms: moment at which the registry read the record.
    """
    return CertificateFace(
        issue_number=issue_number,
        issued_on=jst_date(now_ms),
        issued_on_written=format_wareki(jst_date(now_ms)),
        as_of_written=format_wareki_minute(as_of_ms),
        city_name=policy.name,
        officer_title=officer.title,
        officer_name=officer.name,
        statement=statement(policy, kind),
    )


def with_tax(face: CertificateFace, policy: CityPolicy, record: AnyRecord, *, now_ms: int) -> CertificateFace:
    """
    Return the face with years and day of the data, where the record is one of taxes; else as it is.

    Raises:
        RuleRefused: the data are too old.
    """
    if not isinstance(record, TaxRecord):
        return face
    days = written_tax_days(policy, record, now_ms)
    return replace(face, tax=TaxFace(year=days.year, income_year=days.income_year, data_on=days.data_on, marked=days.marked))


def prepare(policy: CityPolicy, *, fonts: tuple[str, ...], now_ms: int) -> None:
    """
    Open the fonts and draw the form for today's officer, so that the first applicant does not wait for it.

    Raises:
        RuleRefused: nobody is in office today.
        ComposeRefused: the fonts cannot be read, or lack a character of the form or of the seal. For the operator.
    """
    officer = check_officer(policy, jst_date(now_ms))
    prepare_jumin(face_of(policy, officer, Kind.JUMINHYO, issue_number="", now_ms=now_ms, as_of_ms=now_ms), fonts=fonts)
