"""Events are read by position: what becomes visible late is not passed over, and nothing is taken twice."""

import logging
import random
import threading
from collections import Counter
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from apps.core import runner, selectors
from apps.core.events import publish
from apps.core.grants import ensure_safe_to_serve
from apps.core.models import Event, ParkedEvent, Subscription
from apps.core.operations import operation
from apps.core.tests.acts import Noted, note, note_of_player, notes
from apps.core.tests.reading import (
    NAME,
    answer,
    answered,
    let_the_lease_run_out,
    parked,
    read_all,
    subscribed,
)
from apps.responsible_gaming import services as responsible_gaming
from conftest import owner
from tests.factories import asked, new_player
from tests.processes import wait_for
from tests.threads import at_once, raw_connection, started, wait_for_waiters, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
FAR = 10**12
IDLE = "SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"


@contextmanager
def written_slowly(text: str):
    """Hold a transaction open that has published a note; yield what ends it, and its answer."""
    published, go_on = threading.Event(), threading.Event()

    @operation("test.note_slowly")
    def note_slowly(*, operation_id: int) -> None:
        publish(Noted(text))
        published.set()
        assert go_on.wait(25)

    with started(lambda: note_slowly(asked=asked())) as act:
        try:
            assert published.wait(20)
            yield go_on, act
        finally:
            go_on.set()


def finish(go_on: threading.Event, act: Future) -> None:
    go_on.set()
    act.result(timeout=20)


def ids_above(last: int) -> list[int]:
    """Read as a cursor of ids alone would."""
    rows = Event.objects.filter(type=Noted.type, id__gt=last).order_by("id")
    return list(rows.values_list("id", flat=True))


def test_a_note_with_a_lower_id_that_is_committed_later_is_read_where_a_cursor_of_ids_would_miss_it():
    with subscribed():
        with written_slowly("slow") as (go_on, act):
            note(asked=asked(), text="fast")
            seen_by_ids = ids_above(0)
            for _ in range(3):
                runner.drain(NAME)
            assert answered() == []
            finish(go_on, act)
        missed_by_ids = ids_above(max(seen_by_ids))
        read_all()
    assert notes() == ["slow", "fast"]
    assert (len(seen_by_ids), missed_by_ids) == (1, [])
    assert answered() == ["slow", "fast"]


def test_an_open_transaction_that_holds_readers_back_is_named():
    with subscribed(), written_slowly("slow") as (go_on, act):
        note(asked=asked(), text="fast")
        runner.drain(NAME)
        wait_until(IDLE, [])
        assert selectors.lag(NAME)[0] == 1
        assert "idle in transaction" in selectors.blocker()
        finish(go_on, act)


def misbehaving(dying: set[str], failing: set[str]):
    """Return a handler that dies once at some notes, and fails at others while they are in the set."""

    def handler(event: Event) -> None:
        answer(event)
        text = event.payload["text"]
        if text in dying:
            dying.discard(text)
            raise SystemExit
        if text in failing:
            raise ValueError(text)

    return handler


def consume(finished: threading.Event) -> None:
    while not finished.is_set():
        try:
            runner.drain(NAME)
        except SystemExit:
            let_the_lease_run_out()


def write(plan: list[tuple[int, str]]) -> None:
    for player_id, text in plan:
        note_of_player(asked=asked(), player_id=player_id, text=text)


@pytest.mark.parametrize("round", [1, 2])
def test_nothing_is_missed_nothing_doubled_and_each_players_order_kept(monkeypatch, round):
    seed = random.randrange(2**32)
    logging.getLogger(__name__).warning("seed %s", seed)
    monkeypatch.setattr(runner, "PAGE", 7)
    players, chance = [new_player().id for _ in range(6)], random.Random(seed)
    plans = [[(chance.choice(players), f"{writer}-{step}") for step in range(15)] for writer in range(12)]
    texts = [text for plan in plans for _, text in plan]
    dying, failing = set(chance.sample(texts, 12)), set(chance.sample(texts, 4))
    finished = threading.Event()
    with (
        subscribed(misbehaving(dying, failing)),
        started(lambda: consume(finished)) as first,
        started(lambda: consume(finished)) as second,
    ):
        with written_slowly("slow") as (go_on, act):
            assert at_once([lambda plan=plan: write(plan) for plan in plans]) == [None] * 12
            finish(go_on, act)
        wait_for(lambda: not selectors.lag(NAME)[0], "all is read")
        finished.set()
        assert (first.result(timeout=30), second.result(timeout=30)) == (None, None)
        dying.clear()
        failing.clear()
        read_all()
        for player_id in players:
            runner.retry_parked(NAME, player_id)
        assert parked() == []
    assert Counter(answered()) == Counter([*texts, "slow"])
    for player_id in players:
        written = Event.objects.filter(type=Noted.type, player_id=player_id).order_by("id")
        assert answered(player_id) == [event.payload["text"] for event in written]


def test_causes_are_read_before_what_they_caused():
    player = new_player()
    for text in ("a", "b", "c"):
        note_of_player(asked=asked(), player_id=player.id, text=text)
    with subscribed():
        read_all()
    position = {event.id: (event.xid, event.id) for event in Event.objects.all()}
    caused = Event.objects.exclude(causation_id=0)
    assert len(caused) == 3
    assert all(position[event.causation_id] < position[event.id] for event in caused)


def test_the_positions_of_a_players_notes_are_in_the_order_in_which_they_were_written():
    player = new_player()
    at_once(
        [
            lambda number=number: note_of_player(asked=asked(), player_id=player.id, text=f"{number}")
            for number in range(16)
        ]
    )
    rows = Event.objects.filter(player_id=player.id, type=Noted.type)
    by_row = [event.id for event in rows.order_by("id")]
    by_position = [event.id for event in rows.order_by("xid", "id")]
    assert by_position == by_row


def test_an_act_over_two_players_comes_behind_what_happened_while_it_waited_for_one_of_them():
    anna = new_player(brand="north")
    twin = new_player(brand="south", person_id=anna.person_id)
    with raw_connection() as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [anna.id])
        with started(lambda: note_of_player(asked=asked(), player_id=anna.id, text="a")) as first:
            wait_for_waiters("accounts_player", 1)
            exclude = partial(responsible_gaming.exclude, player_id=twin.id, kind="time_out", hours=1)
            with started(lambda: exclude(asked=asked())) as second:
                wait_for_waiters("accounts_player", 2)
                holder.execute("ROLLBACK")
                first.result(20)
                second.result(20)
    rows = Event.objects.filter(player_id=anna.id).exclude(type="accounts.player.registered")
    happened = list(rows.order_by("id").values_list("type", flat=True))
    read = list(rows.order_by("xid", "id").values_list("type", flat=True))
    assert happened == [Noted.type, "responsible_gaming.player.excluded"]
    assert read == happened


def restored_elsewhere(*, events: int = FAR, cursors: int = FAR) -> None:
    """Stamp events and cursors as a cluster does that is far ahead, as if this were a restored dump of it."""
    with owner().cursor() as cursor:
        cursor.execute("ALTER TABLE core_event DISABLE TRIGGER append_only_row")
        cursor.execute("UPDATE core_event SET xid = (xid::text::bigint + %s)::text::xid8", [events])
        cursor.execute("ALTER TABLE core_event ENABLE ALWAYS TRIGGER append_only_row")
        cursor.execute("UPDATE core_subscription SET xid = xid + %s", [cursors])


def test_a_database_of_this_cluster_is_safe_to_serve():
    ensure_safe_to_serve()
    note(asked=asked(), text="a")
    with subscribed():
        read_all()
    ensure_safe_to_serve()


def test_a_database_with_events_of_another_cluster_is_not_served():
    note(asked=asked(), text="a")
    restored_elsewhere()
    with pytest.raises(ImproperlyConfigured, match="stamp_events"):
        ensure_safe_to_serve()


def test_a_database_with_a_cursor_of_another_cluster_is_not_served():
    note(asked=asked(), text="a")
    with subscribed():
        read_all()
    restored_elsewhere(events=0)
    with pytest.raises(ImproperlyConfigured, match="stamp_events"):
        ensure_safe_to_serve()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize("read_before", [0, 1, 3, 5])
def test_after_a_restore_what_was_unread_is_read_and_nothing_twice(monkeypatch, read_before):
    player = new_player()
    for text in ("a", "b", "c", "d", "e"):
        note_of_player(asked=asked(), player_id=player.id, text=text)
    with subscribed():
        if read_before:
            monkeypatch.setattr(runner, "PAGE", read_before)
            wait_for(lambda: runner.drain(NAME, pages=1) or answered(), "the first page is final")
        assert len(answered()) == read_before
        restored_elsewhere()
        call_command("stamp_events", verbosity=0)
        ensure_safe_to_serve()
        note_of_player(asked=asked(), player_id=player.id, text="f")
        read_all()
    assert answered() == ["a", "b", "c", "d", "e", "f"]
    assert not ParkedEvent.objects.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_stamping_leaves_events_append_only():
    note(asked=asked(), text="a")
    call_command("stamp_events", verbosity=0)
    with pytest.raises(Exception, match="append-only"), owner().cursor() as cursor:
        cursor.execute("UPDATE core_event SET actor = 'nobody'")
    assert Subscription.objects.count() == 0
