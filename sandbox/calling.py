"""
A light HTTP client for many small requests to one address.

Simulated players and vendors share two cores with the product they try, so a request has to cost little:
connections are kept and reused, and h11 does the protocol alone.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import h11

Header = tuple[str, str]
CHUNK_BYTES = 65_536


class NoAnswer(Exception):
    """No answer came in time; the request may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came over the wire."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, or an empty one when it is anything else."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


class Connection:
    """One connection that carries one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._protocol = h11.Connection(h11.CLIENT)

    @property
    def is_reusable(self) -> bool:
        """Whether the other side still listens and the last answer was read to its end."""
        return self._protocol.our_state is h11.IDLE and not self._reader.at_eof()

    async def exchange(self, request: h11.Request, body: bytes) -> Reply:
        """Send a request and return its answer."""
        events = (request, h11.Data(data=body), h11.EndOfMessage())
        self._writer.write(b"".join(self._protocol.send(event) or b"" for event in events))
        status, content = 0, b""
        while not isinstance(event := await self._next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                content += event.data
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
        return Reply(status=status, body=content)

    async def _next_event(self) -> h11.Event:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._reader.read(CHUNK_BYTES))
        if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
            raise h11.RemoteProtocolError("the connection ended before the answer did")
        return event

    def close(self) -> None:
        """Close the connection without waiting for the other side."""
        self._writer.close()


class Client:
    """Requests to one base address over connections that are kept open."""

    def __init__(self, *, base_url: str, timeout_seconds: float = 5.0) -> None:
        parts = urlsplit(base_url)
        self._host, self._tls = parts.hostname or "127.0.0.1", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._prefix, self._authority = parts.path.rstrip("/"), parts.netloc
        self._timeout_seconds = timeout_seconds
        self._idle: list[Connection] = []

    async def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Iterable[Header] = ()
    ) -> Reply:
        """
        Send a request and return the answer, whatever its status.

        :raises NoAnswer: the connection failed or the time was up.
        """
        described = [("Host", self._authority), ("Content-Length", str(len(body))), *headers]
        request = h11.Request(method=method, target=self._prefix + path, headers=described)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(request, body)
        except (OSError, TimeoutError, h11.ProtocolError) as error:
            raise NoAnswer(f"{method} {path}: {type(error).__name__}") from error

    async def json(
        self, method: str, path: str, content: object = None, *, headers: Iterable[Header] = ()
    ) -> Reply:
        """
        Send a request whose body, if any, is JSON.

        :raises NoAnswer: the connection failed or the time was up.
        """
        body = b"" if content is None else json.dumps(content).encode()
        described = (("Content-Type", "application/json"), ("Accept", "application/json"), *headers)
        return await self.request(method, path, body=body, headers=described)

    async def _exchange(self, request: h11.Request, body: bytes) -> Reply:
        connection = self._idle_connection() or await self._connect()
        try:
            return await connection.exchange(request, body)
        finally:
            if connection.is_reusable:
                self._idle.append(connection)
            else:
                connection.close()

    def _idle_connection(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable:
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        return Connection(*await asyncio.open_connection(self._host, self._port, ssl=self._tls or None))

    def close(self) -> None:
        """Close the connections that are idle."""
        while self._idle:
            self._idle.pop().close()


def bearer(token: str) -> Header:
    """Return the header that shows a session token."""
    return ("Authorization", f"Bearer {token}")
