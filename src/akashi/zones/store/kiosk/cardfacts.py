"""What the kiosk reads out of a card certificate: issuer and serial, for the subject token. It judges nothing."""

from __future__ import annotations

import warnings

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from akashi.wire.errors import WireCode
from akashi.wire.transcript import SERIAL_BYTES_MAX
from akashi.zones.store.kiosk.errors import SessionRefused


def issuer_and_serial(untrusted_der: bytes) -> tuple[bytes, int]:
    """
    Return the issuer's DER name and the serial number.

    Raises:
        SessionRefused: the card gave no X.509 certificate, or one whose serial number none may have (CARD_UNREADABLE).
    """
    try:
        with warnings.catch_warnings():
            # A certificate that the library only warns about is read like any other; the serial is checked below.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(untrusted_der)
            issuer, serial = certificate.issuer.public_bytes(), certificate.serial_number
    except (ValueError, x509.InvalidVersion):
        raise SessionRefused(WireCode.CARD_UNREADABLE, "no certificate on the card") from None
    if not 0 < serial < 1 << (8 * SERIAL_BYTES_MAX):
        raise SessionRefused(WireCode.CARD_UNREADABLE, "a serial number that no certificate may have")
    return issuer, serial
