"""Milliseconds since 1970 UTC, as everywhere in Akashi, to and from the datetimes that X.509 uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLIS_MAX = 253_402_300_799_000
"""9999-12-31T23:59:59Z: the last moment that X.509 can write."""


def moment(time_ms: int) -> datetime:
    """
    Return the moment as an aware datetime in UTC, cut to whole seconds as X.509 writes them.

    Args:
        time_ms: milliseconds since 1970 UTC; values outside 1970..9999 are moved to the nearest end, so that any clock compares.
    """
    return _EPOCH + timedelta(seconds=min(max(time_ms, 0), _MILLIS_MAX) // 1000)


def millis(when: datetime) -> int:
    """Return the aware datetime as milliseconds since 1970 UTC; negative before 1970."""
    return (when - _EPOCH) // timedelta(milliseconds=1)
