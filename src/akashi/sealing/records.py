"""
By which key and for which purpose each registry signs what it says: one table for those who sign and those who verify.

Promise: a registry's signature never counts for another registry's kind: keys, purposes and types all differ.
Source: docs/spec/protocol.md sections 2.1, 3.2, 5.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from akashi.sealing.directory import Directory
from akashi.sealing.signing import Purpose
from akashi.wire.certificates import Kind
from akashi.wire.kinds import KINDS, Registry
from akashi.wire.messages import (
    AnyRecord,
    FuhyoRecord,
    HeldRecord,
    JuminRecord,
    KeyUse,
    KosekiRecord,
    SealRecord,
    TaxRecord,
)

REGISTRY_KEYS: Final[Mapping[Registry, KeyUse]] = MappingProxyType(
    {
        Registry.RESIDENTS: KeyUse.REGISTRY,
        Registry.SEALS: KeyUse.SEALS,
        Registry.TAXES: KeyUse.TAXES,
        Registry.KOSEKI: KeyUse.KOSEKI,
    }
)
"""The key by which each registry signs."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of records: its type, and the purpose of the signature over it."""

    record: type[AnyRecord]
    purpose: Purpose


_JUMIN = Family(JuminRecord, Purpose.RECORD)
_TAX = Family(TaxRecord, Purpose.TAX_RECORD)
_KOSEKI = Family(KosekiRecord, Purpose.KOSEKI_RECORD)

FAMILIES: Final[Mapping[Kind, Family]] = MappingProxyType(
    {
        Kind.JUMINHYO: _JUMIN,
        Kind.JUMINHYO_KISAI: _JUMIN,
        Kind.INKAN: Family(SealRecord, Purpose.SEAL_RECORD),
        Kind.SHOTOKU: _TAX,
        Kind.KAZEI: _TAX,
        Kind.HIKAZEI: _TAX,
        Kind.KOSEKI_ZENBU: _KOSEKI,
        Kind.KOSEKI_KOJIN: _KOSEKI,
        Kind.FUHYO: Family(FuhyoRecord, Purpose.FUHYO_RECORD),
    }
)
"""The record that each kind is made from."""


def verify_record(city: Directory, kind: Kind, untrusted_record: bytes, *, now_ms: int) -> AnyRecord:
    """
    Return the record for an order of that kind, by the key of the registry that answers for it.

    Raises:
        SignatureBad: not that registry's, or not for this purpose.
        DirectoryStale: the city's directory has run out, or names no such key in date.
        Malformed: not a record of the kind's family.
    """
    family = FAMILIES[kind]
    return city.verify_message(
        family.record, untrusted_record, use=REGISTRY_KEYS[KINDS[kind].registry], purpose=family.purpose, now_ms=now_ms
    )


def verify_held(city: Directory, registry: Registry, untrusted_record: bytes, *, now_ms: int) -> HeldRecord:
    """
    Return what that registry says it holds.

    Raises:
        SignatureBad: not that registry's.
        DirectoryStale: the city's directory has run out, or names no such key in date.
        Malformed: not such a record.
    """
    return city.verify_message(HeldRecord, untrusted_record, use=REGISTRY_KEYS[registry], purpose=Purpose.HELD, now_ms=now_ms)
