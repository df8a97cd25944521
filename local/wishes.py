"""The numbers that a user may set in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.failures import CannotRun


@dataclass(frozen=True)
class Wishes:
    """What the user wants of a demo; `seconds` is None when it runs until it is stopped."""

    port: int
    players: int
    seconds: float | None
    chaos: float


def demo_wishes(variables: Mapping[str, str]) -> Wishes:
    """
    Read the wishes for a demo.

    :raises CannotRun: one of them is not a number that makes sense.
    """
    return Wishes(
        port=port_wish(variables, "DEMO_PORT"),
        players=int(number(variables, "DEMO_PLAYERS", default=40, least=0, most=10_000, is_whole=True)),
        seconds=number(variables, "DEMO_SECONDS", default=0, least=0, most=1e9) or None,
        chaos=number(variables, "SANDBOX_CHAOS", default=0.1, least=0, most=1),
    )


def port_wish(variables: Mapping[str, str], name: str) -> int:
    """
    Read the port of the web server.

    :raises CannotRun: it is no port.
    """
    return int(number(variables, name, default=8000, least=1, most=65_535, is_whole=True))


def number(
    variables: Mapping[str, str],
    name: str,
    *,
    default: float,
    least: float,
    most: float,
    is_whole: bool = False,
) -> float:
    """
    Read one number.

    :raises CannotRun: it is none, or out of range.
    """
    text = variables.get(name) or str(default)
    try:
        value = float(int(text)) if is_whole else float(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        kind = "whole number" if is_whole else "number"
        raise CannotRun(f"{name} must be a {kind} from {least:g} to {most:g}, not {text!r}")
    return value
