"""The stake path through its service: what moves, and what does not."""

import pytest

from apps.cases.models import Case
from apps.core.errors import ReferenceReused
from apps.core.money import of, text
from apps.games import services
from apps.wallet import selectors as wallet
from apps.wallet.errors import InsufficientFunds
from tests.factories import funded, message, new_player, provider, stake, undo, win

pytestmark = [pytest.mark.django_db, pytest.mark.money]


def purses(player) -> dict[str, str]:
    found = wallet.balance(player_id=player.id, currency=player.currency)
    return {name: text(amount) for name, amount in found.items() if amount.units}


def test_a_stake_lies_in_play_until_its_round_has_an_outcome():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    answer = services.play(account=account, message=message(player, stake("b1", "5.00 EUR")))
    assert text(answer.balance) == "45.00"
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}
    services.play(account=account, message=message(player, win("w1", "12.00 EUR"), finished=True))
    assert purses(player) == {"cash": "57.00"}


def test_a_repeat_moves_nothing_and_gets_the_first_id():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    first = services.play(account=account, message=message(player, stake("b1", "5.00 EUR")))
    again = services.play(account=account, message=message(player, stake("b1", "5.00 EUR"), finished=True))
    assert again.transactions == first.transactions


def test_the_same_reference_with_another_amount_is_refused_without_effect():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    services.play(account=account, message=message(player, stake("b1", "5.00 EUR")))
    with pytest.raises(ReferenceReused):
        services.play(account=account, message=message(player, stake("b1", "6.00 EUR")))
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}


def test_a_batch_is_refused_whole_where_one_step_finds_too_little():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    with pytest.raises(InsufficientFunds):
        services.play(
            account=account, message=message(player, stake("b1", "100.00 EUR"), win("w1", "200.00 EUR"))
        )
    assert purses(player) == {"cash": "50.00"}


def test_an_undo_gives_a_stake_back_once():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    services.play(account=account, message=message(player, stake("b1", "5.00 EUR")))
    services.play(account=account, message=message(player, undo("u1", "b1")))
    services.play(account=account, message=message(player, undo("u2", "b1")))
    assert purses(player) == {"cash": "50.00"}


def test_an_undo_that_came_first_buries_its_original():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    buried = services.play(account=account, message=message(player, undo("u1", "b1")))
    late = services.play(account=account, message=message(player, stake("b1", "5.00 EUR")))
    assert buried.buried == ("u1",)
    assert late.transactions[0][1] > 0
    assert purses(player) == {"cash": "50.00"}


def test_an_undone_win_that_was_spent_becomes_debt():
    player, account = funded(new_player(), "10.00 EUR"), provider()
    services.play(
        account=account,
        message=message(player, stake("b1", "10.00 EUR"), win("w1", "30.00 EUR"), finished=True),
    )
    services.play(
        account=account, message=message(player, stake("b2", "25.00 EUR"), round="r2", finished=True)
    )
    services.play(account=account, message=message(player, undo("u1", "w1")))
    assert purses(player) == {"debt": "25.00"}
    assert of("25.00 EUR").units == 2_500_000


def test_a_win_of_a_game_we_do_not_know_goes_in_and_a_person_is_told():
    player, account = funded(new_player(), "10.00 EUR"), provider()
    services.play(
        account=account, message=message(player, win("w1", "3.00 EUR"), game="no-such", finished=True)
    )
    assert purses(player) == {"cash": "13.00"}
    case = Case.objects.get(kind="games.unknown_game")
    assert (case.player_id, case.facts["game"]) == (player.id, "no-such")
