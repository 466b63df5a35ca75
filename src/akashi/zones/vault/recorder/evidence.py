"""
That a kiosk said it: the kiosk's own signature under the line that the issuer brings. Pure.

The issuer cannot write outcomes in a kiosk's name: what the ledger says of paper was signed by the kiosk that had the number.
Source: docs/spec/protocol.md sections 6.2 and 7.
"""

from __future__ import annotations

from hashlib import sha256

from akashi.admission import verify_kiosk
from akashi.sealing.directory import Directory
from akashi.sealing.signing import Purpose, verify_message
from akashi.wire.errors import WireCode
from akashi.wire.messages.ledger import OutcomeEvidence, OutcomeRecorded, StopScope
from akashi.wire.messages.session import OutcomeEntry, OutcomeReport
from akashi.zones.vault.recorder.book import ISSUER
from akashi.zones.vault.recorder.errors import AppendRefused, Contradicts


def check_said_by_kiosk(entry: OutcomeRecorded, evidence: OutcomeEvidence | None, *, center: Directory, now_ms: int) -> None:
    """
    Check that the kiosk of the entry signed exactly this line. That the number is that kiosk's is for the book to say.

    Args:
        entry: what the issuer brings.
        evidence: the kiosk's report and certificate; None where the issuer gave the number up by itself.
        center: the center's verified directory.
        now_ms: the recorder's time.

    Raises:
        AppendRefused: a kiosk's word without its signature (SIGNATURE_BAD), or the issuer's own with somebody's (MALFORMED).
        KioskUntrusted: the certificate is not a kiosk's, out of date or revoked, or the report names another kiosk.
        SignatureBad: the report is not signed by that kiosk.
        DirectoryStale: the directory has run out.
        Malformed: not a report.
        Contradicts: the kiosk signed the report, and did not say in it what the issuer says that it said: the city stops.
    """
    if entry.kiosk_id == ISSUER:
        if evidence is not None or entry.report_hash is not None:
            raise AppendRefused(WireCode.MALFORMED, "the issuer's own word with a kiosk's report")
        return
    if evidence is None:
        raise AppendRefused(WireCode.SIGNATURE_BAD, "a kiosk's word without its report")
    kiosk = verify_kiosk(evidence.kiosk_certificate, center=center, now_ms=now_ms)
    report = verify_message(kiosk.public, Purpose.OUTCOME, OutcomeReport, evidence.report)
    if report.kiosk_id != kiosk.kiosk_id:
        raise AppendRefused(WireCode.KIOSK_UNTRUSTED, "a report in another kiosk's name")
    line = OutcomeEntry(entry.sequence, entry.issue_number, entry.outcome, entry.cause)
    if kiosk.kiosk_id != entry.kiosk_id or line not in report.entries or sha256(evidence.report).digest() != entry.report_hash:
        raise Contradicts(StopScope.CITY, "the kiosk did not say it")
