"""The balance on a wire is floored to its unit; what is finer stays in the wallet."""

import pytest

from apps.core.money import Money, of
from apps.games import services
from apps.wallet import selectors as wallet
from tests.factories import message, new_player, provider, stake, win
from tests.playing import a_game, play, purses
from tests.wire import bet, call

pytestmark = [pytest.mark.django_db, pytest.mark.money]

MINOR = {"EUR": 1000, "JPY": 100_000, "KWD": 100, "BTC": 1}


@pytest.mark.parametrize(
    ("cash", "shown"),
    [
        ("10.00001 EUR", 1000), ("10.00999 EUR", 1000), ("0.00999 EUR", 0),
        ("63727092.34 EUR", 6_372_709_234),
        ("100.99999 JPY", 100), ("1.00099 KWD", 1000), ("1.001 KWD", 1001), ("0.12345678 BTC", 12_345_678),
    ],
)  # fmt: skip
def test_a_balance_is_floored_to_the_wires_unit_and_the_dust_stays(cash, shown):
    player, _ = a_game(cash)
    assert call(player, game_id="").body["balance"] == shown
    assert call(player, bet("b-1", shown), finished=True).body["balance"] == 0
    left = wallet.balance(player_id=player.id, currency=player.currency)["cash"]
    assert left == Money(of(cash).units - shown * MINOR[player.currency], player.currency)
    assert call(player, bet("b-2", 1)).code == (412, 100)


def test_a_balance_shows_neither_what_is_in_play_nor_what_is_held():
    player, account = a_game("50.00 EUR")
    play(account, player, stake("b-1", "20.00 EUR"))
    assert call(player, game_id="").body["balance"] == 3000


def test_a_refusal_shows_the_floored_balance_too():
    player, _ = a_game("10.00999 EUR")
    assert call(player, bet("b-1", 1001)).body == {
        "code": 100,
        "message": "wallet.insufficient_funds",
        "balance": 1000,
    }


def test_a_win_may_bring_dust_where_a_wire_is_finer_and_the_dust_can_be_staked_there():
    player, account = a_game("1.00 EUR")
    services.play(account=account, message=message(player, win("w", "0.00001 EUR"), finished=True))
    play(account, player, stake("b", "1.00001 EUR"), round="r2", finished=True)
    assert purses(player) == {}


def test_a_player_without_a_wallet_has_a_balance_of_zero():
    player, _ = new_player(), provider()
    assert call(player, game_id="").body["balance"] == 0
    assert call(player, bet("b-1", 1)).body == {
        "code": 100,
        "message": "wallet.insufficient_funds",
        "balance": 0,
    }
