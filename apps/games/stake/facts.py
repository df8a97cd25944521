"""
What the stake path reads, after the lock and in a statement of its own.

A statement that waited for a lock sees its own rows fresh and every other row as it was before the wait. So
the first statement locks the player and reads nothing else, and this one, which starts under the lock, reads
limits, exclusions, claims, tombstones and balances as they are.
"""

from typing import Any

import msgspec

from apps.access.stake import FACTS as ACCESS
from apps.accounts.stake import session_is_open
from apps.core.stake import CLAIMS, ELSEWHERE, IDS, NOW, TOMBSTONES, operations
from apps.responsible_gaming.stake import LIMITS
from apps.wallet.stake import BALANCE, transfers_of

ACCOUNT = """
    SELECT json_build_array(a.version, a.is_enabled) FROM games_provideraccount a WHERE a.id = %(account_id)s
"""
GAME = """
    SELECT json_build_array(g.id, g.state, g.product)
    FROM games_game g WHERE g.account_id = %(account_id)s AND g.code = %(game)s
"""
SESSION = f"""
    SELECT json_build_array(s.id, s.rules_version) FROM games_gamesession s
    JOIN games_game g ON g.id = s.game_id
    WHERE s.player_id = %(player_id)s AND s.account_id = %(account_id)s AND g.code = %(game)s
      AND s.ended_at IS NULL AND s.expires_at > clock_timestamp() + %(shift)s
      AND {session_is_open("s.player_session_id")}
    ORDER BY s.id DESC LIMIT 1
"""
_BET = """json_build_array(b.id, b.round_id, b.sequence, b.cash_open, b.bonus_open, b.cash_settled,
    b.bonus_settled, b.grant_id, (extract(epoch FROM b.placed_at) * 1000000)::bigint,
    b.undone_at IS NOT NULL)"""
ROUND = f"""
    SELECT json_build_array(r.id, r.state, r.entries, r.game_id, r.session_id, COALESCE((
        SELECT json_agg({_BET} ORDER BY b.sequence)
        FROM games_bet b WHERE b.player_id = %(player_id)s AND b.round_id = r.id), '[]'))
    FROM games_round r
    WHERE r.player_id = %(player_id)s AND r.account_id = %(account_id)s AND r.game_scope = %(game_scope)s
      AND r.reference = %(round)s
"""
# What an undo points at, wherever it was played: the bet or the outcome, its round, and its transfers.
ORIGINALS = f"""
    SELECT json_agg(json_build_array(o.reference, o.kind, r.game_id, r.session_id,
        (SELECT {_BET} FROM games_bet b WHERE b.player_id = %(player_id)s AND b.id = o.id),
        (SELECT json_build_array(s.id, s.round_id, s.cash, s.bonus, s.grant_id,
            (extract(epoch FROM s.settled_at) * 1000000)::bigint, s.undone_at IS NOT NULL)
            FROM games_settlement s WHERE s.player_id = %(player_id)s AND s.id = o.id),
        ({transfers_of("o.id", "o.kind")})))
    FROM {operations(kinds="ARRAY['stake', 'win']", references="%(originals)s")}
    LEFT JOIN games_round r ON r.player_id = %(player_id)s AND r.id = COALESCE(
        (SELECT b.round_id FROM games_bet b WHERE b.player_id = %(player_id)s AND b.id = o.id),
        (SELECT s.round_id FROM games_settlement s WHERE s.player_id = %(player_id)s AND s.id = o.id))
"""

_FRAGMENTS = {
    "ids": IDS,
    "balance": BALANCE,
    "claims": CLAIMS,
    "tombstones": TOMBSTONES,
    "account": ACCOUNT,
    "game": GAME,
    "session": SESSION,
    "round": ROUND,
    "limits": LIMITS,
    **ACCESS,
}


def assemble(*, undoes: bool, is_global: bool) -> str:
    """Return the read statement: always the same facts, and two more where the message can need them."""
    fragments = dict(_FRAGMENTS)
    if undoes:
        fragments["originals"] = ORIGINALS
    if is_global:
        fragments["elsewhere"] = ELSEWHERE
    pairs = ", ".join(f"'{name}', ({fragment})" for name, fragment in fragments.items())
    return f"SELECT json_build_object('now', {NOW}, {pairs})::text"


READ = {
    (undoes, is_global): assemble(undoes=undoes, is_global=is_global)
    for undoes in (False, True)
    for is_global in (False, True)
}


class Claimed(msgspec.Struct, array_like=True):
    """A reference that came before, with the digest (hex) of what it asked."""

    operation_id: int
    kind: str
    reference: str
    digest: str


class Bet(msgspec.Struct, array_like=True):
    """A bet as it lies; `placed_at` in microseconds. The table changes it, and writes back what it did."""

    id: int
    round_id: int
    sequence: int
    cash_open: int
    bonus_open: int
    cash_settled: int
    bonus_settled: int
    grant_id: int | None
    placed_at: int
    undone: bool


class Outcome(msgspec.Struct, array_like=True):
    """A settlement that an undo may point at."""

    id: int
    round_id: int
    cash: int
    bonus: int
    grant_id: int | None
    settled_at: int
    undone: bool


class Original(msgspec.Struct, array_like=True):
    """What an undo points at. Neither bet nor outcome: the original was buried and moved nothing."""

    reference: str
    kind: str
    game_id: int | None
    session_id: int | None
    bet: Bet | None
    outcome: Outcome | None
    transfers: list[tuple[int, str, str]] | None


class Round(msgspec.Struct, array_like=True):
    """The round of the message, with every bet on it."""

    id: int
    state: str
    entries: int
    game_id: int | None
    session_id: int | None
    bets: list[Bet]


class Facts(msgspec.Struct):
    """Everything a message is decided on, as it is under the lock. `now` is the database's clock."""

    now: int
    ids: list[int]
    account: tuple[int, bool]
    balance: list[Any] | None = None
    claims: list[Claimed] | None = None
    tombstones: list[str] | None = None
    elsewhere: list[tuple[str, str]] | None = None
    game: tuple[int, str, str] | None = None
    session: tuple[int, int] | None = None
    round: Round | None = None
    originals: list[Original] | None = None
    limits: list[list[Any]] | None = None
    restrictions: list[str] | None = None
    exclusions: list[str] | None = None


_decoder = msgspec.json.Decoder(Facts)


def decode(text: str) -> Facts:
    """Return the facts of the read statement's one text column."""
    return _decoder.decode(text)
