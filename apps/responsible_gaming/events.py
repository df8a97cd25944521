"""What happens in responsible gaming."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class LimitSet:
    """A limit was set, changed or taken away (amount null); `effective_from` says when it binds."""

    type: ClassVar[str] = "responsible_gaming.limit.set"
    version: ClassVar[int] = 1
    limit_id: int
    kind: str
    period: str
    window: str
    source: str
    amount_units: int | None
    currency: str
    effective_from: str


@dataclass(frozen=True, slots=True)
class PlayerExcluded:
    """A time-out or self-exclusion began."""

    type: ClassVar[str] = "responsible_gaming.player.excluded"
    version: ClassVar[int] = 1
    exclusion_id: int
    kind: str
    scope: str
    ends_at: str | None


@dataclass(frozen=True, slots=True)
class DepositLimitPassed:
    """A deposit that was confirmed late went in above a deposit limit."""

    type: ClassVar[str] = "responsible_gaming.deposit_limit.passed"
    version: ClassVar[int] = 1
    limit_id: int
    over_units: int
