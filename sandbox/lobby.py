"""
A tiny casino for people: an operator's site reduced to a log-in, a wallet and some games.

It speaks the platform's public player API for the browser and keeps nothing: the password passes through
once, and the session token lives in a cookie that scripts cannot read.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.calling import Client, NoAnswer, Reply, bearer
from sandbox.serving import BadRequest, Request, Response, Routes, answer, page, page_routes

COOKIE = "sandbox_casino"
COOKIE_RULES = "Path=/; HttpOnly; SameSite=Strict"
CREDENTIALS = ("brand", "email", "password")
TOKEN_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=:")


@dataclass(frozen=True, slots=True)
class Lobby:
    """The front page and what it asks of the platform; `suggestions` are players one may log in as."""

    platform: Client
    suggestions: Sequence[dict[str, str]]

    def routes(self) -> Routes:
        """Return everything that the casino serves."""
        return {
            ("GET", "/"): self.front,
            ("GET", "/casino/suggestions"): self.suggest,
            ("POST", "/casino/login"): self.log_in,
            ("POST", "/casino/logout"): self.log_out,
            ("GET", "/casino/wallet"): self.wallet,
            ("GET", "/casino/games"): self.games,
            ("POST", "/casino/launch"): self.launch,
            **page_routes(("lobby.css", "lobby.js")),
        }

    async def front(self, _request: Request) -> Response:
        """Show the front page."""
        return page("lobby.html")

    async def suggest(self, _request: Request) -> Response:
        """Name some players of the demonstration, without their passwords."""
        return answer({"players": list(self.suggestions)})

    async def log_in(self, request: Request) -> Response:
        """Log in with the platform and keep its token in a cookie."""
        content = request.json()
        credentials = {name: str(content.get(name, "")) for name in CREDENTIALS}
        reply = await self._ask("POST", "/api/v1/auth/login", credentials)
        token = reply.json().get("token")
        if reply.status != 200 or not isinstance(token, str):
            return _pass_on(reply)
        if not TOKEN_CHARACTERS.issuperset(token):
            raise BadRequest(502, "strange_token")
        cookie = f"{COOKIE}={token}; {COOKIE_RULES}"
        return answer({"player": reply.json().get("player")}, headers=[("set-cookie", cookie)])

    async def log_out(self, request: Request) -> Response:
        """End the session with the platform and forget the cookie, whatever the platform says."""
        token = request.cookie(COOKIE)
        with suppress(BadRequest):
            await self._ask("POST", "/api/v1/auth/logout", {}, token=token)
        return answer({}, headers=[("set-cookie", f"{COOKIE}=; Max-Age=0; {COOKIE_RULES}")])

    async def wallet(self, request: Request) -> Response:
        """Show the player's wallet."""
        return _pass_on(await self._ask("GET", "/api/v1/me/wallet", token=_token(request)))

    async def games(self, request: Request) -> Response:
        """List the games that the player may launch."""
        return _pass_on(await self._ask("GET", "/api/v1/games", token=_token(request)))

    async def launch(self, request: Request) -> Response:
        """Launch a game and return its address."""
        game = quote(str(request.json().get("game", "")), safe="")
        return _pass_on(await self._ask("POST", f"/api/v1/games/{game}/launch", {}, token=_token(request)))

    async def _ask(
        self, method: str, path: str, content: object = None, *, token: str | None = None
    ) -> Reply:
        headers = [bearer(token)] if token else []
        try:
            return await self.platform.json(method, path, content, headers=headers)
        except NoAnswer as failure:
            raise BadRequest(502, "platform_unreachable") from failure


def _token(request: Request) -> str:
    """
    Return the session token of the request.

    :raises BadRequest: nobody is logged in.
    """
    token = request.cookie(COOKIE)
    if not token:
        raise BadRequest(401, "not_logged_in")
    return token


def _pass_on(reply: Reply) -> Response:
    """Return the platform's answer as our own, as JSON and nothing else."""
    content: dict[str, Any] = reply.json()
    return Response(status=reply.status, body=json.dumps(content).encode())
