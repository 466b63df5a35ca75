"""What the kiosk reads out of a card certificate: issuer and serial, for the subject token. It judges nothing."""

from __future__ import annotations

from cryptography import x509

from akashi.wire.errors import WireCode
from akashi.zones.store.kiosk.errors import SessionRefused


def issuer_and_serial(untrusted_der: bytes) -> tuple[bytes, int]:
    """
    Return the issuer's DER name and the serial number.

    Raises:
        SessionRefused: the card gave no X.509 certificate (CARD_UNREADABLE).
    """
    try:
        certificate = x509.load_der_x509_certificate(untrusted_der)
        return certificate.issuer.public_bytes(), certificate.serial_number
    except ValueError:
        raise SessionRefused(WireCode.CARD_UNREADABLE, "no certificate on the card") from None
