"""What admission refuses beyond the refusals of pki, card and sealing."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class TokenBad(Refused):
    """The validity token is not center/validity's, is for another transcript, or its time is over. Operators act."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.TOKEN_BAD, detail)


class HeaderUnfit(Refused):
    """The header is not that of a request with a card to the issuer. Operators act; trying again is useless."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.MALFORMED, detail)


class SuiteRefused(Refused):
    """The card's suite is not accepted here, or not under the certificate's policy. The clerk acts."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_UNTRUSTED, detail)


class TrustUnfit(Refused):
    """The table of accepted cards cannot be used. The operator acts: the server refuses to start."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)
