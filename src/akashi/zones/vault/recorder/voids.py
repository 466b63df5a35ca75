"""
The void list: which numbers count no more, signed with the receipt key, as a file for everybody who checks paper.

Promises: the file is replaced as a whole; what stands in it is durable in the ledger; it holds hashes of random numbers and days,
nothing of a person, and no number that was not asked about can be read from it.
Source: docs/spec/paper-seal.md section 7; requirements C15.
"""

from __future__ import annotations

import os
import secrets
from datetime import date
from pathlib import Path

from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.sealing.keys import SigningKey
from akashi.sealing.paper_trust import void_entries
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.messages import VoidListPayload
from akashi.zones.vault.recorder.store import Store

_EPOCH = date(1970, 1, 1)
_SUFFIX = ".voids"


class VoidLists:
    """
    Publishes the list of one city.

    Args:
        store: the ledger and what is known of it.
        clock: for the list's time.
        receipt_key: signs it, for a purpose of its own.
        folder: where the file goes; must exist.
        municipality: whose list it is; names the file.
        log: is told where the file cannot be written; it is tried again.
    """

    def __init__(self, store: Store, clock: Clock, receipt_key: SigningKey, *, folder: Path, municipality: str, log: Log) -> None:
        self._store = store
        self._clock = clock
        self._receipt_key = receipt_key
        self._path = folder / f"{municipality}{_SUFFIX}"
        self._municipality = municipality
        self._log = log
        self._published = -1
        self._published_ms = 0

    def publish(self, *, refresh_ms: int) -> bool:
        """
        Replace the file where something became void since, or where it is older than `refresh_ms`; return whether it was.

        Raises:
            LedgerDown: the ledger accepts nothing any more.
        """
        self._store.check_up()
        now_ms, count = self._clock.now_ms(), len(self._store.book.voided)
        if count == self._published and 0 <= now_ms - self._published_ms < refresh_ms:
            return False
        entries, complete_from = void_entries(self._store.book.voided)
        payload = VoidListPayload(self._municipality, now_ms, self._store.size, (complete_from - _EPOCH).days, entries)
        try:
            _replace(self._path, sign_message(self._receipt_key, Purpose.VOID_LIST, payload))
        except OSError as error:
            # Who checks paper sees how old the list is; the ledger itself goes on.
            self._log.event("voids_not_written", error=error.errno)
            return False
        self._published, self._published_ms = count, now_ms
        return True


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename, readable by everybody: who reads sees the old list or the new one."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(content)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
