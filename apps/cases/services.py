"""Acts on cases and approvals."""

from typing import TYPE_CHECKING, Any

from apps.cases import events
from apps.cases.errors import ApprovalNotWaiting, ProposalChanged, SamePerson
from apps.cases.models import Approval, Case
from apps.cases.rules import APPROVAL_LIFE, ApprovalState, CaseState
from apps.core import clock
from apps.core.digests import digest
from apps.core.events import publish
from apps.core.operations import current, operation, transaction_required

if TYPE_CHECKING:
    from apps.accounts.models import Player


@transaction_required
def open_case(*, kind: str, subject: str, queue: str, player: "Player | None", facts: dict[str, Any]) -> Case:
    """Open a case once for its kind and subject, and return it; a case that exists is returned as it is."""
    case, opened = Case.objects.get_or_create(
        kind=kind,
        subject=subject,
        defaults={
            "player": player,
            "brand_id": player.brand_id if player else 0,
            "licence_id": player.licence_id if player else 0,
            "queue": queue,
            "facts": facts,
            "opened_at": clock.now(),
            "operation_id": current().operation_id,
        },
    )
    if opened:
        publish(events.CaseOpened(case_id=case.id, kind=kind, subject=subject, queue=queue))
    return case


@operation("cases.close")
def close_case(*, operation_id: int, case_id: int, outcome: str) -> bool:
    """Close a case with what came of it; return whether it was open."""
    now = clock.now()
    rows = Case.objects.filter(id=case_id, closed_at=None)
    closed = bool(rows.update(state=CaseState.CLOSED, closed_at=now, outcome=outcome))
    if closed:
        publish(events.CaseClosed(case_id=case_id, outcome=outcome))
    return closed


@transaction_required
def record_proposal(*, action: str, subject: str, payload: dict[str, Any], reason: str, maker_id: int) -> int:
    """Put an act before a second person, and return the approval's id."""
    now = clock.now()
    approval = Approval.objects.create(
        action=action,
        subject=subject,
        payload=payload,
        payload_hash=digest(payload).hex(),
        reason=reason,
        maker_id=maker_id,
        proposed_at=now,
        expires_at=now + APPROVAL_LIFE,
        operation_id=current().operation_id,
    )
    publish(
        events.ApprovalRequested(approval_id=approval.id, action=action, payload_hash=approval.payload_hash)
    )
    return approval.id


@transaction_required
def approve(*, approval_id: int, action: str, checker_id: int, payload: dict[str, Any]) -> Approval:
    """
    Record a second person's yes to an action, in the transaction that executes it.

    :raises ApprovalNotWaiting: it was decided, or its time ran out.
    :raises SamePerson: the checker is the maker.
    :raises ProposalChanged: the action or its payload is not the one that was proposed.
    """
    approval = _decide(approval_id, checker_id, ApprovalState.APPROVED)
    if approval.action != action or digest(payload).hex() != approval.payload_hash:
        raise ProposalChanged(approval_id=approval_id)
    return approval


@operation("cases.reject")
def reject(*, operation_id: int, approval_id: int, checker_id: int) -> None:
    """
    Record a second person's no.

    :raises ApprovalNotWaiting: it was decided, or its time ran out.
    :raises SamePerson: the checker is the maker.
    """
    _decide(approval_id, checker_id, ApprovalState.REJECTED)


@operation("cases.expire_approvals")
def expire_approvals(*, operation_id: int) -> int:
    """Close every proposal whose time ran out, and return how many."""
    late = Approval.objects.select_for_update().filter(
        state=ApprovalState.WAITING, expires_at__lte=clock.now()
    )
    expired = list(late.order_by("id"))
    for approval in expired:
        _record(approval, ApprovalState.EXPIRED, checker_id=None)
    return len(expired)


def _decide(approval_id: int, checker_id: int, state: ApprovalState) -> Approval:
    approval = Approval.objects.select_for_update().get(id=approval_id)
    if approval.state != ApprovalState.WAITING or approval.expires_at <= clock.now():
        raise ApprovalNotWaiting(approval_id=approval_id, state=approval.state)
    if approval.maker_id == checker_id:
        raise SamePerson(approval_id=approval_id)
    _record(approval, state, checker_id)
    return approval


def _record(approval: Approval, state: ApprovalState, checker_id: int | None) -> None:
    approval.state, approval.checker_id, approval.decided_at = state, checker_id, clock.now()
    Approval.objects.filter(id=approval.id).update(
        state=state, checker_id=checker_id, decided_at=approval.decided_at
    )
    publish(events.ApprovalDecided(approval_id=approval.id, action=approval.action, state=state))
