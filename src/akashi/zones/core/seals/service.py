"""
core/seals: the living seal registration of the person whom core/residents named, and nobody else's.

Trusts nothing from the issuer but bytes: ticket, standing, order and receipt are verified at the desk. Before a seal is given
out, name and birth date of its row are compared with the person whom core/residents means: two registers that disagree give out
nothing. Source: docs/spec/seals.md; docs/spec/protocol.md sections 4.6, 5.3; requirements C2, C4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from akashi.base.log import Log
from akashi.base.ports import Caller, Clock
from akashi.registers.desk import Desk, DeskTrust
from akashi.registers.errors import RecordChanging
from akashi.registers.following import FeedLimits, FeedStatus, Following
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages import (
    HeldCall,
    HeldRecord,
    HeldReply,
    Holding,
    ReadRecordCall,
    ReadRecordReply,
    SealImage,
    SealRecord,
)
from akashi.zones.core.seals.config import ServiceConfig
from akashi.zones.core.seals.errors import NotHeld
from akashi.zones.core.seals.reading import HeldRead
from akashi.zones.core.seals.store import SealStore

R = TypeVar("R")


class Seals:
    """
    The seal register.

    Args:
        store: the register's database.
        key: signs what this server says.
        trust: the directories.
        clock: this server's time.
        config: limits and the city's decisions.
        log: ids and codes only.
    """

    def __init__(
        self, store: SealStore, key: SigningKey, trust: DeskTrust, *, clock: Clock, config: ServiceConfig, log: Log
    ) -> None:
        self._store = store
        self._key = key
        self._config = config
        self._log = log
        limits = FeedLimits(config.feed_age_ms_max, config.feed_ahead_ms_max)
        self._feed = Following(store, clock=clock, limits=limits, log=log)
        self._desk = Desk(Registry.SEALS, trust, clock=clock, municipality=config.municipality, sessions_max=config.sessions_max)

    async def held(self, caller: Caller, call: HeldCall) -> HeldReply:
        """
        Return whether the ticket's person has a registered seal, signed; a no comes with the reason.

        Raises:
            Refused: what the desk refuses; REGISTRY_STALE.

        Source: docs/spec/protocol.md section 4.6.
        """
        return self._told("held", lambda: self._held(caller, call))

    async def read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        """
        Return the ticket's person's registration with its seal, signed.

        Raises:
            Refused: what the desk refuses; REGISTRY_STALE, RECORD_CHANGED, NOT_HELD.

        Source: docs/spec/protocol.md section 5.3.
        """
        return self._told("read_record", lambda: self._read_record(caller, call))

    def feed_status(self) -> FeedStatus:
        """Return how current the register is. Raises StoreFailed where the database said no."""
        return self._feed.status()

    def apply_feed(self, untrusted_lines: Sequence[bytes]) -> FeedStatus:
        """
        Apply lines of the change feed, each in its own transaction, until one is refused.

        Raises:
            FeedRefused: a line that must not be applied; it and those after it were not; until it is put right, nothing is read.
            StoreFailed: the database said no.
        """
        return self._feed.apply(untrusted_lines)

    def _held(self, caller: Caller, call: HeldCall) -> HeldReply:
        ticket = self._desk.check_held(caller, call)
        read = self._store.read_held(ticket.resident_no)
        self._feed.check_fresh(read.feed)
        record = HeldRecord(
            transcript=ticket.transcript,
            subject_token=ticket.subject_token,
            registry=Registry.SEALS,
            as_of_ms=read.feed.as_of_ms,
            holdings=(Holding(Kind.INKAN, _refusal(read)),),
        )
        return HeldReply(sign_message(self._key, Purpose.HELD, record))

    def _read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        # 1. The call. 2. One snapshot, bound to the ticket's person. 3. Is it whole, alive, and of whom core/residents means?
        # 4. The signed record.
        asked = self._desk.check_read(caller, call)  # 1
        read = self._store.read_seal(asked.ticket.resident_no, with_sex=self._config.prints_sex)  # 2
        self._feed.check_fresh(read.feed)
        if read.editing:  # 3
            raise RecordChanging
        seal = read.seal
        if seal is None:
            raise NotHeld
        asked.check_same_person(seal.name, seal.birth_date)
        record = SealRecord(
            transcript=asked.ticket.transcript,
            order_hash=asked.order_hash,
            issue_number=asked.issue_number,
            subject_token=asked.ticket.subject_token,
            row_version=seal.row_version,
            as_of_ms=read.feed.as_of_ms,
            subject_row=asked.subject_row(seal.resident_no),
            name=seal.name,
            former_name=seal.former_name,
            alias=seal.alias,
            name_kana=seal.name_kana,
            birth_date=seal.birth_date,
            sex=seal.sex,
            address=seal.address,
            registered_on=seal.registered_on,
            image=SealImage(seal.image.width_px, seal.image.height_px, seal.image.bits()),
        )
        return ReadRecordReply(sign_message(self._key, Purpose.SEAL_RECORD, record))  # 4

    def _told(self, what: str, work: Callable[[], R]) -> R:
        try:
            answer = work()
        except Refused as refused:
            self._log.event(what, code=refused.code.value)
            raise
        self._log.event(what, code="OK")
        return answer


def _refusal(read: HeldRead) -> WireCode | None:
    if read.editing:
        return WireCode.RECORD_CHANGED
    return None if read.registered else WireCode.NOT_HELD
