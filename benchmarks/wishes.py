"""The numbers that a user may set in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.wishes import number

WARM_SECONDS = 1.0
# Of the seconds of a figure, on either side of it.
CEILING_SHARE = 3 / 8


@dataclass(frozen=True)
class Wishes:
    """What the user wants of a run."""

    seconds: float
    players: int

    @property
    def ceiling_seconds(self) -> int:
        """How long the ceiling is measured before each figure, and again after it: whole seconds."""
        return max(1, round(self.seconds * CEILING_SHARE))


def bench_wishes(variables: Mapping[str, str]) -> Wishes:
    """
    Read the wishes for a run.

    :raises CannotRun: one of them is not a number that makes sense.
    """
    return Wishes(
        seconds=number(variables, "BENCH_SECONDS", default=8, least=1, most=600),
        players=int(
            number(variables, "BENCH_PLAYERS", default=10_000, least=100, most=100_000, is_whole=True)
        ),
    )
