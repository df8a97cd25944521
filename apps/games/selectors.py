"""Questions about providers, games and what was played."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec
from django.db import connection
from django.db.models import QuerySet

from apps.accounts import selectors as accounts
from apps.core import crypto
from apps.core import selectors as core
from apps.core.money import Money, minor_floor
from apps.core.rules import Measure
from apps.core.sql import discrepancies
from apps.games.errors import GameUnavailable, ProviderUnknown
from apps.games.models import Game, ProviderAccount
from apps.games.rules import UNDOABLE, GameState, Policy
from apps.wallet import selectors as wallet


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account as the wire needs it: keys in clear, and the version they were read at."""

    id: int
    code: str
    version: int
    secret: bytes
    previous: tuple[bytes, datetime] | None
    policy: Policy
    launch_url: str

    @property
    def source(self) -> str:
        """Who asks, in every claim of this account."""
        return f"provider:{self.id}"

    def keys(self, now: datetime) -> tuple[bytes, ...]:
        """Return the keys in force: the current one, and the one before while its overlap lasts."""
        if self.previous is not None and now < self.previous[1]:
            return (self.secret, self.previous[0])
        return (self.secret,)


@lru_cache(maxsize=1024)
def account(code: str) -> Account:
    """
    Return a provider account. Kept in memory: the stake path compares its version under the lock, and an
    account that has changed meanwhile is forgotten and read again.

    :raises ProviderUnknown: there is none with this code.
    """
    row = ProviderAccount.objects.filter(code=code).first()
    if row is None:
        raise ProviderUnknown(account=code)
    return account_of(row)


def account_of(row: "ProviderAccount") -> Account:
    """Return a provider account as its row is now."""
    previous = None
    if row.previous_secret_until is not None:
        previous = (crypto.unwrap(row.wrapped_previous_secret), row.previous_secret_until)
    return Account(
        id=row.id,
        code=row.code,
        version=row.version,
        secret=crypto.unwrap(row.wrapped_secret),
        previous=previous,
        policy=msgspec.convert(row.policy, Policy),
        launch_url=row.launch_url,
    )


def forget_accounts() -> None:
    """Drop what is kept in memory about provider accounts."""
    account.cache_clear()


def game(public_id: str) -> Game:
    """
    Return a game that can be launched, by provider account and code ("demo-slots:fruit").

    :raises GameUnavailable: there is none, or it is switched off.
    """
    account_code, _, code = public_id.partition(":")
    found = live_games().filter(account__code=account_code, code=code).first()
    if found is None:
        raise GameUnavailable(game=public_id)
    return found


def player_by_reference(account: Account, reference: str) -> int | None:
    """Return whose transaction a reference is, for accounts whose references are global over players."""
    return core.player_of_reference(source=account.source, kinds=UNDOABLE, reference=reference)


def balance(player_id: int) -> Money:
    """Return what a game may show a player: cash, and the bonus money playable in it."""
    currency = accounts.player(player_id).currency
    return wallet.balance(player_id=player_id, currency=currency)["cash"]


def live_games() -> QuerySet[Game]:
    """Return the games that can be launched."""
    return Game.objects.select_related("account").filter(state=GameState.LIVE, account__is_enabled=True)


_VOLUME = """
    SELECT p.public_id, r.currency, sum(x.staked), sum(x.won) FROM (
        SELECT player_id, round_id, cash_open + bonus_open + cash_settled + bonus_settled AS staked, 0 AS won
        FROM games_bet
        UNION ALL SELECT player_id, round_id, 0, cash + bonus FROM games_settlement WHERE undone_at IS NULL
    ) x
    JOIN games_round r ON r.player_id = x.player_id AND r.id = x.round_id
    JOIN games_provideraccount a ON a.id = r.account_id
    JOIN accounts_player p ON p.id = x.player_id
    WHERE a.code = %s GROUP BY 1, 2
"""


def volume_by_player(account_code: str) -> dict[str, dict[str, int]]:
    """Return what each player staked and won at a provider account, in minor units; undone ones left out."""
    with connection.cursor() as cursor:
        cursor.execute(_VOLUME, [account_code])
        return {
            public_id: {
                "staked": minor_floor(Money(int(staked), currency)),
                "won": minor_floor(Money(int(won), currency)),
            }
            for public_id, currency, staked, won in cursor.fetchall()
        }


_IN_PLAY = """
    SELECT COALESCE(w.player_id, b.player_id), COALESCE(w.currency, b.currency),
           COALESCE(w.cash, 0), COALESCE(w.bonus, 0), COALESCE(b.cash, 0), COALESCE(b.bonus, 0)
    FROM (SELECT player_id, currency, in_play_cash AS cash, in_play_bonus AS bonus FROM wallet_wallet
          WHERE %(all)s OR player_id = ANY(%(players)s)) w
    FULL JOIN (SELECT b.player_id, r.currency, sum(b.cash_open) AS cash, sum(b.bonus_open) AS bonus
               FROM games_bet b JOIN games_round r ON r.player_id = b.player_id AND r.id = b.round_id
               WHERE (b.cash_open > 0 OR b.bonus_open > 0) AND (%(all)s OR b.player_id = ANY(%(players)s))
               GROUP BY 1, 2) b ON b.player_id = w.player_id AND b.currency = w.currency
    WHERE (COALESCE(w.cash, 0), COALESCE(w.bonus, 0)) <> (COALESCE(b.cash, 0), COALESCE(b.bonus, 0))
"""
# A standing bet was staked once and not undone; an undone one was staked and undone in full; and the open
# part lies where the bet says.
_BETS = """
    SELECT b.player_id, b.id FROM games_bet b
    LEFT JOIN (SELECT player_id, cause_id,
                   sum(amount) FILTER (WHERE kind = 'stake') AS staked,
                   sum(amount) FILTER (WHERE kind = 'undo') AS undone,
                   sum(CASE WHEN credit LIKE 'in_play%%' THEN amount
                            WHEN debit LIKE 'in_play%%' THEN -amount END) AS open
               FROM wallet_transfer
               WHERE kind IN ('stake', 'settle', 'undo') AND (%(all)s OR player_id = ANY(%(players)s))
               GROUP BY 1, 2) t ON t.player_id = b.player_id AND t.cause_id = b.id
    WHERE (%(all)s OR b.player_id = ANY(%(players)s))
      AND (COALESCE(t.staked, 0) - COALESCE(t.undone, 0)
               <> b.cash_open + b.bonus_open + b.cash_settled + b.bonus_settled
           OR COALESCE(t.open, 0) <> b.cash_open + b.bonus_open
           OR (b.undone_at IS NULL AND COALESCE(t.undone, 0) <> 0)
           OR (b.undone_at IS NOT NULL AND COALESCE(t.undone, 0) <> COALESCE(t.staked, 0)))
"""
_SETTLEMENTS = """
    SELECT s.player_id, s.id FROM games_settlement s
    LEFT JOIN (SELECT player_id, cause_id, sum(amount) FILTER (WHERE kind = 'win') AS won,
                      sum(amount) FILTER (WHERE kind = 'undo') AS undone
               FROM wallet_transfer
               WHERE kind IN ('win', 'undo') AND (%(all)s OR player_id = ANY(%(players)s))
               GROUP BY 1, 2) t ON t.player_id = s.player_id AND t.cause_id = s.id
    WHERE (%(all)s OR s.player_id = ANY(%(players)s))
      AND (COALESCE(t.won, 0) <> s.cash + s.bonus
           OR COALESCE(t.undone, 0) <> CASE WHEN s.undone_at IS NULL THEN 0 ELSE s.cash + s.bonus END)
"""
# The reverse: every transfer of a game belongs to a bet or a settlement.
_STRAYS = """
    SELECT t.player_id, t.id FROM wallet_transfer t
    WHERE t.kind IN ('stake', 'settle', 'win', 'undo') AND (%(all)s OR t.player_id = ANY(%(players)s))
      AND NOT EXISTS (SELECT FROM games_bet b WHERE b.player_id = t.player_id AND b.id = t.cause_id)
      AND NOT EXISTS (SELECT FROM games_settlement s WHERE s.player_id = t.player_id AND s.id = t.cause_id)
"""
# A closed round has nothing in play.
_ROUNDS = """
    SELECT r.player_id, r.id FROM games_round r
    JOIN games_bet b ON b.player_id = r.player_id AND b.round_id = r.id
    WHERE r.state = 'closed' AND (b.cash_open > 0 OR b.bonus_open > 0)
      AND (%(all)s OR r.player_id = ANY(%(players)s))
"""


def measures(player_ids: list[int] | None) -> list[Measure]:
    """Return the sheet's lines of games, of some players or (None) of all: what was played and what moved."""
    scope = {"all": player_ids is None, "players": player_ids or []}
    checks = {
        "in play equals open bets": _IN_PLAY,
        "bets equal their transfers": _BETS,
        "settlements equal their transfers": _SETTLEMENTS,
        "transfers of games have their bet": _STRAYS,
        "closed rounds hold nothing": _ROUNDS,
    }
    return [
        Measure(name, len(found), found)
        for name, query in checks.items()
        for found in [discrepancies(query, scope)]
    ]
