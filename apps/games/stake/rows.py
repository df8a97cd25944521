"""
What the stake path writes: one statement, put together from the parts that a message needs.

Which parts a message needs depends on a handful of yes and no, so there are few different texts, and each is
prepared once per connection.
"""

from functools import lru_cache
from typing import Any

import msgspec

from apps.core.stake import WRITE_EVENTS, WRITE_OPERATIONS, WRITE_REFERENCES, WRITE_TOMBSTONES
from apps.games.rules import END_ROUND, RoundState
from apps.games.stake.table import Table
from apps.responsible_gaming.stake import COUNTERS
from apps.wallet.stake import TRANSFERS, WALLET, parameters

_ROUND = """
    INSERT INTO games_round (id, player_id, account_id, product, game_id, game_scope, session_id, reference,
                             currency, state, entries, rules_version, result_reference, replay_url,
                             opened_at, closed_at)
    VALUES (%(round_id)s, %(player_id)s, %(account_id)s, %(product)s, %(game_id)s, %(game_scope)s,
            %(session_id)s, %(round)s, %(currency)s, %(round_state)s, %(round_entries)s, %(rules_version)s,
            '', '', %(at)s, %(round_closed_at)s)
    ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, entries = EXCLUDED.entries,
        closed_at = COALESCE(games_round.closed_at, EXCLUDED.closed_at)
"""
_BET_COLUMNS = "round_id, sequence, cash_open, bonus_open, cash_settled, bonus_settled, grant_id"
_BET_TYPES = """id bigint, round_id bigint, sequence int, cash_open bigint, bonus_open bigint,
    cash_settled bigint, bonus_settled bigint, grant_id bigint, undone boolean"""
_BETS = f"""
    INSERT INTO games_bet (id, player_id, {_BET_COLUMNS}, kind, jackpot_contribution, jackpot_win, placed_at,
                           undone_at)
    SELECT r.id, %(player_id)s, {", ".join("r." + name for name in _BET_COLUMNS.split(", "))}, 'stake', 0, 0,
           %(at)s, CASE WHEN r.undone THEN %(at)s::timestamptz END
    FROM jsonb_to_recordset(%(bets)s) AS r({_BET_TYPES})
"""
_BET_CHANGES = f"""
    UPDATE games_bet b SET cash_open = r.cash_open, bonus_open = r.bonus_open, cash_settled = r.cash_settled,
        bonus_settled = r.bonus_settled,
        undone_at = CASE WHEN r.undone THEN COALESCE(b.undone_at, %(at)s) END
    FROM jsonb_to_recordset(%(bet_changes)s) AS r({_BET_TYPES})
    WHERE b.player_id = %(player_id)s AND b.id = r.id
"""
_SETTLEMENTS = """
    INSERT INTO games_settlement (id, player_id, round_id, sequence, kind, cash, bonus, settled_at, undone_at)
    SELECT r.id, %(player_id)s, r.round_id, r.sequence, 'win', r.cash, r.bonus, %(at)s,
           CASE WHEN r.id = ANY(%(undone_outcomes)s) THEN %(at)s::timestamptz END
    FROM jsonb_to_recordset(%(settlements)s)
        AS r(id bigint, round_id bigint, sequence int, cash bigint, bonus bigint)
"""
_UNDONE_SETTLEMENTS = """
    UPDATE games_settlement s SET undone_at = %(at)s
    WHERE s.player_id = %(player_id)s AND s.id = ANY(%(undone_outcomes)s)
"""
_PARTS = {
    "operations": WRITE_OPERATIONS,
    "references": WRITE_REFERENCES,
    "tombstones": WRITE_TOMBSTONES,
    "transfers": TRANSFERS,
    "wallet": WALLET,
    "round": _ROUND,
    "bets": _BETS,
    "bet_changes": _BET_CHANGES,
    "settlements": _SETTLEMENTS,
    "undone_outcomes": _UNDONE_SETTLEMENTS,
    "counters": COUNTERS,
    "events": WRITE_EVENTS,
}


@lru_cache(maxsize=256)
def statement(parts: tuple[str, ...]) -> str:
    """Return the one statement that writes these parts."""
    return "WITH " + ",\n".join(f'"{name}" AS ({_PARTS[name]})' for name in parts) + "\nSELECT 1"


def write(table: Table) -> tuple[str, dict[str, Any]] | None:
    """Return the statement and its parameters, or None where a message writes nothing (repeat, balance)."""
    counters = table.gate.counters()
    needed = {
        "operations": bool(table.operations),
        "references": bool(_references(table)),
        "tombstones": bool(table.tombstones),
        "transfers": bool(table.book.rows),
        "wallet": bool(table.book.rows),
        "round": table.round_touched,
        "bets": bool(table.new_bets),
        "bet_changes": bool(table.changed_bets),
        "settlements": bool(table.settlements),
        "undone_outcomes": bool(table.undone_outcomes),
        "counters": bool(counters),
        "events": bool(table.events),
    }
    parts = tuple(name for name in _PARTS if needed[name])
    if not parts:
        return None
    values = _common(table) | _lists(table, counters)
    if table.round_touched:
        values |= _round(table)
    if table.book.rows:
        values |= parameters(table.book)
        values["transfers"] = msgspec.json.encode(values["transfers"]).decode()
    return statement(parts), values


def _references(table: Table) -> list[dict[str, Any]]:
    """Return the references to keep for all players: not the ends of rounds, which players may share."""
    if table.seat.policy.reference_scope != "global":
        return []
    return [operation for operation in table.operations if operation["kind"] != END_ROUND]


def _common(table: Table) -> dict[str, Any]:
    seat = table.seat
    return {
        "player_id": seat.player_id,
        "brand_id": seat.brand_id,
        "licence_id": seat.licence_id,
        "account_id": seat.account_id,
        "currency": seat.currency,
        "source": seat.source,
        "at": table.at,
        "business_date": table.business_date,
        "message_id": table.operations[0]["id"] if table.operations else None,
    }


def _lists(table: Table, counters: list[dict[str, Any]]) -> dict[str, Any]:
    lists = {
        "operations": table.operations,
        "references": _references(table),
        "tombstones": table.tombstones,
        "bets": [_bet(bet) for bet in table.new_bets.values()],
        "bet_changes": [_bet(bet) for bet in table.changed_bets.values()],
        "settlements": table.settlements,
        "events": table.events,
        "counters": counters,
    }
    encoded: dict[str, Any] = {
        name: msgspec.json.encode(rows).decode() for name, rows in lists.items() if rows
    }
    return encoded | {"undone_outcomes": table.undone_outcomes}


def _bet(bet: Any) -> dict[str, Any]:
    return {name: getattr(bet, name) for name in bet.__struct_fields__}


def _round(table: Table) -> dict[str, Any]:
    assert table.round is not None
    closed = table.round.state == RoundState.CLOSED
    return {
        "round_id": table.round.id,
        "round": table.message.round_reference,
        "round_state": table.round.state,
        "round_entries": table.round.entries,
        "round_closed_at": table.at if closed else None,
        "product": table.facts.game[2] if table.facts.game else "casino",
        "game_id": table.round.game_id,
        "game_scope": game_scope(table),
        "session_id": table.round.session_id,
        "rules_version": table.facts.session[1] if table.facts.session else 0,
    }


def game_scope(table: Table) -> str:
    """Return the game's code where a provider's round ids are unique per game only, else an empty string."""
    return table.message.game if table.seat.policy.rounds_unique_per_game else ""
