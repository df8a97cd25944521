"""
Events: publish a row with what was written, and read them by position.

A subscriber names the events it wants and reads them through one cursor, the pair (transaction id, event id).
Only rows of transactions that ended before the oldest one still open are read, in that order: nothing that
becomes visible late is ever passed over. Every handled event is claimed, so its effect happens once.

One player's events are read in the order in which they happened: the lane is locked before anything is
written, so a waiter gets its transaction id after its wait; and where an act locks several players, `publish`
puts its events behind what was written meanwhile.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Value

from apps.core import clock
from apps.core.fields import PositionBehindLastOf
from apps.core.models import Event
from apps.core.operations import Lane, current, transaction_required
from apps.core.rules import Announcement


@transaction_required
def publish(announcement: Announcement, *, lane: Lane | None = None) -> Event:
    """
    Write what happened, in the transaction in which it happened.

    :param lane: whose event it is, where one act touches several players; the operation's own unless said.
    """
    context = current()
    lane = lane or context.lane
    at = clock.now()
    position = {"xid": PositionBehindLastOf(Value(lane.player_id))} if lane.player_id else {}
    return Event.objects.create(
        **position,
        type=announcement.type,
        version=announcement.version,
        occurred_at=at,
        business_date=lane.business_date or at.date(),
        brand_id=lane.brand_id,
        licence_id=lane.licence_id,
        player_id=lane.player_id,
        actor=context.actor,
        operation_id=context.operation_id,
        causation_id=context.causation_id,
        payload=asdict(announcement),
    )


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader of events: its lasting name, the types it wants, how it locks a lane, and what it does."""

    name: str
    types: frozenset[str]
    lock: Callable[[dict[str, Any]], Lane]
    handle: Callable[[Event], None]


subscribers: dict[str, Subscriber] = {}


def subscribe(
    name: str, *, types: Iterable[str], lock: Callable[[dict[str, Any]], Lane]
) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """
    Announce a handler. Its name is its identity for ever: a new name reads from the beginning.

    The handler runs inside an operation under the event's lane; it opens no transaction and calls no network.
    """

    def decorate(handler: Callable[[Event], None]) -> Callable[[Event], None]:
        assert name not in subscribers, f"two subscribers are called {name}"
        subscribers[name] = Subscriber(name, frozenset(types), lock, handler)
        return handler

    return decorate
