"""One decision: the selector, the launch and the stake path read the same facts and say the same."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from apps.access import selectors
from apps.access.errors import AccessRefused
from apps.accounts import services as accounts
from apps.accounts.models import Player
from apps.accounts.rules import ACTS
from apps.core import clock
from apps.games import services as games
from apps.games.models import Bet, GameSession
from apps.responsible_gaming import services as responsible_gaming
from tests.factories import asked, funded, message, new_player, provider, stake

pytestmark = pytest.mark.django_db


def restrict(player: Player, kind: str, hours: int | None = None) -> None:
    accounts.restrict(asked=asked(), player_id=player.id, kind=kind, reason="test", hours=hours)


def exclude(player: Player, kind: str, hours: int | None = None) -> None:
    responsible_gaming.exclude(asked=asked(), player_id=player.id, kind=kind, hours=hours)


def change_status(player: Player, status: str) -> None:
    accounts.change_status(asked=asked(), player_id=player.id, status=status, reason="test")
    player.refresh_from_db()


Affair = list[Callable[[Player], None]]
AFFAIRS: dict[str, Affair] = {
    "nothing": [],
    "pending": [partial(change_status, status="pending")],
    "suspended": [partial(change_status, status="suspended")],
    "closed": [partial(change_status, status="closed")],
    "stake restricted": [partial(restrict, kind="stake")],
    "launch restricted": [partial(restrict, kind="launch")],
    "all restricted": [partial(restrict, kind="all", hours=24)],
    "login and withdraw restricted": [partial(restrict, kind="login"), partial(restrict, kind="withdraw")],
    "restricted for an hour, which is over": [partial(restrict, kind="all", hours=1)],
    "time-out": [partial(exclude, kind="time_out", hours=24)],
    "time-out which is over": [partial(exclude, kind="time_out", hours=1)],
    "self-exclusion for ever": [partial(exclude, kind="self_exclusion")],
    "everything": [
        partial(exclude, kind="self_exclusion"),
        partial(restrict, kind="all"),
        partial(change_status, status="closed"),
    ],
}
STOPPED = {
    "nothing": set(),
    "pending": {"deposit", "launch", "stake", "withdraw"},
    "suspended": set(ACTS),
    "closed": set(ACTS),
    "stake restricted": {"stake"},
    "launch restricted": {"launch"},
    "all restricted": set(ACTS),
    "login and withdraw restricted": {"login", "withdraw"},
    "restricted for an hour, which is over": set(),
    "time-out": {"login", "deposit", "launch", "stake"},
    "time-out which is over": set(),
    "self-exclusion for ever": {"login", "deposit", "launch", "stake"},
    "everything": set(ACTS),
}


def refusal(act) -> dict | None:
    """Return what an act was refused with, or None where it was done."""
    try:
        act()
    except AccessRefused as refused:
        return refused.facts
    return None


@pytest.mark.parametrize("affair", AFFAIRS)
def test_stake_path_launch_and_selector_say_the_same(affair):
    player, account = funded(new_player(), "10.00 EUR"), provider()
    for happens in AFFAIRS[affair]:
        happens(player)
    with clock.moved(timedelta(hours=2)):
        decisions = {act: selectors.decision(player, act) for act in ACTS}
        bet = message(player, stake("b1", "1.00 EUR"))
        by_stake = refusal(lambda: games.play(account=account, message=bet))
        launch = {"player_id": player.id, "game": "slots:fruit", "player_session_id": None}
        by_launch = refusal(lambda: games.launch(asked=asked(), **launch))
    assert {act for act, decision in decisions.items() if not decision.allowed} == STOPPED[affair]
    assert by_stake == (None if decisions["stake"].allowed else decisions["stake"].facts())
    assert by_launch == (None if decisions["launch"].allowed else decisions["launch"].facts())
    assert Bet.objects.count() == ("stake" not in STOPPED[affair])
    assert GameSession.objects.count() == ("launch" not in STOPPED[affair])


def test_a_decision_sees_what_was_set_a_moment_ago():
    player = new_player()
    assert selectors.decision(player, "stake").allowed
    restrict(player, "stake")
    assert not selectors.decision(player, "stake").allowed


def test_a_restriction_of_one_player_does_not_reach_another_of_the_same_brand():
    anna, ben = new_player(), new_player()
    restrict(anna, "all")
    exclude(anna, "self_exclusion")
    assert all(selectors.decision(ben, act).allowed for act in ACTS)


def test_a_restriction_at_one_brand_does_not_reach_the_same_person_at_another():
    north = new_player(brand="north")
    south = new_player(brand="south", person_id=north.person_id)
    restrict(north, "all")
    assert not selectors.decision(north, "stake").allowed
    assert selectors.decision(south, "stake").allowed


def test_a_decision_costs_as_many_questions_as_there_are_kinds_of_facts(django_assert_num_queries):
    player = new_player()
    with django_assert_num_queries(2):
        selectors.decision(player, "stake")
