"""
Simulated players, who live in the product through HTTP alone.

Each logs in, looks at the wallet, launches a game, plays for a while, changes the game, logs out and comes
back later. A refusal is part of life: a player without funds lowers the stake or leaves, one who is limited
or excluded stays away. One pace for everybody holds the number of rounds per second.
"""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from sandbox import chance
from sandbox.calling import Client, NoAnswer, Reply, bearer

SUMMARY_SECONDS = 10.0
WHOLE_RATE_PLAYERS = 2.0
LOG_INS_PER_SECOND = 4.0
STAKES = ("0.20", "0.40", "0.60", "1.00", "2.00", "3.00", "5.00")
OUT_OF_FUNDS = "100"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    pam: str
    provider: str
    file: Path
    seed: int
    rate: float


class Refused(Exception):
    """The product said no; carries the code it gave."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Pace:
    """Hands out turns at a steady rate, first come, first served; a lull is not made up for by a rush."""

    def __init__(self, *, per_second: float) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._gap, now)
        await asyncio.sleep(self._next - now)


@dataclass(slots=True)
class Tally:
    """What happened since the start."""

    rounds: int = 0
    states: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    def line(self, *, seconds: float, rounds_before: int) -> str:
        """Return one line about the last so many seconds."""
        refusals = " ".join(f"{code}:{count}" for code, count in sorted(self.refusals.items())) or "none"
        states = " ".join(f"{state}:{count}" for state, count in sorted(self.states.items())) or "none"
        rate = (self.rounds - rounds_before) / seconds
        return f"rounds {self.rounds}, {rate:.1f} rounds/s, {states}, refusals {refusals}"


@dataclass(slots=True)
class World:
    """What all players share: the two addresses, the pace, the tally, and whether it is time to go home."""

    platform: Client
    provider: Client
    pace: Pace
    door: Pace
    tally: Tally = field(default_factory=Tally)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until it is time to go home."""
        try:
            await asyncio.wait_for(self.closing.wait(), timeout=seconds)
        except TimeoutError:
            return


class Player:
    """One simulated player; every choice comes from a generator of their own."""

    def __init__(self, world: World, credentials: dict[str, str], *, seed: int) -> None:
        self._world, self._credentials = world, credentials
        self._chance = chance.generator(
            seed=seed, name=f"player/{credentials['brand']}/{credentials['email']}"
        )
        self._stake = self._chance.choice(STAKES)
        self._token = ""

    async def live(self) -> None:
        """Come, play and go, again and again, until it is time to go home."""
        while not self._world.closing.is_set():
            away = self._chance.uniform(2, 10)
            try:
                await self._visit()
            except Refused as refusal:
                self._world.tally.refusals[refusal.code] += 1
                away = self._chance.uniform(15, 60)
            except NoAnswer:
                self._world.tally.refusals["no_answer"] += 1
                away = self._chance.uniform(3, 12)
            await self._world.rest(away)

    async def _visit(self) -> None:
        await self._world.door.turn()
        if self._world.closing.is_set():
            return
        content = self._accepted(
            await self._world.platform.json("POST", "/api/v1/auth/login", self._credentials)
        )
        self._token = content["token"]
        try:
            await self._play_some_games()
        finally:
            await self._ask("POST", "/api/v1/auth/logout", {})

    async def _play_some_games(self) -> None:
        games = self._accepted(await self._ask("GET", "/api/v1/games"))["results"]
        for _ in range(self._chance.randint(1, 4)):
            wallet = self._accepted(await self._ask("GET", "/api/v1/me/wallet"))
            if (
                self._world.closing.is_set()
                or not games
                or float(wallet["cash"]) + float(wallet["bonus"]) < 0.2
            ):
                return
            game = self._chance.choice(games)
            launch = self._accepted(
                await self._ask("POST", f"/api/v1/games/{quote(game['id'], safe='')}/launch", {})
            )
            await self._play(session_of(launch["url"]))
            await self._world.rest(self._chance.uniform(0.5, 3))

    async def _play(self, session: str) -> None:
        """Spin until the fun is over."""
        for _ in range(self._chance.randint(20, 80)):
            await self._world.pace.turn()
            if self._world.closing.is_set() or not await self._spin(session):
                return
            if self._chance.random() < 0.1:
                self._stake = self._chance.choice(STAKES)

    async def _spin(self, session: str) -> bool:
        """Play one round and tell whether the player wants another."""
        content = {"session": session, "stake": self._stake, "extra": self._chance.random() < 0.5}
        result = self._accepted(await self._world.provider.json("POST", "/spin", content))
        self._world.tally.rounds += 1
        self._world.tally.states[result["state"]] += 1
        if result["state"] != "refused":
            return True
        self._world.tally.refusals[str(result["code"])] += 1
        was_lowest, self._stake = self._stake == STAKES[0], STAKES[0]
        return result["code"] == OUT_OF_FUNDS and not was_lowest

    async def _ask(self, method: str, path: str, content: object = None) -> Reply:
        return await self._world.platform.json(method, path, content, headers=[bearer(self._token)])

    def _accepted(self, reply: Reply) -> dict[str, Any]:
        """
        Return what an answer says.

        :raises Refused: it says no.
        """
        content = reply.json()
        if reply.status >= 400:
            raise Refused(str(content.get("code", reply.status)))
        return content


def session_of(url: str) -> str:
    """Return the session in the address of a game."""
    return parse_qs(urlsplit(url).query)["session"][0]


async def run(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Let the players live until SIGTERM, then let them finish the rounds in flight."""
    world = World(
        platform=Client(base_url=settings.pam, timeout_seconds=20),
        provider=Client(base_url=settings.provider, timeout_seconds=30),
        pace=Pace(per_second=settings.rate),
        door=Pace(per_second=LOG_INS_PER_SECOND),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, world.closing.set)
    people = json.loads(settings.file.read_text())["players"]
    Random(settings.seed).shuffle(people)
    crowd = people[: max(4, round(settings.rate * WHOLE_RATE_PLAYERS))]
    started = loop.time()
    async with asyncio.TaskGroup() as group:
        group.create_task(summarise(world, say=say))
        for credentials in crowd:
            group.create_task(Player(world, credentials, seed=settings.seed).live())
    say(f"in all: {world.tally.line(seconds=loop.time() - started, rounds_before=0)}")


async def summarise(world: World, *, say: Callable[[str], None]) -> None:
    """Say every ten seconds how it goes."""
    while not world.closing.is_set():
        before = world.tally.rounds
        await world.rest(SUMMARY_SECONDS)
        if not world.closing.is_set():
            say(world.tally.line(seconds=SUMMARY_SECONDS, rounds_before=before))


def main(settings: Settings) -> None:
    """Run the players as a process of their own."""
    asyncio.run(run(settings, say=lambda line: print(line, flush=True)))
