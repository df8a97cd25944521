"""
The runner behind every subscription: lease, read a page, handle it by player, park failures, move the cursor.

The cursor moves afterwards, in a short transaction of its own. A crash before that repeats the page, and the
claims make the repeat harmless. An event that fails is parked with its error, later events of the same player
are parked behind it, and everybody else goes on. What waits behind no error (the failure was resolved, or its
lane was held too long) is taken up again by itself.
"""

import logging
import traceback
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.db import connection
from django.db.models import F

from apps.core import clock
from apps.core.errors import DomainError
from apps.core.events import Subscriber, publish, subscribers
from apps.core.models import Event, ParkedEvent, Subscription
from apps.core.operations import Asked, Context, Lane, claim_all, during, operation, run

logger = logging.getLogger(__name__)
PAGE = 500
LEASE = timedelta(seconds=60)
KIND = "handle"
LAST = 2**63 - 1
# The error of a parked event that did not fail: it waits for an earlier one, or its lane was held too long.
WAITING = ""


def drain(name: str, *, pages: int = 100) -> int:
    """Read a subscription until nothing final is left, or `pages` pages; return how many events it took."""
    subscriber = subscribers[name]
    token = uuid.uuid4().hex
    taken = 0
    if not _lease(name, token):
        return taken
    try:
        _resume(name)
        for _ in range(pages):
            events, position = _page(subscriber)
            _take(subscriber, events)
            taken += len(events)
            if not _move(name, token, position) or len(events) < PAGE:
                break
    finally:
        Subscription.objects.filter(name=name, leased_by=token).update(leased_by="", leased_until=None)
    return taken


@dataclass(frozen=True, slots=True)
class RetryOrdered:
    """A member of staff had a subscriber take a player's parked events again."""

    type: ClassVar[str] = "core.retry.ordered"
    version: ClassVar[int] = 1
    subscription: str
    parked_player_id: int


@operation("core.order_retry")
def order_retry(*, operation_id: int, subscription: str, player_id: int) -> None:
    """Keep who had parked events taken again, and why."""
    publish(RetryOrdered(subscription=subscription, parked_player_id=player_id))


def retry_by_order(*, asked: Asked, subscription: str, player_id: int) -> int:
    """Take a player's parked events again for a member of staff; return how many are resolved now."""
    order_retry(asked=asked, subscription=subscription, player_id=player_id)
    return retry_parked(subscription, player_id)


def retry_parked(name: str, player_id: int) -> int:
    """Take the parked events of one player again, in order; return how many are resolved now."""
    subscriber = subscribers[name]
    parked = ParkedEvent.objects.filter(subscription=name, player_id=player_id, resolved_at=None)
    resolved = 0
    for row in parked.order_by("event_id"):
        error = _attempt(subscriber, [Event.objects.get(id=row.event_id)])
        if error is None:
            parked.filter(id=row.id).update(resolved_at=clock.now())
            resolved += 1
            continue
        parked.filter(id=row.id).update(error=error, attempts=F("attempts") + 1)
        if player_id:
            break
    return resolved


def _resume(name: str) -> None:
    """Take up the parked events of players whose first one does not say why it failed."""
    parked = ParkedEvent.objects.filter(subscription=name, resolved_at=None)
    for first in parked.order_by("player_id", "event_id").distinct("player_id"):
        if not first.error:
            retry_parked(name, first.player_id)


def _lease(name: str, token: str) -> bool:
    """Take the subscription for this process; a lease that ran out is anyone's."""
    Subscription.objects.get_or_create(name=name)
    free = Subscription.objects.filter(name=name).exclude(leased_until__gt=clock.now())
    return bool(free.update(leased_by=token, leased_until=clock.now() + LEASE))


def _move(name: str, token: str, position: tuple[int, int]) -> bool:
    """Move the cursor and renew the lease, unless somebody else holds it by now."""
    held = Subscription.objects.filter(name=name, leased_by=token)
    now = clock.now()
    return bool(held.update(xid=position[0], event_id=position[1], moved_at=now, leased_until=now + LEASE))


_FINAL = """
    SELECT id FROM core_event
    WHERE (xid, id) > (%s::text::xid8, %s) AND xid < %s::text::xid8 AND type = ANY(%s)
    ORDER BY xid, id LIMIT %s
"""


def _page(subscriber: Subscriber) -> tuple[list[Event], tuple[int, int]]:
    """
    Return the next final events and the position behind them.

    The horizon is asked for first: every transaction below it has ended, so the next statement sees its rows.
    """
    at = Subscription.objects.get(name=subscriber.name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = cursor.fetchone()[0]
        cursor.execute(_FINAL, [str(at.xid), at.event_id, str(horizon), sorted(subscriber.types), PAGE])
        ids = [row[0] for row in cursor.fetchall()]
    found = Event.objects.in_bulk(ids)
    events = [found[event_id] for event_id in ids]
    if len(events) == PAGE:
        return events, (events[-1].xid, events[-1].id)
    return events, (max(at.xid, horizon - 1), LAST)


def _take(subscriber: Subscriber, events: list[Event]) -> None:
    lanes: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        lanes[event.player_id].append(event)
    for player_id, mine in lanes.items():
        error = WAITING if _waits(subscriber, player_id) else _attempt(subscriber, mine)
        if error == WAITING:
            _park(subscriber, mine, error=WAITING)
        elif error:
            _one_by_one(subscriber, mine)


def _one_by_one(subscriber: Subscriber, events: list[Event]) -> None:
    """Find what fails: take those before it, park it, and of a player those behind it."""
    for position, event in enumerate(events):
        error = _attempt(subscriber, [event])
        if error is None:
            continue
        _park(subscriber, [event], error=error)
        if event.player_id:
            _park(subscriber, events[position + 1 :], error=WAITING)
            return


def _waits(subscriber: Subscriber, player_id: int) -> bool:
    open_ones = ParkedEvent.objects.filter(
        subscription=subscriber.name, player_id=player_id, resolved_at=None
    )
    return player_id != 0 and open_ones.exists()


def _park(subscriber: Subscriber, events: list[Event], *, error: str) -> None:
    rows = [
        ParkedEvent(
            subscription=subscriber.name,
            event_id=event.id,
            player_id=event.player_id,
            error=error,
            parked_at=clock.now(),
        )
        for event in events
    ]
    ParkedEvent.objects.bulk_create(rows, ignore_conflicts=True)


def _attempt(subscriber: Subscriber, events: list[Event]) -> str | None:
    """Handle events of one lane in one operation; return None, why it failed, or WAITING for another time."""
    try:
        run(lambda: _handle(subscriber, events))
    except Exception as error:  # a subscriber's bug must not stop the others; it is logged and parked
        logger.exception("subscription %s failed on event %s", subscriber.name, events[0].id)
        is_temporary = isinstance(error, DomainError) and not error.final
        return WAITING if is_temporary else traceback.format_exc(limit=-3)
    return None


def _handle(subscriber: Subscriber, events: list[Event]) -> None:
    player_id = events[0].player_id
    lane = subscriber.lock({"player_id": player_id}) if player_id else Lane()
    source = f"event:{subscriber.name}"
    references = [str(event.id) for event in events]
    fresh = claim_all(player_id=player_id, source=source, kind=KIND, references=references)
    for event, reference in zip(events, references, strict=True):
        if reference in fresh:
            with during(Context(fresh[reference], source, lane, causation_id=event.id)):
                subscriber.handle(event)
