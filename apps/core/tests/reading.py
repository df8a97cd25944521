"""Subscribers for the tests of events: what they handle once is answered by an event of their own."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apps.accounts import services as accounts
from apps.core import clock, runner, selectors
from apps.core.events import publish, subscribe, subscribers
from apps.core.models import Event, ParkedEvent, Subscription
from apps.core.tests.acts import Answered, Noted

NAME = "test.reader"
# A neighbour on the same cluster may hold events back for as long as its longest transaction.
PATIENCE_SECONDS = 120.0


def answer(event: Event) -> None:
    """Handle a note: publish an answer, in the handler's transaction."""
    publish(Answered(event.payload["text"]))


@contextmanager
def subscribed(handler: Callable[[Event], None] = answer, *, name: str = NAME) -> Iterator[str]:
    """Let a handler read notes while the block runs."""
    subscribe(name, types=[Noted.type], lock=accounts.lane)(handler)
    try:
        yield name
    finally:
        del subscribers[name]


def read_all(name: str = NAME) -> None:
    """Drain until nothing is unread; a neighbour's open transaction may delay what is final."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while selectors.lag(name)[0]:
        assert time.monotonic() < deadline, f"still unread; held back by {selectors.blocker()}"
        runner.drain(name)


def answered(player_id: int | None = None) -> list[str]:
    """Return the answers, in the order in which they were given."""
    rows = Event.objects.filter(type=Answered.type).order_by("id")
    if player_id is not None:
        rows = rows.filter(player_id=player_id)
    return [payload["text"] for payload in rows.values_list("payload", flat=True)]


def parked(name: str = NAME) -> list[tuple[str, bool]]:
    """Return the open parked events in order: what was noted, and whether the row says why it failed."""
    rows = ParkedEvent.objects.filter(subscription=name, resolved_at=None).order_by("event_id")
    texts = dict(Event.objects.filter(type=Noted.type).values_list("id", "payload__text"))
    return [(texts[row.event_id], bool(row.error)) for row in rows]


def let_the_lease_run_out(name: str = NAME) -> None:
    """Do what a minute of silence does."""
    Subscription.objects.filter(name=name).update(leased_until=clock.now())
