"""What responsible gaming adds to the stake path: exclusions and limits, the decision, and counters."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from apps.responsible_gaming.errors import LimitExceeded
from apps.responsible_gaming.rules import (
    Headroom,
    LimitKind,
    LimitWindow,
    Period,
    exceeded,
    hour_of,
    window_start,
)

# Kinds of the exclusions in force, of the player or of the person, that reach this brand.
EXCLUSIONS = """
    SELECT json_agg(x.kind) FROM responsible_gaming_exclusion x
    WHERE (x.player_id = %(player_id)s OR x.person_id = %(person_id)s)
      AND (x.scope, x.scope_id) IN (('group', 0), ('licence', %(licence_id)s), ('brand', %(brand_id)s))
      AND x.starts_at <= clock_timestamp() + %(shift)s
      AND (x.ends_at IS NULL OR x.ends_at > clock_timestamp() + %(shift)s)
"""

# Every current limit with what its window holds. The window's start is `rules.window_start`, in SQL; a test
# compares the two. A limit that is coming counts from its hour on, without anybody having to switch it.
LIMITS = """
    SELECT json_agg(json_build_array(l.id, l.kind, l.period, l."window", l.source, l.amount, COALESCE((
        SELECT sum(c.used + c.reserved) FROM responsible_gaming_limitcounter c
        WHERE c.player_id = %(player_id)s AND c.kind = l.kind AND c.basis = l.basis AND c.scope = l.scope
          AND c.scope_id = l.scope_id AND c.currency = l.currency AND c.hour >=
            CASE l."window" WHEN 'calendar' THEN
                (date_trunc(l.period, (clock_timestamp() + %(shift)s) AT TIME ZONE %(timezone)s)
                    - interval '1 microsecond') AT TIME ZONE %(timezone)s + interval '1 microsecond'
            ELSE
                clock_timestamp() + %(shift)s
                    - CASE l.period WHEN 'day' THEN interval '25 hours' WHEN 'week' THEN interval '169 hours'
                      ELSE interval '721 hours' END
            END), 0)))
    FROM (
        SELECT DISTINCT ON (kind, basis, period, "window", scope, scope_id, source) *
        FROM responsible_gaming_limit
        WHERE player_id = %(player_id)s AND superseded_at IS NULL
          AND effective_from <= clock_timestamp() + %(shift)s
        ORDER BY kind, basis, period, "window", scope, scope_id, source, effective_from DESC
    ) l WHERE l.amount IS NOT NULL
"""

COUNTERS = """
    INSERT INTO responsible_gaming_limitcounter
        (player_id, kind, basis, scope, scope_id, currency, hour, used, reserved)
    SELECT %(player_id)s, 'loss', 'gross', 'account', 0, %(currency)s, r.hour, r.used, 0
    FROM jsonb_to_recordset(%(counters)s) AS r(hour timestamptz, used bigint)
    ON CONFLICT (player_id, kind, basis, scope, scope_id, currency, hour)
    DO UPDATE SET used = responsible_gaming_limitcounter.used + EXCLUDED.used
"""


class LossGate:
    """The loss limits of one player during one message: decides every stake, and counts what moves."""

    def __init__(self, limits: list[list[Any]] | None, timezone: str) -> None:
        found = [Headroom(*row) for row in limits or []]
        self._limits = [limit for limit in found if limit.kind == LimitKind.LOSS]
        self._timezone = timezone
        self._counters: dict[datetime, int] = {}

    def admit_stake(self, cash: int, at: datetime) -> None:
        """
        Count a cash stake, or refuse it.

        :raises LimitExceeded: a loss limit would be passed; names the one with least left.
        """
        broken = exceeded([self._counted(limit, at) for limit in self._limits], cash)
        if cash and broken is not None:
            raise LimitExceeded(**limit_facts(broken))
        self._count(cash, at)

    def settle_win(self, cash: int, at: datetime) -> None:
        """Count a cash win: it makes room."""
        self._count(-cash, at)

    def release_stake(self, cash: int, placed_at: datetime) -> None:
        """Take an undone stake back out of the window in which it was placed."""
        self._count(-cash, placed_at)

    def withdraw_win(self, cash: int, paid_at: datetime) -> None:
        """Take an undone win back out of the window in which it was paid."""
        self._count(cash, paid_at)

    def counters(self) -> list[dict[str, Any]]:
        """Return the rows to add to the counters: one an hour."""
        return [{"hour": hour, "used": used} for hour, used in self._counters.items() if used]

    def _counted(self, limit: Headroom, at: datetime) -> Headroom:
        """Return a limit with what this message has moved in its window: an undo may reach an earlier one."""
        if not self._counters:
            return limit
        start = window_start(at, Period(limit.period), LimitWindow(limit.window), self._timezone)
        moved = sum(used for hour, used in self._counters.items() if hour >= start)
        return replace(limit, used=limit.used + moved)

    def _count(self, cash: int, at: datetime) -> None:
        hour = hour_of(at, self._timezone)
        self._counters[hour] = self._counters.get(hour, 0) + cash


def limit_facts(limit: Headroom) -> dict[str, Any]:
    """Return what a refusal says about the limit that refused."""
    return {
        "limit_id": limit.limit_id,
        "kind": limit.kind,
        "period": limit.period,
        "window": limit.window,
        "source": limit.source,
        "amount_units": limit.amount,
        "left_units": limit.left,
    }
