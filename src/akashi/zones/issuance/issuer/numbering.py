"""発行番号: municipality and 80 random bits. Not made from time, order or terminal, so it says nothing and meets no other."""

from __future__ import annotations

from akashi.wire.errors import WireCode
from akashi.zones.issuance.issuer.errors import IssuerRefused

RANDOM_BYTES = 10

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS = 5
_GROUP = 4


def issue_number_from(municipality: str, random_bytes: bytes) -> str:
    """
    Return the number that these 10 random bytes make, such as "139998-7ZQ2-M0KD-4T9X-HB3E".

    Raises:
        IssuerRefused: not 10 bytes (INTERNAL).

    Source: docs/spec/protocol.md section 5.2; Crockford's base 32 (no I, L, O, U).
    """
    if len(random_bytes) != RANDOM_BYTES:
        raise IssuerRefused(WireCode.INTERNAL, "an issue number is made from 10 bytes")
    value = int.from_bytes(random_bytes, "big")
    digits = [_CROCKFORD[value >> shift & (1 << _BITS) - 1] for shift in range(8 * RANDOM_BYTES - _BITS, -1, -_BITS)]
    groups = ("".join(digits[start : start + _GROUP]) for start in range(0, len(digits), _GROUP))
    return "-".join((municipality, *groups))
