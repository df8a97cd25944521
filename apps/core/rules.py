"""Pure pieces that every app's rules share."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol


class Choice(StrEnum):
    """An enum of stored words."""

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Return (stored value, label) pairs for a model field."""
        return [(member.value, member.value.replace("_", " ")) for member in cls]


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the data-quality sheet: what was looked at, how much of it, and what is wrong with it."""

    name: str
    value: int
    detail: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.detail


class Announcement(Protocol):
    """A frozen dataclass in the past tense with primitive fields: the payload of one event type."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    type: ClassVar[str]
    version: ClassVar[int]
