"""The law of limits: windows, what is left, when a change takes effect. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.core.rules import Choice

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


class LimitKind(Choice):
    """What a limit counts: confirmed and promised deposits (gross), or cash stakes less cash wins."""

    DEPOSIT = "deposit"
    LOSS = "loss"


class Period(Choice):
    """How long a limit's window is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class LimitWindow(Choice):
    """Calendar windows start with the local day, ISO week or month; rolling ones end now."""

    CALENDAR = "calendar"
    ROLLING = "rolling"


class LimitSource(Choice):
    """Who set a limit. All of them bind; the strictest decides."""

    PLAYER = "player"
    OPERATOR = "operator"
    LAW = "law"
    REGISTER = "register"


class ExclusionKind(Choice):
    """A short break, or the lasting one."""

    TIME_OUT = "time_out"
    SELF_EXCLUSION = "self_exclusion"


ROLLING = {Period.DAY: timedelta(days=1), Period.WEEK: timedelta(days=7), Period.MONTH: timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Headroom:
    """One current limit with what its window holds, in ledger units."""

    limit_id: int
    kind: str
    period: str
    window: str
    source: str
    amount: int
    used: int

    @property
    def left(self) -> int:
        """Ledger units that still fit; below zero where the limit was lowered under what is used."""
        return self.amount - self.used


def hour_of(at: datetime, timezone: str) -> datetime:
    """Return the start of the clock hour of an instant, as the licence's clock shows it."""
    offset = at.astimezone(ZoneInfo(timezone)).utcoffset() or timedelta()
    local = at + offset
    return at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def window_start(at: datetime, period: Period, window: LimitWindow, timezone: str) -> datetime:
    """
    Return the instant (UTC) from which hours count towards a limit: those that start at it or later.

    A rolling window takes in the hour in which it begins as a whole: it may count a little more, never less.
    A calendar window begins where the one before it ends: midnight itself may come twice, or not at all.
    """
    if window is LimitWindow.ROLLING:
        return at - ROLLING[period] - HOUR
    first = at.astimezone(ZoneInfo(timezone)).date()
    if period is Period.WEEK:
        first -= timedelta(days=first.weekday())
    if period is Period.MONTH:
        first = first.replace(day=1)
    end_before = datetime.combine(first, time.min) - TICK
    return end_before.replace(tzinfo=ZoneInfo(timezone), fold=1).astimezone(UTC) + TICK


def exceeded(limits: Iterable[Headroom], amount: int) -> Headroom | None:
    """Return the limit that an amount would pass (the one with least left), or None where all hold."""
    tightest = min(limits, key=lambda limit: limit.left, default=None)
    return tightest if tightest is not None and amount > tightest.left else None


def is_looser(before: int | None, after: int | None) -> bool:
    """Return whether a change lets more through: only that has to wait. None means no limit."""
    if before is None:
        return False
    return after is None or after > before
