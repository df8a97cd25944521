"""Two people want one address, and two acts over one person's players never wait for each other in a ring."""

import threading

import pytest
from django.db import connection

from apps.accounts import services
from apps.accounts.errors import EmailTaken, PublicIdTaken
from apps.accounts.models import Person, Player, Profile, Session
from apps.core import crypto
from apps.core.operations import Done, operation, run
from tests.factories import BrandLicenceFactory, asked, new_player
from tests.threads import at_once, started, wait_for_waiters

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 200


def open_account(email: str, public_id: str = "") -> Done:
    new = services.NewPlayer(
        brand="brand", jurisdiction="demo", currency="EUR", email=email, public_id=public_id
    )
    return services.open_account(asked=asked(), new=new, password=None)


def test_of_eight_who_want_one_address_one_gets_it():
    BrandLicenceFactory.create()
    answers = at_once([lambda: open_account("anna@example.test")] * 8)
    assert sorted(type(answer).__name__ for answer in answers) == ["Done"] + [EmailTaken.__name__] * 7
    assert (Player.objects.count(), Profile.objects.count(), Person.objects.count()) == (1, 1, 1)


def test_of_eight_who_want_one_public_id_one_gets_it():
    BrandLicenceFactory.create()
    answers = at_once(
        [lambda number=number: open_account(f"{number}@example.test", "outside-7") for number in range(8)]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Done"] + [PublicIdTaken.__name__] * 7
    assert (Player.objects.count(), Profile.objects.count(), Person.objects.count()) == (1, 1, 1)


@operation("test.visit_person", lock=services.person_lane)
def visit_person(*, operation_id: int, player_id: int) -> int:
    return player_id


def test_acts_over_one_persons_players_never_deadlock_from_whichever_player_they_start():
    first = new_player(brand="north")
    second = new_player(brand="south", person_id=first.person_id)
    third = new_player(brand="east", person_id=first.person_id)

    def visit(player_id: int) -> None:
        for _ in range(ROUNDS):
            assert visit_person(asked=asked(), player_id=player_id).value == player_id

    before = deadlocks()
    assert (
        at_once([lambda player=player: visit(player.id) for player in (third, second, first)]) == [None] * 3
    )
    assert deadlocks() == before


def test_acts_over_a_person_and_acts_of_one_player_never_deadlock():
    first = new_player(brand="north")
    second = new_player(brand="south", person_id=first.person_id)
    before = deadlocks()

    def over_both() -> None:
        for _ in range(ROUNDS // 2):
            visit_person(asked=asked(), player_id=second.id)

    def over_one(player: Player) -> None:
        for _ in range(ROUNDS // 2):
            services.end_sessions(asked=asked(), player_id=player.id, reason="test")

    def over_list() -> None:
        for _ in range(ROUNDS // 2):
            run(lambda: services.lock_players([second.id, first.id]))

    acts = [over_both, over_both, lambda: over_one(first), lambda: over_one(second), over_list]
    assert at_once(acts) == [None] * 5
    assert deadlocks() == before


def deadlocks() -> int:
    """Return how many deadlocks this database has seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_the_person_is_locked_first_and_then_their_players_in_the_order_of_their_ids():
    first = new_player(brand="north")
    second = new_player(brand="south", person_id=first.person_id)
    held, go_on = threading.Event(), threading.Event()

    @operation("test.hold_first", lock=services.lane)
    def hold_first(*, operation_id: int, player_id: int) -> None:
        held.set()
        assert go_on.wait(20)

    with started(lambda: hold_first(asked=asked(), player_id=first.id)) as holder:
        assert held.wait(20)
        with started(lambda: visit_person(asked=asked(), player_id=second.id)) as visitor:
            wait_for_waiters("accounts_player")
            locked = is_locked("accounts_person", first.person_id), is_locked("accounts_player", second.id)
            go_on.set()
            holder.result(20)
            visitor.result(20)
    assert locked == (True, False), "the second player comes behind the first, which is held"


def is_locked(table: str, row_id: int | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE SKIP LOCKED", [row_id])
        return cursor.fetchone() is None


def test_a_log_in_that_waits_for_the_end_of_all_sessions_is_the_only_one_left():
    player = new_player()

    @operation("test.log_in", lock=services.lane)
    def log_in(*, operation_id: int, player_id: int) -> int:
        values = {"token_hash": crypto.blind_index(str(operation_id), purpose="t"), "ip_address": None}
        return services.start_session(player_id=player_id, user_agent="", **values).id

    def end_all() -> Done:
        return services.end_sessions(asked=asked(), player_id=player.id, reason="all")

    for _ in range(10):
        opened, ended = at_once([lambda: log_in(asked=asked(), player_id=player.id), end_all])
        is_open = Session.objects.filter(id=opened.value, ended_at=None).exists()
        assert is_open == (opened.value not in ended.value)
