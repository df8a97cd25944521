"""Sets up a dealer with its record, wire and dial against a fake platform, with time running faster."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fake_platform import SECRET, FakePlatform

from sandbox.chaos import Dial
from sandbox.slots import report
from sandbox.slots.dealer import Dealer
from sandbox.slots.games import GAMES
from sandbox.slots.rounds import Round, Session
from sandbox.slots.store import Store
from sandbox.slots.wire import Wire

HASTE = 200


async def fast_sleep(seconds: float) -> None:
    """Sleep a small part of the time."""
    await asyncio.sleep(seconds / HASTE)


def dealer_at(platform: FakePlatform, path: Path, *, chaos: float = 0.0, seed: int = 7) -> Dealer:
    """Return a dealer over the record in the file."""
    wire = Wire(platform, account="demo-slots", secret=SECRET, sleep=fast_sleep)
    return Dealer(store=Store(str(path)), wire=wire, dial=Dial(seed=seed, level=chaos), seed=seed)


def session_for(dealer: Dealer, *, player: str, game: str) -> Session:
    """Open a session of a player at a game."""
    name = f"{player}-{game}"
    session = Session(
        token=f"token-{name}",
        platform_session=f"session-{name}",
        player=player,
        currency="EUR",
        game=game,
        locale="en",
    )
    return dealer.store.open_session(session)


def deal_everywhere(dealer: Dealer, *, players: Iterable[str], rounds: int, stake: int = 100) -> list[Round]:
    """Start so many rounds for each player at each game, all at once."""
    sessions = [session_for(dealer, player=player, game=game) for player in players for game in GAMES]
    return [
        dealer.deal(session, stake=stake, extra=number % 2 == 0)[0]
        for number in range(rounds)
        for session in sessions
    ]


async def settled(dealer: Dealer) -> dict[str, Any]:
    """Drain the dealer and return its report."""
    assert await dealer.drain(timeout_seconds=60)
    return report.totals(dealer.store.path)
