"""The same act from many threads in one moment happens once, and everybody gets the first answer."""

import pytest

from apps.core.errors import ReferenceReused
from apps.core.events import publish
from apps.core.models import Operation
from apps.core.operations import Asked, Done, operation
from apps.core.tests.acts import Noted, Refused, claims, note, note_of_player, notes
from tests.factories import asked, new_player
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 20


def test_one_reference_from_twenty_threads_runs_once_in_a_players_lane():
    player, who = new_player(), asked()
    answers = at_once([lambda: note_of_player(asked=who, player_id=player.id, text="a")] * MANY)
    assert all(isinstance(answer, Done) for answer in answers), answers
    assert {(answer.value, answer.operation_id) for answer in answers} == {("a", answers[0].operation_id)}
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * (MANY - 1)
    assert notes() == ["a"]


def test_one_reference_from_twenty_threads_runs_once_also_without_a_player():
    who = asked()
    answers = at_once([lambda: note(asked=who, text="a")] * MANY)
    assert all(isinstance(answer, Done) for answer in answers), answers
    assert {(answer.value.text, answer.operation_id) for answer in answers} == {
        ("a", answers[0].operation_id)
    }
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * (MANY - 1)
    assert notes() == ["a"]
    assert claims() == 1


@pytest.mark.parametrize("with_player", [True, False])
def test_of_twenty_contents_under_one_reference_one_has_an_effect(with_player):
    player, who = new_player(), asked()

    def act(text: str) -> Done:
        if with_player:
            return note_of_player(asked=who, player_id=player.id, text=text)
        return note(asked=who, text=text)

    answers = at_once([lambda text=f"text {number}": act(text) for number in range(MANY)])
    refused = [answer for answer in answers if isinstance(answer, ReferenceReused)]
    (done,) = [answer for answer in answers if isinstance(answer, Done)]
    assert len(refused) == MANY - 1
    assert not done.replayed
    assert notes() == [done.value if with_player else done.value.text]


def test_twenty_references_of_one_player_all_happen_one_after_the_other():
    player = new_player()
    answers = at_once(
        [
            lambda text=f"text {number:02}": note_of_player(asked=asked(), player_id=player.id, text=text)
            for number in range(MANY)
        ]
    )
    assert not any(answer.replayed for answer in answers)
    assert sorted(notes()) == [f"text {number:02}" for number in range(MANY)]


seen: list[int] = []


def test_an_act_that_is_refused_at_first_is_done_by_one_of_those_who_waited_for_it():
    @operation("test.refuse_the_first")
    def refuse_the_first(*, operation_id: int) -> None:
        if not seen:
            seen.append(operation_id)
            raise Refused
        publish(Noted("done"))

    who = Asked("test", "one reference", "test")
    answers = at_once([lambda: refuse_the_first(asked=who)] * 8)
    done = [answer for answer in answers if isinstance(answer, Done)]
    assert [type(answer) for answer in answers if not isinstance(answer, Done)] == [Refused]
    assert sorted(answer.replayed for answer in done) == [False] + [True] * 6
    assert notes() == ["done"]
    assert Operation.objects.filter(kind="test.refuse_the_first").count() == 1
