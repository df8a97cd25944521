"""
The database backend: a commit that is not yet safe is noticed, and integers always travel as bigint.

Where a standby confirms commits and someone cancels that wait, Postgres reports success with a warning: the
row is visible here and may be lost with this server. Such a commit is in doubt, not done (docs/why/003).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, RawCursor
from psycopg.errors import Diagnostic
from psycopg.types.numeric import Int8Dumper

IN_DOUBT = "canceling wait for synchronous replication"
_NAMED = re.compile(r"%\((\w+)\)s")


class DatabaseWrapper(base.DatabaseWrapper):
    """Postgres, told what to watch for."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.pam_commit_in_doubt = False
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.add_notice_handler(lambda notice: _watch(connection, notice))
        return connection


def _watch(connection: Any, notice: Diagnostic) -> None:
    if IN_DOUBT in (notice.message_primary or ""):
        connection.pam_commit_in_doubt = True


def execute(connection: Connection, text: str, parameters: Mapping[str, Any]) -> RawCursor:
    """
    Execute a text with named parameters (`%(name)s`), bound on the server and prepared; return its cursor.

    Integers go as bigint whatever their size: one text is one prepared statement.
    """
    query, names = _numbered(text)
    return RawCursor(connection).execute(query, [parameters[name] for name in names], prepare=True)


@lru_cache(maxsize=1024)
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """
    Return a text as the server takes it, with `$1` for the first name, and the names in order.

    Kept in memory: the library works a long text out anew at every call.
    """
    names = tuple(dict.fromkeys(_NAMED.findall(text)))
    return _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", text).encode(), names
