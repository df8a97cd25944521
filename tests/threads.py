"""Real threads on real connections, aimed at one wallet, and a look at who waits for whom."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import OperationalError, connection, connections

PATIENCE_SECONDS = 20.0


def at_once(acts: Iterable[Callable[[], Any]]) -> list[Any]:
    """Do every act in a thread of its own, all let go at once; return answers or exceptions in order."""
    waiting = list(acts)
    start = threading.Barrier(len(waiting))
    with ThreadPoolExecutor(len(waiting)) as pool:
        futures = [pool.submit(_alone, act, start) for act in waiting]
    return [future.exception() or future.result() for future in futures]


def _alone(act: Callable[[], Any], start: threading.Barrier) -> Any:
    try:
        _connect()
        start.wait(PATIENCE_SECONDS)
        return act()
    finally:
        connections.close_all()


def _connect() -> None:
    """Open this thread's connection before the start, and wait for a place where the server is full."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def started(act: Callable[[], Any]) -> Iterator[Future]:
    """Do an act in a thread of its own while the block runs; its answer is the future's."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(_alone, act, threading.Barrier(1))


def raw_connection(alias: str = "default") -> psycopg.Connection:
    """Return a connection that Django does not know: of the application's login, or of the owner's."""
    parameters = connections[alias].get_connection_params()
    plain = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port")}
    return psycopg.connect(**plain, autocommit=True)


_WAITERS = """
    SELECT a.pid FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.wait_event_type = 'Lock' AND a.query LIKE %s
      AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted)
"""


def wait_for_waiters(text: str, count: int = 1) -> list[int]:
    """Wait until so many backends wait for a lock in a statement that contains a text; return their pids."""
    return wait_until(_WAITERS, [f"%{text}%"], count)


def wait_until(query: str, parameters: list[Any], count: int = 1) -> list[int]:
    """Wait until a query, asked on a connection of its own, returns at least so many rows."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with raw_connection() as watcher:
        while time.monotonic() < deadline:
            rows = watcher.execute(query, parameters).fetchall()
            if len(rows) >= count:
                return [row[0] for row in rows]
            time.sleep(0.002)
    raise AssertionError(f"nobody waits as expected: {query} {parameters}")
