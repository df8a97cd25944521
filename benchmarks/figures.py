"""What is concluded from what was measured. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# What is wanted of two cores with everything on them.
WANTED_CONNECTIONS = 16
WANTED_PER_SECOND, WANTED_P99_MS, WANTED_SHARE = 1_000.0, 40.0, 0.25


@dataclass(frozen=True)
class Figures:
    """One measurement; times in milliseconds, the ceiling in stakes a second where there is one."""

    act: str
    spread: str
    connections: int
    answers: int
    failures: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    ceiling_per_second: float | None = None

    @property
    def share(self) -> float | None:
        """How much of the ceiling the product reaches, from 0 to 1."""
        return self.per_second / self.ceiling_per_second if self.ceiling_per_second else None


def figures(
    latencies: Sequence[float],
    *,
    seconds: float,
    act: str,
    spread: str,
    connections: int,
    failures: int,
    ceiling_per_second: float | None = None,
) -> Figures:
    """Return the figures of one measurement, from its latencies in seconds."""
    ordered = sorted(latencies)
    p50, p95, p99 = (1_000 * quantile(ordered, share) for share in (0.50, 0.95, 0.99))
    return Figures(
        act=act,
        spread=spread,
        connections=connections,
        answers=len(ordered),
        failures=failures,
        per_second=len(ordered) / seconds if seconds > 0 else 0.0,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        ceiling_per_second=ceiling_per_second,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of all values does not exceed; 0 where there are none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


@dataclass(frozen=True)
class Goal:
    """One thing that is wanted."""

    wanted: float
    measured: float
    is_met: bool


def wanted(measured: Sequence[Figures]) -> dict[str, Goal]:
    """Return what is wanted of spread stakes, what was reached, and whether that is enough."""
    at = next(
        figure
        for figure in measured
        if (figure.act, figure.spread, figure.connections) == ("stake", "players", WANTED_CONNECTIONS)
    )
    share = at.share or 0.0
    return {
        "per_second": Goal(WANTED_PER_SECOND, at.per_second, at.per_second >= WANTED_PER_SECOND),
        "p99_ms": Goal(WANTED_P99_MS, at.p99_ms, at.p99_ms < WANTED_P99_MS),
        "share": Goal(WANTED_SHARE, share, share >= WANTED_SHARE),
    }
