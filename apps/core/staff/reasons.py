"""Why staff did something, kept as an event where the act itself has no place for it."""

from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import publish
from apps.core.operations import operation


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """A member of staff said why they did an act; `about` is the act's operation, or 0 where it has none."""

    type: ClassVar[str] = "core.reason.given"
    version: ClassVar[int] = 1
    about: int
    act: str
    reason: str


@operation("core.give_reason")
def give_reason(*, operation_id: int, about: int, act: str, reason: str) -> None:
    """Keep the reason of an act."""
    publish(ReasonGiven(about=about, act=act, reason=reason))
