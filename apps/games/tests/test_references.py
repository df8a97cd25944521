"""One behaviour for every provider: whose a reference is, and what it may be used for."""

from dataclasses import replace

import pytest

from apps.core.errors import ReferenceReused
from apps.games import services
from tests.factories import asked, message, provider, stake, undo, win
from tests.playing import a_game, play, purses, refused

pytestmark = [pytest.mark.django_db, pytest.mark.money]


# 2. The reference is per provider account, kind and player; by policy also global or over kinds.


def test_one_id_for_a_bet_and_its_win_is_legal():
    player, account = a_game()
    answer = play(account, player, stake("x", "5.00 EUR"), win("x", "12.00 EUR"), finished=True)
    assert [reference for reference, _ in answer.transactions] == ["x", "x"]
    assert len({operation_id for _, operation_id in answer.transactions}) == 2
    assert purses(player) == {"cash": "57.00"}


@pytest.mark.parametrize("second", [win("x", "12.00 EUR"), undo("x", "x")])
def test_one_id_for_two_kinds_is_refused_where_the_contract_forbids_it(second):
    player, account = a_game(references_shared_over_kinds=True)
    play(account, player, stake("x", "5.00 EUR"))
    with refused(player, ReferenceReused):
        play(account, player, second)


def test_the_same_reference_at_another_provider_account_is_another_act():
    player, account = a_game()
    play(account, player, stake("x", "5.00 EUR"))
    play(provider("cards"), player, stake("x", "7.00 EUR"))
    assert purses(player) == {"cash": "38.00", "in_play_cash": "12.00"}


def test_the_same_reference_of_two_players_is_two_acts():
    (one, account), (other, _) = a_game(), a_game()
    play(account, one, stake("x", "5.00 EUR"))
    play(account, other, stake("x", "7.00 EUR"))
    assert (purses(one)["cash"], purses(other)["cash"]) == ("45.00", "43.00")


@pytest.mark.parametrize("action", [stake("x", "5.00 EUR"), win("x", "5.00 EUR"), undo("x", "y")])
def test_where_references_are_global_another_player_cannot_use_one(action):
    (one, account), (other, _) = a_game(reference_scope="global"), a_game(reference_scope="global")
    play(account, one, stake("b", "5.00 EUR"), action)
    with refused(other, ReferenceReused):
        play(account, other, action)


def test_where_references_are_global_they_are_so_for_each_kind():
    (one, account), (other, _) = a_game(reference_scope="global"), a_game(reference_scope="global")
    play(account, one, stake("x", "5.00 EUR"))
    play(account, other, win("x", "7.00 EUR"))
    assert purses(other) == {"cash": "57.00"}


def test_where_references_are_global_and_shared_over_kinds_no_kind_of_another_player_can_use_one():
    policy = {"reference_scope": "global", "references_shared_over_kinds": True}
    (one, account), (other, _) = a_game(**policy), a_game(**policy)
    play(account, one, stake("x", "5.00 EUR"))
    with refused(other, ReferenceReused):
        play(account, other, win("x", "7.00 EUR"))


def test_an_undo_that_names_no_player_is_not_led_astray_by_an_undo_of_that_name():
    (one, account), (other, _) = a_game(reference_scope="global"), a_game(reference_scope="global")
    play(account, one, undo("x", "never came"))
    play(account, other, stake("x", "5.00 EUR"))
    answer = services.play(account=account, message=replace(message(one, undo("u1", "x")), public_id=""))
    assert not answer.buried
    assert purses(other) == {"cash": "50.00"}


def test_where_references_are_global_two_players_may_still_share_a_round():
    (one, account), (other, _) = a_game(reference_scope="global"), a_game(reference_scope="global")
    for number, player in enumerate((one, other)):
        play(account, player, stake(f"b{number}", "5.00 EUR"), round="table-7")
        play(account, player, stake(f"b{number}", "5.00 EUR"), round="table-7", finished=True)
        assert purses(player) == {"cash": "45.00"}


def test_a_round_may_be_called_like_an_act_where_references_are_shared_over_kinds():
    player, account = a_game(references_shared_over_kinds=True)
    play(account, player, stake("7", "5.00 EUR"), round="7")
    play(account, player, stake("7", "5.00 EUR"), round="7", finished=True)
    assert purses(player) == {"cash": "45.00"}


def test_rounds_that_are_unique_in_their_game_only_end_by_themselves():
    player, account = a_game(rounds_unique_per_game=True)
    for game in ("fruit", "cards"):
        if game == "cards":
            services.add_game(asked=asked(), account_id=account.id, code="cards", title="Cards")
        play(account, player, stake(f"b-{game}", "5.00 EUR"), round="1", game=game)
    for game, cash_in_play in (("fruit", {"in_play_cash": "5.00"}), ("cards", {})):
        play(account, player, stake(f"b-{game}", "5.00 EUR"), round="1", game=game, finished=True)
        assert purses(player) == {"cash": "40.00", **cash_in_play}
