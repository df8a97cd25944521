"""The runner: pages, leases, parking, and what a crash leaves behind."""

import threading
from datetime import timedelta

import pytest

from apps.core import clock, events, runner, selectors
from apps.core.models import Event, Operation, ParkedEvent, Subscription
from apps.core.operations import operation
from apps.core.tests.acts import Noted, note, note_of_player, notes
from apps.core.tests.reading import (
    NAME,
    PATIENCE_SECONDS,
    answer,
    answered,
    let_the_lease_run_out,
    parked,
    read_all,
    subscribed,
)
from tests.factories import asked, new_player
from tests.processes import wait_for
from tests.threads import at_once, raw_connection, started

pytestmark = pytest.mark.django_db(transaction=True)


class Broken(Exception):
    """A subscriber has a bug."""


class BreaksAt:
    """A handler that fails at some notes, until they are taken out of its set."""

    def __init__(self, *texts: str) -> None:
        self.bad = set(texts)

    def __call__(self, event: Event) -> None:
        answer(event)
        if event.payload["text"] in self.bad:
            raise Broken(event.payload["text"])


def write(player, *texts: str) -> None:
    for text in texts:
        note_of_player(asked=asked(), player_id=player.id, text=text)


def test_a_subscriber_takes_every_note_once_and_in_order():
    player = new_player()
    write(player, "a", "b", "c")
    with subscribed():
        read_all()
        runner.drain(NAME)
        assert answered() == ["a", "b", "c"]
        assert Operation.objects.filter(source=f"event:{NAME}").count() == 3
        assert runner.drain(NAME) == 0


def test_a_new_subscription_reads_from_the_beginning():
    player = new_player()
    write(player, "a", "b")
    with subscribed():
        read_all()
    write(player, "c")
    with subscribed(name="test.newcomer"):
        read_all("test.newcomer")
    assert answered() == ["a", "b", "a", "b", "c"]


def test_a_subscriber_reads_only_what_it_asked_for():
    write(new_player(), "a")
    with subscribed():
        read_all()
        handled = Operation.objects.filter(source=f"event:{NAME}").values_list("reference", flat=True)
    assert list(handled) == [str(Event.objects.get(type=Noted.type).id)]


def test_an_answer_names_its_cause_and_comes_behind_it():
    player = new_player()
    write(player, "a", "b")
    with subscribed():
        read_all()
    for caused in Event.objects.filter(type="test.note.answered"):
        cause = Event.objects.get(id=caused.causation_id)
        assert cause.payload == caused.payload
        assert (cause.xid, cause.id) < (caused.xid, caused.id)
        assert (caused.player_id, caused.actor) == (player.id, f"event:{NAME}")
        assert Operation.objects.get(id=caused.operation_id).reference == str(cause.id)


@pytest.mark.parametrize("page", [1, 2, 3, 5, 6, 7])
def test_nothing_is_lost_or_doubled_at_the_edge_of_a_page(monkeypatch, page):
    monkeypatch.setattr(runner, "PAGE", page)
    anna, ben = new_player(), new_player()
    for number in range(3):
        write(anna, f"anna {number}")
        write(ben, f"ben {number}")
    with subscribed():
        read_all()
        assert runner.drain(NAME) == 0
        write(anna, "anna 3")
        read_all()
    assert answered(anna.id) == ["anna 0", "anna 1", "anna 2", "anna 3"]
    assert answered(ben.id) == ["ben 0", "ben 1", "ben 2"]


@pytest.mark.parametrize("page", [2, 3])
def test_a_page_ends_between_two_notes_of_one_transaction(monkeypatch, page):
    @operation("test.note_often")
    def note_often(*, operation_id: int) -> None:
        for number in range(5):
            events.publish(Noted(f"text {number}"))

    monkeypatch.setattr(runner, "PAGE", page)
    note_often(asked=asked())
    with subscribed():
        read_all()
    assert answered() == [f"text {number}" for number in range(5)]


def test_a_note_that_fails_is_parked_with_its_error_and_only_its_player_waits():
    anna, ben = new_player(), new_player()
    write(anna, "a1", "a2", "a3")
    write(ben, "b1", "b2")
    with subscribed(BreaksAt("a2")):
        read_all()
        assert (answered(anna.id), answered(ben.id)) == (["a1"], ["b1", "b2"])
        assert parked() == [("a2", True), ("a3", False)]
        assert "Broken: a2" in ParkedEvent.objects.get(error__gt="").error
        write(anna, "a4")
        write(ben, "b3")
        read_all()
    assert parked() == [("a2", True), ("a3", False), ("a4", False)]
    assert (answered(anna.id), answered(ben.id)) == (["a1"], ["b1", "b2", "b3"])


def test_a_failed_handler_leaves_no_claim_and_no_effect():
    write(new_player(), "a")
    with subscribed(BreaksAt("a")):
        read_all()
    assert answered() == []
    assert not Operation.objects.filter(source=f"event:{NAME}").exists()


def test_parked_notes_are_taken_again_in_their_order_and_later_ones_follow():
    player, handler = new_player(), BreaksAt("b")
    write(player, "a", "b", "c", "d")
    with subscribed(handler):
        read_all()
        assert runner.retry_parked(NAME, player.id) == 0
        assert ParkedEvent.objects.get(error__gt="").attempts == 2
        handler.bad.clear()
        assert runner.retry_parked(NAME, player.id) == 3
        assert parked() == []
        write(player, "e")
        read_all()
    assert answered() == ["a", "b", "c", "d", "e"]


def test_of_parked_notes_those_behind_the_next_failure_wait_on():
    player, handler = new_player(), BreaksAt("a", "c")
    write(player, "a", "b", "c", "d")
    with subscribed(handler):
        read_all()
        handler.bad.remove("a")
        assert runner.retry_parked(NAME, player.id) == 2
        assert parked() == [("c", True), ("d", False)]
    assert answered() == ["a", "b"]


def test_what_was_parked_behind_a_failure_that_is_resolved_goes_on_by_itself():
    player, handler = new_player(), BreaksAt("a")
    write(player, "a", "b")
    with subscribed(handler):
        read_all()
        handler.bad.clear()
        _failed, behind = ParkedEvent.objects.order_by("event_id")
        # Another process resolves the failure while this one parks a later note behind it.
        ParkedEvent.objects.filter(id=behind.id).delete()
        assert runner.retry_parked(NAME, player.id) == 1
        ParkedEvent.objects.bulk_create([behind])
        write(player, "c")
        read_all()
        assert parked() == []
    assert answered() == ["a", "b", "c"]


def test_notes_of_nobody_do_not_wait_for_each_other():
    for text in ("a", "b", "c"):
        note(asked=asked(), text=text)
    with subscribed(BreaksAt("b")):
        read_all()
        assert parked() == [("b", True)]
        note(asked=asked(), text="d")
        read_all()
        assert parked() == [("b", True)]
    assert answered() == ["a", "c", "d"]


def test_a_player_whose_lane_is_held_is_taken_later_without_anybodys_help():
    anna, ben = new_player(), new_player()
    write(anna, "a1", "a2")
    write(ben, "b1")
    with subscribed(), raw_connection() as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [anna.id])
        wait_for(lambda: runner.drain(NAME) or answered(ben.id) == ["b1"], "the other player is read")
        assert answered(anna.id) == []
        holder.execute("ROLLBACK")
        write(anna, "a3")
        read_all()
        runner.drain(NAME)
        assert parked() == []
    assert answered(anna.id) == ["a1", "a2", "a3"]


def test_an_operation_inside_a_handler_is_a_failure_like_any_other():
    def nest(event: Event) -> None:
        note(asked=asked(), text="inside")

    write(new_player(), "a")
    with subscribed(nest):
        read_all()
        assert parked() == [("a", True)]
    assert notes() == ["a"]


def test_a_process_that_dies_behind_a_handled_note_doubles_nothing():
    anna, ben = new_player(), new_player()
    write(anna, "a1")
    write(ben, "b1")

    def die(event: Event) -> None:
        answer(event)
        if event.player_id == ben.id:
            raise SystemExit

    with subscribed(die), pytest.raises(SystemExit):
        read_all()
    assert answered() == ["a1"]
    assert Subscription.objects.get(name=NAME).event_id == 0
    with subscribed():
        read_all()
    assert answered() == ["a1", "b1"]


def test_one_process_reads_at_a_time():
    write(new_player(), "a")
    reading, go_on = threading.Event(), threading.Event()

    def hold(event: Event) -> None:
        reading.set()
        assert go_on.wait(20)
        answer(event)

    with subscribed(hold), started(read_all) as first:
        assert reading.wait(PATIENCE_SECONDS)
        assert at_once([lambda: runner.drain(NAME)]) == [0]
        go_on.set()
        first.result(timeout=PATIENCE_SECONDS)
    assert answered() == ["a"]


def test_a_lease_that_ran_out_is_anyones_and_the_late_process_moves_no_cursor():
    anna, ben = new_player(), new_player()
    write(anna, "a1")
    write(ben, "b1")
    late, go_on = threading.Event(), threading.Event()

    def pause(event: Event) -> None:
        if event.player_id == anna.id and threading.current_thread() in late_threads:
            late.set()
            assert go_on.wait(20)
        answer(event)

    def read_late() -> None:
        late_threads.add(threading.current_thread())
        read_all()

    late_threads: set[threading.Thread] = set()
    with subscribed(pause), started(read_late) as first:
        assert late.wait(PATIENCE_SECONDS)
        let_the_lease_run_out()
        at_once([lambda: runner.drain(NAME)])
        taken_over = Subscription.objects.get(name=NAME)
        go_on.set()
        first.result(timeout=PATIENCE_SECONDS)
        read_all()
        runner.drain(NAME)
        now = Subscription.objects.get(name=NAME)
        assert parked() == []
    assert (now.xid, now.event_id) >= (taken_over.xid, taken_over.event_id)
    assert answered(anna.id) == ["a1"]
    assert answered(ben.id) == ["b1"]


def test_the_sheet_tells_what_is_unread_and_what_is_parked():
    write(new_player(), "a", "b")
    with subscribed(BreaksAt("a")):
        assert selectors.lag(NAME)[0] == 2
        read_all()
        assert selectors.lag(NAME)[0] == 0
        assert [measure.passed for measure in selectors.measures()] == [True, False]
        with clock.moved(timedelta(minutes=2)):
            unread, waiting = selectors.measures()
    assert (unread.name, unread.value, unread.passed) == ("events not yet read", 0, True)
    assert (waiting.name, waiting.value, waiting.passed) == ("events parked", 2, False)


def test_the_sheet_tells_what_has_been_unread_for_a_minute():
    write(new_player(), "a", "b")
    with subscribed():
        assert selectors.measures()[0].passed
        with clock.moved(timedelta(minutes=2)):
            unread = selectors.measures()[0]
        read_all()
    assert (unread.name, unread.value, unread.passed) == ("events not yet read", 2, False)
    assert f"{NAME}: 2 events, the oldest 12" in unread.detail[0]


def test_an_event_whose_lane_was_held_a_moment_ago_is_nothing_to_look_at_yet():
    player = new_player()
    write(player, "a")
    with subscribed(), raw_connection() as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [player.id])
        read_all()
        assert parked() == [("a", False)]
        assert selectors.measures()[1].passed
        with clock.moved(timedelta(minutes=2)):
            assert not selectors.measures()[1].passed
        holder.execute("ROLLBACK")
        runner.drain(NAME)
    assert answered() == ["a"]
