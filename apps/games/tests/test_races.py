"""Real threads, all of them aimed at one wallet."""

import threading
from collections import Counter

import pytest

from apps.core import operations
from apps.core.errors import Busy, ReferenceReused
from apps.core.models import Operation
from apps.core.money import of, text
from apps.games.rules import Action, ActionKind, Answer
from apps.games.stake import rows
from apps.responsible_gaming import services as responsible_gaming
from apps.responsible_gaming.errors import LimitExceeded
from apps.responsible_gaming.models import LimitCounter
from apps.wallet.errors import InsufficientFunds
from apps.wallet.models import Transfer
from tests.factories import asked, stake, undo, win
from tests.playing import a_game, play, purses
from tests.threads import PATIENCE_SECONDS, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]

CROWD, FEW = 50, 16
PAIRS = 200


def kinds(answers: list) -> Counter:
    """Count answers by their type: answers, refusals, accidents."""
    return Counter(type(answer) for answer in answers)


def in_step(*steps, times: int) -> list[list]:
    """Do step(number) of every kind at the same moment, so many times; return the answers of each kind."""
    pace = threading.Barrier(len(steps))

    def walk(step) -> list:
        answers = []
        for number in range(times):
            pace.wait(PATIENCE_SECONDS)
            answers.append(outcome(step, number))
        return answers

    return at_once([lambda step=step: walk(step) for step in steps])


def outcome(step, number: int):
    try:
        return step(number)
    except (Busy, ReferenceReused) as refusal:
        return refusal


def insisting(account, player, *actions, **more):
    """Play as a provider does that asks again where a crowd keeps it from the lane for too long."""

    def act():
        while True:
            try:
                return play(account, player, *actions, **more)
            except Busy as busy:
                if busy.facts["reason"] != "lock_timeout":
                    raise

    return act


@pytest.mark.parametrize(
    ("crowd", "action"),
    [(CROWD, stake("x", "5.00 EUR")), (FEW, win("x", "5.00 EUR")), (FEW, undo("x", "b0"))],
)
def test_fifty_equal_acts_have_one_effect_and_fifty_equal_answers(crowd, action):
    player, account = a_game()
    play(account, player, stake("b0", "7.00 EUR"))
    answers = at_once([insisting(account, player, action)] * crowd)
    assert answers == [answers[0]] * crowd
    assert isinstance(answers[0], Answer)
    expected = {"stake": "38.00", "win": "48.00", "undo": "50.00"}[action.kind]
    assert text(answers[0].balance) == purses(player)["cash"] == expected
    assert Operation.objects.filter(reference="x").count() == 1


def test_one_reference_with_fifty_contents_has_one_effect_and_forty_nine_mismatches():
    player, account = a_game("100.00 EUR")
    amounts = [f"{1 + number / 100:.2f} EUR" for number in range(CROWD)]
    answers = at_once([insisting(account, player, stake("x", amount)) for amount in amounts])
    assert kinds(answers) == {Answer: 1, ReferenceReused: CROWD - 1}
    (index,) = [index for index, answer in enumerate(answers) if isinstance(answer, Answer)]
    assert answers[index].balance == of("100.00 EUR") - of(amounts[index])


@pytest.mark.parametrize(("crowd", "enough_for"), [(CROWD, 17), (FEW, 1), (FEW, FEW - 1)])
def test_of_fifty_stakes_on_funds_for_some_exactly_those_are_taken(crowd, enough_for):
    player, account = a_game(f"{enough_for * 3 + 2}.99 EUR")
    stakes = [stake(f"b{number}", "3.00 EUR") for number in range(crowd)]
    answers = at_once([insisting(account, player, action) for action in stakes])
    assert kinds(answers) == {Answer: enough_for, InsufficientFunds: crowd - enough_for}
    assert purses(player) == {"cash": "2.99", "in_play_cash": f"{enough_for * 3}.00"}
    balances = {answer.balance.units for answer in answers if isinstance(answer, Answer)}
    assert len(balances) == enough_for


def test_different_wins_on_one_round_are_all_paid():
    player, account = a_game()
    play(account, player, stake("b0", "7.00 EUR"))
    wins = [win(f"w{number}", "1.00 EUR") for number in range(FEW)]
    answers = at_once([insisting(account, player, action) for action in wins])
    assert kinds(answers) == {Answer: FEW}
    assert purses(player) == {"cash": "59.00"}
    assert Transfer.objects.filter(kind="settle").count() == 1


def test_a_stake_against_its_undo_moves_nothing_in_the_end():
    player, account = a_game()
    stakes, undos = in_step(
        lambda number: play(account, player, stake(f"b{number}", "5.00 EUR"), round=f"r{number}"),
        lambda number: play(account, player, undo(f"u{number}", f"b{number}"), round=f"r{number}"),
        times=PAIRS,
    )
    assert purses(player) == {"cash": "50.00"}
    assert kinds(stakes) == kinds(undos) == {Answer: PAIRS}
    buried = sum(bool(answer.buried) for answer in undos)
    assert Transfer.objects.filter(kind="stake").count() == PAIRS - buried
    assert Transfer.objects.filter(kind="undo").count() == PAIRS - buried


def test_a_win_against_its_undo_moves_nothing_in_the_end():
    player, account = a_game()
    wins, undos = in_step(
        lambda number: play(account, player, win(f"w{number}", "5.00 EUR"), round=f"r{number}"),
        lambda number: play(account, player, undo(f"u{number}", f"w{number}"), round=f"r{number}"),
        times=FEW,
    )
    assert purses(player) == {"cash": "50.00"}
    assert kinds(wins) == kinds(undos) == {Answer: FEW}


def test_two_undos_of_one_stake_at_once_give_it_back_once():
    player, account = a_game()
    for number in range(20):
        play(account, player, stake(f"b{number}", "1.00 EUR"))
    in_step(
        *[
            lambda number, name=name: play(account, player, undo(f"{name}{number}", f"b{number}"))
            for name in "uvw"
        ],
        times=20,
    )
    assert purses(player) == {"cash": "50.00"}
    assert Transfer.objects.filter(kind="undo").count() == 20


def test_a_batch_and_its_parts_at_once_happen_once():
    player, account = a_game()
    both = (stake("b", "5.00 EUR"), win("w", "9.00 EUR"))
    acts = [lambda: play(account, player, *both, finished=True)] * 8 + [
        lambda: play(account, player, both[0])
    ] * 8
    answers = at_once(acts)
    assert kinds(answers) == {Answer: 16}
    assert purses(player) == {"cash": "54.00"}
    assert len({dict(answer.transactions)["b"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("crowd", "currency", "limit", "step", "taken"),
    [
        (CROWD, "EUR", "100.00", "7.00", 14),
        (CROWD, "JPY", "100", "7", 14),
        (FEW, "EUR", "33.33", "3.33", 10),
        (FEW, "BTC", "1", "0.07", 14),
    ],
)
def test_parallel_stakes_never_pass_a_loss_limit_by_one_unit(crowd, currency, limit, step, taken):
    player, account = a_game(f"1000 {currency}")
    responsible_gaming.set_limit(
        asked=asked(), player_id=player.id, kind="loss", period="day", amount=of(f"{limit} {currency}")
    )
    stakes = [stake(f"b{number}", f"{step} {currency}") for number in range(crowd)]
    answers = at_once([insisting(account, player, action) for action in stakes])
    assert kinds(answers) == {Answer: taken, LimitExceeded: crowd - taken}
    used = taken * of(f"{step} {currency}").units
    assert [row.used for row in LimitCounter.objects.filter(player=player)] == [used]
    left = of(f"{limit} {currency}").units - used
    play(account, player, Action(ActionKind.STAKE, "exactly", left))
    with pytest.raises(LimitExceeded):
        play(account, player, Action(ActionKind.STAKE, "one more", 1))


def crossing_batches(rounds: int) -> list[list]:
    """Let two players use the same two global references at once, one in each order."""
    (one, account), (other, _) = a_game(reference_scope="global"), a_game(reference_scope="global")
    return in_step(
        lambda number: play(account, one, stake(f"x{number}", "0.10 EUR"), stake(f"y{number}", "0.10 EUR")),
        lambda number: play(account, other, stake(f"y{number}", "0.10 EUR"), stake(f"x{number}", "0.10 EUR")),
        times=rounds,
    )


def slowly(statement: str) -> str:
    """Let the rows of an insert arrive one by one, in the order in which they are selected."""
    insert, select = statement.split("SELECT", 1)
    return f"{insert} SELECT * FROM (SELECT {select} OFFSET 0) AS arriving WHERE pg_sleep(0.05) IS NOT NULL"


@pytest.fixture
def written_slowly(monkeypatch):
    """Write references slowly, and try nothing twice: whoever waits for the other is seen."""

    def write(statement: str) -> None:
        monkeypatch.setitem(rows._PARTS, "references", slowly(statement))
        rows.statement.cache_clear()

    monkeypatch.setattr(operations, "TRIES", 1)
    yield write
    rows.statement.cache_clear()


def test_two_players_batches_in_crossing_order_never_wait_for_each_other(written_slowly):
    written_slowly(rows._PARTS["references"])
    for one, other in zip(*crossing_batches(8), strict=True):
        assert kinds([one, other]) == {Answer: 1, ReferenceReused: 1}


def test_references_written_in_the_order_of_arrival_would_wait_for_each_other(written_slowly):
    in_order = "ORDER BY r.reference, r.kind"
    assert in_order in rows._PARTS["references"]
    written_slowly(rows._PARTS["references"].replace(in_order, ""))
    (one,), (other,) = crossing_batches(1)
    assert kinds([one, other]) == {Answer: 1, Busy: 1}
