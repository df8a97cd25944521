"""The law of play: policies, messages, how a stake is split and a win shared. Pure."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from apps.core.money import Money
from apps.core.rules import Choice


class GameState(Choice):
    """A live game takes stakes; a disabled one takes wins and undos only."""

    LIVE = "live"
    DISABLED = "disabled"


class RoundState(Choice):
    """Open until the provider says that it ended."""

    OPEN = "open"
    CLOSED = "closed"


class BetKind(Choice):
    """What a stake is called in its product."""

    STAKE = "stake"
    BUY_IN = "buy_in"
    ENTRY = "entry"
    TICKET = "ticket"
    TIP = "tip"


class SettlementKind(Choice):
    """What an outcome is."""

    WIN = "win"
    VOID = "void"
    CASH_OUT = "cash_out"
    RESETTLE = "resettle"
    RAKE = "rake"


class ActionKind(Choice):
    """The three money acts of a provider; they are also the kinds of their operations."""

    STAKE = "stake"
    WIN = "win"
    UNDO = "undo"


# What an undo can point at: the bet first, where a contract gives it and its win one reference.
UNDOABLE = (ActionKind.STAKE, ActionKind.WIN)
# The kind of the operation that ends a round by itself, without a win to settle its bets.
END_ROUND = "end_round"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    Where a provider's contract differs from the safe default.

    The ledger behaves the same for all of them; a policy chooses what is refused and what the wire says.
    """

    launch_required: bool = True
    reference_scope: Literal["player", "global"] = "player"
    references_shared_over_kinds: bool = False
    rounds_unique_per_game: bool = False
    win_without_bet: Literal["accept", "refuse"] = "accept"
    stake_on_closed_round: Literal["accept", "refuse"] = "accept"


@dataclass(frozen=True, slots=True)
class Action:
    """One money act of a message. `amount` is ledger units; an undo names its original and no amount."""

    kind: ActionKind
    reference: str
    amount: int = 0
    original: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider asks in one call: ordered, atomic actions on one round of one player."""

    public_id: str
    currency: str
    game: str
    round_reference: str
    finished: bool
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a provider is told: our transaction ids in the order of the actions, and the balance of now.

    `buried` names the undos whose original has not come: some contracts answer those with an error, and the
    undo is remembered all the same.
    """

    transactions: tuple[tuple[str, int], ...]
    balance: Money
    buried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """An amount by purse, in ledger units."""

    cash: int
    bonus: int = 0

    @property
    def total(self) -> int:
        """Both purses together."""
        return self.cash + self.bonus


def split_stake(amount: int, *, cash: int, bonus: int) -> Split | None:
    """Return how a stake is paid, cash first, or None where both purses together do not suffice."""
    if amount > cash + bonus:
        return None
    paid = min(amount, cash)
    return Split(paid, amount - paid)


def share_win(amount: int, *, staked: Split) -> Split:
    """
    Return how a win falls to the purses, by the funding of its round; the remainder goes to cash.

    A round without funding (a win without a bet, or after its bets were undone) pays in cash.
    """
    bonus = amount * staked.bonus // staked.total if staked.bonus else 0
    return Split(amount - bonus, bonus)
