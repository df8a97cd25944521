"""Read facts that are written as SQL fragments, so that every reader of a fact reads it the same way."""

from typing import Any

from django.db import connection


def facts(fragment: str, **parameters: Any) -> Any:
    """Return the one JSON value that a fragment of the stake path selects."""
    with connection.cursor() as cursor:
        cursor.execute(fragment, parameters)
        return cursor.fetchone()[0]


def discrepancies(query: str, scope: dict[str, Any], *, most: int = 20) -> list[str]:
    """Return the rows, as text, that a check found wrong; at most so many of them."""
    with connection.cursor() as cursor:
        cursor.execute(query, scope)
        return [", ".join(map(str, row)) for row in cursor.fetchmany(most)]
