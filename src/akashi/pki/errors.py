"""Every no of this package. Details name what was wrong, never whose: no serial, no common name, no certificate."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class PeerUnnamed(Refused):
    """A TLS peer certificate names no server of the topology. The operator of the calling server can act; retry is useless."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CALLER_REFUSED, detail)


class KioskUntrusted(Refused):
    """A kiosk device certificate is not one, is out of date, revoked, or comes from an authority we do not know."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.KIOSK_UNTRUSTED, detail)


class CardUntrusted(Refused):
    """A card certificate is not a user-authentication certificate of an authority and policy that we accept today."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_UNTRUSTED, detail)


class CardExpired(Refused):
    """A card certificate of an accepted authority whose last day has passed. The resident renews it at the city's counter."""

    def __init__(self) -> None:
        super().__init__(WireCode.CARD_EXPIRED, "notAfter has passed")


class CardRevoked(Refused):
    """The authority has revoked the card certificate or put it on hold."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_REVOKED, detail)


class RevocationUnknown(Refused):
    """No revocation data that is authentic and in date. Fails closed; the operator can act and a retry may help."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.REVOCATION_UNKNOWN, detail)


class QuestionBad(Refused):
    """Bytes that are not one OCSP question of the form that this responder answers."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.MALFORMED, detail)


class MaterialBad(Refused):
    """A key or certificate of our own (from a file or a directory) cannot be used. The operator can act."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)
