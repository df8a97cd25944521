import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_platform import SECRET, FakePlatform
from fake_table import dealer_at

from sandbox import signing
from sandbox.serving import App
from sandbox.slots.games import GAMES
from sandbox.slots.server import Provider

ORIGIN = "http://vendor.test"
INTRODUCTION = {
    "casino_id": "demo-slots",
    "game": "fruit-fiesta",
    "currency": "EUR",
    "locale": "en",
    "ip": "127.0.0.1",
    "session_id": "s-1",
    "user": {"id": "player-1"},
    "urls": {"return_url": "http://operator.test/"},
}

Visit = Callable[[httpx.AsyncClient], Awaitable[Any]]


def visit(path: Path, act: Visit, *, platform: FakePlatform | None = None) -> Any:
    """Let a client act against the provider's application."""

    async def run() -> Any:
        dealer = dealer_at(platform or FakePlatform(), path / "record")
        provider = Provider(
            dealer=dealer, dial=dealer.dial, account="demo-slots", secret=SECRET, public_url=ORIGIN
        )
        transport = httpx.ASGITransport(app=App(provider.routes()))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await act(client)

    return asyncio.run(run())


async def introduce(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    """Open a session as the platform does."""
    body = json.dumps(INTRODUCTION | changes).encode()
    headers = {signing.HEADER: signing.sign(secret=SECRET, body=body)}
    return await client.post("/sessions", content=body, headers=headers)


async def session(client: httpx.AsyncClient, **changes: Any) -> str:
    """Open a session and return its token."""
    opened = await introduce(client, **changes)
    return opened.json()["launch_options"]["game_url"].partition("session=")[2]


def test_a_session_leads_to_a_page_of_this_server(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient) -> None:
        opened = await introduce(client)
        assert opened.status_code == 200
        assert opened.json()["launch_options"]["strategy"] == "redirect"
        url = opened.json()["launch_options"]["game_url"]
        assert url.startswith(f"{ORIGIN}/game?session=")
        assert (await client.get(url)).status_code == 200
        assert (await introduce(client)).json()["launch_options"]["game_url"] == url

    visit(tmp_path, act)


@pytest.mark.parametrize("signature", [None, "", "0" * 64])
def test_a_session_without_the_right_signature_is_refused(tmp_path: Path, signature: str | None) -> None:
    async def act(client: httpx.AsyncClient) -> int:
        headers = {} if signature is None else {signing.HEADER: signature}
        return (await client.post("/sessions", json=INTRODUCTION, headers=headers)).status_code

    assert visit(tmp_path, act) == 403


def test_one_space_more_breaks_the_signature(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient) -> int:
        body = json.dumps(INTRODUCTION).encode()
        headers = {signing.HEADER: signing.sign(secret=SECRET, body=body)}
        return (await client.post("/sessions", content=body + b" ", headers=headers)).status_code

    assert visit(tmp_path, act) == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"game": "no-such-game"}, 404),
        ({"casino_id": "somebody-else"}, 404),
        ({"user": "x"}, 400),
        ({"session_id": None}, 400),
        ({"session_id": ["s-1"]}, 400),
    ],
)
def test_a_session_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict, status: int) -> None:
    async def act(client: httpx.AsyncClient) -> int:
        return (await introduce(client, **changes)).status_code

    assert visit(tmp_path, act) == status


@pytest.mark.parametrize("game", GAMES)
def test_a_round_can_be_played_at_every_game(tmp_path: Path, game: str) -> None:
    platform = FakePlatform(funds=1000)

    async def act(client: httpx.AsyncClient) -> tuple[dict, dict]:
        token = await session(client, game=game)
        played = (await client.post("/spin", json={"session": token, "stake": "1.00"})).json()
        return played, (await client.post("/table", json={"session": token})).json()

    played, table = visit(tmp_path, act, platform=platform)
    assert (played["state"], played["stake"], played["staked"]) == ("settled", "1.00", "1.00")
    assert len(played["spin"]["screen"]) == len(GAMES[game].reels)
    balance = f"{platform.balance('player-1') / 100:.2f}"
    assert played["balance"] == table["balance"] == balance
    assert table["rounds"] == [{**played, "balance": None}]


def test_a_refused_round_shows_why_and_not_how_it_would_have_come_out(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient) -> dict:
        content = {"session": await session(client), "stake": "1.00"}
        return (await client.post("/spin", json=content)).json()

    played = visit(tmp_path, act, platform=FakePlatform(funds=99))
    assert (played["state"], played["code"], played["balance"]) == ("refused", "100", "0.99")
    assert (played["spin"], played["win"], played["staked"]) == (None, "0.00", "0.00")


@pytest.mark.parametrize("stake", ["0.10", "5.10", "0.25", "-1", "1e0", "", None, 10**9])
def test_a_stake_that_the_game_does_not_offer_is_refused(tmp_path: Path, stake: object) -> None:
    platform = FakePlatform()

    async def act(client: httpx.AsyncClient) -> int:
        content = {"session": await session(client), "stake": stake}
        return (await client.post("/spin", json=content)).status_code

    assert visit(tmp_path, act, platform=platform) == 422
    assert platform.requests == []


def test_nobody_plays_without_a_session(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient) -> list[int]:
        spin = await client.post("/spin", json={"session": "x", "stake": "1.00"})
        table = await client.post("/table", json={"session": "x"})
        return [spin.status_code, table.status_code, (await client.get("/game?session=x")).status_code]

    assert visit(tmp_path, act) == [404, 404, 404]


def test_a_drain_stops_the_play_and_reports(tmp_path: Path) -> None:
    platform = FakePlatform()

    async def act(client: httpx.AsyncClient) -> tuple[dict, dict, int, int]:
        content = {"session": await session(client), "stake": "1.00"}
        for _ in range(10):
            await client.post("/spin", json=content)
        drained = (await client.post("/drain")).json()
        refused = (await client.post("/spin", json=content)).status_code
        reported = (await client.get("/report")).json()
        await client.post("/resume")
        return drained, reported, refused, (await client.post("/spin", json=content)).status_code

    drained, reported, refused, resumed = visit(tmp_path, act, platform=platform)
    assert drained == reported
    assert (drained["rounds"], drained["bets"], drained["unresolved"]) == (10, 10, 0)
    assert drained["staked_minor"] == {"EUR": 1000}
    assert drained["by_player"]["player-1"]["won"] == drained["won_minor"].get("EUR", 0)
    assert (refused, resumed) == (503, 200)


def test_the_dial_is_read_and_turned_over_http(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient) -> list[Any]:
        before = (await client.get("/chaos")).json()
        after = (await client.post("/chaos", json={"chaos": 0.3})).json()
        refused = (await client.post("/chaos", json={"chaos": 2})).status_code
        return [before, after, refused, (await client.get("/health")).json()["chaos"]]

    assert visit(tmp_path, act) == [{"chaos": 0.0}, {"chaos": 0.3}, 422, 0.3]


def test_another_site_cannot_change_anything_through_a_browser(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient) -> list[int]:
        foreign, own = {"Origin": "http://evil.test"}, {"Origin": ORIGIN}
        answers = [await client.post("/chaos", json={"chaos": 0}, headers=h) for h in (foreign, own)]
        return [reply.status_code for reply in answers]

    assert visit(tmp_path, act) == [403, 200]


def test_pages_allow_nothing_from_elsewhere(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient) -> tuple[list[int], str]:
        statuses = [
            (await client.get(f"/pages/{name}")).status_code for name in ("game.js", "../slots/server.py")
        ]
        return statuses, (await client.get("/pages/game.js")).headers["content-security-policy"]

    statuses, policy = visit(tmp_path, act)
    assert statuses == [200, 404]
    assert "default-src 'self'" in policy


@pytest.mark.parametrize(("body", "status"), [(b"[]", 400), (b"{", 400), (b" " * 70_000, 413)])
def test_a_body_that_cannot_be_read_is_refused(tmp_path: Path, body: bytes, status: int) -> None:
    async def act(client: httpx.AsyncClient) -> int:
        return (await client.post("/spin", content=body)).status_code

    assert visit(tmp_path, act) == status
