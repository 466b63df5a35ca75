"""A change between two statements of one read is seen whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from akashi.registers.stores.engine import Cell, Engine, Row, Snapshot, Transaction
from akashi.wire.certificates import Kind
from akashi.zones.koseki.register.notifications import PersonCorrected, RegisterMatter
from akashi.zones.koseki.register.stores.opening import open_engine
from unit.zones.core_residents.counter import Made
from unit.zones.koseki_register.families import family, feed, matter, register_no, renamed, sample
from unit.zones.koseki_register.hall import Hall

STATEMENTS = range(2, 12)
"""After how many statements of the read the change comes."""


class _Interrupted:
    def __init__(self, inner: Snapshot, after: int, change: Callable[[], None]) -> None:
        self._inner = inner
        self._left = after
        self._change = change

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        self._inner.bind_card(issuer_dn, serial)

    def bind_resident(self, resident_no: str) -> None:
        self._inner.bind_resident(resident_no)

    def bind_subject(self, subject: str) -> None:
        self._inner.bind_subject(subject)

    def rows(self, sql: str, *parameters: Cell) -> list[Row]:
        found = self._inner.rows(sql, *parameters)
        self._left -= 1
        if self._left == 0:
            self._change()
        return found


class Interrupting:
    """An engine whose next read is interrupted once."""

    def __init__(self, inner: Engine, after: int, change: Callable[[], None]) -> None:
        self._inner = inner
        self._after = after
        self._change = change

    def create(self) -> None:
        self._inner.create()

    def schema_version(self) -> int | None:
        return self._inner.schema_version()

    def writing(self) -> AbstractContextManager[Transaction]:
        return self._inner.writing()

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        with self._inner.reading() as snapshot:
            yield _Interrupted(snapshot, self._after, self._change)

    def close(self) -> None:
        self._inner.close()


@pytest.mark.promise("C2")
@pytest.mark.parametrize("after", STATEMENTS)
def test_a_change_between_two_statements_is_not_seen_half(
    made: Made, engine: Engine, database_url: str, tmp_path: Path, after: int
) -> None:
    sample().load(engine, tmp_path)
    other = open_engine(database_url)

    def change() -> None:
        moved = matter("転籍", 転籍日="令和8年6月1日", 従前本籍="東京都証野市硯町二丁目3番")
        feed(
            other,
            (
                RegisterMatter(register_no=register_no(1), matter=moved, honseki="東京都証野市朝露町一丁目1番"),
                PersonCorrected(register_no=register_no(1), person=renamed(family().persons[3], "竹雄")),
            ),
        )

    hall = Hall(made, Interrupting(engine, after, change))
    session = hall.session(made.cards[0])
    record = hall.read(session, Kind.KOSEKI_ZENBU)
    seen = (record.honseki, len(record.matters), record.persons[3].facts[0].value, record.row_version)
    assert seen == ("東京都証野市硯町二丁目3番", 1, "竹夫", 0)
    after_it = Hall(made, other).read(session, Kind.KOSEKI_ZENBU)
    assert (after_it.honseki, len(after_it.matters), after_it.persons[3].facts[0].value, after_it.row_version) == (
        "東京都証野市朝露町一丁目1番",
        2,
        "竹雄",
        1,
    )
    other.close()
