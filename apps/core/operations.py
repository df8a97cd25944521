"""
The shape of every write: lock, claim, decide, write, announce.

`run` is the only place that opens a transaction. `operation` wraps an act in it: it takes the lane's lock
first, in a statement of its own, then claims (player, source, kind, reference), then lets the act decide and
write. A repeat runs nothing and gets the first answer; the same reference with other content is refused.
"""

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg import errors as pg

from apps.core import clock, crypto
from apps.core.digests import digest
from apps.core.errors import Busy, OutcomeUnknown, ReferenceReused
from apps.core.models import Operation

T = TypeVar("T")
TRIES = 3
LOCK_TIMEOUT = "lock_timeout"
_RETRIED = (pg.DeadlockDetected, pg.SerializationFailure)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Who asks for an act (`source`), under which reference of theirs, and on whose behalf (`actor`).

    Staff say why (`reason`); it is kept with the operation, and is no part of what makes a repeat a repeat.
    """

    source: str
    reference: str
    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """What is locked for an act, and what its events carry: player (0 for none), brand, licence, day."""

    player_id: int = 0
    brand_id: int = 0
    licence_id: int = 0
    business_date: date | None = None


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The answer of an operation: its value, its id, and whether this was a repeat."""

    value: T
    operation_id: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Context:
    """The operation that is running: what events and rows written now belong to."""

    operation_id: int
    actor: str
    lane: Lane
    causation_id: int = 0


_context: ContextVar[Context | None] = ContextVar("operation", default=None)


def current() -> Context:
    """Return the running operation."""
    context = _context.get()
    assert context is not None, "this is written only inside an operation"
    return context


@contextmanager
def during(context: Context) -> Iterator[None]:
    """Let what is written inside belong to this operation."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


def run(body: Callable[[], T]) -> T:
    """
    Run `body` in one durable transaction, again where the database chose it as a victim or went away.

    :raises Busy: a lock could not be had in time, or every try failed that way; nothing moved.
    :raises OutcomeUnknown: the connection was lost at COMMIT, or the commit is not yet safe on the standby.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            return _once(body)
        except (OperationalError, InterfaceError) as error:
            reason = _reason_to_retry(error)
            if reason is None:
                raise
            if reason == LOCK_TIMEOUT or not tries_left:
                raise Busy(reason=reason) from error
            time.sleep(random.uniform(0.01, 0.05))
    raise AssertionError("unreachable")


def _reason_to_retry(error: Exception) -> str | None:
    """Return why the same act may be tried again, or None. No COMMIT was sent, so nothing moved."""
    cause = error.__cause__
    if isinstance(cause, pg.LockNotAvailable):
        return LOCK_TIMEOUT
    if isinstance(cause, _RETRIED):
        return "conflict"
    is_gone = isinstance(cause, pg.OperationalError) and (cause.sqlstate or "57P").startswith("57P")
    if is_gone and not connection.in_atomic_block:
        connection.close()
        return "connection_lost"
    return None


def _once(body: Callable[[], T]) -> T:
    committing = False
    try:
        with transaction.atomic(durable=True):
            value = body()
            committing = True
    except (OperationalError, InterfaceError) as error:
        if committing and not isinstance(error.__cause__, _RETRIED):
            raise OutcomeUnknown() from error
        raise
    if connection.connection is not None and getattr(connection.connection, "pam_commit_in_doubt", False):
        connection.close()
        raise OutcomeUnknown()
    return value


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside as of one instant; inside an operation, as that operation sees it."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def transaction_required(function: Callable[..., T]) -> Callable[..., T]:
    """Mark a function that takes part in a transaction and never opens one."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> T:
        assert connection.in_atomic_block, f"{function.__qualname__} is called inside an operation"
        return function(*args, **kwargs)

    return wrapper


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed reference: the operation's id, and the first answer where this is a repeat."""

    operation_id: int
    replayed: bool
    result: Any = None


_CLAIM = """
    INSERT INTO core_operation (player_id, source, kind, reference, digest, actor, reason, at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (player_id, source, kind, reference) DO NOTHING
    RETURNING id
"""


@transaction_required
def claim(*, player_id: int, asked: Asked, kind: str, content: bytes) -> Claim:
    """
    Claim a reference inside the lock.

    Two statements on purpose: "insert or select" in one returns nothing when it races with itself.

    :param content: the digest of what is asked.
    :raises ReferenceReused: the reference came before with other content.
    """
    key = (player_id, asked.source, kind, asked.reference)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [*key, content, asked.actor, asked.reason, clock.now()])
        row = cursor.fetchone()
    if row:
        return Claim(row[0], replayed=False)
    first = Operation.objects.get(player_id=key[0], source=key[1], kind=key[2], reference=key[3])
    if bytes(first.digest) != content:
        raise ReferenceReused(reference=asked.reference, kind=kind)
    return Claim(first.id, replayed=True, result=first.result)


_CLAIM_ALL = """
    INSERT INTO core_operation (player_id, source, kind, reference, digest, actor, result, at)
    SELECT %s, %s, %s, r.reference, '', %s, 'true', %s
    FROM unnest(%s::text[]) WITH ORDINALITY AS r(reference, position) ORDER BY r.position
    ON CONFLICT (player_id, source, kind, reference) DO NOTHING
    RETURNING reference, id
"""


@transaction_required
def claim_all(*, player_id: int, source: str, kind: str, references: list[str]) -> dict[str, int]:
    """Claim many references without content inside the lock; return the operations of those that are new."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_ALL, [player_id, source, kind, source, clock.now(), references])
        return dict(cursor.fetchall())


def operation(
    kind: str,
    *,
    lock: Callable[[dict[str, Any]], Lane] | None = None,
    secrets: tuple[str, ...] = (),
    personal: tuple[str, ...] = (),
) -> Callable[[Callable[..., T]], Callable[..., Done[T]]]:
    """
    Make a service an operation: one transaction, lane locked, reference claimed, first answer kept.

    The service takes keywords only and gets `operation_id`; its caller passes `asked` beside the arguments.
    Arguments and the returned value are plain data (numbers, strings, Money, Structs, dataclasses): the
    digest and the kept answer are made of them.

    :param lock: takes the keyword arguments, locks the lane they name, and returns it.
    :param secrets: arguments that the stored digest leaves out, because a hash of them could be guessed.
    :param personal: arguments with personal data, which go into it by a keyed hash for the same reason.
    """

    def decorate(service: Callable[..., T]) -> Callable[..., Done[T]]:
        returns = get_type_hints(service).get("return", Any)

        @functools.wraps(service)
        def act(*, asked: Asked, **arguments: Any) -> Done[T]:
            told = {name: value for name, value in arguments.items() if name not in secrets}
            hidden = {name: _hidden(told[name], f"{kind}.{name}") for name in personal}
            content = digest([kind, told | hidden])

            def body() -> Done[T]:
                lane = lock(arguments) if lock else Lane()
                claimed = claim(player_id=lane.player_id, asked=asked, kind=kind, content=content)
                if claimed.replayed:
                    return Done(msgspec.convert(claimed.result, returns), claimed.operation_id, replayed=True)
                with during(Context(claimed.operation_id, asked.actor, lane, _causation())):
                    value = service(operation_id=claimed.operation_id, **arguments)
                keep_result(claimed.operation_id, value)
                return Done(value, claimed.operation_id, replayed=False)

            return run(body)

        act.kind = kind  # type: ignore[attr-defined]
        return act

    return decorate


def _hidden(value: Any, purpose: str) -> str:
    return crypto.blind_index(digest(value).hex(), purpose=purpose)


def keep_result(operation_id: int, value: Any) -> None:
    """Store the first answer of an operation, once (null → value is all that the grants allow)."""
    kept = msgspec.to_builtins(value)
    if kept is not None:
        Operation.objects.filter(id=operation_id).update(result=kept)


def _causation() -> int:
    context = _context.get()
    return context.causation_id if context else 0
