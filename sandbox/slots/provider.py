"""The provider's process: takes up what an earlier one left, and serves until it is told to stop."""

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from sandbox.calling import Client
from sandbox.chaos import Dial
from sandbox.lobby import Lobby
from sandbox.serving import App, serve
from sandbox.slots.dealer import Dealer
from sandbox.slots.server import Provider
from sandbox.slots.store import Store
from sandbox.slots.wire import Wire

WALLET_SECONDS = 3.0
PLATFORM_SECONDS = 15.0
GOODBYE_SECONDS = 4.0
SUGGESTED_PLAYERS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    port: int
    pam: str
    account: str
    secret_file: Path
    chaos: float
    seed: int
    state: Path


async def run(settings: Settings) -> None:
    """Run the provider until SIGTERM."""
    introduction = json.loads(settings.secret_file.read_text())
    secret, players = introduction["provider"]["secret"], introduction.get("players", [])
    settings.state.parent.mkdir(parents=True, exist_ok=True)
    store, dial = Store(str(settings.state)), Dial(seed=settings.seed, level=settings.chaos)
    wallet = Client(base_url=settings.pam, timeout_seconds=WALLET_SECONDS)
    wire = Wire(wallet, account=settings.account, secret=secret)
    dealer = Dealer(store=store, wire=wire, dial=dial, seed=settings.seed)
    url = f"http://127.0.0.1:{settings.port}"
    provider = Provider(dealer=dealer, dial=dial, account=settings.account, secret=secret, public_url=url)
    lobby = Lobby(
        platform=Client(base_url=settings.pam, timeout_seconds=PLATFORM_SECONDS),
        suggestions=[
            {name: player[name] for name in ("brand", "email")} for player in players[:SUGGESTED_PLAYERS]
        ],
    )
    log.info("provider on %s, %d rounds taken up", url, dealer.recover())
    await serve(App({**lobby.routes(), **provider.routes()}), port=settings.port)
    # What is still unresolved after this stays on record and is taken up by the next process.
    await dealer.drain(timeout_seconds=GOODBYE_SECONDS)
    store.close()


def main(settings: Settings) -> None:
    """Run the provider as a process of its own."""
    asyncio.run(run(settings))
