"""The commands as they are: processes of their own, real connections, a real kill."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fake_platform import SECRET, FakePlatform
from granian.constants import Interfaces
from granian.server.embed import Server

from sandbox import signing
from sandbox.calling import Client, NoAnswer, Reply
from sandbox.serving import App, Request, Response, answer

ROOT = Path(__file__).parents[2]
GAMES = ("fruit-fiesta", "pharaohs-respin", "lucky-orbs")
Handler = Callable[[Request], Awaitable[Response]]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class WholePlatform:
    """The fake platform with a player API in front, all over HTTP; any password will do."""

    def __init__(self, wallet: FakePlatform, vendor: Client) -> None:
        self._wallet, self._vendor, self.launches = wallet, vendor, 0

    def app(self) -> App:
        """Return the application."""
        routes: dict[tuple[str, str], Handler] = {
            ("POST", "/api/v1/auth/login"): self._log_in,
            ("POST", "/api/v1/auth/logout"): self._log_out,
            ("GET", "/api/v1/me/wallet"): self._show_wallet,
            ("GET", "/api/v1/games"): self._list_games,
        }
        for name in ("play", "rollback"):
            routes["POST", f"/games/softswiss/demo-slots/{name}"] = self._move_money
        for game in GAMES:
            routes["POST", f"/api/v1/games/{game}/launch"] = self._launch
        return App(routes)

    async def _move_money(self, request: Request) -> Response:
        signature = request.headers.get(signing.HEADER)
        reply = self._wallet.answer(request.path, request.body, signature)
        return Response(status=reply.status, body=reply.body)

    async def _log_in(self, request: Request) -> Response:
        return answer({"token": request.json()["email"], "player": {"id": "x", "currency": "EUR"}})

    async def _log_out(self, _request: Request) -> Response:
        return Response(status=204)

    async def _show_wallet(self, _request: Request) -> Response:
        return answer({"currency": "EUR", "cash": "100.00", "bonus": "0.00"})

    async def _list_games(self, _request: Request) -> Response:
        return answer({"results": [{"id": game, "title": game} for game in GAMES], "next": None})

    async def _launch(self, request: Request) -> Response:
        self.launches += 1
        player = request.headers["authorization"].removeprefix("Bearer ")
        opened = await open_session(
            self._vendor, player=player, game=request.path.split("/")[4], number=self.launches
        )
        url = opened.json()["launch_options"]["game_url"]
        return answer({"url": url, "session_id": str(self.launches)}, status=201)


async def open_session(vendor: Client, *, player: str, game: str, number: int) -> Reply:
    """Introduce a player to the vendor."""
    content = {
        "casino_id": "demo-slots",
        "game": game,
        "currency": "EUR",
        "session_id": f"s{number}",
        "user": {"id": player},
        "urls": {"return_url": "http://127.0.0.1/"},
    }
    body = json.dumps(content).encode()
    headers = [(signing.HEADER, signing.sign(secret=SECRET, body=body))]
    return await vendor.request("POST", "/sessions", body=body, headers=headers)


@asynccontextmanager
async def platform_at(port: int, platform: WholePlatform) -> AsyncIterator[None]:
    """Serve the platform in this event loop."""
    server = Server(
        platform.app(), port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False
    )
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.stop()
        await serving


async def start(*arguments: str) -> Process:
    """Start a command of the sandbox."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", *arguments, cwd=ROOT, stdout=PIPE
    )


async def start_provider(folder: Path, *, port: int, platform: int, chaos: str) -> Process:
    """Start a provider and wait until it answers."""
    (folder / "demo.json").write_text(json.dumps({"provider": {"secret": SECRET}}))
    process = await start(
        *("provider", "--port", str(port), "--pam", f"http://127.0.0.1:{platform}"),
        *("--secret-file", str(folder / "demo.json"), "--chaos", chaos),
        *("--state", str(folder / "record.sqlite3")),
    )
    vendor = Client(base_url=f"http://127.0.0.1:{port}")
    for _ in range(100):
        with suppress(NoAnswer):
            if (await vendor.request("GET", "/health")).status == 200:
                return process
        await asyncio.sleep(0.1)
    raise AssertionError("the provider did not start")


async def drained(vendor: Client) -> dict[str, Any]:
    """Drain the vendor and return its report."""
    reply = await vendor.request("POST", "/drain")
    assert reply.status == 200
    return reply.json()


def test_a_killed_provider_settles_everything_in_its_next_life(tmp_path: Path) -> None:
    async def run() -> None:
        wallet, platform_port, port = FakePlatform(), free_port(), free_port()
        vendor = Client(base_url=f"http://127.0.0.1:{port}", timeout_seconds=60)
        async with platform_at(platform_port, WholePlatform(wallet, vendor)):
            first = await start_provider(tmp_path, port=port, platform=platform_port, chaos="0.8")
            await play_until(vendor, wallet, messages=60)
            first.kill()
            await first.wait()
            second = await start_provider(tmp_path, port=port, platform=platform_port, chaos="0.1")
            totals = await drained(vendor)
            second.terminate()
            assert await second.wait() == 0
        assert totals["unresolved"] == 0
        assert totals["surprises"] == []
        assert totals["undone"] > 0
        assert totals["by_player"] == wallet.sums()

    asyncio.run(run())


async def play_until(vendor: Client, wallet: FakePlatform, *, messages: int) -> None:
    """Spin at all games at once until the platform has seen enough messages, and walk away."""
    opened = [await open_session(vendor, player="ann", game=game, number=n) for n, game in enumerate(GAMES)]
    tokens = [reply.json()["launch_options"]["game_url"].partition("session=")[2] for reply in opened]
    spins = [
        asyncio.create_task(vendor.json("POST", "/spin", {"session": token, "stake": "1.00", "extra": True}))
        for token in tokens * 20
    ]
    while len(wallet.requests) < messages:
        await asyncio.sleep(0.01)
    for spin in spins:
        spin.cancel()


def test_players_play_at_their_pace_and_go_home_when_told(tmp_path: Path) -> None:
    async def run() -> tuple[int, str, dict[str, Any]]:
        wallet, platform_port, port = FakePlatform(), free_port(), free_port()
        vendor = Client(base_url=f"http://127.0.0.1:{port}", timeout_seconds=60)
        people = [{"brand": "demo", "email": f"p{n}@example.test", "password": "x"} for n in range(6)]
        (tmp_path / "people.json").write_text(json.dumps({"players": people}))
        async with platform_at(platform_port, WholePlatform(wallet, vendor)):
            provider = await start_provider(tmp_path, port=port, platform=platform_port, chaos="0")
            players = await start(
                *("players", "--pam", f"http://127.0.0.1:{platform_port}"),
                *("--provider", f"http://127.0.0.1:{port}", "--file", str(tmp_path / "people.json")),
                *("--rate", "20"),
            )
            while len(wallet.requests) < 60:
                await asyncio.sleep(0.05)
            players.send_signal(signal.SIGTERM)
            said, _ = await players.communicate()
            totals = await drained(vendor)
            provider.terminate()
            await provider.wait()
        assert totals["by_player"] == wallet.sums()
        return players.returncode or 0, said.decode(), totals

    status, said, totals = asyncio.run(run())
    assert status == 0
    last = said.splitlines()[-1]
    assert last.startswith(f"in all: rounds {totals['rounds']}, ")
    assert last.endswith("refusals none")
