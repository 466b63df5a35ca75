"""The kiosk: its device certificate against the authorities that the center's directory names today."""

from __future__ import annotations

from akashi.pki.errors import KioskUntrusted
from akashi.pki.kiosk import KioskIdentity, verify_kiosk_certificate
from akashi.sealing.directory import Directory
from akashi.sealing.errors import DirectoryStale
from akashi.wire.messages import KeyUse


def verify_kiosk(untrusted_certificate: bytes, *, center: Directory, now_ms: int) -> KioskIdentity:
    """
    Return which kiosk the device certificate belongs to. While authorities change, any that is in date counts.

    Args:
        untrusted_certificate: DER, as it came in the request.
        center: the center's verified directory: KIOSK_AUTHORITY keys and `revoked_kiosks`.
        now_ms: the verifier's time.

    Raises:
        KioskUntrusted: no authority in date issued it, it is not a device certificate, out of date, or revoked.
        DirectoryStale: the directory has run out, or names no KIOSK_AUTHORITY in date.
        MaterialBad: the directory's authority certificate cannot be parsed.

    Source: docs/spec/protocol.md sections 2.2 and 4.5.
    """
    # Raises where there is none in date; says nothing about which of several issued this one.
    center.current(KeyUse.KIOSK_AUTHORITY, now_ms)
    refusal: KioskUntrusted | None = None
    for key in center.payload.keys:
        if key.use is not KeyUse.KIOSK_AUTHORITY or not key.not_before_ms <= now_ms < key.not_after_ms:
            continue
        try:
            return verify_kiosk_certificate(
                untrusted_certificate, authority_der=key.public, now_ms=now_ms, revoked=center.payload.revoked_kiosks
            )
        except KioskUntrusted as error:
            refusal = error
    raise refusal or DirectoryStale("center: no kiosk authority in date")


def check_kiosk_standing(kiosk_id: str, *, center: Directory, now_ms: int) -> None:
    """
    Check that a kiosk whose certificate was verified before, when its grant was opened, was not revoked since.

    Args:
        kiosk_id: the kiosk of a grant.
        center: the center's verified directory: `revoked_kiosks`.
        now_ms: the verifier's time.

    Raises:
        KioskUntrusted: it was revoked.
        DirectoryStale: the directory has run out: nobody knows.

    Source: docs/spec/protocol.md sections 2.1 and 5.2.
    """
    center.current(KeyUse.KIOSK_AUTHORITY, now_ms)
    if kiosk_id in center.payload.revoked_kiosks:
        raise KioskUntrusted("revoked")
