import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
import pytest

from sandbox.calling import NoAnswer, Reply
from sandbox.lobby import Lobby
from sandbox.serving import App

ORIGIN = "http://casino.test"
CREDENTIALS = {"brand": "demo", "email": "ann@example.test", "password": "open sesame"}


class FakePlayerApi:
    """The platform's player API for one player, and what it was asked."""

    def __init__(self, *, token: str = "tok-1", is_down: bool = False) -> None:
        self._token, self._is_down = token, is_down
        self.asked: list[tuple[str, str, Any]] = []

    async def json(
        self, method: str, path: str, content: object = None, *, headers: Iterable[tuple[str, str]] = ()
    ) -> Reply:
        """Answer one request."""
        if self._is_down:
            raise NoAnswer("down")
        self.asked.append((method, path, dict(headers).get("Authorization")))
        if path == "/api/v1/auth/login":
            return self._log_in(content)
        is_known = dict(headers).get("Authorization") == f"Bearer {self._token}"
        return _reply(200, {"path": path}) if is_known else _reply(401, {"code": "accounts.no_session"})

    def _log_in(self, content: object) -> Reply:
        if content != CREDENTIALS:
            return _reply(401, {"code": "accounts.wrong_credentials"})
        return _reply(200, {"token": self._token, "player": {"id": "p1", "currency": "EUR"}})


def _reply(status: int, content: dict[str, Any]) -> Reply:
    return Reply(status=status, body=json.dumps(content).encode())


def visit(act: Callable[[httpx.AsyncClient], Awaitable[Any]], api: FakePlayerApi) -> Any:
    """Let a browser act against the casino."""
    lobby = Lobby(platform=api, suggestions=[{"brand": "demo", "email": "ann@example.test"}])

    async def run() -> Any:
        transport = httpx.ASGITransport(app=App(lobby.routes()))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await act(client)

    return asyncio.run(run())


def test_the_token_stays_in_a_cookie_that_scripts_cannot_read() -> None:
    async def act(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/casino/login", json=CREDENTIALS)

    answered = visit(act, FakePlayerApi())
    assert answered.json() == {"player": {"id": "p1", "currency": "EUR"}}
    assert answered.headers["set-cookie"] == "sandbox_casino=tok-1; Path=/; HttpOnly; SameSite=Strict"
    assert "open sesame" not in answered.text


def test_wrong_credentials_are_passed_on_without_a_cookie() -> None:
    async def act(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/casino/login", json=CREDENTIALS | {"password": "x"})

    answered = visit(act, FakePlayerApi())
    assert (answered.status_code, answered.json()["code"]) == (401, "accounts.wrong_credentials")
    assert "set-cookie" not in answered.headers


def test_a_token_cannot_add_to_the_cookie() -> None:
    async def act(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/casino/login", json=CREDENTIALS)

    answered = visit(act, FakePlayerApi(token="a; Domain=evil.test"))
    assert answered.status_code == 502
    assert "set-cookie" not in answered.headers


def test_a_player_sees_the_wallet_and_games_and_launches() -> None:
    async def act(client: httpx.AsyncClient) -> list[str]:
        await client.post("/casino/login", json=CREDENTIALS)
        wallet, games = await client.get("/casino/wallet"), await client.get("/casino/games")
        launch = await client.post("/casino/launch", json={"game": "a/../b"})
        return [reply.json()["path"] for reply in (wallet, games, launch)]

    paths = visit(act, FakePlayerApi())
    assert paths == ["/api/v1/me/wallet", "/api/v1/games", "/api/v1/games/a%2F..%2Fb/launch"]


@pytest.mark.parametrize("path", ["/casino/wallet", "/casino/games"])
def test_nobody_sees_anything_before_the_log_in(path: str) -> None:
    async def act(client: httpx.AsyncClient) -> int:
        return (await client.get(path)).status_code

    assert visit(act, FakePlayerApi()) == 401


def test_logging_out_ends_the_session_and_clears_the_cookie() -> None:
    api = FakePlayerApi()

    async def act(client: httpx.AsyncClient) -> int:
        await client.post("/casino/login", json=CREDENTIALS)
        assert "Max-Age=0" in (await client.post("/casino/logout", json={})).headers["set-cookie"]
        return (await client.get("/casino/wallet")).status_code

    assert visit(act, api) == 401
    assert ("POST", "/api/v1/auth/logout", "Bearer tok-1") in api.asked


def test_a_platform_out_of_reach_is_said_to_be() -> None:
    async def act(client: httpx.AsyncClient) -> tuple[int, dict]:
        answered = await client.post("/casino/login", json=CREDENTIALS)
        return answered.status_code, answered.json()

    assert visit(act, FakePlayerApi(is_down=True)) == (502, {"code": "platform_unreachable"})


def test_suggestions_carry_no_passwords() -> None:
    async def act(client: httpx.AsyncClient) -> dict:
        return (await client.get("/casino/suggestions")).json()

    assert visit(act, FakePlayerApi()) == {"players": [{"brand": "demo", "email": "ann@example.test"}]}


def test_logging_out_clears_the_cookie_even_if_the_platform_is_down() -> None:
    async def act(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/casino/logout", json={})

    answered = visit(act, FakePlayerApi(is_down=True))
    assert answered.status_code == 200
    assert "Max-Age=0" in answered.headers["set-cookie"]
