"""
The database backend: a commit that is not yet safe is noticed, and integers always travel as bigint.

Where a standby confirms commits and someone cancels that wait, Postgres reports success with a warning: the
row is visible here and may be lost with this server. Such a commit is in doubt, not done (docs/why/003).
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg.errors import Diagnostic
from psycopg.types.numeric import Int8Dumper

IN_DOUBT = "canceling wait for synchronous replication"


class DatabaseWrapper(base.DatabaseWrapper):
    """Postgres, told what to watch for."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.pam_commit_in_doubt = False
        connection.pam_prepared = {}
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.add_notice_handler(lambda notice: _watch(connection, notice))
        return connection


def _watch(connection: Any, notice: Diagnostic) -> None:
    if IN_DOUBT in (notice.message_primary or ""):
        connection.pam_commit_in_doubt = True
