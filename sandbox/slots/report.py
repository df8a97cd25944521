"""What the provider's record says about money, for comparison with the platform's books."""

import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

Sum = tuple[str, str, str, int, int]

# A bet or win stands when it was taken and no rollback of it was.
STANDING = """
    SELECT r.id AS round_id, r.player, r.currency, a.kind, a.amount
    FROM actions a
    JOIN calls c ON c.round_id = a.round_id AND c.purpose = a.purpose
    JOIN rounds r ON r.id = a.round_id
    WHERE c.verdict = 'taken' AND NOT a.is_undone AND a.kind IN ('bet', 'win')
"""
SUMS = (
    f"SELECT player, currency, kind, count(*), sum(amount) FROM ({STANDING}) GROUP BY player, currency, kind"
)
ROUNDS = f"SELECT count(DISTINCT round_id) FROM ({STANDING}) WHERE kind = 'bet'"
UNDONE = "SELECT count(*) FROM actions WHERE is_undone AND kind = 'bet'"
UNRESOLVED = "SELECT count(*) FROM rounds WHERE NOT is_over"
REFUSED = "SELECT code, count(*) FROM calls WHERE verdict = 'refused' GROUP BY code"
SURPRISES = (
    "SELECT round_id || ': ' || text FROM surprises WHERE position > ? ORDER BY position DESC LIMIT 20"
)


def totals(path: str, *, surprises_after: int = 0) -> dict[str, Any]:
    """
    Return rounds, bets, wins and their sums in minor units; what is undone counts nowhere else.

    `surprises` lists the latest answers that the contract forbids, those behind the given position;
    `unresolved` counts rounds that are not over. The record is read in one snapshot over a connection of its
    own, so this may run in any thread while the provider plays on.
    """
    connection = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("BEGIN")
        return _totals(connection, surprises_after)
    finally:
        connection.close()


def _totals(connection: sqlite3.Connection, surprises_after: int) -> dict[str, Any]:
    def number(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    sums = connection.execute(SUMS).fetchall()
    return {
        "rounds": number(ROUNDS),
        "bets": sum(count for _, _, kind, count, _ in sums if kind == "bet"),
        "wins": sum(count for _, _, kind, count, _ in sums if kind == "win"),
        "undone": number(UNDONE),
        "staked_minor": _by_currency(sums, "bet"),
        "won_minor": _by_currency(sums, "win"),
        "by_player": _by_player(sums),
        "refused": {code or "": count for code, count in connection.execute(REFUSED)},
        "surprises": [text for (text,) in connection.execute(SURPRISES, (surprises_after,))],
        "unresolved": number(UNRESOLVED),
    }


def _by_currency(sums: list[Sum], wanted: str) -> dict[str, int]:
    amounts: defaultdict[str, int] = defaultdict(int)
    for _, currency, kind, _, amount in sums:
        if kind == wanted:
            amounts[currency] += amount
    return dict(amounts)


def _by_player(sums: list[Sum]) -> dict[str, dict[str, int]]:
    players: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"staked": 0, "won": 0})
    for player, _, kind, _, amount in sums:
        players[player]["staked" if kind == "bet" else "won"] += amount
    return dict(players)
