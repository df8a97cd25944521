"""One behaviour for every provider: repeats, undos, batches and rounds."""

from dataclasses import replace

import pytest

from apps.accounts.errors import PlayerNotFound
from apps.cases.models import Case
from apps.core.errors import ReferenceReused
from apps.core.models import Event, Operation, Tombstone
from apps.core.money import text
from apps.games import services
from apps.games.errors import RoundClosed, WinWithoutBet, WrongCurrency
from apps.games.models import Bet, Round
from apps.games.rules import Action, ActionKind
from apps.wallet.errors import InsufficientFunds
from apps.wallet.models import Transfer
from tests.factories import funded, message, stake, undo, win
from tests.playing import a_game, counts, play, purses, refused

pytestmark = [pytest.mark.django_db, pytest.mark.money]


# 1. Same reference and content: the first answer with the balance of now. Other content: no effect.


def test_a_repeat_gets_the_first_ids_and_the_balance_of_now():
    player, account = a_game()
    first = play(account, player, stake("b1", "5.00 EUR"))
    play(account, player, stake("b2", "7.00 EUR"))
    before = counts(player)
    again = play(account, player, stake("b1", "5.00 EUR"))
    assert again.transactions == first.transactions
    assert (text(first.balance), text(again.balance)) == ("45.00", "38.00")
    assert counts(player) == before


@pytest.mark.parametrize("kind", ["stake", "win", "undo"])
def test_every_kind_of_act_can_be_repeated(kind):
    player, account = a_game()
    play(account, player, stake("b0", "5.00 EUR"))
    action = {"stake": stake("x", "1.00 EUR"), "win": win("x", "1.00 EUR"), "undo": undo("x", "b0")}[kind]
    first = play(account, player, action)
    before = counts(player)
    assert play(account, player, action) == first
    assert counts(player) == before


CHANGES = {
    "amount": (stake("b1", "5.01 EUR"), {}),
    "amount by the smallest unit": (stake("b1", "5.00001 EUR"), {}),
    "round": (stake("b1", "5.00 EUR"), {"round": "round-2"}),
    "game": (stake("b1", "5.00 EUR"), {"game": "cards"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_same_reference_with_another_meaning_is_a_mismatch(what):
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"))
    action, more = CHANGES[what]
    with refused(player, ReferenceReused):
        play(account, player, action, **more)


def test_an_undo_with_another_original_is_a_mismatch():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), stake("b2", "5.00 EUR"))
    play(account, player, undo("u1", "b1"))
    with refused(player, ReferenceReused):
        play(account, player, undo("u1", "b2"))


def test_a_repeat_in_another_currency_is_refused_because_the_account_has_one():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"))
    with refused(player, WrongCurrency):
        play(account, player, stake("b1", "5.00 EUR"), currency="USD")


def test_whether_the_round_is_finished_is_no_part_of_what_an_act_means():
    player, account = a_game()
    first = play(account, player, stake("b1", "5.00 EUR"))
    again = play(account, player, stake("b1", "5.00 EUR"), finished=True)
    assert again == first
    assert purses(player) == {"cash": "45.00"}
    assert Round.objects.get().state == "closed"


def test_an_undo_names_no_amount_and_uses_the_stored_one():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), stake("b2", "7.00 EUR"))
    play(account, player, Action(ActionKind.UNDO, "u1", amount=1, original="b1"))
    assert purses(player) == {"cash": "43.00", "in_play_cash": "7.00"}


# 3. An undo of what was not seen writes a tombstone; the original gets an id and moves nothing.


@pytest.mark.parametrize("late", [stake("x", "5.00 EUR"), win("x", "5.00 EUR")])
def test_an_undo_that_came_first_buries_its_original_of_either_kind(late):
    player, account = a_game()
    buried = play(account, player, undo("u", "x"))
    answer = play(account, player, late)
    assert buried.buried == ("u",)
    assert answer.transactions[0][0] == "x"
    assert purses(player) == {"cash": "50.00"}
    assert play(account, player, late) == answer


def test_two_tombstones_and_then_both_originals_move_nothing():
    player, account = a_game()
    play(account, player, undo("u1", "b1"))
    play(account, player, undo("u2", "w1"))
    answers = [play(account, player, stake("b1", "5.00 EUR")), play(account, player, win("w1", "9.00 EUR"))]
    assert len({answer.transactions[0][1] for answer in answers}) == 2
    assert purses(player) == {"cash": "50.00"}
    assert Transfer.objects.filter(player_id=player.id).count() == 1


def test_two_undos_of_one_unknown_original_write_one_tombstone():
    player, account = a_game()
    assert play(account, player, undo("u1", "b1")).buried == ("u1",)
    assert play(account, player, undo("u2", "b1")).buried == ("u2",)
    play(account, player, stake("b1", "5.00 EUR"))
    assert Tombstone.objects.count() == 1
    assert purses(player) == {"cash": "50.00"}


@pytest.mark.parametrize(
    "actions",
    [
        (undo("u1", "b1"), undo("u2", "w1"), stake("b1", "5.00 EUR"), win("w1", "9.00 EUR")),
        (undo("u1", "b1"), stake("b1", "5.00 EUR"), undo("u2", "w1"), win("w1", "9.00 EUR")),
        (stake("b1", "5.00 EUR"), undo("u1", "b1"), win("w1", "9.00 EUR"), undo("u2", "w1")),
        (stake("b1", "5.00 EUR"), win("w1", "9.00 EUR"), undo("u2", "w1"), undo("u1", "b1")),
        (undo("u2", "w1"), win("w1", "9.00 EUR"), stake("b1", "5.00 EUR"), undo("u1", "b1")),
        (
            stake("b1", "5.00 EUR"),
            undo("u1", "b1"),
            undo("u3", "b1"),
            undo("u2", "w1"),
            win("w1", "9.00 EUR"),
        ),
    ],
)
@pytest.mark.parametrize("finished", [False, True])
def test_undos_and_originals_of_one_batch_cancel_in_any_order(actions, finished):
    player, account = a_game()
    answer = play(account, player, *actions, finished=finished)
    assert len({operation_id for _, operation_id in answer.transactions}) == len(actions)
    assert purses(player) == {"cash": "50.00"}
    before = counts(player)
    assert play(account, player, *actions, finished=finished).transactions == answer.transactions
    assert counts(player) == before


def test_a_stake_stays_in_play_where_the_win_behind_it_in_the_batch_is_buried_on_the_way():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), undo("u1", "w1"), win("w1", "9.00 EUR"))
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}


def test_an_undo_of_a_buried_original_that_came_moves_nothing():
    player, account = a_game()
    play(account, player, undo("u1", "b1"))
    play(account, player, stake("b1", "5.00 EUR"))
    play(account, player, undo("u2", "b1"))
    assert purses(player) == {"cash": "50.00"}


def test_an_undo_that_names_no_player_finds_the_lane_through_the_original():
    (player, account), (other, _) = a_game(reference_scope="global"), a_game(reference_scope="global")
    play(account, player, stake("b1", "5.00 EUR"))
    services.play(account=account, message=replace(message(other, undo("u1", "b1")), public_id=""))
    assert (purses(player), purses(other)) == ({"cash": "50.00"}, {"cash": "50.00"})
    assert Operation.objects.get(reference="u1").player_id == player.id


def test_an_undo_that_names_no_player_and_no_known_original_is_refused():
    player, account = a_game(reference_scope="global")
    with refused(player, PlayerNotFound):
        services.play(account=account, message=replace(message(player, undo("u1", "b1")), public_id=""))


def test_an_undo_of_another_players_stake_leaves_that_player_alone():
    (one, account), (other, _) = a_game(), a_game()
    play(account, one, stake("b1", "5.00 EUR"))
    assert play(account, other, undo("u1", "b1")).buried == ("u1",)
    assert purses(one) == {"cash": "45.00", "in_play_cash": "5.00"}
    assert purses(other) == {"cash": "50.00"}


# 4. An undo uses the stored amount and split, from where the money lies now, and happens once.


@pytest.mark.parametrize("finished", [False, True])
def test_an_undo_takes_the_stake_from_where_it_lies_now(finished):
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), finished=finished)
    play(account, player, undo("u1", "b1"))
    assert purses(player) == {"cash": "50.00"}
    row = Transfer.objects.get(kind="undo")
    assert (row.debit, row.credit) == ("games_cash" if finished else "in_play_cash", "cash")
    assert row.reverses_id == Transfer.objects.get(kind="stake").id


def test_a_stake_and_a_win_are_undone_once_whoever_asks_again():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), win("w1", "9.00 EUR"), finished=True)
    for number in range(3):
        play(account, player, undo(f"u-b-{number}", "b1"))
        play(account, player, undo(f"u-w-{number}", "w1"))
    assert purses(player) == {"cash": "50.00"}
    assert Transfer.objects.filter(kind="undo").count() == 2
    told = Event.objects.filter(type__endswith=".undone").values_list("type", flat=True)
    assert sorted(told) == ["games.bet.undone", "games.win.undone"]


def test_two_undos_of_one_stake_in_one_batch_happen_once():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), win("w1", "9.00 EUR"))
    play(account, player, undo("u1", "b1"), undo("u2", "b1"), undo("u3", "w1"), undo("u4", "w1"))
    assert purses(player) == {"cash": "50.00"}


@pytest.mark.parametrize("together", [False, True])
def test_undos_of_an_id_shared_by_bet_and_win_take_back_the_bet_and_then_the_win(together):
    player, account = a_game()
    play(account, player, stake("x", "5.00 EUR"), win("x", "9.00 EUR"), finished=True)
    undos = [undo("u1", "x"), undo("u2", "x")]
    for message_actions in [undos] if together else [[one] for one in undos]:
        play(account, player, *message_actions)
    assert purses(player) == {"cash": "50.00"}


def test_an_undo_of_a_win_already_spent_takes_what_is_there_and_the_rest_is_owed():
    player, account = a_game("10.00 EUR")
    play(account, player, stake("b1", "10.00 EUR"), win("w1", "30.00 EUR"), finished=True)
    play(account, player, stake("b2", "25.00 EUR"), round="round-2", finished=True)
    answer = play(account, player, undo("u1", "w1"))
    assert text(answer.balance) == "0.00"
    assert purses(player) == {"debt": "25.00"}
    case = Case.objects.get()
    assert (case.kind, case.queue, case.facts["owed_units"]) == (
        "games.spent_win_undone",
        "payments",
        2_500_000,
    )


# 6. A batch is atomic, each action its own claim, checked at every step.


def test_a_batch_is_refused_whole_where_one_step_finds_too_little():
    player, account = a_game()
    with refused(player, InsufficientFunds):
        play(account, player, stake("b1", "100.00 EUR"), win("w1", "200.00 EUR"))
    with refused(player, InsufficientFunds):
        play(account, player, stake("b1", "30.00 EUR"), stake("b2", "30.00 EUR"))


def test_a_refusal_leaves_no_claim_and_the_same_reference_works_later():
    player, account = a_game("5.00 EUR")
    with refused(player, InsufficientFunds):
        play(account, player, stake("b1", "6.00 EUR"))
    funded(player, "1.00 EUR")
    assert text(play(account, player, stake("b1", "6.00 EUR")).balance) == "0.00"


def test_an_earlier_step_of_a_batch_pays_for_a_later_one():
    player, account = a_game()
    actions = [stake("b1", "50.00 EUR"), win("w1", "80.00 EUR"), stake("b2", "80.00 EUR")]
    assert text(play(account, player, *actions).balance) == "0.00"


def test_a_replayed_action_may_sit_beside_a_new_one():
    player, account = a_game()
    first = play(account, player, stake("b1", "5.00 EUR"))
    both = play(account, player, stake("b1", "5.00 EUR"), win("w1", "9.00 EUR"))
    assert both.transactions[0] == first.transactions[0]
    assert both.transactions[1][1] != first.transactions[0][1]
    assert purses(player) == {"cash": "54.00"}


def test_one_mismatch_refuses_the_whole_batch():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"))
    with refused(player, ReferenceReused):
        play(account, player, stake("b2", "1.00 EUR"), stake("b1", "6.00 EUR"), win("w1", "9.00 EUR"))


def test_the_same_action_twice_in_one_batch_happens_once():
    player, account = a_game()
    answer = play(account, player, stake("b1", "5.00 EUR"), stake("b1", "5.00 EUR"))
    assert answer.transactions[0] == answer.transactions[1]
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}


def test_the_acts_of_a_batch_are_tied_by_its_first():
    player, account = a_game()
    answer = play(account, player, stake("b1", "5.00 EUR"), win("w1", "9.00 EUR"))
    rows = Operation.objects.filter(source=account.source).order_by("id").values_list("id", "message_id")
    first = answer.transactions[0][1]
    assert list(rows) == [(operation_id, first) for _, operation_id in answer.transactions]


# 7. Zero amounts are valid; a round has many bets and wins, and no order of messages breaks it.


def test_zero_stakes_and_zero_wins_are_acts_that_move_nothing():
    player, account = a_game("0.01 EUR")
    play(account, player, stake("b1", "0.01 EUR"), finished=True)
    answer = play(account, player, stake("b2", "0 EUR"), win("w2", "0 EUR"), round="free", finished=True)
    assert len(answer.transactions) == 2
    play(account, player, undo("u1", "b2"), undo("u2", "w2"), round="free")
    assert purses(player) == {}
    assert Transfer.objects.filter(player_id=player.id).count() == 2


def test_undoing_one_bet_leaves_its_round_usable():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"))
    play(account, player, stake("b2", "7.00 EUR"))
    play(account, player, undo("u1", "b1"))
    assert purses(player) == {"cash": "43.00", "in_play_cash": "7.00"}
    play(account, player, stake("b3", "1.00 EUR"))
    play(account, player, win("w1", "2.00 EUR"))
    play(account, player, win("w2", "3.00 EUR"), finished=True)
    assert purses(player) == {"cash": "47.00"}
    assert list(Bet.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]


def test_the_first_win_settles_the_bets_of_its_round_and_of_no_other():
    player, account = a_game()
    play(account, player, stake("a1", "5.00 EUR"), round="a")
    play(account, player, stake("b1", "7.00 EUR"), round="b")
    play(account, player, win("w1", "1.00 EUR"), round="a")
    assert purses(player) == {"cash": "39.00", "in_play_cash": "7.00"}


def test_one_bets_undo_never_takes_what_another_has_in_play():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), round="a", finished=True)
    play(account, player, stake("b2", "7.00 EUR"), round="b")
    play(account, player, undo("u1", "b1"), round="a")
    assert purses(player) == {"cash": "43.00", "in_play_cash": "7.00"}


def test_a_stake_on_a_closed_round_is_taken_and_settled_with_it():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), finished=True)
    play(account, player, stake("b2", "7.00 EUR"))
    assert purses(player) == {"cash": "38.00"}
    play(account, player, win("w1", "9.00 EUR"))
    play(account, player, undo("u1", "b2"))
    assert purses(player) == {"cash": "54.00"}


def test_a_stake_on_a_closed_round_is_refused_where_the_contract_says_so():
    player, account = a_game(stake_on_closed_round="refuse")
    first = play(account, player, stake("b1", "5.00 EUR"), finished=True)
    with refused(player, RoundClosed):
        play(account, player, stake("b2", "7.00 EUR"))
    assert play(account, player, stake("b1", "5.00 EUR")) == first


def test_a_late_win_is_paid_on_a_closed_round():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), finished=True)
    play(account, player, win("w1", "9.00 EUR"))
    assert purses(player) == {"cash": "54.00"}
    assert Round.objects.get().state == "closed"


@pytest.mark.parametrize("finished", [False, True])
def test_a_win_without_a_bet_is_paid(finished):
    player, account = a_game()
    play(account, player, win("w1", "9.00 EUR"), finished=finished)
    assert purses(player) == {"cash": "59.00"}


def test_a_win_without_a_bet_is_refused_where_the_contract_says_so():
    player, account = a_game(win_without_bet="refuse")
    with refused(player, WinWithoutBet):
        play(account, player, win("w1", "9.00 EUR"))


def test_a_win_after_the_bet_was_undone_is_paid():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"))
    play(account, player, undo("u1", "b1"))
    play(account, player, win("w1", "9.00 EUR"), finished=True)
    assert purses(player) == {"cash": "59.00"}
