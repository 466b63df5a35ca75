"""
The file between the test CA and its responder: which serial numbers are revoked, of which generation, since when and why.

Serial numbers stand for persons: the file is for the responder's user only, and nothing of it is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from cryptography import x509

from akashi.pki.crl import Revocation
from akashi.pki.errors import MaterialBad

REASONS: Final[Mapping[str, x509.ReasonFlags]] = {
    reason.value: reason
    for reason in (
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.key_compromise,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
        x509.ReasonFlags.certificate_hold,
    )
}
"""Reasons that JPKI gives, by their X.509 word, such as "certificateHold"."""


@dataclass(frozen=True, slots=True, repr=False)
class RevokedState:
    """
    What one generation has revoked.

    Attributes:
        crl_number: of its last revocation list.
        revoked: every revocation, on hold included.
    """

    crl_number: int
    revoked: tuple[Revocation, ...]


class _Row(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    serial_hex: str
    time_ms: int
    reason: str


class _Generation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    crl_number: int
    revoked: tuple[_Row, ...]


def state_text(states: Mapping[bytes, RevokedState]) -> bytes:
    """Return the file's content, JSON; keys are the generations' subject key identifiers."""
    rows = {
        key_id.hex(): _Generation(
            state.crl_number, tuple(_Row(f"{one.serial:x}", one.time_ms, one.reason.value) for one in state.revoked)
        )
        for key_id, state in states.items()
    }
    return msgspec.json.encode(rows)


def parse_state(untrusted_text: bytes) -> dict[bytes, RevokedState]:
    """
    Return what is revoked, by the generation's subject key identifier.

    Raises:
        MaterialBad: not such a file.
    """
    try:
        rows = msgspec.json.decode(untrusted_text, type=dict[str, _Generation])
        return {bytes.fromhex(key_id): _parse_generation(row) for key_id, row in rows.items()}
    except (msgspec.DecodeError, ValueError, KeyError, RecursionError):
        raise MaterialBad("not a file of revocations") from None


def _parse_generation(row: _Generation) -> RevokedState:
    return RevokedState(
        row.crl_number, tuple(Revocation(int(one.serial_hex, 16), one.time_ms, REASONS[one.reason]) for one in row.revoked)
    )
