"""Every round that can be planned, walked through every fate that its messages can have."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import product

import pytest

from sandbox.slots import rounds
from sandbox.slots.rounds import Call, Kind, Manner, Round, Session, State, Verdict
from sandbox.slots.rules import Ball, Outcome, Spin

Fates = tuple[Verdict, ...]
Walk = tuple[dict[str, Call], tuple[bool, ...]]
SESSION = Session("token", "s1", "player", "EUR", "game", "en")
MANNERS = [Manner(*flags) for flags in product((False, True), repeat=4)]


def spin(amount: int) -> Spin:
    """Return a spin that pays so much."""
    return Spin(screen=(), wins=(), amount=amount)


OUTCOMES = {
    "lost": Outcome(100, spin(0), None, None),
    "won": Outcome(100, spin(40), None, None),
    "won twice": Outcome(100, spin(40), spin(60), None),
    "won by re-spin": Outcome(100, spin(0), spin(60), None),
    "ball lost": Outcome(100, spin(40), None, Ball(50, 0, 0)),
    "ball won": Outcome(100, spin(40), None, Ball(50, 2, 100)),
}


def fates_of(call: Call) -> Fates:
    """Return what can become of a call; a credit is sent until it is taken."""
    if call.is_debit:
        return (Verdict.TAKEN, Verdict.REFUSED, Verdict.UNKNOWN)
    return (Verdict.TAKEN,)


def walks(calls: dict[str, Call], said: tuple[bool, ...] = ()) -> Iterator[Walk]:
    """Yield every way through a round: how its calls end, and what each one said about being the last."""
    step = rounds.next_step(calls)
    if not step:
        yield calls, said
        return
    for call in step:
        call.state = State.SENT
    said += tuple(rounds.is_last(call, calls) for call in step)
    for fates in product(*(fates_of(call) for call in step)):
        branch = deepcopy(calls)
        for call, fate in zip(step, fates, strict=True):
            settle(branch, branch[call.purpose], fate)
        yield from walks(branch, said)


def settle(calls: dict[str, Call], call: Call, fate: Verdict) -> None:
    """End a call as the dealer does."""
    call.state, call.verdict = State.FINAL, fate
    if fate is Verdict.UNKNOWN:
        rollback = rounds.undo(call)
        calls[rollback.purpose] = rollback
    for other in rounds.drops(calls):
        other.state, other.verdict = State.FINAL, Verdict.DROPPED


def every_walk(outcome: str, manner: Manner) -> list[Walk]:
    """Return every way through one planned round."""
    return list(walks(rounds.plan(round_id="r", outcome=OUTCOMES[outcome], manner=manner)))


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("manner", MANNERS)
def test_every_round_comes_to_an_end_that_makes_sense(outcome: str, manner: Manner) -> None:
    for calls, _ in every_walk(outcome, manner):
        assert all(call.is_final for call in calls.values())
        for call in calls.values():
            is_undone = f"undo-{call.purpose}" in calls
            assert is_undone == (call.verdict is Verdict.UNKNOWN or call.is_straggler)
            if call.needs and call.verdict is Verdict.TAKEN:
                assert calls[call.needs].verdict is Verdict.TAKEN


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("manner", MANNERS)
def test_somebody_closes_every_round_in_which_money_moved(outcome: str, manner: Manner) -> None:
    for calls, said in every_walk(outcome, manner):
        assert calls["open"].verdict is Verdict.REFUSED or said[-1]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_round_taken_whole_pays_what_the_reels_said(outcome: str) -> None:
    dealt = OUTCOMES[outcome]
    owed = sum(part.amount for part in (dealt.spin, dealt.respin, dealt.ball) if part)
    for manner in MANNERS:
        plan = rounds.plan(round_id="r", outcome=dealt, manner=manner)
        wins = sum(a.amount for call in plan.values() for a in call.actions if a.kind is Kind.WIN)
        assert wins == (0 if manner.is_overtaken else owed)


def test_an_overtaken_bet_goes_out_behind_its_rollback() -> None:
    calls = rounds.plan(round_id="r", outcome=OUTCOMES["won"], manner=Manner(is_overtaken=True))
    assert [call.purpose for call in rounds.next_step(calls)] == ["undo-open"]
    settle(calls, calls["undo-open"], Verdict.TAKEN)
    assert [call.purpose for call in rounds.next_step(calls)] == ["open"]
    assert not calls["open"].is_debit


def test_messages_say_what_the_contract_asks_for() -> None:
    calls = rounds.plan(round_id="r", outcome=OUTCOMES["won"], manner=Manner())
    game_round = Round(id="r", session=SESSION, number=1, stake=100, outcome={}, calls=calls)
    common = {"user_id": "player", "currency": "EUR", "game": "game", "game_id": "r"}
    assert rounds.wire_content(calls["open"], game_round) == {
        **common,
        "finished": False,
        "actions": [{"action": "bet", "amount": 100, "action_id": "r-b1"}],
        "session_id": "s1",
    }
    settle(calls, calls["open"], Verdict.UNKNOWN)
    assert rounds.wire_content(calls["undo-open"], game_round) == {
        **common,
        "finished": True,
        "actions": [{"action": "rollback", "action_id": "r-b1-u", "original_action_id": "r-b1"}],
    }
