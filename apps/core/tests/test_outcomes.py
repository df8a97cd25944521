"""
How a transaction can end: done, refused, not had in time, chosen as a victim, or unknown.

What broke before COMMIT moved nothing; what broke at COMMIT is unknown, and the same reference resolves it.
"""

import time

import pytest
from django.db import OperationalError, connection

from apps.core.errors import Busy, OutcomeUnknown
from apps.core.events import publish
from apps.core.models import Operation
from apps.core.operations import TRIES, operation, run
from apps.core.tests.acts import Noted, claims, note, note_of_player, notes
from apps.core.tests.cutter import Cut, cut_at_commit
from tests.factories import asked, new_player
from tests.threads import at_once, raw_connection, started, wait_for_waiters

pytestmark = pytest.mark.django_db(transaction=True)
DEADLOCK, SERIALIZATION = "40P01", "40001"


def fail(sqlstate: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'seeded' USING ERRCODE = '{sqlstate}'; END $$")


@operation("test.note_at_the_third_try")
def note_at_the_third_try(*, operation_id: int, sqlstate: str, failures: int) -> int:
    publish(Noted("try"))
    tries.append(operation_id)
    if len(tries) <= failures:
        fail(sqlstate)
    return len(tries)


tries: list[int] = []


@pytest.fixture(autouse=True)
def no_tries_yet():
    tries.clear()


@pytest.mark.parametrize("sqlstate", [DEADLOCK, SERIALIZATION])
def test_a_victim_of_the_database_is_run_again_and_leaves_one_effect(sqlstate):
    done = note_at_the_third_try(asked=asked(), sqlstate=sqlstate, failures=2)
    assert (done.value, done.replayed) == (3, False)
    assert notes() == ["try"]
    assert claims() == 1


@pytest.mark.parametrize("sqlstate", [DEADLOCK, SERIALIZATION])
def test_after_three_tries_the_answer_is_busy_and_nothing_moved(sqlstate):
    with pytest.raises(Busy) as refused:
        note_at_the_third_try(asked=asked(), sqlstate=sqlstate, failures=9)
    assert (len(tries), TRIES) == (3, 3)
    assert refused.value.facts == {"reason": "conflict"}
    assert not refused.value.final
    assert notes() == []
    assert claims() == 0


def test_another_failure_of_the_database_is_not_tried_again():
    with pytest.raises(OperationalError):
        note_at_the_third_try(asked=asked(), sqlstate="53100", failures=9)
    assert len(tries) == 1
    assert notes() == []


def test_two_acts_that_lock_each_others_rows_both_end_well():
    anna, ben = new_player(), new_player()
    meetings = []

    def lock_both(first: int, second: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [first])
            meetings.append(first)
            deadline = time.monotonic() + 5
            while len(meetings) < 2 and time.monotonic() < deadline:
                time.sleep(0.001)
            cursor.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [second])

    answers = at_once(
        [lambda: run(lambda: lock_both(anna.id, ben.id)), lambda: run(lambda: lock_both(ben.id, anna.id))]
    )
    assert answers == [None, None]
    assert len(meetings) == 3, "one of the two was the victim, once"


def test_a_lock_that_is_not_had_in_two_seconds_is_answered_as_busy_and_nothing_moved():
    player, who = new_player(), asked()
    with raw_connection() as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [player.id])
        since = time.monotonic()
        with pytest.raises(Busy) as refused:
            note_of_player(asked=who, player_id=player.id, text="a")
        waited = time.monotonic() - since
    assert refused.value.facts == {"reason": "lock_timeout"}
    assert (refused.value.status, refused.value.final) == (503, False)
    assert 1.9 < waited < 15
    assert notes() == []
    assert not note_of_player(asked=who, player_id=player.id, text="a").replayed


def test_an_act_whose_connection_is_killed_before_commit_is_done_once_on_a_new_one():
    player, who = new_player(), asked()
    with raw_connection() as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [player.id])
        with started(lambda: note_of_player(asked=who, player_id=player.id, text="a")) as act:
            (waiter,) = wait_for_waiters("accounts_player")
            holder.execute("SELECT pg_terminate_backend(%s)", [waiter])
            holder.execute("ROLLBACK")
            done = act.result(timeout=20)
    assert (done.value, done.replayed) == ("a", False)
    assert notes() == ["a"]


def test_an_act_whose_connection_is_killed_at_every_try_moved_nothing():
    @operation("test.note_and_die")
    def note_and_die(*, operation_id: int) -> None:
        publish(Noted("last words"))
        tries.append(operation_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Busy) as refused:
        note_and_die(asked=asked())
    assert (len(tries), refused.value.facts) == (3, {"reason": "connection_lost"})
    assert notes() == []
    assert claims() == 0


def test_after_a_killed_connection_this_process_serves_on():
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close_if_unusable_or_obsolete()
    assert note(asked=asked(), text="a").value.text == "a"


@pytest.mark.parametrize("round", range(10))
def test_a_connection_lost_before_the_server_committed_is_unknown_and_the_retry_does_it(round):
    who = asked()
    with cut_at_commit(Cut.BEFORE), pytest.raises(OutcomeUnknown) as unknown:
        note(asked=who, text="a")
    assert (unknown.value.status, unknown.value.final) == (503, False)
    assert notes() == []
    assert not note(asked=who, text="a").replayed
    assert notes() == ["a"]


@pytest.mark.parametrize("round", range(10))
def test_a_connection_lost_after_the_server_committed_is_unknown_and_the_retry_finds_it_done(round):
    who = asked()
    with cut_at_commit(Cut.AFTER), pytest.raises(OutcomeUnknown):
        note(asked=who, text="a")
    again = note(asked=who, text="a")
    assert (again.replayed, again.value.text) == (True, "a")
    assert notes() == ["a"]


def test_a_refusal_is_a_refusal_also_where_the_connection_would_be_lost_at_commit():
    with cut_at_commit(Cut.AFTER), pytest.raises(Busy):
        note_at_the_third_try(asked=asked(), sqlstate=DEADLOCK, failures=9)
    assert notes() == []


def test_a_commit_that_is_not_yet_safe_on_the_standby_is_unknown_and_the_retry_resolves_it():
    who = asked()

    @operation("test.note_in_doubt")
    def note_in_doubt(*, operation_id: int) -> None:
        publish(Noted("in doubt"))
        with connection.cursor() as cursor:
            cursor.execute(
                "DO $$ BEGIN RAISE WARNING"
                " 'canceling wait for synchronous replication due to user request'; END $$"
            )

    with pytest.raises(OutcomeUnknown):
        note_in_doubt(asked=who)
    assert notes() == ["in doubt"]
    assert note_in_doubt(asked=who).replayed
    assert notes() == ["in doubt"]


def test_any_other_warning_is_no_doubt():
    @operation("test.note_with_warning")
    def note_with_warning(*, operation_id: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE WARNING 'the weather is bad'; END $$")

    assert not note_with_warning(asked=asked()).replayed


def test_the_result_of_an_operation_is_filled_in_once_and_never_changed():
    done = note(asked=asked(), text="a")
    with pytest.raises(Exception, match="append-only"):
        Operation.objects.filter(id=done.operation_id).update(result={"text": "b"})
    assert Operation.objects.get(id=done.operation_id).result == {"text": "a", "length": 1}
