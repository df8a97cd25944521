"""The first page: what is there, what waits for somebody, and today's play."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from redis import RedisError

from apps.accounts.models import Player
from apps.cases.models import Approval, Case
from apps.cases.rules import ApprovalState
from apps.core import clock, selectors
from apps.core.events import subscribers
from apps.core.models import ParkedEvent
from apps.core.money import Money
from apps.core.staff import show

# Everybody's dashboards together ask the database twice a minute.
KEPT_SECONDS = 30
_KEY = "backoffice.dashboard"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: how it is called and what it says, where it leads, and whether it wants somebody."""

    title: str
    icon: str
    value: str
    note: str
    name: str
    permission: str
    is_calling: bool = False
    query: str = ""


_FUNDS = """
    SELECT w.currency, p.is_test, count(*), sum(w.cash), sum(w.in_play_cash), sum(w.pending), sum(w.held),
           sum(w.cash + w.in_play_cash + w.pending + w.held), sum(w.bonus + w.in_play_bonus), sum(w.debt)
    FROM wallet_wallet w JOIN accounts_player p ON p.id = w.player_id
    GROUP BY 1, 2 ORDER BY 2, 1
"""
# Ids rise with time: the first row since an instant is found by halving the range of ids, some thirty probes
# of the primary key, where no index on the instant has to be kept on the path of every bet.
_SINCE = """
    WITH RECURSIVE search(low, high) AS (
        SELECT min(id), max(id) FROM {table}
        UNION ALL
        SELECT CASE WHEN probe.at < %(since)s THEN probe.id + 1 ELSE low END,
               CASE WHEN probe.at < %(since)s THEN high ELSE low + (high - low) / 2 END
        FROM search CROSS JOIN LATERAL (
            SELECT id, {instant} AS at FROM {table} WHERE id >= low + (high - low) / 2 ORDER BY id LIMIT 1
        ) probe
        WHERE low < high
    ) SELECT max(low) FROM search
"""
# A business day lasts 25 hours when clocks go back; one more for ids that were not drawn in order.
_LONGEST_DAY_HOURS = 26
_TODAY = f"""
    WITH days AS (
        SELECT id, timezone, day_starts_at::interval AS starts,
               ((%(now)s AT TIME ZONE timezone) - day_starts_at::interval)::date AS day FROM markets_licence
    ), money AS (
        SELECT t.currency, p.is_test,
               sum(CASE WHEN t.kind IN ('stake', 'settle') THEN t.amount
                        WHEN t.kind = 'undo' AND t.debit IN ('games_cash', 'games_bonus') THEN -t.amount
                        ELSE 0 END) AS stakes,
               sum(CASE WHEN t.kind = 'win' THEN t.amount
                        WHEN t.kind = 'undo' AND t.credit IN ('games_cash', 'games_bonus') THEN -t.amount
                        ELSE 0 END) AS wins
        FROM wallet_transfer t
        JOIN accounts_player p ON p.id = t.player_id
        JOIN days ON days.id = p.licence_id AND t.business_date = days.day
        WHERE t.id >= ({_SINCE.format(table="wallet_transfer", instant="at")})
          AND (t.debit IN ('games_cash', 'games_bonus') OR t.credit IN ('games_cash', 'games_bonus'))
        GROUP BY 1, 2
    ), played AS (
        SELECT r.currency, p.is_test, count(*) AS rounds
        FROM games_round r
        JOIN accounts_player p ON p.id = r.player_id
        JOIN days ON days.id = p.licence_id
            AND ((r.opened_at AT TIME ZONE days.timezone) - days.starts)::date = days.day
        WHERE r.id >= ({_SINCE.format(table="games_round", instant="opened_at")})
        GROUP BY 1, 2
    )
    SELECT COALESCE(m.currency, r.currency), COALESCE(m.is_test, r.is_test), COALESCE(r.rounds, 0),
           COALESCE(m.stakes, 0), COALESCE(m.wins, 0)
    FROM money m FULL JOIN played r ON r.currency = m.currency AND r.is_test = m.is_test
    ORDER BY 2, 1
"""


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the figures that this person may see into the first page."""
    found = figures()
    tiles = [tile for tile in found["tiles"] if request.user.has_perm(tile["permission"])]
    for tile in tiles:
        tile["url"] = reverse(f"admin:{tile['name']}") + tile["query"]
    context |= {"tiles": tiles, "counted_at": found["at"]}
    if request.user.has_perms(["wallet.view_wallet", "core.view_operation"]):
        context["funds"] = [_fund_line(*row) for row in found["funds"]]
    if request.user.has_perms(["games.view_round", "core.view_operation"]):
        context["today"] = [_play_line(*row) for row in found["today"]]
    return context


def figures() -> dict[str, Any]:
    """Return every figure of the page, counted within the last half minute."""
    try:
        found = cache.get(_KEY)
    except RedisError:
        return _counted()
    if found is None:
        found = _counted()
        cache.set(_KEY, found, KEPT_SECONDS)
    return found


def _counted() -> dict[str, Any]:
    now = clock.now()
    since = {"now": now, "since": now - timedelta(hours=_LONGEST_DAY_HOURS)}
    return {
        "at": now,
        "tiles": [asdict(tile) for tile in (_players(), *_work(), *_machine())],
        "funds": _rows(_FUNDS, {}),
        "today": _rows(_TODAY, since),
    }


def _rows(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def _players() -> Tile:
    counted = dict(Player.objects.values_list("is_test").annotate(number=Count("id")).order_by())
    return Tile(
        "Players",
        "person",
        f"{counted.get(False, 0):,}",
        f"and {counted.get(True, 0):,} test players",
        "accounts_player_changelist",
        "accounts.view_player",
    )


def _work() -> list[Tile]:
    now = clock.now()
    cases = Case.objects.filter(closed_at=None, confidentiality=0)
    late = cases.filter(due_at__lt=now).count()
    waiting = Approval.objects.filter(state=ApprovalState.WAITING, expires_at__gt=now).count()
    return [
        Tile(
            "Open cases",
            "inbox",
            f"{cases.count():,}",
            f"{late:,} past their time" if late else "none past its time",
            "cases_case_changelist",
            "cases.view_case",
            is_calling=bool(late),
            query="?state__exact=open",
        ),
        Tile(
            "Waiting approvals",
            "how_to_reg",
            f"{waiting:,}",
            "for a second person",
            "cases_approval_changelist",
            "cases.view_approval",
            is_calling=bool(waiting),
            query="?state__exact=waiting",
        ),
    ]


def _machine() -> list[Tile]:
    parked = ParkedEvent.objects.filter(resolved_at=None).count()
    lags = [selectors.lag(name) for name in sorted(subscribers)]
    age = max((int(oldest.total_seconds()) for _, oldest in lags), default=0)
    return [
        Tile(
            "Parked events",
            "report",
            f"{parked:,}",
            "wait for a person" if parked else "every event was taken",
            "core_parkedevent_changelist",
            "core.view_parkedevent",
            is_calling=bool(parked),
            query="?resolved_at__isempty=1",
        ),
        Tile(
            "Event lag",
            "rss_feed",
            f"{age:,} s",
            f"{sum(count for count, _ in lags):,} events not read yet",
            "core_subscription_changelist",
            "core.view_subscription",
            is_calling=age > selectors.PATIENCE.total_seconds(),
        ),
    ]


def _fund_line(currency: str, is_test: bool, wallets: int, *units: Decimal) -> dict[str, Any]:
    names = ("cash", "in_play", "pending", "held", "total", "bonus", "debt")
    amounts = {name: _plain(int(unit), currency) for name, unit in zip(names, units, strict=True)}
    return {"currency": currency, "is_test": is_test, "wallets": wallets, **amounts}


def _play_line(currency: str, is_test: bool, rounds: int, stakes: Decimal, wins: Decimal) -> dict[str, Any]:
    return {
        "currency": currency,
        "is_test": is_test,
        "rounds": rounds,
        "stakes": _plain(int(stakes), currency),
        "wins": _plain(int(wins), currency),
        "ggr": _plain(int(stakes - wins), currency),
        "is_loss": stakes < wins,
        "returned": f"{wins * 100 / stakes:.2f} %" if stakes else show.NOTHING,
    }


def _plain(units: int, currency: str) -> str:
    return show.grouped(Money(units, currency))
