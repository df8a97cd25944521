"""An interrupt never comes between a start and its record."""

import os
import signal
from collections.abc import Iterator

import pytest

from local import interrupts


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """Listen during the test, and give pytest its own handlers back."""
    before = {number: signal.getsignal(number) for number in interrupts.NUMBERS}
    interrupts.listen()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", interrupts.NUMBERS)
def test_every_way_to_end_is_one_exception(number: signal.Signals) -> None:
    with pytest.raises(interrupts.Interrupted) as interrupted:
        os.kill(os.getpid(), number)
    assert interrupted.value.number == number


def test_a_section_that_is_held_back_is_finished_first() -> None:
    steps = []
    with pytest.raises(interrupts.Interrupted), interrupts.held_back():
        os.kill(os.getpid(), signal.SIGTERM)
        steps.append("recorded")
    assert steps == ["recorded"]


def test_nothing_is_raised_later_when_nothing_came() -> None:
    with interrupts.held_back():
        pass
    with interrupts.held_back():
        pass


def test_what_ends_already_is_not_interrupted() -> None:
    interrupts.ignore()
    os.kill(os.getpid(), signal.SIGTERM)
