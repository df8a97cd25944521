"""Cases are opened once, and an act with four eyes is decided once, by another person, as it was proposed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from apps.accounts.models import User
from apps.cases import services, tasks
from apps.cases.errors import ApprovalNotWaiting, ProposalChanged, SamePerson
from apps.cases.models import Approval, Case
from apps.core import clock
from apps.core.digests import digest
from apps.core.models import Event
from apps.core.operations import operation
from tests.factories import StaffFactory, asked, new_player

pytestmark = pytest.mark.django_db
ACTION = "test.act"
PAYLOAD = {"player_id": 7, "amount_units": 100_000, "currency": "EUR"}


@operation("test.open")
def opening(*, operation_id: int, subject: str, facts: dict[str, Any], kind: str = "test.odd") -> int:
    return services.open_case(kind=kind, subject=subject, queue="risk", player=None, facts=facts).id


@operation("test.propose")
def proposing(*, operation_id: int, payload: dict[str, Any], maker_id: int) -> int:
    return services.record_proposal(
        action=ACTION, subject="player:7", payload=payload, reason="because", maker_id=maker_id
    )


@operation("test.approve")
def approving(*, operation_id: int, approval_id: int, checker_id: int, payload: dict[str, Any]) -> None:
    services.approve(approval_id=approval_id, action=ACTION, checker_id=checker_id, payload=payload)


@operation("test.approve_and_fail")
def approving_and_failing(*, operation_id: int, approval_id: int, checker_id: int) -> None:
    services.approve(approval_id=approval_id, action=ACTION, checker_id=checker_id, payload=PAYLOAD)
    raise ZeroDivisionError


@pytest.fixture
def maker() -> User:
    return StaffFactory.create()


@pytest.fixture
def checker() -> User:
    return StaffFactory.create()


def propose(maker: User, payload: dict[str, Any] | None = None) -> int:
    return proposing(asked=asked(), payload=payload or PAYLOAD, maker_id=maker.id).value


def approve(approval_id: int, checker: User, payload: dict[str, Any] | None = None) -> None:
    approving(asked=asked(), approval_id=approval_id, checker_id=checker.id, payload=payload or PAYLOAD)


def reject(approval_id: int, checker: User) -> None:
    services.reject(asked=asked(), approval_id=approval_id, checker_id=checker.id)


def state_of(approval_id: int) -> tuple[str, int | None]:
    row = Approval.objects.get(id=approval_id)
    assert (row.decided_at is None) == (row.state == "waiting")
    return row.state, row.checker_id


def decided() -> list[str]:
    rows = Event.objects.filter(type="cases.approval.decided").order_by("id")
    return [payload["state"] for payload in rows.values_list("payload", flat=True)]


def test_a_case_is_opened_once_for_its_kind_and_subject():
    first = opening(asked=asked(), subject="round:1", facts={"a": 1}).value
    again = opening(asked=asked(), subject="round:1", facts={"a": 2}).value
    assert again == first
    assert Case.objects.get().facts == {"a": 1}
    event = Event.objects.get(type="cases.case.opened")
    assert event.payload == {"case_id": first, "kind": "test.odd", "subject": "round:1", "queue": "risk"}


def test_another_subject_or_kind_is_another_case():
    opening(asked=asked(), subject="round:1", facts={})
    opening(asked=asked(), subject="round:2", facts={})
    opening(asked=asked(), subject="round:1", facts={}, kind="test.even")
    assert Case.objects.count() == 3


def test_a_case_belongs_to_its_players_brand_and_licence():
    @operation("test.open_of_player")
    def opening_of_player(*, operation_id: int) -> int:
        values = {"kind": "test.odd", "subject": "x", "queue": "risk", "facts": {}}
        return services.open_case(player=player, **values).id

    player = new_player()
    case = Case.objects.get(id=opening_of_player(asked=asked()).value)
    assert (case.player_id, case.brand_id, case.licence_id) == (player.id, player.brand_id, player.licence_id)


def test_a_case_is_closed_once_with_what_came_of_it():
    case_id = opening(asked=asked(), subject="round:1", facts={}).value
    assert services.close_case(asked=asked(), case_id=case_id, outcome="explained").value
    assert not services.close_case(asked=asked(), case_id=case_id, outcome="again").value
    case = Case.objects.get()
    assert (case.state, case.outcome) == ("closed", "explained")
    assert Event.objects.get(type="cases.case.closed").payload == {"case_id": case_id, "outcome": "explained"}


def test_a_proposal_waits_for_a_day_and_is_hashed_as_it_was_shown(maker):
    row = Approval.objects.get(id=propose(maker))
    assert (row.state, row.maker_id, row.checker_id) == ("waiting", maker.id, None)
    assert row.expires_at - row.proposed_at == timedelta(hours=24)
    assert (row.payload, row.payload_hash) == (PAYLOAD, digest(PAYLOAD).hex())
    event = Event.objects.get(type="cases.approval.requested")
    assert event.payload == {"approval_id": row.id, "action": "test.act", "payload_hash": row.payload_hash}


def test_a_second_person_approves_what_was_proposed(maker, checker):
    approval_id = propose(maker)
    approve(approval_id, checker, dict(reversed(PAYLOAD.items())))
    assert state_of(approval_id) == ("approved", checker.id)
    assert decided() == ["approved"]


def test_nobody_approves_their_own_proposal(maker):
    approval_id = propose(maker)
    with pytest.raises(SamePerson):
        approve(approval_id, maker)
    with pytest.raises(SamePerson):
        reject(approval_id, maker)
    assert state_of(approval_id) == ("waiting", None)
    assert decided() == []


@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.parametrize("second", ["approve", "reject"])
def test_a_proposal_is_decided_once(maker, checker, first, second):
    decide = {"approve": approve, "reject": reject}
    approval_id = propose(maker)
    decide[first](approval_id, checker)
    before = state_of(approval_id)
    with pytest.raises(ApprovalNotWaiting):
        decide[second](approval_id, StaffFactory.create())
    assert state_of(approval_id) == before
    assert len(decided()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {**PAYLOAD, "amount_units": 100_001},
        {**PAYLOAD, "amount_units": "100000"},
        {**PAYLOAD, "amount_units": 100_000.0},
        {**PAYLOAD, "player_id": 8},
        {**PAYLOAD, "note": ""},
        {"player_id": 7, "amount_units": 100_000},
        {"x": PAYLOAD},
    ],
)
def test_what_is_approved_is_what_was_shown(maker, checker, changed):
    approval_id = propose(maker)
    with pytest.raises(ProposalChanged):
        approve(approval_id, checker, changed)
    assert state_of(approval_id) == ("waiting", None)
    assert decided() == []


def test_a_proposal_whose_row_was_changed_afterwards_is_not_approved(maker, checker):
    approval_id = propose(maker)
    changed = {**PAYLOAD, "amount_units": 10**9}
    Approval.objects.filter(id=approval_id).update(payload=changed)
    with pytest.raises(ProposalChanged):
        approve(approval_id, checker, changed)


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_proposal_is_not_decided_after_its_time(maker, checker, decide):
    approval_id = propose(maker)
    with clock.moved(timedelta(hours=24, seconds=1)), pytest.raises(ApprovalNotWaiting):
        decide(approval_id, checker)
    assert state_of(approval_id) == ("waiting", None)
    with clock.moved(timedelta(hours=23, minutes=59)):
        decide(approval_id, checker)


def test_an_act_that_fails_leaves_its_approval_waiting(maker, checker):
    approval_id = propose(maker)
    with pytest.raises(ZeroDivisionError):
        approving_and_failing(asked=asked(), approval_id=approval_id, checker_id=checker.id)
    assert state_of(approval_id) == ("waiting", None)
    assert decided() == []


@pytest.mark.django_db(transaction=True)
def test_the_table_itself_knows_that_two_people_are_needed(maker):
    approval_id = propose(maker)
    with pytest.raises(IntegrityError, match="cases_approval_four_eyes"):
        Approval.objects.filter(id=approval_id).update(checker=maker)


def test_time_closes_what_was_not_decided_and_nothing_else(maker, checker):
    early, approved = propose(maker), propose(maker)
    approve(approved, checker)
    with clock.moved(timedelta(hours=1)):
        late = propose(maker)
    with clock.moved(timedelta(hours=24, seconds=1)):
        tasks.expire_approvals()
        tasks.expire_approvals()
    assert (state_of(early), state_of(approved)) == (("expired", None), ("approved", checker.id))
    assert state_of(late) == ("waiting", None)
    assert decided() == ["approved", "expired"]


def test_what_expired_is_proposed_again_and_not_approved(maker, checker):
    approval_id = propose(maker)
    with clock.moved(timedelta(hours=25)):
        assert services.expire_approvals(asked=asked()).value == 1
    with pytest.raises(ApprovalNotWaiting):
        approve(approval_id, checker)
    approve(propose(maker), checker)


def test_the_approval_of_one_act_does_not_execute_another(maker, checker):
    approval_id = propose(maker)

    @operation("test.approve_another")
    def approving_another(*, operation_id: int) -> None:
        services.approve(approval_id=approval_id, action="test.other", checker_id=checker.id, payload=PAYLOAD)

    with pytest.raises(ProposalChanged):
        approving_another(asked=asked())
    assert Approval.objects.get(id=approval_id).state == "waiting"
