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


_depth = 0
_waiting: int | None = None


def _receive(number: int, _frame: FrameType | None) -> None:
    """Raise at once, or when the section that must not be torn apart is over."""
    global _waiting
    if _depth:
        _waiting = number
    else:
        raise Interrupted(number)


def listen() -> None:
    """Turn the signals that end a program into `Interrupted`, in the main thread."""
    for number in NUMBERS:
        signal.signal(number, _receive)


def ignore() -> None:
    """Ignore them from now on: what ends is ending already."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def held_back() -> Iterator[None]:
    """Let nothing interrupt this section; a signal that came meanwhile is raised after it."""
    global _depth, _waiting
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
    if not _depth and _waiting is not None:
        number, _waiting = _waiting, None
        raise Interrupted(number)
