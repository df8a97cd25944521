"""
A second, plain account of what a provider's messages do to one player, written from the ledger's rules.

It shares no code with what it is compared to: one dictionary of purses, one of bets, one of wins, and no
database. A refused message leaves it as it was.
"""

from copy import deepcopy
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Act:
    """A stake, a win or an undo, as a provider names it."""

    kind: str
    reference: str
    amount: int = 0
    original: str = ""


@dataclass(frozen=True)
class Call:
    """Acts on one round, in order, and whether the round is over."""

    round: str
    acts: tuple[Act, ...]
    is_last: bool = False


@dataclass
class Piece:
    """A bet or a win that moved money (or would have, had it been more than zero)."""

    round: str
    amount: int
    is_open: bool = False
    is_undone: bool = False


class Refused(Exception):
    """The model says no."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Model:
    """One player at one provider."""

    purses: dict[str, int] = field(default_factory=lambda: {"cash": 0, "in_play_cash": 0, "debt": 0})
    bets: dict[str, Piece] = field(default_factory=dict)
    wins: dict[str, Piece] = field(default_factory=dict)
    rounds: dict[str, bool] = field(default_factory=dict)
    meanings: dict[tuple[str, str], tuple] = field(default_factory=dict)
    tombstones: set[str] = field(default_factory=set)
    undos: set[str] = field(default_factory=set)
    limit: int | None = None
    lost: int = 0
    is_stopped: bool = False

    def answer(self, call: Call) -> tuple[list[tuple[str, str]], int, list[str]]:
        """
        Play a call and return the acts in order, the balance, and which undos found nothing to undo.

        :raises Refused: the call has no effect.
        """
        after = deepcopy(self)
        unseen: list[str] = []
        for act in call.acts:
            after._take(act, call, unseen)
        if call.is_last and call.round in after.rounds:
            after._settle(call.round)
            after.rounds[call.round] = True
        self.__dict__ = after.__dict__
        return [(act.kind, act.reference) for act in call.acts], self.purses["cash"], unseen

    def _take(self, act: Act, call: Call, unseen: list[str]) -> None:
        meaning = (act.amount, act.original, call.round)
        if self.meanings.setdefault((act.kind, act.reference), meaning) != meaning:
            raise Refused("core.reference_reused")
        if act.kind == "undo":
            self._undo_once(act, unseen)
        elif not self._is_known(act) and act.reference not in self.tombstones:
            (self._stake if act.kind == "stake" else self._win)(act, call.round)

    def _is_known(self, act: Act) -> bool:
        return act.reference in (self.bets if act.kind == "stake" else self.wins)

    def _stake(self, act: Act, name: str) -> None:
        if self.is_stopped:
            raise Refused("access.refused")
        if self.purses["debt"]:
            raise Refused("wallet.debt_outstanding")
        if act.amount > self.purses["cash"]:
            raise Refused("wallet.insufficient_funds")
        if self.limit is not None and act.amount and self.lost + act.amount > self.limit:
            raise Refused("responsible_gaming.limit_exceeded")
        self._move("cash", -act.amount)
        self._move("in_play_cash", act.amount)
        self.lost += act.amount
        self.bets[act.reference] = Piece(name, act.amount, is_open=True)
        if self.rounds.setdefault(name, False):
            self._settle(name)

    def _win(self, act: Act, name: str) -> None:
        self._settle(name)
        self._move("cash", act.amount)
        self.lost -= act.amount
        self.wins[act.reference] = Piece(name, act.amount)
        self.rounds.setdefault(name, False)

    def _settle(self, name: str) -> None:
        for bet in self.bets.values():
            if bet.round == name and bet.is_open and not bet.is_undone:
                self._move("in_play_cash", -bet.amount)
                bet.is_open = False

    def _undo_once(self, act: Act, unseen: list[str]) -> None:
        if act.reference in self.undos:
            return
        self.undos.add(act.reference)
        bet, win = self.bets.get(act.original), self.wins.get(act.original)
        if bet is not None and not bet.is_undone:
            self._undo_bet(bet)
        elif win is not None and not win.is_undone:
            self._undo_win(win)
        elif not self._has_come(act.original):
            self.tombstones.add(act.original)
            unseen.append(act.reference)

    def _has_come(self, reference: str) -> bool:
        """Whether a stake or a win of this name has come, also one that was buried."""
        return ("stake", reference) in self.meanings or ("win", reference) in self.meanings

    def _undo_bet(self, bet: Piece) -> None:
        self._move("cash", bet.amount)
        if bet.is_open:
            self._move("in_play_cash", -bet.amount)
        self.lost -= bet.amount
        bet.is_undone = True

    def _undo_win(self, win: Piece) -> None:
        there = min(self.purses["cash"], win.amount)
        self._move("cash", -there)
        self._move("debt", win.amount - there)
        self.lost += win.amount
        win.is_undone = True

    def _move(self, purse: str, units: int) -> None:
        self.purses[purse] += units
        assert self.purses[purse] >= 0, (purse, units)

    def credit(self, units: int) -> None:
        """Take in a deposit or a correction."""
        self._move("cash", units)

    def debit(self, units: int) -> None:
        """Take a correction away."""
        if units > self.purses["cash"]:
            raise Refused("wallet.insufficient_funds")
        self._move("cash", -units)

    def settle_debt(self, units: int) -> None:
        """Let the house pay what the player owes."""
        if units > self.purses["debt"]:
            raise Refused("wallet.insufficient_funds")
        self._move("debt", -units)
