"""The sheet is kept, a person is told of every line that is off, and the command says so too."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from apps.cases import services as cases
from apps.cases.models import Case
from apps.core import clock
from apps.core.models import Event
from apps.core.rules import Measure
from apps.reports import services, tasks
from apps.reports.models import BookCheck
from apps.reports.tests.faults import FAULTS, World, damage
from tests.factories import asked

pytestmark = pytest.mark.django_db
RIGHT = Measure("hash chain", 12)
OFF = Measure("loss counters equal play", 1, ["7, EUR, 5, 6"])


def keep(*measures: Measure) -> BookCheck:
    return BookCheck.objects.get(id=services.keep_sheet(asked=asked(), measures=list(measures)).value)


def test_a_sheet_without_a_fault_is_kept_and_nobody_is_told():
    sheet = keep(RIGHT)
    assert sheet.passed
    assert sheet.measures == [{"name": "hash chain", "value": 12, "detail": [], "passed": True}]
    assert not Case.objects.exists()


def test_a_line_that_is_off_opens_a_case_for_finance():
    sheet = keep(RIGHT, OFF)
    assert not sheet.passed
    assert [line["passed"] for line in sheet.measures] == [True, False]
    case = Case.objects.get()
    assert (case.kind, case.queue) == ("reports.books_off", "finance")
    assert OFF.name in case.subject
    assert case.facts == {"book_check_id": sheet.id, "rows": OFF.detail}


def test_a_line_that_stays_off_is_one_case_and_another_line_another():
    keep(OFF)
    keep(OFF)
    assert Case.objects.count() == 1
    keep(OFF, Measure("hash chain", 1, ["player 7"]))
    assert Case.objects.count() == 2


def test_a_line_that_is_off_again_after_its_case_was_closed_is_told_again():
    keep(OFF)
    case = Case.objects.get()
    cases.close_case(asked=asked(), case_id=case.id, outcome="mended")
    with clock.moved(timedelta(days=1)):
        keep(OFF)
    assert Case.objects.filter(closed_at=None).count() == 1
    assert Event.objects.filter(type="cases.case.opened").count() == 2


def test_the_clock_keeps_a_sheet_of_every_line():
    tasks.check_books()
    tasks.check_all_books()
    assert [sheet.passed for sheet in BookCheck.objects.all()] == [True, True]
    assert {len(sheet.measures) for sheet in BookCheck.objects.all()} == {15}


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("check_books", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.money
@pytest.mark.django_db(transaction=True)
def test_the_command_prints_the_sheet_and_fails_where_anything_is_off(world: World, capsys):
    assert "OFF" not in printed("--whole")
    damage(FAULTS["a loss counter was lowered"][0], world)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_books", "--whole", stdout=out)
    assert ended.value.code == 1
    assert "OFF             1  loss counters equal play" in out.getvalue()
    assert f"{world.anna.id}, EUR" in out.getvalue()


@pytest.mark.money
@pytest.mark.django_db(transaction=True)
def test_a_fault_in_the_books_becomes_a_case_at_the_next_ring(world: World):
    tasks.check_books()
    damage(FAULTS["a wallet is missing"][0], world)
    tasks.check_books()
    subjects = list(Case.objects.filter(kind="reports.books_off").values_list("subject", flat=True))
    assert len(subjects) == 1
    assert "purses explained by transfers" in subjects[0]
