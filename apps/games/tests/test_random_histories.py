"""
Random histories of one player against a plain model: every answer and every purse is the model's.

Messages are repeated, changed, reordered and lost; rounds overlap; staff fund, adjust, limit, stop and let
go. A failing run prints its seed: `HISTORY_SEED=... pytest apps/games/tests/test_random_histories.py` plays
it again.
"""

import os
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from apps.accounts import services as accounts
from apps.accounts.models import Player, User
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.games import selectors as games
from apps.games import services
from apps.games.rules import Action, ActionKind, Message
from apps.games.tests.model import Act, Call, Model, Refused
from apps.responsible_gaming import services as responsible_gaming
from apps.wallet import selectors as wallet
from apps.wallet import services as wallet_acts
from tests.factories import StaffFactory, asked, new_player, provider

pytestmark = [pytest.mark.django_db, pytest.mark.money]

SEED = int(os.environ.get("HISTORY_SEED") or secrets.randbits(32))
EXAMPLES = int(os.environ.get("HISTORY_EXAMPLES") or 200)
STEPS = 30

ALL = -1
amounts = st.one_of(st.integers(0, 2_000_000), st.sampled_from([ALL, ALL, ALL, 0, 1, 999]))
# How far from the next unused reference: zero is a new one, below it an old one, above it one still to come.
distances = st.sampled_from([0, 0, 0, 0, 0, 0, -1, -2, -5, 2])
# Which of the stakes and wins sent before an undo means, the last one first; below zero, one still to come.
originals = st.sampled_from([0, 0, 1, 1, 2, 3, 4, 6, -1, -2])
kinds = st.sampled_from(["stake", "stake", "win", "undo", "undo"])
acts = st.tuples(kinds, distances, amounts, originals)
rounds = st.integers(0, 2)
calls = st.tuples(
    st.just("call"), rounds, st.lists(acts, min_size=1, max_size=3), st.booleans(), st.booleans()
)
single_calls = st.tuples(
    st.just("call"), rounds, st.lists(acts, min_size=1, max_size=1), st.booleans(), st.just(False)
)
others = st.one_of(
    st.tuples(st.just("fund"), st.integers(1, 500_000)),
    st.tuples(st.just("adjust"), st.sampled_from(["credit", "debit", "settle_debt"]), amounts),
    st.tuples(st.just("limit"), st.sampled_from([None, None, 0, 1_000_000, 1_999_999, 5_000_000])),
    st.tuples(st.just("stop"), st.sampled_from(["restrict"] * 9 + ["exclude"])),
    st.tuples(st.just("let go")),
    st.tuples(st.just("let go")),
    st.tuples(st.just("settle the debt")),
    st.tuples(st.just("spend a win"), st.integers(1, 2_000_000)),
)
repeats = st.tuples(st.just("repeat"), st.integers(0, 20))
changes = st.tuples(st.just("change"), st.integers(0, 20), st.sampled_from(["round", "content"]))
steps = st.one_of(single_calls, single_calls, single_calls, calls, calls, repeats, changes, others)
histories = st.tuples(
    st.sampled_from(["EUR", "EUR", "JPY", "BTC"]), st.lists(steps, min_size=STEPS, max_size=STEPS)
)


@dataclass
class History:
    """The product and the model side by side."""

    player: Player
    account: games.Account
    staff: tuple[User, User]
    model: Model = field(default_factory=Model)
    sent: list[Call] = field(default_factory=list)
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    next_reference: int = 10
    outcomes: Counter[str] = field(default_factory=Counter)
    restriction_id: int | None = None
    is_excluded: bool = False

    def call(self, number: int, drawn: list, is_last: bool, is_answer_lost: bool) -> None:
        made = [self._act(*values) for values in drawn]
        self.sent.append(Call(f"r{number}", tuple(made), is_last))
        if is_answer_lost:
            self.outcomes["a lost answer"] += 1
            self._outcome(self.sent[-1])
            outcome(lambda: self.model.answer(self.sent[-1]))
        self.compare(self.sent[-1])

    def spend_a_win(self, units: int) -> None:
        """Let a win be paid and spent before it is undone."""
        self.call(0, [("win", 0, units, 0)], False, False)
        self.call(1, [("stake", 0, ALL, 0)], True, False)
        self.call(0, [("undo", 0, 0, 1)], False, False)

    def _act(self, kind: str, distance: int, amount: int, original: int) -> Act:
        reference = str(max(self.next_reference + distance, 0))
        self.next_reference += distance == 0
        if kind == "undo":
            return Act(kind, reference, original=self._original(original))
        return Act(kind, reference, self._units(amount))

    def _original(self, index: int) -> str:
        before = [act.reference for call in self.sent for act in call.acts if act.kind != "undo"]
        if index < 0 or not before:
            return str(self.next_reference - 1 - index)
        return before[-1 - index % len(before)]

    def _units(self, amount: int) -> int:
        return self.model.purses["cash"] if amount == ALL else amount

    def repeat(self, index: int) -> None:
        if self.sent:
            self.outcomes["a repeat"] += 1
            self.compare(self.sent[-1 - index % len(self.sent)])

    def change(self, index: int, what: str) -> None:
        """Send an earlier call with one thing changed."""
        candidates = [call for call in self.sent if call.acts]
        if not candidates:
            return
        self.outcomes["a change"] += 1
        self.compare(changed(candidates[-1 - index % len(candidates)], what))

    def compare(self, call: Call) -> None:
        is_late = self.model.rounds.get(call.round, False) and any(act.kind == "stake" for act in call.acts)
        expected, answered = outcome(lambda: self.model.answer(call)), self._outcome(call)
        self.outcomes[expected if isinstance(expected, str) else "answered"] += 1
        self.outcomes["a batch"] += len(call.acts) > 1
        self.outcomes["a stake on a closed round"] += is_late and not isinstance(expected, str)
        if isinstance(expected, tuple):
            named, balance, unseen = expected
            assert not isinstance(answered, str), (call, answered, expected)
            assert [reference for reference, _ in answered.transactions] == [
                reference for _, reference in named
            ]
            assert (answered.balance.units, list(answered.buried)) == (balance, unseen), call
            for key, (_, operation_id) in zip(named, answered.transactions, strict=True):
                assert self.ids.setdefault(key, operation_id) == operation_id, call
            assert len(set(self.ids.values())) == len(self.ids)
        else:
            assert answered == expected, call

    def _outcome(self, call: Call):
        message = message_of(self.player, call)
        return outcome(lambda: services.play(account=self.account, message=message))

    def fund(self, units: int) -> None:
        amount = Money(units, self.player.currency)
        wallet_acts.fund_test_player(asked=asked(), player_id=self.player.id, amount=amount)
        self.model.credit(units)

    def settle_the_debt(self) -> None:
        self.adjust("settle_debt", self.model.purses["debt"])

    def adjust(self, direction: str, amount: int) -> None:
        units = self._units(amount)
        if not units:
            return
        maker, checker = self.staff
        wish = wallet_acts.Adjustment(self.player.id, units, self.player.currency, direction, "correction")
        proposal = wallet_acts.propose_adjustment(
            asked=asked(), adjustment=wish, reason="test", maker_id=maker.id
        )
        act = {"credit": self.model.credit, "debit": self.model.debit, "settle_debt": self.model.settle_debt}
        expected = outcome(lambda: act[direction](units))
        answered = outcome(
            lambda: (
                wallet_acts.approve_adjustment(
                    asked=asked(),
                    player_id=self.player.id,
                    approval_id=proposal.value,
                    adjustment=wish,
                    checker_id=checker.id,
                ).value
            )
        )
        assert answered == expected

    def limit(self, units: int | None) -> None:
        responsible_gaming.set_limit(
            asked=asked(),
            player_id=self.player.id,
            kind="loss",
            period="day",
            amount=None if units is None else Money(units, self.player.currency),
            source="operator",
        )
        self.model.limit = units

    def stop(self, how: str) -> None:
        self.model.is_stopped = True
        if how == "exclude":
            self.is_excluded = True
            responsible_gaming.exclude(asked=asked(), player_id=self.player.id, kind="time_out", hours=24)
        elif self.restriction_id is None:
            done = accounts.restrict(asked=asked(), player_id=self.player.id, kind="stake", reason="test")
            self.restriction_id = done.value

    def let_go(self) -> None:
        if self.restriction_id is not None:
            accounts.lift_restriction(
                asked=asked(), player_id=self.player.id, restriction_id=self.restriction_id, reason="test"
            )
            self.restriction_id, self.model.is_stopped = None, self.is_excluded

    def play(self, step: tuple) -> None:
        """Take one step, and compare every purse with the model's."""
        getattr(self, step[0].replace(" ", "_"))(*step[1:])
        self.outcomes["a debt"] += bool(self.model.purses["debt"])
        purses = wallet.balance(player_id=self.player.id, currency=self.player.currency)
        assert {name: money.units for name, money in purses.items() if money.units} == {
            name: units for name, units in self.model.purses.items() if units
        }, step


def changed(call: Call, what: str) -> Call:
    """Return a call with another round, or with another amount or original of its first act."""
    first, others = call.acts[0], call.acts[1:]
    if what == "round":
        return Call(f"other-{call.round}", call.acts, call.is_last)
    if first.kind == "undo":
        return Call(call.round, (Act("undo", first.reference, original=first.original + "0"), *others))
    return Call(call.round, (Act(first.kind, first.reference, first.amount + 1), *others))


def message_of(player: Player, call: Call) -> Message:
    """Return the message of a call."""
    actions = tuple(Action(ActionKind(a.kind), a.reference, a.amount, a.original) for a in call.acts)
    return Message(player.public_id, player.currency, "fruit", call.round, call.is_last, actions)


def outcome(act):
    """Return what an act returns, or the code of its refusal."""
    try:
        return act()
    except (DomainError, Refused) as refusal:
        return refusal.code


def until_noon() -> timedelta:
    """Return how far the next noon is: no history may meet the end of a day's limit by chance."""
    now = datetime.now(UTC)
    return now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1) - now


# What the histories of one run have to meet, or they prove little.
CORNERS = {
    "answered", "a repeat", "a change", "a lost answer", "an undo before its original", "a buried original",
    "an undone bet", "an undone win", "a debt", "a win without a bet", "a stake on a closed round", "a batch",
    "access.refused", "core.reference_reused", "wallet.insufficient_funds", "wallet.debt_outstanding",
    "responsible_gaming.limit_exceeded",
}  # fmt: skip
met: Counter[str] = Counter()


@seed(SEED)
@settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
@given(histories)
def play_histories(drawn):
    note(f"HISTORY_SEED={SEED}")
    currency, taken = drawn
    history = History(new_player(currency=currency), provider(), (StaffFactory(), StaffFactory()))
    history.fund(1_000_000)
    for step in taken:
        history.play(step)
    met.update(corners(history))


def corners(history: History) -> Counter[str]:
    """Return what a history has met."""
    model, answers = history.model, history.outcomes
    bets, wins = list(model.bets.values()), list(model.wins.values())
    staked = {bet.round for bet in bets}
    come = {name for kind, name in model.meanings if kind != "undo"} - set(model.bets) - set(model.wins)
    return answers + Counter(
        {
            "an undo before its original": len(model.tombstones),
            "a buried original": len(come & model.tombstones),
            "an undone bet": sum(bet.is_undone for bet in bets),
            "an undone win": sum(win.is_undone for win in wins),
            "a win without a bet": sum(win.round not in staked for win in wins),
        }
    )


def test_every_answer_of_random_histories_is_the_models():
    met.clear()
    with clock.moved(until_noon()):
        play_histories()
    assert not CORNERS - {name for name, times in met.items() if times}, met
