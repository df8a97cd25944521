"""Questions about events and subscriptions."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.db.models import Q

from apps.core import clock
from apps.core.events import subscribers
from apps.core.models import GlobalReference, Operation, ParkedEvent, Subscription
from apps.core.rules import Measure

PATIENCE = timedelta(seconds=60)
_WAITING = """
    SELECT count(*), min(occurred_at) FROM core_event
    WHERE (xid, id) > (%s::text::xid8, %s) AND type = ANY(%s)
"""
_BLOCKER = """
    SELECT pid, state, now() - xact_start, left(query, 80) FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND backend_xid::text::bigint %% 4294967296 =
          pg_snapshot_xmin(pg_current_snapshot())::text::bigint %% 4294967296
"""


def operation(operation_id: int) -> Operation:
    """Return an operation's row."""
    return Operation.objects.get(id=operation_id)


def player_of_reference(*, source: str, kinds: Iterable[str], reference: str) -> int | None:
    """Return whose act of some kinds a reference names, where it is unique over all players of a source."""
    rows = GlobalReference.objects.filter(source=source, kind__in=kinds, reference=reference).order_by("kind")
    return rows.values_list("player_id", flat=True).first()


def lag(name: str) -> tuple[int, timedelta]:
    """Return how many events a subscription has not read yet, and the age of the oldest."""
    at = Subscription.objects.filter(name=name).first() or Subscription()
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [str(at.xid), at.event_id, sorted(subscribers[name].types)])
        waiting, oldest = cursor.fetchone()
    return waiting, clock.now() - oldest if oldest else timedelta()


def blocker() -> str:
    """Return the open transaction that holds every cursor back, or an empty string."""
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKER.replace("%%", "%"))
        row = cursor.fetchone()
    return " ".join(map(str, row)) if row else ""


def measures() -> list[Measure]:
    """
    Return the sheet's lines of the machine: cursors that lag, and events that wait for a person.

    An event that was parked because its lane was held goes on by itself: it is worth a look only later.
    """
    waiting, late = 0, []
    for name in sorted(subscribers):
        count, age = lag(name)
        waiting += count
        if age > PATIENCE:
            late.append(
                f"{name}: {count} events, the oldest {int(age.total_seconds())} s old; held by: {blocker()}"
            )
    parked = ParkedEvent.objects.filter(resolved_at=None)
    parked = parked.filter(~Q(error="") | Q(parked_at__lt=clock.now() - PATIENCE)).order_by("id")[:20]
    texts = [f"{row.subscription} event {row.event_id} player {row.player_id}" for row in parked]
    return [Measure("events not yet read", waiting, late), Measure("events parked", len(texts), texts)]
