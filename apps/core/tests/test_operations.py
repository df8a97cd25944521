"""An act happens once: claimed under its reference, answered again as it was, or refused without a trace."""

import pytest
from django.db import InternalError, connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.core.errors import ReferenceReused
from apps.core.events import publish
from apps.core.models import Event, Operation
from apps.core.operations import Asked, Lane, current, operation, snapshot
from apps.core.tests.acts import (
    Note,
    Noted,
    Refused,
    claims,
    note,
    note_and_refuse,
    note_inside,
    note_of_player,
    note_secretly,
    notes,
)
from tests.factories import asked, new_player
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_an_act_is_claimed_under_who_asked_and_their_reference():
    done = note(asked=Asked("player:7", "ref-1", "player:7"), text="hello")
    row = Operation.objects.get(id=done.operation_id)
    assert (row.player_id, row.source, row.kind, row.reference) == (0, "player:7", "test.note", "ref-1")
    assert (row.actor, row.result) == ("player:7", {"text": "hello", "length": 5})
    assert len(bytes(row.digest)) == 32
    assert abs((clock.now() - row.at).total_seconds()) < 5


def test_a_repeat_runs_nothing_and_gets_the_first_answer():
    who = asked()
    first = note(asked=who, text="hello")
    again = note(asked=who, text="hello")
    assert (first.value, first.replayed) == (Note("hello", 5), False)
    assert (again.value, again.operation_id, again.replayed) == (first.value, first.operation_id, True)
    assert notes() == ["hello"]


def test_a_repeat_of_an_act_without_an_answer_is_a_repeat_too():
    who = asked()
    first = note_and_refuse(asked=who, text="a", is_refused=False)
    again = note_and_refuse(asked=who, text="a", is_refused=False)
    assert (again.value, again.operation_id, again.replayed) == (None, first.operation_id, True)
    assert notes() == ["a"]


def test_the_order_of_arguments_means_nothing():
    who = asked()
    note_secretly(asked=who, text="a", secret="b")
    assert note_secretly(secret="b", text="a", asked=who).replayed


def test_the_same_reference_with_other_content_is_refused_without_effect():
    who = asked()
    note(asked=who, text="hello")
    with pytest.raises(ReferenceReused) as refused:
        note(asked=who, text="HELLO")
    assert refused.value.facts == {"reference": who.reference, "kind": "test.note"}
    assert notes() == ["hello"]
    assert claims() == 1


def test_a_refusal_leaves_no_claim_and_no_trace():
    who = asked()
    with pytest.raises(Refused):
        note_and_refuse(asked=who, text="a", is_refused=True)
    assert notes() == []
    assert claims() == 0
    assert not note_and_refuse(asked=who, text="a", is_refused=False).replayed


def test_a_bug_leaves_no_claim_and_no_trace():
    @operation("test.bug")
    def bug(*, operation_id: int) -> None:
        publish(Noted("before the bug"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bug(asked=asked())
    assert notes() == []
    assert claims() == 0


@pytest.mark.parametrize(
    "other",
    [Asked("staff:1", "ref", "x"), Asked("player:1", "REF", "x"), Asked("player:1", "ref ", "x")],
    ids=["other source", "other case", "other spaces"],
)
def test_another_source_or_reference_is_another_act(other):
    note(asked=Asked("player:1", "ref", "x"), text="a")
    assert not note(asked=other, text="a").replayed
    assert notes() == ["a", "a"]


def test_one_reference_serves_an_act_of_each_kind_and_of_each_player():
    who, anna, ben = asked(), new_player(), new_player()
    answers = [
        note(asked=who, text="a"),
        note_secretly(asked=who, text="a", secret="s"),
        note_of_player(asked=who, player_id=anna.id, text="a"),
        note_of_player(asked=who, player_id=ben.id, text="a"),
    ]
    assert len({answer.operation_id for answer in answers}) == 4
    assert not any(answer.replayed for answer in answers)


def test_somebody_else_who_repeats_an_act_gets_its_first_answer():
    note(asked=Asked("provider:1", "ref", "anna"), text="a")
    again = note(asked=Asked("provider:1", "ref", "ben"), text="a")
    assert again.replayed
    assert Operation.objects.get(id=again.operation_id).actor == "anna"


def test_a_secret_is_left_out_of_the_digest():
    who = asked()
    first = note_secretly(asked=who, text="a", secret="correct horse")
    again = note_secretly(asked=who, text="a", secret="battery staple")
    assert (again.replayed, again.value) == (True, first.value)
    other = note_secretly(asked=asked(), text="a", secret="something else")
    rows = Operation.objects.filter(id__in=[first.operation_id, other.operation_id])
    assert len({bytes(row.digest) for row in rows}) == 1


def test_what_is_written_belongs_to_the_operation_that_runs():
    player = new_player()
    done = note_of_player(asked=Asked("staff:4", "ref", "staff:4"), player_id=player.id, text="a")
    event = Event.objects.get(type=Noted.type)
    assert (event.operation_id, event.actor, event.causation_id) == (done.operation_id, "staff:4", 0)
    assert (event.player_id, event.brand_id, event.licence_id) == (
        player.id,
        player.brand_id,
        player.licence_id,
    )
    assert event.business_date == clock.now().date()


def test_after_an_act_nothing_runs_any_more():
    note(asked=asked(), text="a")
    with pytest.raises(AssertionError):
        current()


def test_the_lane_is_locked_before_the_reference_is_claimed_and_nothing_is_written_before_the_lock():
    player = new_player()
    with CaptureQueriesContext(connection) as captured:
        note_of_player(asked=asked(), player_id=player.id, text="a")
    statements = [query["sql"] for query in captured if not query["sql"].startswith("SAVEPOINT")]
    assert statements[0].startswith("SELECT")
    assert statements[0].rstrip().endswith("FOR NO KEY UPDATE")
    assert "JOIN" not in statements[0]
    assert next(sql for sql in statements if "INSERT" in sql) == statements[1]
    assert "core_operation" in statements[1]


def test_an_operation_gets_the_lane_that_it_locked():
    seen = []

    @operation("test.see", lock=lambda arguments: Lane(player_id=arguments["player_id"], brand_id=3))
    def see(*, operation_id: int, player_id: int) -> None:
        seen.append((current().operation_id, current().lane))
        assert operation_id == current().operation_id

    done = see(asked=asked(), player_id=12)
    assert seen == [(done.operation_id, Lane(player_id=12, brand_id=3))]


@pytest.mark.django_db(transaction=True)
def test_an_act_cannot_run_inside_another():
    with pytest.raises(RuntimeError, match="durable"):
        note_inside(asked=asked(), text="outside")
    assert notes() == []
    assert claims() == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_published_outside_an_operation():
    with pytest.raises(AssertionError):
        publish(Noted("alone"))
    assert notes() == []


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_sees_one_instant_and_writes_nothing():
    with snapshot():
        assert notes() == []
        at_once([lambda: note(asked=asked(), text="meanwhile")])
        assert notes() == []
    assert notes() == ["meanwhile"]
    with pytest.raises(InternalError, match="read-only"), snapshot():
        Event.objects.create(type="t", occurred_at=clock.now(), business_date=clock.now(), operation_id=1)


def test_why_staff_asked_is_kept_and_is_no_part_of_what_makes_a_repeat():
    first = note(asked=Asked("staff:4", "form-1", "staff:4", "a complaint"), text="a")
    again = note(asked=Asked("staff:4", "form-1", "staff:4", "another word"), text="a")
    assert again.replayed
    assert Operation.objects.get(id=first.operation_id).reason == "a complaint"
