"""What happens to accounts."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PlayerRegistered:
    """A player account was opened."""

    type: ClassVar[str] = "accounts.player.registered"
    version: ClassVar[int] = 1
    currency: str
    is_test: bool


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A player logged in."""

    type: ClassVar[str] = "accounts.session.started"
    version: ClassVar[int] = 1
    session_id: int


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """Log-ins of a player were ended: one, or all of them."""

    type: ClassVar[str] = "accounts.sessions.ended"
    version: ClassVar[int] = 1
    session_ids: list[int]
    reason: str


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """A player's account status changed."""

    type: ClassVar[str] = "accounts.status.changed"
    version: ClassVar[int] = 1
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class RestrictionApplied:
    """Some act of a player was stopped by staff or by a rule."""

    type: ClassVar[str] = "accounts.restriction.applied"
    version: ClassVar[int] = 1
    restriction_id: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class RestrictionLifted:
    """A restriction no longer holds."""

    type: ClassVar[str] = "accounts.restriction.lifted"
    version: ClassVar[int] = 1
    restriction_id: int
    reason: str
