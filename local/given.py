"""Servers that the environment gives: check that they are named completely and answer, in one line each."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from local.failures import CannotRun

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL", "CACHE_URL")
CONNECT_SECONDS = 5


class Unreachable(Exception):
    """A server does not let us in; says why, in the words of its client library."""


def ensure_complete(variables: Mapping[str, str]) -> None:
    """
    Check that both logins of a given database are given.

    :raises CannotRun: only one is.
    """
    pair = ("DATABASE_URL", "DATABASE_OWNER_URL")
    missing = [name for name in pair if not variables.get(name)]
    if len(missing) == 1:
        present = next(name for name in pair if name not in missing)
        raise CannotRun(f"{present} is set but {missing[0]} is not: the product needs both logins")


def ensure_reachable(urls: Mapping[str, str]) -> None:
    """
    Connect to each given server once.

    :raises CannotRun: one does not answer; names the variable and the place, never the password.
    """
    for name, url in urls.items():
        try:
            connector(url)(url)
        except (OSError, ValueError, Unreachable) as problem:
            why = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
            raise CannotRun(f"{name}: cannot reach {place(url)}: {why}") from None


def place(url: str) -> str:
    """Return the part of an address that may be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def connector(url: str) -> Callable[[str], None]:
    """
    Return the function that tries an address of this kind.

    :raises Unreachable: the kind is unknown.
    """
    known = {
        "postgres": postgres,
        "postgresql": postgres,
        "redis": redis,
        "rediss": redis,
        "amqp": amqp,
        "amqps": amqp,
    }
    scheme = urlsplit(url).scheme
    if scheme not in known:
        raise Unreachable("its kind is none of " + ", ".join(known))
    return known[scheme]


def library(name: str) -> Any:
    """Import a client library where it is used: most sessions give no server and save the time."""
    return importlib.import_module(name)


def postgres(url: str) -> None:
    """Log in to a Postgres database."""
    psycopg = library("psycopg")
    try:
        psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.Error as problem:
        raise Unreachable(str(problem)) from None


def redis(url: str) -> None:
    """Ping a Redis or Valkey."""
    client = library("redis")
    try:
        server = client.Redis.from_url(
            url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        )
        server.ping()
    except client.RedisError as problem:
        raise Unreachable(str(problem)) from None


def amqp(url: str) -> None:
    """Log in to a RabbitMQ."""
    connection = library("kombu").Connection(url, connect_timeout=CONNECT_SECONDS)
    try:
        with connection:
            connection.connect()
    except (library("amqp").AMQPError, *connection.connection_errors) as problem:
        raise Unreachable(str(problem)) from None
