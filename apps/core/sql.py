"""Read facts that are written as SQL fragments, so that every reader of a fact reads it the same way."""

from typing import Any

from django.db import connection


def facts(fragment: str, **parameters: Any) -> Any:
    """Return the one JSON value that a fragment of the stake path selects."""
    with connection.cursor() as cursor:
        cursor.execute(fragment, parameters)
        return cursor.fetchone()[0]
