"""Ctrl-C, SIGTERM and a lost terminal as one exception, which never comes between a start and its record."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The user wants everything to end; carries the number of the signal."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


class Signals:
    """What has come while nothing might interrupt us."""

    def __init__(self) -> None:
        self.depth = 0
        self.waiting: int | None = None

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Raise at once, or when the section that must not be torn apart is over."""
        if not self.depth:
            raise Interrupted(number)
        self.waiting = number

    def release(self) -> None:
        """Raise what had to wait, when no section is left."""
        if not self.depth and self.waiting is not None:
            number, self.waiting = self.waiting, None
            raise Interrupted(number)


SIGNALS = Signals()


def listen() -> None:
    """Turn the signals that end a program into `Interrupted`; under nohup the terminal may go."""
    for number in NUMBERS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, SIGNALS.receive)


def ignore() -> None:
    """Ignore them from now on: what ends is ending already."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def held_back() -> Iterator[None]:
    """Let nothing interrupt this section; a signal that came meanwhile is raised after it."""
    SIGNALS.depth += 1
    try:
        yield
    finally:
        SIGNALS.depth -= 1
    SIGNALS.release()
