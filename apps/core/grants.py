"""
The grant layer of append-only, and the checks a process makes before it serves.

Two logins: the application's may read and write ordinary tables and only add to append-only ones; the owner's
migrates. A boundary only holds when the application's login does not own the tables.
"""

import logging

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from psycopg import sql

logger = logging.getLogger(__name__)


def append_only_tables() -> dict[str, tuple[str, ...]]:
    """Return every append-only table with the columns that may be filled in later."""
    return {
        model._meta.db_table: getattr(model, "filled_in_later", ())
        for model in apps.get_models()
        if getattr(model, "append_only", False)
    }


def apply_grants() -> None:
    """Give the application's login what it needs and no more; run by the owner after every migration."""
    owner, application = connections["owner"], connections["default"].settings_dict["USER"]
    if owner.settings_dict["USER"] == application:
        return
    login = sql.Identifier(application)
    database = sql.Identifier(owner.settings_dict["NAME"])
    statements = [
        # A temporary table of the same name would stand before a ledger table in its own session.
        sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(login),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(login),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(login),
    ]
    for table, columns in append_only_tables().items():
        name = sql.Identifier(table)
        statements.append(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(name, login))
        statements.extend(
            sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(sql.Identifier(column), name, login)
            for column in columns
        )
    with owner.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.as_string(cursor.connection))


_OWNED = """
    SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace
      AND (pg_has_role(current_user, r.oid, 'MEMBER')
           OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))
"""
# A cursor runs ahead of the events: it may be in the future where they are not, and would pass new ones over.
_FROM_ANOTHER_CLUSTER = """
    SELECT GREATEST((SELECT max(xid)::text::bigint FROM core_event), (SELECT max(xid) FROM core_subscription))
        >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""


def ensure_safe_to_serve() -> None:
    """
    Refuse to start on a database on which the promises do not hold.

    :raises ImproperlyConfigured: the application's login owns ledger tables (unless ALLOW_OWNER=1, which
        warns), or events or cursors were stamped by another cluster (a restored dump).
    """
    with connections["default"].cursor() as cursor:
        cursor.execute(_OWNED, [list(append_only_tables())])
        owned = [row[0] for row in cursor.fetchall()]
        if owned and not settings.ALLOW_OWNER:
            raise ImproperlyConfigured(
                f"DATABASE_URL's login can rewrite {', '.join(owned)}: give the application a login of its"
                " own (manage.py create_roles prints the SQL), or set ALLOW_OWNER=1"
            )
        if owned:
            logger.warning("ALLOW_OWNER=1: the application's login can rewrite the ledger")
        cursor.execute(_FROM_ANOTHER_CLUSTER)
        if cursor.fetchone()[0]:
            raise ImproperlyConfigured(
                "events or cursors carry transaction ids of another cluster: run `manage.py stamp_events`"
            )
