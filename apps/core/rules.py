"""Pure pieces that every app's rules share."""

from enum import StrEnum


class Choice(StrEnum):
    """An enum of stored words."""

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Return (stored value, label) pairs for a model field."""
        return [(member.value, member.value.replace("_", " ")) for member in cls]
