"""The data-quality sheet: every room is asked whether its books are right, in one snapshot."""

from typing import TYPE_CHECKING

from apps.core import clock
from apps.core import selectors as core
from apps.core.operations import snapshot
from apps.core.rules import Measure
from apps.core.sql import discrepancies
from apps.games import selectors as games
from apps.wallet import selectors as wallet

if TYPE_CHECKING:
    from apps.wallet.models import Proof

# An approved adjustment has exactly one transfer, of the amount that was approved; and no other exists.
_ADJUSTMENTS = """
    SELECT a.id, t.id
    FROM (SELECT * FROM cases_approval WHERE action = 'wallet.adjust' AND state = 'approved') a
    FULL JOIN (SELECT * FROM wallet_transfer WHERE kind = 'adjustment') t ON t.cause_id = a.id
    WHERE a.id IS NULL OR t.id IS NULL OR t.amount <> (a.payload->>'amount_units')::bigint
       OR t.player_id <> (a.payload->>'player_id')::bigint
"""
_TEST_MONEY = """
    SELECT t.player_id, t.id FROM wallet_transfer t JOIN accounts_player p ON p.id = t.player_id
    WHERE t.kind = 'funding' AND NOT p.is_test
"""
# What the loss limits count is what was staked and won in cash, and not undone.
_LOSSES = """
    SELECT player_id, currency, sum(counted), sum(played) FROM (
        SELECT player_id, currency, used AS counted, 0 AS played FROM responsible_gaming_limitcounter
        WHERE kind = 'loss' AND (%(all)s OR player_id = ANY(%(players)s))
        UNION ALL
        SELECT b.player_id, r.currency, 0, b.cash_open + b.cash_settled FROM games_bet b
        JOIN games_round r ON r.player_id = b.player_id AND r.id = b.round_id
        WHERE %(all)s OR b.player_id = ANY(%(players)s)
        UNION ALL
        SELECT s.player_id, r.currency, 0, -s.cash FROM games_settlement s
        JOIN games_round r ON r.player_id = s.player_id AND r.id = s.round_id
        WHERE s.undone_at IS NULL AND (%(all)s OR s.player_id = ANY(%(players)s))
    ) x GROUP BY 1, 2 HAVING sum(counted) <> sum(played)
"""


def books(*, whole: bool = False) -> tuple[list[Measure], "list[Proof]"]:
    """
    Return the sheet's lines of money, and how far each wallet is proven by it.

    Looks at wallets that moved since they were last proven. A wallet whose chain is off is not proven; and
    none is where anything beside the chains is off, so that the next look finds it again until it is mended.

    :param whole: look at every wallet, from its first transfer.
    """
    with snapshot():
        wallets = wallet.every_wallet() if whole else wallet.unproven_wallets()
        players = None if whole else sorted({player_id for player_id, _ in wallets})
        walked = wallet.walk(wallets, at=clock.now(), whole=whole)
        scope = {"all": players is None, "players": players or []}
        beside = [*wallet.house_measures(), *games.measures(players)]
        for name, query in (
            ("adjustments have their approval", _ADJUSTMENTS),
            ("test money stays with test players", _TEST_MONEY),
            ("loss counters equal play", _LOSSES),
        ):
            found = discrepancies(query, scope)
            beside.append(Measure(name, len(found), found))
    proofs = walked.proofs if all(line.passed for line in beside) else []
    return [*walked.measures(), *beside], proofs


def data_quality(*, whole: bool = False) -> list[Measure]:
    """Return the whole sheet: money, and the machine that moves it."""
    return [*books(whole=whole)[0], *core.measures()]
