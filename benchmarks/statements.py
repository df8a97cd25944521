"""
Count the statements of a stake, a win and an undo, on the wire to the database, and print them as JSON.

A process of its own, which calls the product's WSGI application. libpq itself writes down every message that
it sends, so nothing that asks the database can hide from the count, and a statement that was not prepared
shows.

    {"statements": {"stake": ["BEGIN", "SELECT ...", ...], "win": [...], "undo": [...]}, "readers": [...]}

`readers` are the names of the product's subscriptions to events.
"""

import io
import json
import re
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

from django.db import connection

from benchmarks.messages import Message, stakes, undos, wins
from pam.wsgi import application

PLAYER = "bench-user-1"
# After so many calls every statement is prepared, and what the product keeps in memory is there.
FAMILIAR = 8
SHOWN_CHARACTERS = 70
# A message to the server that asks for something: a text, or a prepared statement by its name.
ASKED = re.compile(r'\tF\t\d+\t(?:Query\t "(?P<text>.*)"|Bind\t "" "(?P<name>[^"]*)".*)$', re.MULTILINE)


def main() -> None:
    """Print the statements of each act."""
    placed = list(stakes([PLAYER], count=2 * FAMILIAR, prefix="counted"))
    counted = {
        "stake": statements(placed),
        "win": statements(wins(placed[:FAMILIAR])),
        "undo": statements(undos(placed[FAMILIAR:])),
    }
    json.dump({"statements": counted, "readers": readers()}, sys.stdout)


def readers() -> list[str]:
    """Return the names of the product's subscriptions."""
    from apps.core.events import subscribers  # noqa: PLC0415 - only after the product was set up.

    return sorted(subscribers)


def statements(messages: Iterable[Message]) -> list[str]:
    """Send messages and return the beginnings of the statements of the last one."""
    connection.ensure_connection()
    asked: list[re.Match[str]] = []
    for message in messages:
        asked = list(ASKED.finditer(traced(message)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, statement FROM pg_prepared_statements")
        prepared = dict(cursor.fetchall())
    return [shown(found["text"] or prepared.get(found["name"], "(not prepared)")) for found in asked]


def shown(statement: str) -> str:
    """Return the beginning of a statement in one line."""
    return " ".join(statement.split())[:SHOWN_CHARACTERS]


def traced(message: Message) -> str:
    """Send a message and return what libpq wrote down."""
    assert connection.connection is not None
    wire = connection.connection.pgconn
    with tempfile.TemporaryFile("w+") as file:
        wire.trace(file.fileno())
        try:
            send(message)
        finally:
            wire.untrace()
        file.seek(0)
        return file.read()


def send(message: Message) -> None:
    """Call the product with a message, as its server does."""
    answered: list[str] = []
    response = application(environ(message), lambda status, headers: answered.append(status))
    b"".join(response)
    response.close()
    assert answered[0].startswith("200"), answered


def environ(message: Message) -> dict[str, Any]:
    """Return the WSGI environment of a request."""
    head, _, body = message.request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    method, path, protocol = line.split(" ")
    named = {name.upper().replace("-", "_"): value for name, _, value in (h.partition(": ") for h in headers)}
    return {
        **{f"HTTP_{name}": value for name, value in named.items() if not name.startswith("CONTENT_")},
        **{name: value for name, value in named.items() if name.startswith("CONTENT_")},
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": protocol,
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }


if __name__ == "__main__":
    main()
