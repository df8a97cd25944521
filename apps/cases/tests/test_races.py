"""Many open one case, and many decide one proposal, in one moment: once each."""

from datetime import timedelta

import pytest

from apps.cases import services
from apps.cases.errors import ApprovalNotWaiting
from apps.cases.models import Approval, Case
from apps.cases.tests.test_services import approve, opening, propose, reject
from apps.core.models import Event
from tests.factories import StaffFactory, asked
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 12


def test_many_who_open_one_case_all_get_the_same():
    answers = at_once([lambda: opening(asked=asked(), subject="round:1", facts={})] * MANY)
    assert {answer.value for answer in answers} == {Case.objects.get().id}
    assert Event.objects.filter(type="cases.case.opened").count() == 1


def test_of_many_who_close_a_case_one_does():
    case_id = opening(asked=asked(), subject="round:1", facts={}).value
    answers = at_once([lambda: services.close_case(asked=asked(), case_id=case_id, outcome="done")] * MANY)
    assert sorted(answer.value for answer in answers) == [False] * (MANY - 1) + [True]
    assert Event.objects.filter(type="cases.case.closed").count() == 1


def decisions(approval_id: int, acts: list) -> list[object]:
    checkers = [StaffFactory.create() for _ in acts]
    pairs = zip(acts, checkers, strict=True)
    answers = at_once([lambda act=act, by=by: act(approval_id, by) for act, by in pairs])
    return [answer for answer in answers if answer is not None]


@pytest.mark.parametrize("acts", [[approve] * MANY, [reject] * MANY, [approve, reject] * (MANY // 2)])
def test_of_many_who_decide_a_proposal_one_does(acts):
    approval_id = propose(StaffFactory.create())
    refused = decisions(approval_id, acts)
    assert [type(answer) for answer in refused] == [ApprovalNotWaiting] * (MANY - 1)
    assert Approval.objects.get().state in {"approved", "rejected"}
    assert Event.objects.filter(type="cases.approval.decided").count() == 1


def test_a_proposal_is_approved_or_expires_and_never_both():
    maker = StaffFactory.create()
    for _ in range(10):
        approval_id = propose(maker)
        row = Approval.objects.get(id=approval_id)
        Approval.objects.filter(id=approval_id).update(expires_at=row.proposed_at + timedelta(milliseconds=1))
        late = decisions(approval_id, [approve, lambda *_: services.expire_approvals(asked=asked()) and None])
        assert [type(answer) for answer in late] == [ApprovalNotWaiting]
    assert set(Approval.objects.values_list("state", flat=True)) == {"expired"}
