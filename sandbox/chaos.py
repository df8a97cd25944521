"""
The chaos dial: one number from 0 (a perfect network) to 1 (a terrible one) that every vendor obeys.

What happens to a message is drawn from a generator named after the message, so a run with the same seed, dial
and messages misbehaves in the same way. Nothing is random about the number of draws, so turning the dial up
only adds trouble.
"""

from dataclasses import dataclass

from sandbox import chance

LOST = 0.35
DUPLICATED = 0.35
DELAYED = 0.35
ECHOED = 0.2
LONGEST_DELAY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Mischief:
    """What the network does to one attempt to deliver a message."""

    delay_seconds: float = 0.0
    copies: int = 1
    is_concurrent: bool = False
    is_answer_lost: bool = False
    echo_after_seconds: float | None = None


@dataclass(slots=True)
class Dial:
    """The level of chaos, to be read and turned while the vendor runs."""

    seed: int
    level: float = 0.0

    def __post_init__(self) -> None:
        self.turn(self.level)

    def turn(self, level: object) -> None:
        """
        Set the level.

        :raises ValueError: the level is not a number from 0 to 1.
        """
        if isinstance(level, bool) or not isinstance(level, int | float) or not 0 <= level <= 1:
            raise ValueError("the chaos dial goes from 0 to 1")
        self.level = float(level)

    def happens(self, *, name: str, likelihood: float) -> bool:
        """Draw once whether a named piece of bad luck happens, its likelihood scaled by the dial."""
        return chance.generator(seed=self.seed, name=name).random() < likelihood * self.level

    def mischief(self, *, name: str) -> Mischief:
        """Draw what happens to the attempt called `name`."""
        draw = chance.generator(seed=self.seed, name=name)
        lost, duplicated, delayed, echoed = (draw.random() for _ in range(4))
        delay, echo = (LONGEST_DELAY_SECONDS * draw.random() ** 2 for _ in range(2))
        copies, is_concurrent = draw.choice((2, 2, 3)), draw.random() < 0.5
        return Mischief(
            delay_seconds=delay if delayed < DELAYED * self.level else 0.0,
            copies=copies if duplicated < DUPLICATED * self.level else 1,
            is_concurrent=is_concurrent,
            is_answer_lost=lost < LOST * self.level,
            echo_after_seconds=echo if echoed < ECHOED * self.level else None,
        )
