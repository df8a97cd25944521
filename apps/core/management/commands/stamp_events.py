"""After a restore into another cluster: stamp events and cursors with this cluster's transaction ids."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections, transaction

STATEMENTS = (
    "ALTER TABLE core_event DISABLE TRIGGER append_only_row",
    # A cursor goes back to before its first unread event; what it reads twice is claimed already.
    """UPDATE core_subscription s SET
           event_id = COALESCE(
               (SELECT min(e.id) - 1 FROM core_event e WHERE (e.xid, e.id) > (s.xid::text::xid8, s.event_id)),
               (SELECT max(e.id) FROM core_event e), 0),
           xid = pg_current_xact_id()::text::bigint""",
    # One transaction id for all: order falls back to ids, which are in order for each player.
    "UPDATE core_event SET xid = pg_current_xact_id()",
    "ALTER TABLE core_event ENABLE ALWAYS TRIGGER append_only_row",
)


class Command(BaseCommand):
    help = (
        "Stamp events and cursors anew after a restore into another cluster. Stop every other process first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            for statement in STATEMENTS:
                cursor.execute(statement)
        self.stdout.write("events and cursors carry this cluster's transaction ids")
