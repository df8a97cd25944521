"""The law of limits: where a window begins, what is left of it, and which change has to wait."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from apps.responsible_gaming.errors import LimitExceeded
from apps.responsible_gaming.rules import (
    HOUR,
    ROLLING,
    TICK,
    Headroom,
    LimitWindow,
    Period,
    exceeded,
    hour_of,
    is_looser,
    window_start,
)
from apps.responsible_gaming.stake import LossGate

# In some of them the clock goes back over midnight, forward at midnight, or by half an hour.
ZONES = [
    "UTC", "Europe/Malta", "Europe/London", "America/New_York", "America/St_Johns", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Atlantic/Azores", "America/Havana", "Asia/Beirut",
]  # fmt: skip
instants = some.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
zones = some.sampled_from(ZONES)
periods = some.sampled_from(list(Period))
# The Azores put the clock back from one to midnight: half past midnight comes twice.
FIRST_HALF_PAST = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
SECOND_HALF_PAST = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def window_of(at: datetime, period: Period, zone: str) -> tuple[int, ...]:
    """Name the local day, ISO week or month of an instant."""
    local = at.astimezone(ZoneInfo(zone))
    year, week, _ = local.isocalendar()
    return {
        Period.DAY: (local.year, local.month, local.day),
        Period.WEEK: (year, week),
        Period.MONTH: (local.year, local.month),
    }[period]


@given(instants, periods, zones)
@example(FIRST_HALF_PAST, Period.DAY, "Atlantic/Azores")
@example(SECOND_HALF_PAST, Period.DAY, "Atlantic/Azores")
@example(SECOND_HALF_PAST + timedelta(hours=9), Period.DAY, "Atlantic/Azores")
@example(datetime(2025, 3, 29, 23, 0, tzinfo=UTC), Period.DAY, "Asia/Beirut")
def test_a_calendar_window_begins_with_the_first_instant_of_its_day_week_or_month(at, period, zone):
    start = window_start(at, period, LimitWindow.CALENDAR, zone)
    assert start <= at
    assert window_of(start, period, zone) == window_of(at, period, zone)
    assert window_of(start - TICK, period, zone) != window_of(at, period, zone)


@given(instants, zones)
def test_an_hour_begins_on_the_local_clock_and_holds_its_instant(at, zone):
    hour = hour_of(at, zone)
    assert hour <= at < hour + HOUR
    local = hour + (at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta())
    assert (local.minute, local.second, local.microsecond) == (0, 0, 0)


@given(instants, periods, zones, some.timedeltas(timedelta(), timedelta(days=40)))
def test_what_happened_in_a_calendar_window_is_counted_and_nothing_before_it(at, period, zone, ago):
    start, then = window_start(at, period, LimitWindow.CALENDAR, zone), at - ago
    assert (hour_of(then, zone) >= start) == (then >= start)


@given(instants, periods, zones, some.floats(0, 1))
def test_a_rolling_window_never_lets_more_through(at, period, zone, part):
    start = window_start(at, period, LimitWindow.ROLLING, zone)
    then = at - ROLLING[period] * part
    assert hour_of(then, zone) >= start
    assert start >= at - ROLLING[period] - HOUR


@pytest.mark.parametrize(
    ("at", "period", "zone", "start"),
    [
        ("2026-03-29T12:00Z", Period.DAY, "Europe/Malta", "2026-03-28T23:00Z"),
        ("2026-03-29T12:00Z", Period.WEEK, "Europe/Malta", "2026-03-22T23:00Z"),
        ("2026-03-29T12:00Z", Period.MONTH, "Europe/Malta", "2026-02-28T23:00Z"),
        ("2026-03-30T12:00Z", Period.WEEK, "Europe/Malta", "2026-03-29T22:00Z"),
        ("2026-10-25T23:30Z", Period.DAY, "Europe/Malta", "2026-10-25T23:00Z"),
        ("2026-10-25T22:30Z", Period.DAY, "Europe/Malta", "2026-10-24T22:00Z"),
        ("2026-01-01T00:00Z", Period.DAY, "Asia/Kolkata", "2025-12-31T18:30Z"),
        ("2026-01-01T00:00Z", Period.WEEK, "UTC", "2025-12-29T00:00Z"),
        ("2026-01-01T03:00Z", Period.MONTH, "America/St_Johns", "2025-12-01T03:30Z"),
        ("2028-02-29T12:00Z", Period.MONTH, "UTC", "2028-02-01T00:00Z"),
    ],
)
def test_where_calendar_windows_begin(at, period, zone, start):
    begins = window_start(datetime.fromisoformat(at), period, LimitWindow.CALENDAR, zone)
    assert begins == datetime.fromisoformat(start)


@pytest.mark.parametrize(("period", "hours"), [(Period.DAY, 25), (Period.WEEK, 169), (Period.MONTH, 721)])
def test_where_rolling_windows_begin(period, hours):
    assert window_start(FIRST_HALF_PAST, period, LimitWindow.ROLLING, "UTC") == FIRST_HALF_PAST - hours * HOUR


def headroom(amount: int, used: int, **more) -> Headroom:
    values = {"limit_id": 1, "kind": "loss", "period": "day", "window": "calendar", "source": "player"}
    return Headroom(**{**values, **more}, amount=amount, used=used)


@pytest.mark.parametrize(
    ("limits", "amount", "breaks"),
    [
        ([], 10**18, None),
        ([headroom(100, 0)], 100, None),
        ([headroom(100, 0)], 101, 1),
        ([headroom(100, 100)], 0, None),
        ([headroom(100, 100)], 1, 1),
        ([headroom(100, 150)], 0, 1),
        ([headroom(100, -50)], 150, None),
        ([headroom(100, -50)], 151, 1),
        ([headroom(100, 0), headroom(1000, 950, limit_id=2)], 60, 2),
        ([headroom(100, 0), headroom(1000, 950, limit_id=2)], 50, None),
        ([headroom(0, 0)], 1, 1),
    ],
)
def test_the_limit_with_least_left_decides(limits, amount, breaks):
    broken = exceeded(limits, amount)
    assert (broken and broken.limit_id) == breaks


@pytest.mark.parametrize(
    ("before", "after", "looser"),
    [
        (100, 101, True),
        (100, 100, False),
        (100, 99, False),
        (100, 0, False),
        (0, 1, True),
        (100, None, True),
        (0, None, True),
        (None, 100, False),
        (None, 0, False),
        (None, None, False),
    ],
)
def test_only_what_lets_more_through_has_to_wait(before, after, looser):
    assert is_looser(before, after) == looser


NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
YESTERDAY = NOON - timedelta(days=1)


def a_gate(amount: int, used: int, **more) -> LossGate:
    limit = headroom(amount, used, **more)
    row = [limit.limit_id, limit.kind, limit.period, limit.window, limit.source, limit.amount, limit.used]
    return LossGate([row], "UTC")


def test_a_gate_counts_what_one_message_moves():
    gate = a_gate(100, 30)
    gate.admit_stake(50, NOON)
    gate.settle_win(20, NOON)
    gate.admit_stake(40, NOON)
    with pytest.raises(LimitExceeded) as refused:
        gate.admit_stake(1, NOON)
    assert refused.value.facts == {
        "limit_id": 1,
        "kind": "loss",
        "period": "day",
        "window": "calendar",
        "source": "player",
        "amount_units": 100,
        "left_units": 0,
    }
    assert gate.counters() == [{"hour": NOON, "used": 70}]


def test_an_undo_counts_in_the_hour_of_what_it_undoes():
    gate = a_gate(100, 90)
    gate.release_stake(25, NOON - timedelta(hours=2, minutes=20))
    gate.withdraw_win(5, YESTERDAY)
    assert gate.counters() == [
        {"hour": NOON - timedelta(hours=3), "used": -25},
        {"hour": YESTERDAY, "used": 5},
    ]


@pytest.mark.parametrize(("window", "admitted"), [("calendar", False), ("rolling", True)])
def test_an_undo_makes_room_only_in_the_windows_that_hold_its_stake(window, admitted):
    gate = a_gate(100, 100, window=window)
    gate.release_stake(50, NOON - timedelta(hours=20))
    if admitted:
        gate.admit_stake(50, NOON)
    with pytest.raises(LimitExceeded):
        gate.admit_stake(1, NOON)


def test_a_zero_stake_passes_a_limit_that_is_used_up_and_over():
    gate = a_gate(100, 150)
    gate.admit_stake(0, NOON)
    assert gate.counters() == []


def test_limits_on_deposits_say_nothing_about_stakes():
    gate = a_gate(0, 0, kind="deposit")
    gate.admit_stake(10**12, NOON)
    assert gate.counters() == [{"hour": NOON, "used": 10**12}]


def test_losses_are_counted_where_there_is_no_limit_yet():
    gate = LossGate(None, "UTC")
    gate.admit_stake(7, NOON)
    assert gate.counters() == [{"hour": NOON, "used": 7}]
