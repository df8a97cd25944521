"""A database of the run's own, beside the product's: a demo's books never see what is measured here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from local.failures import CannotRun

URLS = ("DATABASE_URL", "DATABASE_OWNER_URL")
SUFFIX = "_bench"
# Behind every event of the last transaction.
LAST = 2**63 - 1


@contextmanager
def own(variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """
    Make the database of the run, yield the environment that names it, and drop it.

    :raises CannotRun: the owner's login may not create databases.
    """
    owner = variables["DATABASE_OWNER_URL"]
    name = urlsplit(owner).path.lstrip("/") + SUFFIX
    replace(owner, name)
    try:
        yield {**variables, **{url: elsewhere(variables[url], name) for url in URLS}}
    finally:
        administer(owner, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def replace(owner: str, name: str) -> None:
    """Make an empty database of this name; one that a killed run has left is dropped."""
    try:
        administer(owner, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        administer(owner, "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", name)
    except psycopg.errors.InsufficientPrivilege as problem:
        raise CannotRun(f"DATABASE_OWNER_URL's login cannot make the database {name}: {problem}") from None


def administer(owner: str, statement: LiteralString, name: str) -> None:
    """Run one statement about a database, as the owner and from another database."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def elsewhere(url: str, name: str) -> str:
    """Return the address of another database on the same server, for the same login."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def silence(owner: str, readers: Sequence[str]) -> None:
    """
    Put the cursors of all readers of events behind the last one.

    No worker runs here, and what it would do is not measured: to the check of the books nothing may wait.
    """
    with psycopg.connect(owner) as connection:
        connection.cursor().executemany(
            """
            INSERT INTO core_subscription (name, xid, event_id, leased_by)
            SELECT %s, max(xid::text::bigint), %s, '' FROM core_event
            """,
            [(name, LAST) for name in readers],
        )


def kept(owner: str) -> int:
    """Return how many stakes, wins and undos the product has kept."""
    return int(ask(owner, "SELECT count(*) FROM core_operation WHERE kind IN ('stake', 'win', 'undo')"))


def version(owner: str) -> str:
    """Return the version of the server."""
    return str(ask(owner, "SHOW server_version"))


def ask(owner: str, question: LiteralString) -> Any:
    """Return the one value that a query answers."""
    with psycopg.connect(owner) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]
