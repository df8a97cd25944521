"""An exclusion at one brand stops play at every brand of its licence, and nowhere else."""

from datetime import timedelta

import pytest

from apps.access import selectors as access
from apps.accounts import services as accounts
from apps.accounts.models import Player, Session
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.models import Event
from apps.core.money import of
from apps.core.operations import operation
from apps.games import services as games
from apps.responsible_gaming import selectors, services
from apps.responsible_gaming.models import Exclusion
from apps.wallet import selectors as wallet
from tests.factories import (
    BrandLicenceFactory,
    asked,
    funded,
    message,
    new_player,
    provider,
    stake,
    undo,
    win,
)

pytestmark = [pytest.mark.django_db, pytest.mark.money]
PLAY = ("login", "deposit", "launch", "stake")


@operation("test.start_session", lock=accounts.lane)
def start_session(*, operation_id: int, player_id: int) -> int:
    _, token_hash = accounts.new_token()
    where = {"ip_address": None, "user_agent": ""}
    return accounts.start_session(player_id=player_id, token_hash=token_hash, **where).id


def family() -> dict[str, Player]:
    """Return one person's players at two brands of a licence and one of another; and a stranger."""
    BrandLicenceFactory.create(brand__code="west", licence__code="other")
    north = new_player(brand="north")
    found = {
        "north": north,
        "south": new_player(brand="south", person_id=north.person_id),
        "west": new_player(brand="west", person_id=north.person_id),
        "stranger": new_player(brand="north"),
    }
    for player in found.values():
        start_session(asked=asked(), player_id=player.id)
    return found


def exclude(player: Player, kind: str = "self_exclusion", hours: int | None = None) -> int:
    return services.exclude(asked=asked(), player_id=player.id, kind=kind, hours=hours).value


def excluded(players: dict[str, Player]) -> set[str]:
    """Return the names of those who may not play now."""
    stopped = set()
    for name, player in players.items():
        answers = {access.decision(player, act).allowed for act in PLAY}
        assert len(answers) == 1, "an exclusion stops all of play or none of it"
        stopped |= {name} - ({name} if answers == {True} else set())
    return stopped


def logged_in(players: dict[str, Player]) -> set[str]:
    open_ones = set(Session.objects.filter(ended_at=None).values_list("player_id", flat=True))
    return {name for name, player in players.items() if player.id in open_ones}


@pytest.mark.parametrize("kind", ["time_out", "self_exclusion"])
def test_an_exclusion_at_one_brand_stops_the_persons_play_on_the_whole_licence(kind):
    players = family()
    assert players["west"].licence_id != players["north"].licence_id
    exclusion_id = exclude(players["north"], kind)
    assert excluded(players) == {"north", "south"}
    assert logged_in(players) == {"west", "stranger"}
    assert set(Session.objects.exclude(ended_at=None).values_list("end_reason", flat=True)) == {
        f"exclusion:{kind}"
    }
    told = Event.objects.filter(type="responsible_gaming.player.excluded").order_by("player_id")
    assert [event.player_id for event in told] == [players["north"].id, players["south"].id]
    assert [event.brand_id for event in told] == [players["north"].brand_id, players["south"].brand_id]
    assert told[0].payload == {
        "exclusion_id": exclusion_id,
        "kind": kind,
        "scope": "licence",
        "ends_at": None,
    }


def test_an_exclusion_at_the_other_licence_stays_there():
    players = family()
    exclude(players["west"])
    assert excluded(players) == {"west"}
    assert logged_in(players) == {"north", "south", "stranger"}


def test_a_player_of_no_known_person_is_excluded_alone():
    players = family()
    for name in ("north", "south"):
        Player.objects.filter(id=players[name].id).update(person=None)
        players[name].refresh_from_db()
    exclude(players["north"])
    assert excluded(players) == {"north"}
    assert Exclusion.objects.get().player_id == players["north"].id


def test_an_account_that_is_opened_during_an_exclusion_is_excluded_from_its_first_moment():
    players = family()
    exclude(players["north"])
    late = new_player(brand="east", person_id=players["north"].person_id)
    assert excluded({"late": late}) == {"late"}


def test_an_exclusion_ends_when_its_time_is_over_and_not_before():
    players = family()
    exclude(players["north"], "time_out", 24)
    with clock.moved(timedelta(hours=23, minutes=59)):
        assert excluded(players) == {"north", "south"}
    with clock.moved(timedelta(hours=24, minutes=1)):
        assert excluded(players) == set()


def test_a_second_exclusion_shortens_nothing():
    players = family()
    exclude(players["north"])
    exclude(players["south"], "time_out", 1)
    with clock.moved(timedelta(days=365)):
        assert excluded(players) == {"north", "south"}


def test_an_exclusion_of_no_known_kind_is_a_mistake_and_leaves_nothing():
    players = family()
    with pytest.raises(ValueError, match="ExclusionKind"):
        exclude(players["north"], "holiday")
    assert not Exclusion.objects.exists()
    assert logged_in(players) == set(players)


def test_during_an_exclusion_stakes_stop_and_money_still_comes_in():
    player, account = funded(new_player(), "10.00 EUR"), provider()
    games.play(account=account, message=message(player, stake("b1", "4.00 EUR")))
    exclude(player)
    with pytest.raises(DomainError, match=r"access\.refused"):
        games.play(account=account, message=message(player, stake("b2", "1.00 EUR")))
    games.play(account=account, message=message(player, win("w1", "6.00 EUR")))
    games.play(account=account, message=message(player, undo("u1", "b1")))
    assert wallet.balance(player_id=player.id, currency="EUR")["cash"] == of("16.00 EUR")
    assert access.decision(player, "withdraw").allowed


def set_limit(player: Player, amount: str) -> None:
    values = {"kind": "loss", "period": "day", "amount": of(amount)}
    services.set_limit(asked=asked(), player_id=player.id, **values)


def limit_after_two_days(player: Player) -> int:
    with clock.moved(timedelta(days=2)):
        return selectors.headrooms(player)[0].amount


@pytest.mark.parametrize(("kind", "after"), [("self_exclusion", "10.00 EUR"), ("time_out", "99.00 EUR")])
def test_looser_limits_on_their_way_lapse_with_a_self_exclusion(kind, after):
    players = family()
    for player in players.values():
        set_limit(player, "10.00 EUR")
        set_limit(player, "99.00 EUR")
    exclude(players["north"], kind)
    assert limit_after_two_days(players["north"]) == of(after).units
    assert limit_after_two_days(players["south"]) == of(after).units
    assert limit_after_two_days(players["west"]) == of("99.00 EUR").units
