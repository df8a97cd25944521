"""The window's start is written twice, in SQL for the stake path and in Python: both say the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from apps.core import clock
from apps.core.sql import facts
from apps.responsible_gaming import stake
from apps.responsible_gaming.models import Limit, LimitCounter
from apps.responsible_gaming.rules import LimitWindow, Period, window_start
from apps.responsible_gaming.tests.test_rules import FIRST_HALF_PAST, SECOND_HALF_PAST, ZONES
from tests.factories import new_player

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
minutes = some.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001


def with_every_limit():
    """Return a player with a limit on deposits in each period and window."""
    player = new_player()
    for period in Period:
        for window in LimitWindow:
            Limit.objects.create(
                player=player,
                kind="deposit",
                period=period,
                window=window,
                source="player",
                amount=10**15,
                currency="EUR",
                effective_from=datetime(2000, 1, 1, tzinfo=UTC),
                operation_id=0,
            )
    return player


def used_in_sql(player, at: datetime, zone: str) -> dict[tuple[str, str], int]:
    """Return what the stake path's fragment finds used in each window, at an instant."""
    rows = facts(stake.LIMITS, player_id=player.id, shift=at - clock.now(), timezone=zone)
    return {(period, window): used for _, _, period, window, _, _, used in rows}


def test_the_windows_of_sql_and_python_begin_alike():
    player = with_every_limit()

    @given(minutes, some.sampled_from(ZONES))
    @example(FIRST_HALF_PAST, "Atlantic/Azores")
    @example(SECOND_HALF_PAST, "Atlantic/Azores")
    @example(SECOND_HALF_PAST + timedelta(hours=9), "Atlantic/Azores")
    @example(datetime(2025, 3, 29, 22, 0, tzinfo=UTC), "Asia/Beirut")
    def begin_alike(minute: datetime, zone: str) -> None:
        # The database's clock goes on while it is asked: not more than the rest of this minute.
        at = minute.replace(second=5, microsecond=0)
        starts = {
            (period.value, window.value): window_start(at, period, window, zone)
            for period in Period
            for window in LimitWindow
        }
        edges = sorted({start + offset for start in starts.values() for offset in (-SECOND, 10 * SECOND)})
        edges += [start for (_, window), start in starts.items() if window == LimitWindow.CALENDAR]
        amounts = {edge: 2**position for position, edge in enumerate(sorted(set(edges)))}
        LimitCounter.objects.filter(player=player).delete()
        LimitCounter.objects.bulk_create(
            LimitCounter(player=player, kind="deposit", currency="EUR", hour=hour, used=amount)
            for hour, amount in amounts.items()
        )
        expected = {
            limit: sum(amount for hour, amount in amounts.items() if hour >= start)
            for limit, start in starts.items()
        }
        assert used_in_sql(player, at, zone) == expected

    begin_alike()
