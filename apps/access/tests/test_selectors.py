"""One decision: the selector, the launch and the stake path read the same facts and say the same."""

from datetime import timedelta

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


AFFAIRS = {
    "nothing": lambda player: None,
    "pending": lambda player: change_status(player, "pending"),
    "suspended": lambda player: change_status(player, "suspended"),
    "closed": lambda player: change_status(player, "closed"),
    "stake restricted": lambda player: restrict(player, "stake"),
    "launch restricted": lambda player: restrict(player, "launch"),
    "all restricted": lambda player: restrict(player, "all", 24),
    "login and withdraw restricted": lambda player: (restrict(player, "login"), restrict(player, "withdraw")),
    "restricted for an hour, which is over": lambda player: restrict(player, "all", 1),
    "time-out": lambda player: exclude(player, "time_out", 24),
    "time-out which is over": lambda player: exclude(player, "time_out", 1),
    "self-exclusion for ever": lambda player: exclude(player, "self_exclusion"),
    "everything": lambda player: (
        exclude(player, "self_exclusion"),
        restrict(player, "all"),
        change_status(player, "closed"),
    ),
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
    AFFAIRS[affair](player)
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
