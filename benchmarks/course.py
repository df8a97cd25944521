"""The course of a run: what is measured, in which order, and beside which ceiling."""

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.ceiling import Ceiling, span
from benchmarks.client import Sample, send
from benchmarks.figures import Figures, figures
from benchmarks.messages import Message, balances, stakes, undos, wins
from benchmarks.wishes import WARM_SECONDS, Wishes

PREFIX = "bench-user-"
CONNECTIONS = (1, 8, 16, 64)
BUSY = 16
SPREAD, ONE = "players", "one player"
# More than any machine of today answers; the rest of the messages is never sent.
MESSAGES_PER_SECOND = 3_000
# A server process keeps the ids of players it has met: after three rounds, of seven in eight in each of two.
WARM_ROUNDS, ROUND_SECONDS = 3, 30.0


@dataclass
class Course:
    """
    One run against a server that is up.

    `answered` are all messages that were answered well; `failures` is everything else that came back.
    """

    wishes: Wishes
    ceiling: Ceiling
    port: int
    answered: list[Message] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.players = [f"{PREFIX}{number}" for number in range(1, self.wishes.players + 1)]
        random.shuffle(self.players)

    def run(self) -> Iterator[Figures]:
        """Yield the figures of one measurement after the other."""
        for _ in range(WARM_ROUNDS):
            self.send(list(balances(self.players)), connections=BUSY, seconds=ROUND_SECONDS)
        played: list[Message] = []
        for connections in CONNECTIONS:
            sample, found = self.stakes(self.players, SPREAD, connections)
            played += sample.answered
            yield found
        for hot, connections in zip(self.players, CONNECTIONS, strict=False):
            yield self.stakes([hot], ONE, connections)[1]
        random.shuffle(played)
        half = len(played) // 2
        yield self.act("win", list(wins(played[:half])))
        yield self.act("undo", list(undos(played[half:])))

    def stakes(self, players: Sequence[str], spread: str, connections: int) -> tuple[Sample, Figures]:
        """Measure stakes, with the ceiling before and after them: what disturbs one disturbs the other."""
        count = int((self.wishes.seconds + WARM_SECONDS) * MESSAGES_PER_SECOND)
        messages = list(stakes(players, count=count, prefix=secrets.token_hex(6)))
        before = self.raw(players, connections)
        sample = self.measure(messages, connections)
        ceiling = (before + self.raw(players, connections)) / 2
        return sample, self.conclude(sample, "stake", spread, connections, ceiling)

    def act(self, name: str, messages: list[Message]) -> Figures:
        """Measure wins or undos."""
        sample = self.measure(messages, BUSY)
        return self.conclude(sample, name, SPREAD, BUSY, None)

    def raw(self, players: Sequence[str], connections: int) -> float:
        """Return the ceiling for these players, in stakes a second."""
        ids = span(self.ceiling.owner, players)
        return self.ceiling.per_second(ids, connections=connections, seconds=self.wishes.ceiling_seconds)

    def measure(self, messages: list[Message], connections: int) -> Sample:
        """Send messages for as long as the user wishes, after a warm-up."""
        seconds = self.wishes.seconds
        return self.send(messages, connections=connections, warm_seconds=WARM_SECONDS, seconds=seconds)

    def send(
        self, messages: list[Message], *, connections: int, warm_seconds: float = 0, seconds: float
    ) -> Sample:
        """Send messages, and remember what came back."""
        sample = send(
            messages, port=self.port, connections=connections, warm_seconds=warm_seconds, seconds=seconds
        )
        self.answered += sample.answered
        self.failures += sample.failures
        return sample

    def conclude(
        self, sample: Sample, act: str, spread: str, connections: int, ceiling: float | None
    ) -> Figures:
        """Return the figures of a sample; a sample without an answer is a failure."""
        if not sample.latencies:
            self.failures.append(f"nothing was measured: {act}, {spread}, {connections} connections")
        return figures(
            sample.latencies,
            seconds=sample.seconds,
            act=act,
            spread=spread,
            connections=connections,
            failures=len(sample.failures),
            ceiling_per_second=ceiling,
        )
