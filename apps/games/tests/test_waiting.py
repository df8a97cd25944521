"""
A stake that waited for the lane sees what was written meanwhile; and the same scenes without the lock.

A statement that waits for a lock reads again only the rows that it locks. So the lock is a statement of its
own, and all that a stake is decided on is read in the next one. The saboteurs at the end show that these
tests see the difference.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections

from apps.access.errors import AccessRefused
from apps.accounts import services as accounts
from apps.core.errors import ReferenceReused
from apps.core.money import of, text
from apps.core.operations import operation
from apps.games import services
from apps.games.errors import GameUnavailable, ProviderChanged, SessionNotOpen
from apps.games.models import GameSession
from apps.games.rules import Answer
from apps.games.services import playing
from apps.games.stake import facts
from apps.responsible_gaming import services as responsible_gaming
from apps.responsible_gaming.errors import LimitExceeded
from apps.wallet import services as wallet_acts
from apps.wallet.errors import InsufficientFunds
from apps.wallet.rules import Account, Kind, Transfer
from tests.factories import asked, message, stake, undo, win
from tests.playing import a_game, play, purses
from tests.threads import at_once, wait_for_waiters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]

BET = stake("b1", "5.00 EUR")


def meanwhile(player, account, write, *actions):
    """
    Hold the lane, let actions of the player wait for it, write, and commit.

    Returns the answer of what waited, or its exception.
    """
    waiting = []

    def wait_and_play():
        try:
            return play(account, player, *actions)
        finally:
            connections.close_all()

    @operation("test.meanwhile", lock=accounts.lane)
    def hold(*, operation_id: int, player_id: int) -> None:
        waiting.append(pool.submit(wait_and_play))
        wait_for_waiters("FROM accounts_player WHERE id")
        write(player, account, operation_id)

    with ThreadPoolExecutor(1) as pool:
        hold(asked=asked(), player_id=player.id)
        return waiting[0].exception() or waiting[0].result()


def exclude(player, account, operation_id):
    responsible_gaming.exclude.__wrapped__(
        operation_id=operation_id, player_id=player.id, kind="time_out", hours=24
    )


def limit(player, account, operation_id):
    responsible_gaming.set_limit.__wrapped__(
        operation_id=operation_id, player_id=player.id, kind="loss", period="day", amount=of("4.99 EUR")
    )


def restrict(player, account, operation_id):
    accounts.restrict.__wrapped__(operation_id=operation_id, player_id=player.id, kind="stake", reason="test")


def suspend(player, account, operation_id):
    accounts.change_status.__wrapped__(
        operation_id=operation_id, player_id=player.id, status="suspended", reason="test"
    )


def use_up_the_limit(player, account, operation_id):
    playing._play(account, player.id, message(player, stake("b0", "8.00 EUR")))


def use_up_the_funds(player, account, operation_id):
    playing._play(account, player.id, message(player, stake("b0", "48.00 EUR")))


def end_the_launch(player, account, operation_id):
    GameSession.objects.filter(player=player).update(ended_at="2026-01-01T00:00:00Z")


def switch_the_game_off(player, account, operation_id):
    game = GameSession.objects.get(player=player).game_id
    services.switch_game.__wrapped__(operation_id=operation_id, game_id=game, is_live=False)


def switch_the_provider_off(player, account, operation_id):
    services.switch_provider.__wrapped__(operation_id=operation_id, account_id=account.id, is_enabled=False)


def play_the_same(player, account, operation_id):
    playing._play(account, player.id, message(player, BET))


def play_the_same_with_another_amount(player, account, operation_id):
    playing._play(account, player.id, message(player, stake("b1", "6.00 EUR")))


def undo_it(player, account, operation_id):
    playing._play(account, player.id, message(player, undo("u1", "b1")))


def pay(player, account, operation_id):
    funding = Transfer(Kind.FUNDING, Account.TEST_FUNDING, Account.CASH, of("7.00 EUR").units)
    wallet_acts.post(player_id=player.id, currency="EUR", transfers=[funding])


STOPS = {
    exclude: AccessRefused,
    limit: LimitExceeded,
    use_up_the_limit: LimitExceeded,
    restrict: AccessRefused,
    suspend: AccessRefused,
    use_up_the_funds: InsufficientFunds,
    end_the_launch: SessionNotOpen,
    switch_the_game_off: GameUnavailable,
    switch_the_provider_off: ProviderChanged,
    play_the_same_with_another_amount: ReferenceReused,
}


def a_launched_game():
    """Return a player with 50.00 EUR, a loss limit of 10.00 a day or none, and an open launch."""
    player, account = a_game(launch_required=True)
    services.launch(asked=asked(), player_id=player.id, game="slots:fruit", player_session_id=None)
    return player, account


@pytest.mark.parametrize("write", STOPS, ids=lambda write: write.__name__)
def test_a_stake_that_waited_sees_what_stops_it_now(write):
    player, account = a_launched_game()
    if write is use_up_the_limit:
        responsible_gaming.set_limit(
            asked=asked(), player_id=player.id, kind="loss", period="day", amount=of("10.00 EUR")
        )
    answer = meanwhile(player, account, write, BET)
    assert type(answer) is STOPS[write]
    staked = {use_up_the_limit: "42.00", use_up_the_funds: "2.00", play_the_same_with_another_amount: "44.00"}
    assert purses(player)["cash"] == staked.get(write, "50.00")


def test_a_stake_that_waited_for_itself_is_a_repeat():
    player, account = a_launched_game()
    answer = meanwhile(player, account, play_the_same, BET)
    assert text(answer.balance) == "45.00"
    assert answer == play(account, player, BET)
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}


@pytest.mark.parametrize("late", [BET, win("b1", "5.00 EUR")], ids=["stake", "win"])
def test_an_original_that_waited_for_its_undo_moves_nothing(late):
    player, account = a_launched_game()
    answer = meanwhile(player, account, undo_it, late)
    assert answer.transactions[0][1] > 0
    assert purses(player) == {"cash": "50.00"}


def test_a_stake_that_waited_can_use_what_came_in_meanwhile():
    player, account = a_launched_game()
    answer = meanwhile(player, account, pay, stake("b1", "57.00 EUR"))
    assert text(answer.balance) == "0.00"


def test_a_win_that_waited_goes_in_whatever_was_written_meanwhile():
    player, account = a_launched_game()
    play(account, player, BET)
    answer = meanwhile(player, account, exclude, win("w1", "9.00 EUR"))
    assert text(answer.balance) == "54.00"


def test_the_lock_is_a_statement_of_its_own_that_reads_one_table():
    assert re.findall(r"(?:FROM|JOIN)\s+(\w+)", playing.LOCK) == ["accounts_player"]
    assert playing.LOCK.count("SELECT") == 1
    assert "FOR NO KEY UPDATE" in playing.LOCK


# Saboteurs: what the tests above and the races see when the lock is gone, or reads along.


@pytest.fixture
def lock_that_reads_along(monkeypatch):
    """Lock and read in one statement."""
    monkeypatch.setattr(playing, "LOCK", playing.LOCK.replace("FOR NO KEY UPDATE", ""))
    lane = "SELECT id FROM accounts_player WHERE id = %(player_id)s FOR NO KEY UPDATE"
    for key, statement in facts.READ.items():
        monkeypatch.setitem(facts.READ, key, f"WITH lane AS MATERIALIZED ({lane}) {statement} FROM lane")


@pytest.fixture
def no_lock(monkeypatch):
    """Take no lock, and read slowly enough for everybody to read the same."""
    monkeypatch.setattr(playing, "LOCK", playing.LOCK.replace("FOR NO KEY UPDATE", ""))
    for key, statement in facts.READ.items():
        monkeypatch.setitem(facts.READ, key, f"{statement} FROM pg_sleep(0.3)")


@pytest.mark.parametrize("write", [exclude, limit, restrict, end_the_launch, switch_the_game_off])
def test_a_lock_that_reads_along_would_take_a_stake_that_is_stopped(lock_that_reads_along, write):
    player, account = a_launched_game()
    answer = meanwhile(player, account, write, BET)
    assert isinstance(answer, Answer)
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}


def test_a_lock_that_reads_along_would_pay_for_a_buried_stake(lock_that_reads_along):
    player, account = a_launched_game()
    meanwhile(player, account, undo_it, BET)
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}


def test_a_lock_that_reads_along_would_answer_a_repeat_with_an_accident(lock_that_reads_along):
    player, account = a_launched_game()
    assert isinstance(meanwhile(player, account, play_the_same, BET), IntegrityError)


def test_without_the_lock_equal_stakes_would_not_get_equal_answers(no_lock):
    player, account = a_launched_game()
    answers = at_once([lambda: play(account, player, BET)] * 8)
    assert sum(isinstance(answer, Answer) for answer in answers) < 8
    assert any(isinstance(answer, IntegrityError) for answer in answers)


def test_without_the_lock_different_stakes_would_fail_although_there_is_money(no_lock):
    player, account = a_launched_game()
    answers = at_once(
        [lambda number=number: play(account, player, stake(f"b{number}", "1.00 EUR")) for number in range(8)]
    )
    assert any(isinstance(answer, IntegrityError) for answer in answers)


def test_the_saboteurs_are_gone_when_their_tests_are_over():
    player, account = a_launched_game()
    began = time.monotonic()
    answers = at_once([lambda: play(account, player, BET)] * 8)
    assert answers == [answers[0]] * 8
    assert time.monotonic() - began < 10
