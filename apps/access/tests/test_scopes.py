"""How far a restriction or an exclusion reaches: by its subject, its scope and its time."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from apps.access import selectors
from apps.accounts.models import Player, Restriction
from apps.core import clock
from apps.responsible_gaming.models import Exclusion
from tests.factories import BrandLicenceFactory, new_player

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def players() -> dict[str, Player]:
    """Return one person's players at two brands of a licence and at one of another, and two strangers."""
    BrandLicenceFactory.create(brand__code="west", licence__code="other")
    north = new_player(brand="north")
    return {
        "north": north,
        "south": new_player(brand="south", person_id=north.person_id),
        "west": new_player(brand="west", person_id=north.person_id),
        "stranger at north": new_player(brand="north"),
        "stranger at west": new_player(brand="west"),
    }


def put(table: type, players: dict[str, Player], subject: str, scope: str, **more) -> None:
    """Write a restriction or exclusion of the north player or of their person, as far as a scope reaches."""
    north = players["north"]
    values = {
        "player": north if subject == "player" else None,
        "person_id": north.person_id if subject == "person" else None,
        "scope": scope,
        "scope_id": {"brand": north.brand_id, "licence": north.licence_id, "group": 0}[scope],
        "kind": {Restriction: "stake", Exclusion: "self_exclusion"}[table],
        "starts_at": clock.now(),
        "source": "test",
        "operation_id": 0,
        **({"reason": "test"} if table is Restriction else {}),
        **more,
    }
    table.objects.create(**values)


def stopped(players: dict[str, Player]) -> set[str]:
    return {name for name, player in players.items() if not selectors.decision(player, "stake").allowed}


REACH = {
    ("player", "brand"): {"north"},
    ("player", "licence"): {"north"},
    ("player", "group"): {"north"},
    ("person", "brand"): {"north"},
    ("person", "licence"): {"north", "south"},
    ("person", "group"): {"north", "south", "west"},
}


@pytest.mark.parametrize("table", [Restriction, Exclusion])
@pytest.mark.parametrize(("subject", "scope"), REACH)
def test_what_is_said_of_a_player_or_a_person_reaches_as_far_as_its_scope(players, table, subject, scope):
    put(table, players, subject, scope)
    assert stopped(players) == REACH[subject, scope]


@pytest.mark.parametrize("table", [Restriction, Exclusion])
def test_what_is_said_of_another_brand_or_licence_does_not_reach_here(players, table):
    elsewhere = players["west"]
    put(table, players, "person", "brand", scope_id=elsewhere.brand_id)
    put(table, players, "person", "licence", scope_id=elsewhere.licence_id)
    assert stopped(players) == {"west"}


@pytest.mark.parametrize("table", [Restriction, Exclusion])
def test_it_begins_at_its_start_and_is_over_at_its_end(players, table):
    start, end = clock.now() + HOUR, clock.now() + 3 * HOUR
    put(table, players, "player", "brand", starts_at=start, ends_at=end)
    seen = []
    for hours in (0, 2, 4):
        with clock.moved(hours * HOUR):
            seen.append(stopped(players))
    assert seen == [set(), {"north"}, set()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", [Restriction, Exclusion])
@pytest.mark.parametrize("subjects", ["none", "both"])
def test_it_has_exactly_one_subject(players, table, subjects):
    both = {"player": players["north"], "person_id": players["north"].person_id}
    with pytest.raises(IntegrityError, match="one_subject"):
        put(table, players, "none", "brand", **(both if subjects == "both" else {}))
    assert not table.objects.exists()
