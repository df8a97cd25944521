"""
What a run tells: lines for people, and `build/bench.json` for machines.

    machine       cores, python, postgres, load_before (processes that wanted to run in the minute before)
    settings      seconds (of each measurement), players, server (the command line of the web server)
    statements    of stake, win and undo: the statements of one message in order, with BEGIN and COMMIT
    measurements  one object each: act (stake, win, undo), spread ("players" or "one player"), connections,
                  answers, failures, per_second, p50_ms, p95_ms, p99_ms; ceiling_per_second (what the database
                  alone took beside it) and share (per_second / ceiling_per_second) of stakes, else null
    wanted        per_second, p99_ms and share of stakes spread over players at 16 connections: each with
                  wanted, measured, is_met
    proof         acknowledged (answers that promised an act), kept (acts in the database), books_agree,
                  failures (how many), examples (the first few of them)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.figures import Figures, wanted
from local import state

FILE = state.ROOT / "build" / "bench.json"
EXAMPLES = 5
HEAD = (
    f"{'act':<7}{'spread over':<13}{'conn.':>5}{'per s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"
    f"{'ceiling/s':>11}{'share':>7}{'failed':>8}"
)


@dataclass(frozen=True)
class Proof:
    """Whether what was measured is true: every promise kept, no answer failed, and the books agree."""

    acknowledged: int
    kept: int
    books_agree: bool
    failures: Sequence[str]

    @property
    def holds(self) -> bool:
        """All of it."""
        return self.books_agree and not self.failures and self.acknowledged == self.kept

    def lines(self) -> list[str]:
        """Return it in words."""
        books = "agree" if self.books_agree else "DO NOT AGREE"
        return [
            f"acknowledged {self.acknowledged:,} acts, kept {self.kept:,}; the books {books}",
            f"{len(self.failures):,} answers failed",
            *(f"  {failure[:300]!r}" for failure in self.failures[:EXAMPLES]),
        ]


def line(figure: Figures) -> str:
    """Return the line of one measurement."""
    ceiling = f"{figure.ceiling_per_second:,.0f}" if figure.ceiling_per_second else "-"
    share = f"{figure.share:.2f}" if figure.share is not None else "-"
    return (
        f"{figure.act:<7}{figure.spread:<13}{figure.connections:>5}{figure.per_second:>8,.0f}"
        f"{figure.p50_ms:>9.2f}{figure.p95_ms:>9.2f}{figure.p99_ms:>9.2f}"
        f"{ceiling:>11}{share:>7}{figure.failures:>8}"
    )


def statement_lines(statements: Mapping[str, Sequence[str]]) -> list[str]:
    """Return how many statements each act takes, and those of a stake."""
    counts = ", ".join(f"{act} {len(texts)}" for act, texts in statements.items())
    stake = [f"  {number}. {text}" for number, text in enumerate(statements["stake"], start=1)]
    return [f"statements on the wire, with BEGIN and COMMIT: {counts}; a stake's are", *stake]


def wanted_lines(measured: Sequence[Figures]) -> list[str]:
    """Return whether what is wanted of two cores is met."""
    return [
        f"{name}: {goal.measured:,.2f}, wanted {goal.wanted:,.2f}: {'met' if goal.is_met else 'NOT MET'}"
        for name, goal in wanted(measured).items()
    ]


def write(
    measured: Sequence[Figures],
    proof: Proof,
    *,
    statements: Mapping[str, Sequence[str]],
    settings: Mapping[str, Any],
    machine: Mapping[str, Any],
) -> None:
    """Write the file."""
    content = {
        "machine": machine,
        "settings": settings,
        "statements": statements,
        "measurements": [asdict(figure) | {"share": figure.share} for figure in measured],
        "wanted": {name: asdict(goal) for name, goal in wanted(measured).items()},
        "proof": asdict(proof)
        | {"failures": len(proof.failures), "examples": list(proof.failures[:EXAMPLES])},
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
