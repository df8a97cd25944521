"""
The little HTTP that the vendors need: requests, answers, routes, pages and a server.

Every answer forbids framing, sniffing and anything that does not come from the vendor itself. A request that
a browser sends from another origin may not change anything.
"""

import asyncio
import json
import mimetypes
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from granian.constants import Interfaces
from granian.server.embed import Server

BODY_LIMIT_BYTES = 65_536
PAGES = Path(__file__).parent / "pages"
SAFETY_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class BadRequest(Exception):
    """The request cannot be served; carries the answer's status and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its body read."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """
        Return the body as a JSON object; an empty body is an empty object.

        :raises BadRequest: the body is something else.
        """
        try:
            content = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequest(400, "malformed") from error
        if not isinstance(content, dict):
            raise BadRequest(400, "malformed")
        return content

    def cookie(self, name: str) -> str | None:
        """Return the value of a cookie, if the request carries it."""
        try:
            morsel = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return None
        return morsel.value if morsel else None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = field(default=())


Handler = Callable[[Request], Awaitable[Response]]
Routes = Mapping[tuple[str, str], Handler]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def answer(
    content: Mapping[str, Any], *, status: int = 200, headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """Return an answer in JSON."""
    return Response(status=status, body=json.dumps(content).encode(), headers=tuple(headers))


def page(name: str) -> Response:
    """Return a file of the pages folder."""
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(body=(PAGES / name).read_bytes(), content_type=f"{content_type}; charset=utf-8")


def page_routes(names: Iterable[str]) -> Routes:
    """Return one route for each named file of the pages folder; no other file can be asked for."""

    def serve(name: str) -> Handler:
        async def serve_page(_request: Request) -> Response:
            return page(name)

        return serve_page

    return {("GET", f"/pages/{name}"): serve(name) for name in names}


@dataclass(frozen=True, slots=True)
class App:
    """An ASGI application made of routes."""

    routes: Routes

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request; ASGI's entry."""
        try:
            response = await self._serve(await _read(scope, receive))
        except BadRequest as refusal:
            response = answer({"code": refusal.code}, status=refusal.status)
        headers = [(name.encode(), value.encode()) for name, value in response.headers]
        headers += [(b"content-type", response.content_type.encode()), *SAFETY_HEADERS]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _serve(self, request: Request) -> Response:
        handler = self.routes.get((request.method, request.path))
        if handler is None:
            raise BadRequest(404, "not_found")
        if request.method != "GET" and _is_from_elsewhere(request):
            raise BadRequest(403, "foreign_origin")
        return await handler(request)


def _is_from_elsewhere(request: Request) -> bool:
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


async def _read(scope: Mapping[str, Any], receive: Receive) -> Request:
    """
    Read a request.

    :raises BadRequest: its body is larger than any that a vendor expects.
    """
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT_BYTES:
            raise BadRequest(413, "too_large")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"))),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


async def serve(app: App, *, port: int, host: str = "127.0.0.1") -> None:
    """Serve the application until SIGTERM or SIGINT."""
    server = Server(
        app, address=host, port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()
