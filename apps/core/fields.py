"""Column types that Django lacks."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func


class TransactionIdField(models.Field):
    """Postgres' `xid8`: the 64-bit number of the transaction that wrote the row, as an int."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class CurrentTransactionId(Func):
    """The number of the transaction that is writing now."""

    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = TransactionIdField()


class PositionBehindLastOf(Func):
    """
    The number of the transaction that is writing now, or of a player's last event where that is higher.

    A transaction that locks several players gets its number at the first of them. While it waits for another,
    that one's queue writes events under higher numbers, and this one's comes behind those.
    """

    template = """GREATEST(pg_current_xact_id(), (
        SELECT e.xid FROM core_event e WHERE e.player_id = %(expressions)s ORDER BY e.id DESC LIMIT 1))"""
    output_field = TransactionIdField()
