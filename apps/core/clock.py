"""
The one clock. Nothing else in the house asks for the time.

Python reads it here; SQL reads `clock_timestamp() + shift()`, so that tests which travel move both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta()


def now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC) + _shift


def shift() -> timedelta:
    """Return how far this process's clock was moved; zero outside tests."""
    return _shift


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Move the clock of this process, for tests of windows, days and expiries."""
    global _shift
    before, _shift = _shift, _shift + by
    try:
        yield
    finally:
        _shift = before
