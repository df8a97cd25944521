"""Gates stop stakes only: wins, undos and the ends of rounds always go in."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.access import services as access
from apps.access.errors import AccessRefused
from apps.accounts import services as accounts
from apps.core import clock
from apps.core.money import of, text
from apps.games import selectors, services
from apps.games.errors import GameUnavailable, ProviderDisabled, SessionNotOpen
from apps.games.models import Game, GameSession, Round
from apps.games.rules import Action, ActionKind
from apps.games.services.launching import launch
from apps.responsible_gaming import services as responsible_gaming
from apps.responsible_gaming.errors import LimitExceeded
from apps.responsible_gaming.models import LimitCounter
from apps.wallet import services as wallet_acts
from apps.wallet.errors import DebtOutstanding, InsufficientFunds
from tests.factories import StaffFactory, asked, funded, new_player, stake, undo, win
from tests.playing import a_game, play, purses, refused

pytestmark = [pytest.mark.django_db, pytest.mark.money]


def limited(player, amount: str, period: str = "day") -> None:
    responsible_gaming.set_limit(
        asked=asked(), player_id=player.id, kind="loss", period=period, amount=of(amount)
    )


def logged_in(player) -> int:
    done = access.log_in(
        asked=asked(), player_id=player.id, token_hash=f"t-{player.id}", ip_address=None, user_agent=""
    )
    return done.value.session_id


def launched(player, session_id: int | None = None) -> None:
    launch(asked=asked(), player_id=player.id, game="slots:fruit", player_session_id=session_id)


def suspend(player, account):
    accounts.change_status(asked=asked(), player_id=player.id, status="suspended", reason="test")


def close(player, account):
    accounts.change_status(asked=asked(), player_id=player.id, status="closed", reason="test")


def restrict(player, account):
    accounts.restrict(asked=asked(), player_id=player.id, kind="stake", reason="test")


def restrict_all(player, account):
    accounts.restrict(asked=asked(), player_id=player.id, kind="all", reason="test", hours=1)


def take_a_break(player, account):
    responsible_gaming.exclude(asked=asked(), player_id=player.id, kind="time_out", hours=24)


def exclude_at_another_brand(player, account):
    sibling = new_player(brand="other", person_id=player.person_id)
    responsible_gaming.exclude(asked=asked(), player_id=sibling.id, kind="self_exclusion", hours=None)


def switch_provider_off(player, account):
    services.switch_provider(asked=asked(), account_id=account.id, is_enabled=False)


def switch_game_off(player, account):
    services.switch_game(asked=asked(), game_id=Game.objects.get().id, is_live=False)


def limit_losses(player, account):
    limited(player, "0 EUR")


def log_out(player, account):
    accounts.end_sessions(asked=asked(), player_id=player.id, reason="log_out")


def end_the_launch(player, account):
    GameSession.objects.filter(player=player).update(ended_at=clock.now())


GATES = {
    suspend: AccessRefused,
    close: AccessRefused,
    restrict: AccessRefused,
    restrict_all: AccessRefused,
    take_a_break: AccessRefused,
    exclude_at_another_brand: AccessRefused,
    switch_provider_off: ProviderDisabled,
    switch_game_off: GameUnavailable,
    limit_losses: LimitExceeded,
    log_out: SessionNotOpen,
    end_the_launch: SessionNotOpen,
}


def current(account):
    """Return an account as it is now; what was read before a switch is an older version."""
    selectors.forget_accounts()
    return selectors.account(account.code)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
def test_a_gate_stops_stakes_and_nothing_else(gate):
    player, account = a_game(launch_required=True)
    launched(player, logged_in(player))
    play(account, player, stake("b1", "5.00 EUR"), stake("b2", "7.00 EUR"))
    gate(player, account)
    account = current(account)
    with refused(player, GATES[gate]):
        play(account, player, stake("b3", "1.00 EUR"))
    with refused(player, GATES[gate]):
        play(account, player, win("w0", "3.00 EUR"), stake("b3", "1.00 EUR"))
    assert play(account, player, stake("b1", "5.00 EUR")).transactions
    play(account, player, undo("u1", "b2"))
    play(account, player, win("w1", "9.00 EUR"))
    play(account, player, undo("u2", "w1"), win("w2", "20.00 EUR"))
    play(account, player, stake("b1", "5.00 EUR"), finished=True)
    assert purses(player) == {"cash": "65.00"}
    assert Round.objects.get().state == "closed"


def test_a_debt_stops_stakes_and_nothing_else_until_it_is_settled():
    player, account = a_game("10.00 EUR")
    play(account, player, stake("b1", "10.00 EUR"), win("w1", "30.00 EUR"), finished=True)
    play(account, player, stake("b2", "25.00 EUR"), round="r2")
    play(account, player, undo("u1", "w1"))
    assert purses(player) == {"in_play_cash": "25.00", "debt": "25.00"}
    for amount in ("1.00 EUR", "0 EUR"):
        with refused(player, DebtOutstanding):
            play(account, player, stake("b3", amount), round="r3")
    play(account, player, win("w2", "40.00 EUR"), round="r2", finished=True)
    assert purses(player) == {"cash": "40.00", "debt": "25.00"}
    with refused(player, DebtOutstanding):
        play(account, player, stake("b3", "1.00 EUR"), round="r3")
    settle = wallet_acts.Adjustment(player.id, of("25.00 EUR").units, "EUR", "settle_debt", "goodwill")
    maker, checker = StaffFactory(), StaffFactory()
    proposed = wallet_acts.propose_adjustment(
        asked=asked(), adjustment=settle, reason="test", maker_id=maker.id
    )
    wallet_acts.approve_adjustment(
        asked=asked(),
        player_id=player.id,
        approval_id=proposed.value,
        adjustment=settle,
        checker_id=checker.id,
    )
    play(account, player, stake("b3", "1.00 EUR"), round="r3", finished=True)
    assert purses(player) == {"cash": "39.00"}


def test_a_session_that_expired_stops_stakes_and_a_new_launch_allows_them():
    player, account = a_game(launch_required=True)
    with refused(player, SessionNotOpen):
        play(account, player, stake("b1", "5.00 EUR"))
    launched(player)
    play(account, player, stake("b1", "5.00 EUR"))
    with clock.moved(timedelta(hours=25)):
        with refused(player, SessionNotOpen):
            play(account, player, stake("b2", "5.00 EUR"))
        play(account, player, win("w1", "9.00 EUR"), finished=True)
        launched(player)
        play(account, player, stake("b2", "5.00 EUR"), round="r2", finished=True)
    assert purses(player) == {"cash": "49.00"}


def test_a_launch_of_one_game_lets_no_stake_into_another():
    player, account = a_game(launch_required=True)
    services.add_game(asked=asked(), account_id=account.id, code="cards", title="Cards")
    launched(player)
    with refused(player, SessionNotOpen):
        play(account, player, stake("b1", "5.00 EUR"), game="cards")


def test_a_repeat_is_answered_whatever_the_gates_say():
    player, account = a_game()
    first = play(account, player, stake("b1", "5.00 EUR"))
    take_a_break(player, account)
    assert play(account, player, stake("b1", "5.00 EUR")) == first


def test_a_restriction_that_is_over_stops_nothing():
    player, account = a_game()
    restrict_all(player, account)
    with clock.moved(timedelta(hours=1, seconds=5)):
        play(account, player, stake("b1", "5.00 EUR"), finished=True)
    assert purses(player) == {"cash": "45.00"}


# Limits: losses are cash stakes less cash wins; an undo gives back to the window of its stake.


@pytest.mark.parametrize(("currency", "limit", "step", "too_much"), [
    ("EUR", "20.00", "7.00", "6.00001"), ("JPY", "20", "7", "6.00001"), ("KWD", "20.000", "7.000", "6.00001"),
    ("BTC", "0.0002", "0.00007", "0.00006001"),
])  # fmt: skip
def test_a_limit_is_reached_exactly_and_not_passed_by_one_unit(currency, limit, step, too_much):
    player, account = a_game(f"100 {currency}")
    limited(player, f"{limit} {currency}")
    play(account, player, stake("b1", f"{step} {currency}"))
    play(account, player, stake("b2", f"{step} {currency}"))
    with refused(player, LimitExceeded):
        play(account, player, stake("b3", f"{too_much} {currency}"))
    left = of(f"{limit} {currency}").units - 2 * of(f"{step} {currency}").units
    play(account, player, Action(ActionKind.STAKE, "b4", left))
    with refused(player, LimitExceeded):
        play(account, player, Action(ActionKind.STAKE, "b5", 1))


def test_a_batch_is_held_against_a_limit_at_every_step():
    player, account = a_game()
    limited(player, "10.00 EUR")
    with refused(player, LimitExceeded):
        play(account, player, stake("b1", "6.00 EUR"), stake("b2", "6.00 EUR"))
    with refused(player, LimitExceeded):
        play(account, player, stake("b1", "11.00 EUR"), win("w1", "20.00 EUR"))
    play(account, player, stake("b1", "10.00 EUR"), win("w1", "3.00 EUR"), stake("b2", "3.00 EUR"))
    with refused(player, LimitExceeded):
        play(account, player, stake("b3", "0.01 EUR"))


def test_a_win_makes_room_and_its_undo_takes_the_room_away():
    player, account = a_game()
    limited(player, "10.00 EUR")
    play(account, player, stake("b1", "10.00 EUR"), win("w1", "4.00 EUR"), finished=True)
    play(account, player, undo("u1", "w1"))
    with refused(player, LimitExceeded):
        play(account, player, stake("b2", "0.01 EUR"), round="r2")
    play(account, player, undo("u2", "b1"))
    play(account, player, stake("b3", "10.00 EUR"), round="r3")


def test_a_zero_stake_passes_a_limit_that_is_used_up():
    player, account = a_game()
    limited(player, "5.00 EUR")
    play(account, player, stake("b1", "5.00 EUR"), finished=True)
    play(account, player, stake("b2", "0 EUR"), round="free", finished=True)
    assert purses(player) == {"cash": "45.00"}


def test_a_limit_set_at_noon_knows_the_morning():
    player, account = a_game()
    play(account, player, stake("b1", "8.00 EUR"), finished=True)
    limited(player, "10.00 EUR")
    with refused(player, LimitExceeded):
        play(account, player, stake("b2", "2.01 EUR"), round="r2")
    play(account, player, stake("b2", "2.00 EUR"), round="r2")


def at_noon() -> timedelta:
    """Return how far to move the clock to noon of the next Wednesday: a day's window begins well before."""
    now = datetime.now(UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon + timedelta(days=(2 - noon.weekday()) % 7 + 7) - now


def used(player) -> list[int]:
    rows = LimitCounter.objects.filter(player=player, kind="loss").order_by("hour")
    return [row.used for row in rows]


def test_an_undo_lowers_the_window_of_the_original_stake():
    player, account = a_game()
    limited(player, "10.00 EUR")
    with clock.moved(at_noon()):
        play(account, player, stake("b1", "10.00 EUR"))
    with clock.moved(at_noon() + timedelta(days=1)):
        play(account, player, stake("b2", "10.00 EUR"))
        play(account, player, undo("u1", "b1"))
        with refused(player, LimitExceeded):
            play(account, player, stake("b3", "0.01 EUR"))
    assert used(player) == [0, of("10.00 EUR").units]


def test_an_undo_of_an_earlier_windows_stake_makes_no_room_for_a_stake_of_its_own_batch():
    player, account = a_game()
    limited(player, "10.00 EUR")
    with clock.moved(at_noon()):
        play(account, player, stake("b1", "10.00 EUR"))
    with clock.moved(at_noon() + timedelta(days=1)):
        play(account, player, stake("b2", "10.00 EUR"))
        with refused(player, LimitExceeded):
            play(account, player, undo("u1", "b1"), stake("b3", "5.00 EUR"))


def test_an_undo_of_an_earlier_windows_win_takes_no_room_from_a_stake_of_its_own_batch():
    player, account = a_game()
    limited(player, "10.00 EUR")
    with clock.moved(at_noon()):
        play(account, player, win("w1", "10.00 EUR"))
    with clock.moved(at_noon() + timedelta(days=1)):
        play(account, player, undo("u1", "w1"), stake("b1", "10.00 EUR"))
    assert purses(player) == {"cash": "40.00", "in_play_cash": "10.00"}


def test_of_a_day_and_a_week_the_tighter_limit_decides():
    player, account = a_game("100.00 EUR")
    limited(player, "10.00 EUR", "day")
    limited(player, "15.00 EUR", "week")
    with clock.moved(at_noon()):
        play(account, player, stake("b1", "10.00 EUR"))
    with clock.moved(at_noon() + timedelta(days=1)):
        with pytest.raises(LimitExceeded) as over:
            play(account, player, stake("b2", "5.01 EUR"))
        assert (over.value.facts["period"], over.value.facts["left_units"]) == ("week", of("5.00 EUR").units)
        play(account, player, stake("b2", "5.00 EUR"))


def test_a_limit_names_itself_where_it_refuses():
    player, account = a_game()
    limited(player, "4.00 EUR")
    with pytest.raises(LimitExceeded) as over:
        play(account, player, stake("b1", "5.00 EUR"))
    facts = over.value.facts
    assert (facts["kind"], facts["period"], facts["source"]) == ("loss", "day", "player")
    assert (facts["amount_units"], facts["left_units"]) == (400_000, 400_000)


def test_funds_are_looked_at_before_a_limit_is_counted():
    player, account = a_game("5.00 EUR")
    limited(player, "100.00 EUR")
    with refused(player, InsufficientFunds):
        play(account, player, stake("b1", "6.00 EUR"))
    assert used(player) == []
    funded(player, "1.00 EUR")
    assert text(play(account, player, stake("b1", "6.00 EUR")).balance) == "0.00"
