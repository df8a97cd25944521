"""
Statements that are prepared once per connection and live as long as it does: those of the stake path.

psycopg's cursors can prepare too. But they forget all of it with every rollback, which a refused stake is, so
that the next one pays for parsing and planning again; and they wait for each answer in Python. Here one call
of libpq sends a statement and waits for its answer.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from psycopg import OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

_NAMED = re.compile(r"%\((\w+)\)s")
_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


def execute(connection: Any, text: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """
    Execute a text with named parameters (`%(name)s`), bound on the server; return its first row, if any.

    As a cursor does, it begins a transaction where none is open and the connection does not commit by itself.

    :param connection: psycopg's, as the backend of this package opens it.
    """
    wire = connection.pgconn
    if wire.transaction_status == TransactionStatus.IDLE and not connection.autocommit:
        _ensure(wire, wire.exec_(b"BEGIN"))
    query, names = _numbered(text)
    adapter = Transformer(connection)
    values = adapter.dump_sequence([parameters[name] for name in names], [PyFormat.AUTO] * len(names))
    if connection.prepare_threshold is None:
        result = wire.exec_params(query, values, adapter.types, adapter.formats)
    else:
        name = _prepared(connection, query, adapter.types)
        result = wire.exec_prepared(name, values, adapter.formats)
    adapter.set_pgresult(_ensure(wire, result))
    return adapter.load_row(0, tuple) if result.ntuples else None


def _prepared(connection: Any, query: bytes, types: tuple[int, ...] | None) -> bytes:
    """Return the name under which a text with these types of parameters is prepared."""
    known: dict[tuple[bytes, tuple[int, ...] | None], bytes] = connection.pam_prepared
    if (query, types) not in known:
        name = b"pam_%d" % len(known)
        _ensure(connection.pgconn, connection.pgconn.prepare(name, query, types))
        known[query, types] = name
    return known[query, types]


def _ensure(wire: PGconn, result: PGresult) -> PGresult:
    """
    Return a result that is good.

    :raises psycopg.Error: the server refused, or is gone.
    """
    if result.status in _GOOD:
        return result
    if wire.status == ConnStatus.BAD:
        raise OperationalError(wire.get_error_message())
    raise error_from_result(result)


@lru_cache(maxsize=1024)
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a text as the server takes it, with `$1` for the first name, and the names in order."""
    names = tuple(dict.fromkeys(_NAMED.findall(text)))
    return _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", text).encode(), names
