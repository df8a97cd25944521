"""Faults in the books, seeded as the owner past triggers and grants: nothing of the product makes them."""

from dataclasses import dataclass

from apps.accounts.models import Player
from apps.core.grants import append_only_tables
from apps.core.money import of
from apps.core.operations import operation
from apps.core.rules import Measure
from apps.games import services as games
from apps.markets.models import Licence
from apps.wallet import services as wallet
from apps.wallet.rules import Account, Kind, Transfer
from conftest import owner
from tests.factories import StaffFactory, asked, funded, message, new_player, provider, stake, undo, win


@dataclass(frozen=True, slots=True)
class World:
    """A player who did everything once, and one who did nothing but get money."""

    anna: Player
    ben: Player


@operation("test.move_house_money")
def move_house_money(*, operation_id: int) -> None:
    transfers = [Transfer(Kind.FEE, Account.BANK, Account.FEE, amount) for amount in (100, 200)]
    wallet.post_house(licence=Licence.objects.get(), currency="EUR", transfers=transfers)


def adjust(player: Player) -> None:
    adjustment = wallet.Adjustment(player.id, of("5.00 EUR").units, "EUR", "credit", "goodwill")
    maker, checker = StaffFactory.create(), StaffFactory.create()
    proposed = wallet.propose_adjustment(
        asked=asked(), adjustment=adjustment, reason="kindness", maker_id=maker.id
    )
    wallet.approve_adjustment(
        asked=asked(),
        player_id=player.id,
        approval_id=proposed.value,
        adjustment=adjustment,
        checker_id=checker.id,
    )


def a_world() -> World:
    """Let everything that moves money happen once."""
    anna, ben, account = funded(new_player(), "100.00 EUR"), funded(new_player(), "7.00 EUR"), provider()
    for actions, more in (
        ([stake("b1", "10.00 EUR")], {"round": "r1"}),
        ([stake("b2", "20.00 EUR"), win("w2", "5.00 EUR")], {"round": "r2", "finished": True}),
        ([stake("b3", "3.00 EUR"), undo("u3", "b3")], {"round": "r3"}),
    ):
        games.play(account=account, message=message(anna, *actions, **more))
    adjust(anna)
    move_house_money(asked=asked())
    return World(anna, ben)


def damage(sql: str, world: World) -> None:
    """Change what nobody may change."""
    guarded = append_only_tables()
    with owner().cursor() as cursor:
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, {"anna": world.anna.id, "ben": world.ben.id})
        assert cursor.rowcount, "a fault was seeded"
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_truncate")


def red(measures: list[Measure]) -> dict[str, list[str]]:
    return {measure.name: measure.detail for measure in measures if not measure.passed}


OF_ANNA = "player_id = %(anna)s"
THE_OPEN_BET = f"{OF_ANNA} AND cash_open > 0"
FAULTS: dict[str, tuple[str, set[str]]] = {
    "a transfer is missing": (
        f"DELETE FROM wallet_transfer WHERE {OF_ANNA} AND seq = 3",
        {"sequence without gaps", "balance after each transfer", "hash chain", "bets equal their transfers"},
    ),
    "the last transfer is missing": (
        f"DELETE FROM wallet_transfer WHERE {OF_ANNA} AND kind = 'adjustment'",
        {"purses explained by transfers", "adjustments have their approval"},
    ),
    "a transfer's amount was changed": (
        f"UPDATE wallet_transfer SET amount = amount + 1 WHERE {OF_ANNA} AND seq = 1",
        {"balance after each transfer", "hash chain"},
    ),
    "a balance after a transfer was changed": (
        f"UPDATE wallet_transfer SET after[1] = after[1] + 1 WHERE {OF_ANNA} AND seq = 2",
        {"balance after each transfer", "hash chain"},
    ),
    "a transfer was dated back": (
        f"UPDATE wallet_transfer SET at = at - interval '1 microsecond' WHERE {OF_ANNA} AND seq = 2",
        {"hash chain"},
    ),
    "somebody else is said to have asked": (
        f"UPDATE core_operation SET actor = 'nobody' WHERE {OF_ANNA} AND kind = 'stake'",
        {"hash chain"},
    ),
    "an operation of a transfer is missing": (
        f"DELETE FROM core_operation WHERE {OF_ANNA} AND kind = 'win'",
        {"hash chain"},
    ),
    "a wallet has more than its transfers say": (
        f"UPDATE wallet_wallet SET cash = cash + 1 WHERE {OF_ANNA}",
        {"purses explained by transfers"},
    ),
    "a wallet's head was changed": (
        f"UPDATE wallet_wallet SET head = 'x' WHERE {OF_ANNA}",
        {"purses explained by transfers"},
    ),
    "a wallet is missing": (
        f"DELETE FROM wallet_wallet WHERE {OF_ANNA}",
        {"purses explained by transfers", "in play equals open bets"},
    ),
    "a wallet without open bets is missing": (
        "DELETE FROM wallet_wallet WHERE player_id = %(ben)s",
        {"purses explained by transfers"},
    ),
    "a house transfer was changed": (
        "UPDATE wallet_housetransfer SET amount = amount + 1 WHERE seq = 1",
        {"house books chained"},
    ),
    "the last house transfer is missing": (
        "DELETE FROM wallet_housetransfer WHERE seq = 2",
        {"house books chained"},
    ),
    "an operation of a house transfer is missing": (
        "DELETE FROM core_operation WHERE kind = 'test.move_house_money'",
        {"house books chained"},
    ),
    "a house book is missing": ("DELETE FROM wallet_housebook", {"house books chained"}),
    "an open bet is larger than its stake": (
        f"UPDATE games_bet SET cash_open = cash_open + 1 WHERE {THE_OPEN_BET}",
        {"in play equals open bets", "bets equal their transfers", "loss counters equal play"},
    ),
    "an open bet is said to be settled": (
        f"UPDATE games_bet SET cash_settled = cash_open, cash_open = 0 WHERE {THE_OPEN_BET}",
        {"in play equals open bets", "bets equal their transfers"},
    ),
    "an undone bet is said to stand": (
        f"UPDATE games_bet SET undone_at = NULL WHERE {OF_ANNA} AND undone_at IS NOT NULL",
        {"bets equal their transfers"},
    ),
    "a standing bet is said to be undone": (
        f"UPDATE games_bet SET undone_at = placed_at WHERE {THE_OPEN_BET}",
        {"bets equal their transfers"},
    ),
    "a win is larger than what was paid": (
        f"UPDATE games_settlement SET cash = cash + 1 WHERE {OF_ANNA}",
        {"settlements equal their transfers", "loss counters equal play"},
    ),
    "a win that stands is said to be undone": (
        f"UPDATE games_settlement SET undone_at = settled_at WHERE {OF_ANNA}",
        {"settlements equal their transfers", "loss counters equal play"},
    ),
    "a bet is missing": (
        f"DELETE FROM games_bet WHERE {OF_ANNA} AND cash_settled > 0",
        {"transfers of games have their bet", "loss counters equal play"},
    ),
    "a win is missing": (
        f"DELETE FROM games_settlement WHERE {OF_ANNA}",
        {"transfers of games have their bet", "loss counters equal play"},
    ),
    "a round with money in play is closed": (
        f"UPDATE games_round SET state = 'closed' WHERE {OF_ANNA} AND reference = 'r1'",
        {"closed rounds hold nothing"},
    ),
    "an adjustment has no approval": (
        "UPDATE cases_approval SET state = 'waiting'",
        {"adjustments have their approval"},
    ),
    "an approval has no adjustment": (
        "UPDATE wallet_transfer SET cause_id = 0 WHERE kind = 'adjustment'",
        {"adjustments have their approval", "hash chain"},
    ),
    "more was approved than was adjusted": (
        "UPDATE cases_approval SET payload = jsonb_set(payload, '{amount_units}', '1')",
        {"adjustments have their approval"},
    ),
    "a real player has test money": (
        "UPDATE accounts_player SET is_test = false WHERE id = %(ben)s",
        {"test money stays with test players"},
    ),
    "a loss counter was lowered": (
        f"UPDATE responsible_gaming_limitcounter SET used = used - 1 WHERE {OF_ANNA}",
        {"loss counters equal play"},
    ),
    "a loss counter is missing": (
        f"DELETE FROM responsible_gaming_limitcounter WHERE {OF_ANNA}",
        {"loss counters equal play"},
    ),
}  # fmt: skip
