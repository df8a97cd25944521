"""Limits and exclusions that many ask for at once: a limit is never passed, and nothing is half done."""

from functools import partial

import pytest

from apps.access.errors import AccessRefused
from apps.accounts import services as accounts
from apps.accounts.selectors import player as player_of
from apps.core.money import Money, of
from apps.core.operations import Done, operation
from apps.games import services as games
from apps.responsible_gaming import services
from apps.responsible_gaming.errors import LimitExceeded
from apps.responsible_gaming.models import Exclusion, Limit, LimitCounter
from tests.factories import asked, funded, message, new_player, provider, stake
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]
MANY = 20


@operation("test.race_for_room", lock=accounts.lane)
def reserve(*, operation_id: int, player_id: int, amount: Money) -> None:
    services.reserve_deposit(player=player_of(player_id), amount=amount)


def set_limit(player_id: int, amount: str, kind: str = "deposit") -> Done:
    values = {"kind": kind, "period": "day", "amount": of(amount)}
    return services.set_limit(asked=asked(), player_id=player_id, **values)


def kinds(answers: list) -> dict[str, int]:
    names = [type(answer).__name__ for answer in answers]
    return {name: names.count(name) for name in names}


@pytest.mark.parametrize("limit", ["30.00 EUR", "35.00 EUR"])
def test_parallel_deposits_never_reserve_more_than_the_limit(limit):
    player = new_player()
    set_limit(player.id, limit)
    answers = at_once([lambda: reserve(asked=asked(), player_id=player.id, amount=of("10.00 EUR"))] * MANY)
    assert kinds(answers) == {"Done": 3, LimitExceeded.__name__: MANY - 3}
    assert LimitCounter.objects.get(player=player).reserved == of("30.00 EUR").units


def test_one_deposit_that_is_asked_for_many_times_reserves_once():
    player, who = new_player(), asked()
    answers = at_once([lambda: reserve(asked=who, player_id=player.id, amount=of("10.00 EUR"))] * MANY)
    assert kinds(answers) == {"Done": MANY}
    assert LimitCounter.objects.get(player=player).reserved == of("10.00 EUR").units


def test_parallel_stakes_never_lose_more_than_the_limit():
    player, account = funded(new_player(), "500.00 EUR"), provider()
    set_limit(player.id, "100.00 EUR", kind="loss")
    bets = [message(player, stake(f"b{number}", "10.00 EUR"), round=f"r{number}") for number in range(MANY)]
    answers = at_once([lambda bet=bet: games.play(account=account, message=bet) for bet in bets])
    assert kinds(answers) == {"Answer": 10, LimitExceeded.__name__: MANY - 10}


def test_a_limit_that_is_set_while_stakes_wait_holds_for_those_behind_it():
    player, account = funded(new_player(), "500.00 EUR"), provider()
    bets = [message(player, stake(f"b{number}", "10.00 EUR"), round=f"r{number}") for number in range(MANY)]
    *answers, done = at_once(
        [
            *[lambda bet=bet: games.play(account=account, message=bet) for bet in bets],
            lambda: set_limit(player.id, "40.00 EUR", kind="loss"),
        ]
    )
    assert isinstance(done, Done)
    used = LimitCounter.objects.get(player=player, kind="loss").used
    taken = kinds(answers).get("Answer", 0)
    assert used == taken * of("10.00 EUR").units
    with pytest.raises(LimitExceeded):
        games.play(account=account, message=message(player, stake("last", "40.01 EUR")))


def test_of_parallel_changes_of_one_limit_exactly_one_is_left_to_bind():
    player = new_player()
    set_limit(player.id, "1000.00 EUR")
    amounts = [f"{number}.00 EUR" for number in range(100, 100 + MANY)]
    answers = at_once([lambda amount=amount: set_limit(player.id, amount) for amount in amounts])
    assert kinds(answers) == {"Done": MANY}
    binding = Limit.objects.filter(player=player, superseded_at=None).order_by("effective_from")
    strictest = min(limit.amount for limit in binding)
    assert binding[0].amount == strictest == of("100.00 EUR").units
    assert binding.count() <= 2, "one that binds, and at most one that waits"


@pytest.mark.parametrize("round", range(5))
def test_an_exclusion_at_one_brand_and_a_stake_at_another_are_one_before_the_other(round):
    north = new_player(brand="north")
    south = funded(new_player(brand="south", person_id=north.person_id), "10.00 EUR")
    account = provider()
    exclude = partial(services.exclude, player_id=north.id, kind="self_exclusion", hours=None)
    bets = [message(south, stake(f"b{number}", "1.00 EUR"), round=f"r{number}") for number in range(6)]
    *answers, done = at_once(
        [
            *[lambda bet=bet: games.play(account=account, message=bet) for bet in bets],
            lambda: exclude(asked=asked()),
        ]
    )
    assert isinstance(done, Done)
    assert set(kinds(answers)) <= {"Answer", AccessRefused.__name__}
    with pytest.raises(AccessRefused):
        games.play(account=account, message=message(south, stake("last", "1.00 EUR")))


def test_exclusions_from_both_brands_at_once_both_hold():
    north = new_player(brand="north")
    south = new_player(brand="south", person_id=north.person_id)
    exclude = partial(services.exclude, kind="time_out", hours=1)
    answers = at_once(
        [lambda player=player: exclude(asked=asked(), player_id=player.id) for player in (north, south) * 5]
    )
    assert kinds(answers) == {"Done": 10}
    assert Exclusion.objects.count() == 10
