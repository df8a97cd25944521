"""
The provider's own durable record of sessions, rounds, calls and actions, in one SQLite file.

Every method that writes is one transaction, finished before it returns; a message is on record before it is
on the wire. A killed process loses nothing: `unfinished` gives back what has to be pursued.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.slots.rounds import Action, Call, Kind, Round, Session, State, Verdict

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


def connect(path: str) -> sqlite3.Connection:
    """Open the record, making it if need be."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit then survives the end of the process, which is what a vendor's crash means here.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(SCHEMA)
    return connection


class Store:
    """Reads and writes the record; used by one thread."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._connection = connect(path)
        self.surprises_before = self._count_surprises()

    def _count_surprises(self) -> int:
        row = self._connection.execute("SELECT coalesce(max(position), 0) AS last FROM surprises").fetchone()
        return int(row["last"])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def open_session(self, session: Session) -> Session:
        """Record a session and return it; the same session of the platform gives the first record again."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO sessions (token, platform_session, player, currency, game, locale)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (platform_session) DO NOTHING",
                (
                    session.token,
                    json.dumps(session.platform_session),
                    session.player,
                    session.currency,
                    session.game,
                    session.locale,
                ),
            )
            row = connection.execute(
                "SELECT * FROM sessions WHERE platform_session = ?", (json.dumps(session.platform_session),)
            ).fetchone()
        return _session(row)

    def session(self, token: str) -> Session | None:
        """Return the session that the token opens."""
        row = self._connection.execute("SELECT * FROM sessions WHERE token = ?", (token,)).fetchone()
        return _session(row) if row else None

    def next_number(self, token: str) -> int:
        """Return the next round number of a session; a number is given once."""
        with self._transaction() as connection:
            row = connection.execute(
                "UPDATE sessions SET rounds = rounds + 1 WHERE token = ? RETURNING rounds", (token,)
            ).fetchone()
        return int(row["rounds"])

    def open_round(self, game_round: Round) -> None:
        """Record a round and all the calls planned for it."""
        session = game_round.session
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO rounds (id, token, number, player, currency, stake, outcome)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    game_round.id,
                    session.token,
                    game_round.number,
                    session.player,
                    session.currency,
                    game_round.stake,
                    json.dumps(game_round.outcome),
                ),
            )
            _insert_calls(connection, game_round.id, game_round.calls.values())

    def keep(self, game_round: Round, calls: Iterable[Call], *, new: Iterable[Call] = ()) -> None:
        """Record how far these calls of a round have come, and the new calls that follow from it."""
        with self._transaction() as connection:
            _insert_calls(connection, game_round.id, new)
            for call in calls:
                _update_call(connection, game_round.id, call)
            if game_round.is_over:
                connection.execute("UPDATE rounds SET is_over = 1 WHERE id = ?", (game_round.id,))

    def note_surprise(self, game_round: Round, text: str) -> None:
        """Record that the platform did what the contract says it never does."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO surprises (round_id, text) VALUES (?, ?)", (game_round.id, text))

    def unfinished(self) -> list[Round]:
        """Return every round with a call that is not final, oldest first."""
        rows = self._connection.execute("SELECT * FROM rounds WHERE NOT is_over ORDER BY position").fetchall()
        return [self._round(row) for row in rows]

    def latest(self, token: str, *, limit: int) -> list[Round]:
        """Return the last rounds of a session, newest first."""
        rows = self._connection.execute(
            "SELECT * FROM rounds WHERE token = ? ORDER BY number DESC LIMIT ?", (token, limit)
        ).fetchall()
        return [self._round(row) for row in rows]

    def _round(self, row: sqlite3.Row) -> Round:
        session = self.session(row["token"])
        assert session is not None, "a round without a session cannot be recorded"
        calls = self._connection.execute(
            "SELECT * FROM calls WHERE round_id = ? ORDER BY rowid", (row["id"],)
        ).fetchall()
        actions = self._connection.execute(
            "SELECT * FROM actions WHERE round_id = ? ORDER BY rowid", (row["id"],)
        ).fetchall()
        return Round(
            id=row["id"],
            session=session,
            number=row["number"],
            stake=row["stake"],
            outcome=json.loads(row["outcome"]),
            calls={call["purpose"]: _call(call, actions) for call in calls},
        )

    def close(self) -> None:
        """Close the record."""
        self._connection.close()


def _insert_calls(connection: sqlite3.Connection, round_id: str, calls: Iterable[Call]) -> None:
    for call in calls:
        connection.execute(
            "INSERT INTO calls (round_id, purpose, needs, after, is_straggler, state)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (round_id, call.purpose, call.needs, call.after, call.is_straggler, call.state),
        )
        connection.executemany(
            "INSERT INTO actions (id, round_id, purpose, kind, amount, original) VALUES (?, ?, ?, ?, ?, ?)",
            [(a.id, round_id, call.purpose, a.kind, a.amount, a.original) for a in call.actions],
        )


def _update_call(connection: sqlite3.Connection, round_id: str, call: Call) -> None:
    connection.execute(
        "UPDATE calls SET state = ?, verdict = ?, body = ?, code = ?, text = ?"
        " WHERE round_id = ? AND purpose = ?",
        (call.state, call.verdict, call.body, call.code, call.text, round_id, call.purpose),
    )
    connection.executemany(
        "UPDATE actions SET tx = ? WHERE id = ?", [(action.tx, action.id) for action in call.actions]
    )
    if call.is_rollback and call.verdict is Verdict.TAKEN:
        connection.executemany(
            "UPDATE actions SET is_undone = 1 WHERE id = ?", [(action.original,) for action in call.actions]
        )


def _session(row: Mapping[str, Any]) -> Session:
    return Session(
        token=row["token"],
        platform_session=json.loads(row["platform_session"]),
        player=row["player"],
        currency=row["currency"],
        game=row["game"],
        locale=row["locale"],
    )


def _call(row: Mapping[str, Any], actions: Iterable[Mapping[str, Any]]) -> Call:
    return Call(
        purpose=row["purpose"],
        actions=[_action(action) for action in actions if action["purpose"] == row["purpose"]],
        needs=row["needs"],
        after=row["after"],
        is_straggler=bool(row["is_straggler"]),
        state=State(row["state"]),
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        body=row["body"],
        code=row["code"],
        text=row["text"],
    )


def _action(row: Mapping[str, Any]) -> Action:
    return Action(
        id=row["id"], kind=Kind(row["kind"]), amount=row["amount"], original=row["original"], tx=row["tx"]
    )
