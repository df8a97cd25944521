"""The desk of staff: cases are closed with what came of them, proposals rejected by somebody else."""

import pytest
from django.urls import reverse

from apps.backoffice.tests.desk import desk, desk_of, member, refusal, send
from apps.cases.models import Approval, Case
from apps.core import clock
from apps.core.models import Event, Operation
from apps.core.money import of
from apps.core.rules import Measure
from apps.reports import services as reports
from apps.wallet import services as wallet
from tests.factories import asked, new_player

pytestmark = pytest.mark.django_db


def open_case(**more: object) -> Case:
    reports.keep_sheet(asked=asked(), measures=[Measure("purses", 1, ["player 1"])])
    Case.objects.update(**more)
    return Case.objects.get()


def propose(maker) -> Approval:
    adjustment = wallet.Adjustment(new_player().id, of("5.00 EUR").units, "EUR", "credit", "goodwill")
    given = {"adjustment": adjustment, "reason": "a gift", "maker_id": maker.id}
    done = wallet.propose_adjustment(asked=asked(), **given)
    return Approval.objects.get(id=done.value)


def test_a_case_is_closed_with_what_came_of_it() -> None:
    case = open_case()
    send(desk_of("support"), reverse("admin:cases_case_close", args=[case.id]))
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "ticket 4711")
    assert Event.objects.get(type="cases.case.closed").payload["outcome"] == "ticket 4711"


def test_a_confidential_case_is_not_there_for_others() -> None:
    case = open_case(confidentiality=1)
    listed, page, close = (
        reverse("admin:cases_case_changelist"),
        reverse("admin:cases_case_change", args=[case.id]),
        reverse("admin:cases_case_close", args=[case.id]),
    )
    support, compliance = desk_of("support"), desk_of("compliance")
    assert "measure:purses" not in support.get(listed).content.decode()
    assert support.get(page).status_code == 302
    assert support.get(close).status_code == 404
    assert "measure:purses" in compliance.get(listed).content.decode()
    assert compliance.get(close).status_code == 200


def test_a_proposal_is_rejected_by_a_second_person() -> None:
    maker, checker = member("finance"), member("finance")
    approval = propose(maker)
    url = reverse("admin:cases_approval_reject", args=[approval.id])
    assert refusal(send(desk(maker), url)) == "cases.same_person"
    send(desk(checker), url)
    approval.refresh_from_db()
    assert (approval.state, approval.checker) == ("rejected", checker)
    assert Operation.objects.get(kind="cases.reject").reason == "ticket 4711"
    assert refusal(send(desk(checker), url)) == "cases.approval_not_waiting"


def test_what_ran_out_is_not_offered_for_a_decision() -> None:
    propose(member("payments"))
    client, url = desk_of("finance"), reverse("admin:cases_approval_changelist")
    assert "Decide" in client.get(url).content.decode()
    Approval.objects.update(expires_at=clock.now())
    html = client.get(url).content.decode()
    assert "expired" in html
    assert "Decide" not in html


def test_rejecting_and_closing_need_their_rights() -> None:
    case, approval = open_case(), propose(member("payments"))
    assert (
        desk_of("payments").get(reverse("admin:cases_approval_reject", args=[approval.id])).status_code == 403
    )
    assert desk_of("auditor").get(reverse("admin:cases_case_close", args=[case.id])).status_code == 403
    assert desk_of("support").get(reverse("admin:cases_approval_changelist")).status_code == 403
