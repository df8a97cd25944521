"""Acts on limits and exclusions."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F

from apps.accounts import services as accounts
from apps.accounts.selectors import player as player_of
from apps.cases import services as cases
from apps.core import clock
from apps.core.errors import CurrencyMismatch
from apps.core.events import publish
from apps.core.money import Money
from apps.core.operations import current, operation, transaction_required
from apps.markets import selectors as markets
from apps.markets.rules import LimitRule
from apps.responsible_gaming import events
from apps.responsible_gaming.errors import LimitExceeded, LimitNotOffered
from apps.responsible_gaming.models import Exclusion, Limit, LimitCounter
from apps.responsible_gaming.rules import (
    ExclusionKind,
    LimitKind,
    LimitSource,
    exceeded,
    hour_of,
    is_looser,
)
from apps.responsible_gaming.selectors import headrooms
from apps.responsible_gaming.stake import limit_facts

if TYPE_CHECKING:
    from apps.accounts.models import Player


@operation("responsible_gaming.set_limit", lock=accounts.lane)
def set_limit(
    *,
    operation_id: int,
    player_id: int,
    kind: str,
    period: str,
    amount: Money | None,
    source: str = LimitSource.PLAYER,
) -> int:
    """
    Set, change or take away (None) a limit, and return its row's id.

    What is stricter holds now and cancels a looser one on its way; what is looser waits as long as the rules
    in force say, unless the operator or the law sets it.

    :raises LimitNotOffered: the rules in force here know no such limit.
    :raises CurrencyMismatch: the amount is not in the account's currency.
    """
    player, source = player_of(player_id), LimitSource(source)
    if amount is not None:
        _ensure_own_currency(player, amount)
    rule = _rule(player, kind, period)
    chain = Limit.objects.filter(
        player=player, kind=kind, period=period, window=rule.window, source=source, superseded_at=None
    )
    now = clock.now()
    binding = chain.filter(effective_from__lte=now).order_by("-effective_from").first()
    units = None if amount is None else amount.units
    waits = source == LimitSource.PLAYER and is_looser(binding.amount if binding else None, units)
    row = Limit(
        player=player,
        kind=kind,
        period=period,
        window=rule.window,
        source=source,
        amount=units,
        currency=player.currency,
        effective_from=now + timedelta(hours=rule.increase.delay_hours) if waits else now,
        operation_id=operation_id,
    )
    replaced = chain.filter(effective_from__gt=now) if waits else chain
    replaced.update(superseded_at=now)
    row.save()
    publish(_announced(row))
    return row.id


def _ensure_own_currency(player: "Player", amount: Money) -> None:
    if amount.currency != player.currency:
        raise CurrencyMismatch(left=amount.currency, right=player.currency)


def _announced(row: Limit) -> events.LimitSet:
    return events.LimitSet(
        limit_id=row.id,
        kind=row.kind,
        period=row.period,
        window=row.window,
        source=row.source,
        amount_units=row.amount,
        currency=row.currency,
        effective_from=row.effective_from.isoformat(),
    )


def _rule(player: "Player", kind: str, period: str) -> LimitRule:
    rules, _ = markets.rules_in_force(jurisdiction_id=player.jurisdiction_id, brand_id=player.brand_id)
    for rule in rules.limits:
        if rule.kind == kind and period in rule.periods:
            return rule
    raise LimitNotOffered(kind=kind, period=period)


@operation("responsible_gaming.exclude", lock=accounts.person_lane)
def exclude(*, operation_id: int, player_id: int, kind: str, hours: int | None) -> int:
    """
    Exclude a person from play on every brand of the player's licence, and return the exclusion's id.

    Sessions end now; log-in, deposit, launch and stake are refused from now on. Wins, undos and confirmed
    deposits still come in. Looser limits on their way lapse with a self-exclusion.

    :param hours: how long; None is for ever.
    """
    player, kind = player_of(player_id), ExclusionKind(kind)
    now = clock.now()
    row = Exclusion.objects.create(
        player=player if player.person_id is None else None,
        person_id=player.person_id,
        scope="licence",
        scope_id=player.licence_id,
        kind=kind,
        starts_at=now,
        ends_at=None if hours is None else now + timedelta(hours=hours),
        source=f"operation:{operation_id}",
        operation_id=operation_id,
    )
    ends_at = row.ends_at.isoformat() if row.ends_at else None
    for sibling in accounts.players_of_person(player_id):
        if sibling.licence_id == player.licence_id:
            accounts.end_open_sessions(player=sibling, reason=f"exclusion:{kind}")
            if kind is ExclusionKind.SELF_EXCLUSION:
                coming = Limit.objects.filter(player=sibling, superseded_at=None, effective_from__gt=now)
                coming.update(superseded_at=now)
            publish(
                events.PlayerExcluded(exclusion_id=row.id, kind=kind, scope=row.scope, ends_at=ends_at),
                lane=accounts.lane_of(sibling),
            )
    return row.id


@transaction_required
def reserve_deposit(*, player: "Player", amount: Money) -> datetime:
    """
    Promise headroom to a deposit that starts now, and return the hour that holds the promise.

    :raises LimitExceeded: a deposit limit would be passed; names the one with least left.
    :raises CurrencyMismatch: the amount is not in the account's currency.
    """
    _ensure_own_currency(player, amount)
    broken = exceeded(headrooms(player, kind=LimitKind.DEPOSIT), amount.units)
    if broken is not None:
        raise LimitExceeded(**limit_facts(broken))
    hour = hour_of(clock.now(), markets.calendar(player.licence_id).timezone)
    _count_deposit(player, hour, reserved=amount.units)
    return hour


@transaction_required
def release_deposit(*, player: "Player", amount: Money, hour: datetime) -> None:
    """Give the headroom of a deposit that failed or expired back to the hour that holds it."""
    _count_deposit(player, hour, reserved=-amount.units)


@transaction_required
def confirm_deposit(*, player: "Player", promised: Money, confirmed: Money, hour: datetime | None) -> None:
    """
    Count a confirmed deposit, whatever the limits say: money that came in is never refused.

    A late one that passes a limit opens a case.

    :param hour: the hour that holds the promise; None where it was released before (a late confirmation).
    """
    if hour is not None:
        _count_deposit(player, hour, reserved=-promised.units, used=confirmed.units)
        return
    _count_deposit(
        player, hour_of(clock.now(), markets.calendar(player.licence_id).timezone), used=confirmed.units
    )
    over = exceeded(headrooms(player, kind=LimitKind.DEPOSIT), 0)
    if over is not None:
        publish(events.DepositLimitPassed(limit_id=over.limit_id, over_units=-over.left))
        cases.open_case(
            kind="responsible_gaming.deposit_limit_passed",
            subject=f"operation:{current().operation_id}",
            queue="responsible_gaming",
            player=player,
            facts={"limit_id": over.limit_id, "over_units": -over.left, "currency": player.currency},
        )


def _count_deposit(player: "Player", hour: datetime, *, used: int = 0, reserved: int = 0) -> None:
    counter, _ = LimitCounter.objects.get_or_create(
        player=player, kind=LimitKind.DEPOSIT, currency=player.currency, hour=hour
    )
    LimitCounter.objects.filter(id=counter.id).update(
        used=F("used") + used, reserved=F("reserved") + reserved
    )
