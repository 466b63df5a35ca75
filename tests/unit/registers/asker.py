"""Whoever asks a register at its desk: tickets, standing, orders and intents as they should be, but for what a test names."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from msgspec import structs

from akashi.base.ports import Caller
from akashi.ledger.entries import entry_hash
from akashi.registers.checkdigits import with_check_digit
from akashi.registers.desk import DeskTrust
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory, sign_city_directory
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.kinds import KINDS
from akashi.wire.messages import (
    HeldCall,
    IntentEntry,
    IssueOrder,
    ReadRecordCall,
    Receipt,
    Standing,
    SubjectTicket,
)
from akashi.wire.transcript import card_link, intent_commitment, order_hash, person_hash, subject_token

NOW_MS = 1_781_578_800_000
"""2026-06-16 12:00 in Japan."""
CITY = "139998"
ISSUER = Caller("issuance/issuer")
SALT = b"\x05" * 32
SECRET = b"\x07" * 32
KIOSK = "K0001"


def number(place: int) -> str:
    """A 宛名番号."""
    return with_check_digit(f"{place:09}")


def issue_number(order: int) -> str:
    return f"{CITY}-0123-4567-89AB-CDE{'0FGHJKMNPQR'[order]}"


class Clock:
    """A clock that a test sets; it goes on with every wait, and the test's own turn comes in between."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms

    def monotonic_ms(self) -> int:
        return self.time_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        self.time_ms += duration_ms
        await asyncio.sleep(0)


@functools.cache
def deployment() -> Deployment:
    return make_deployment(municipality=CITY, city_name="東京都証野市", kiosk_ids=(KIOSK,), now_ms=NOW_MS)


class Asker:
    """One session of one person; `place` says whose."""

    def __init__(self, clock: Clock, *, place: int = 1, tag: int = 1) -> None:
        self.clock = clock
        self.place = place
        self.key = SigningKey.from_bytes(bytes([tag]) * 32)
        self.transcript = bytes([tag, 9]) * 16
        self.link = card_link(b"dn", tag)
        self.revoked: tuple[str, ...] = ()
        self.signers: dict[str, SigningKey] = {}

    def trust(self) -> DeskTrust:
        return DeskTrust(lambda _now_ms: self._city(), lambda _now_ms: self._center())

    def _city(self) -> Directory:
        city = deployment().city
        signed = sign_city_directory(city, sequence=1, now_ms=self.clock.now_ms())
        return verify_directory(signed, root_public=city.root.public_bytes, authority=CITY, now_ms=self.clock.now_ms())

    def _center(self) -> Directory:
        center = deployment().center
        signed = sign_center_directory(center, sequence=1, now_ms=self.clock.now_ms(), revoked_kiosks=self.revoked)
        return verify_directory(signed, root_public=center.root.public_bytes, authority="center", now_ms=self.clock.now_ms())

    def ticket(self, **changes: Any) -> bytes:
        ticket = SubjectTicket(
            transcript=self.transcript,
            municipality=CITY,
            resident_no=number(self.place),
            sign_public=self.key.public_bytes,
            kiosk_id=KIOSK,
            not_after_ms=self.clock.now_ms() + 1_800_000,
            card_link=self.link,
            subject_token=subject_token(SECRET, self.link),
        )
        return self._signed("ticket", Purpose.TICKET, structs.replace(ticket, **changes))

    def held_call(self, **changes: Any) -> HeldCall:
        return HeldCall(self.ticket(**changes), SECRET)

    def order(self, kind: Kind, place: int = 1, **changes: Any) -> IssueOrder:
        facts = KINDS[kind]
        members = (0,) if facts.names_members else ()
        order = IssueOrder(self.transcript, place, kind, members, (), 2026 if facts.yearly else 0, 300, None, 30_000)
        return structs.replace(order, **changes)

    def read_call(
        self,
        order: IssueOrder,
        *,
        person: tuple[str, str] = ("", ""),
        ticket: dict[str, Any] | None = None,
        standing: dict[str, Any] | None = None,
        intent: dict[str, Any] | None = None,
        **changes: Any,
    ) -> ReadRecordCall:
        """A call with everything as it should be, but for what is named; `person`: name and birth date in the resident record."""
        given, hashed = issue_number(order.number), order_hash(codec.encode(order))
        entry = structs.replace(IntentEntry(CITY, KIOSK, given, intent_commitment(SALT, hashed)), **(intent or {}))
        word = Standing(
            transcript=self.transcript,
            order_hash=hashed,
            issue_number=given,
            resident_no=number(self.place),
            subject_token=subject_token(SECRET, self.link),
            person_hash=person_hash(self.transcript, *person),
            row_version=1,
            as_of_ms=NOW_MS,
            not_after_ms=self.clock.now_ms() + 60_000,
        )
        call = ReadRecordCall(
            ticket=self.ticket(**(ticket or {})),
            order=self._signed("order", Purpose.ORDER, order),
            session_secret=SECRET,
            issue_number=given,
            intent=codec.encode(entry),
            intent_salt=SALT,
            receipt=self._signed("receipt", Purpose.RECEIPT, Receipt(entry_hash(entry), 7, NOW_MS)),
            standing=self._signed("standing", Purpose.STANDING, structs.replace(word, **(standing or {}))),
        )
        return structs.replace(call, **changes)

    def _signed(self, name: str, purpose: Purpose, message: Any) -> bytes:
        city = deployment().city
        right = {"ticket": city.registry, "standing": city.registry, "receipt": city.receipt, "order": self.key}[name]
        return sign_message(self.signers.get(name, right), purpose, message)
