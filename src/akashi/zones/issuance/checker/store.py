"""
What the checker keeps over a restart: the stop that it owes the ledger, and where its last stop stands there. Nothing personal.

Promises: what `save` returned from is on the disk, whole; the file before is there until then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from akashi.pki.errors import MaterialBad
from akashi.pki.pem import replace_private
from akashi.wire import codec
from akashi.wire.messages import Message, StopEntry
from akashi.zones.issuance.checker.errors import StopsUnfit

BYTES_MAX: Final = 4_096
"""Far above what one stop takes."""


class Stops(Message, frozen=True):
    """
    What the checker must not forget.

    Attributes:
        owed: the stop that the ledger does not have yet, or None. One is enough: it stops the city.
        stopped_at: index in the ledger of the last stop that it has from this server; -1 where there was none.
    """

    owed: StopEntry | None = None
    stopped_at: Annotated[int, Meta(ge=-1)] = -1


class StopStore:
    """
    One small file.

    Args:
        path: made where it is missing; the folder must be this server's to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Stops:
        """
        Return what is kept; a file that is not there keeps nothing.

        Raises:
            StopsUnfit: it cannot be read, or is not what this server wrote.
        """
        try:
            with self._path.open("rb") as file:
                return codec.parse(Stops, file.read(BYTES_MAX))
        except FileNotFoundError:
            return Stops()
        except (OSError, codec.Malformed) as error:
            raise StopsUnfit(f"cannot be read: {type(error).__name__}") from None

    def save(self, stops: Stops) -> None:
        """
        Replace what is kept, durably.

        Raises:
            StopsUnfit: it cannot be written.
        """
        try:
            replace_private(self._path, codec.encode(stops))
        except (MaterialBad, OSError) as error:
            raise StopsUnfit(f"cannot be written: {type(error).__name__}") from None
