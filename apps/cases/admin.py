"""The desk of staff: cases to close, and proposals that wait for a second person."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.cases import services
from apps.cases.models import Approval, Case
from apps.cases.rules import ApprovalState
from apps.core import clock
from apps.core.operations import Asked, Done
from apps.core.staff import Act, ActForm, ReadOnlyAdmin, TypedFilter, act, show

STATE_COLOURS = {"waiting": "warning", "approved": "success", "rejected": "danger", "expired": None}
NEXT_STEPS = {
    "cases.same_person": "Ask a colleague who holds the permission: whoever proposed it cannot decide it.",
    "cases.approval_not_waiting": "Look at what was decided; if it is still needed, propose it anew.",
    "cases.proposal_changed": "Open the proposal again and read it anew before you decide.",
}


class QueueFilter(TypedFilter):
    """Cases of one queue."""

    title = "queue"
    parameter_name = "queue"
    column = "queue"


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """What a person has to look at."""

    list_display = ("id", "kind", "subject", "whom", "queue", "condition", "priority", "opened_at", "due_at")
    list_select_related = ("player",)
    list_filter = (("state", ChoicesDropdownFilter), QueueFilter, ("opened_at", RangeDateFilter))
    search_help_text = "Player, subject (round:77), kind or number"
    fieldsets = (
        (None, {"fields": (("condition", "queue"), "kind", "subject", "whom", ("priority", "assignee"))}),
        ("Facts", {"fields": ("details",)}),
        ("When", {"fields": (("opened_at", "due_at"), ("closed_at", "outcome"), "operation")}),
    )
    actions_detail = ("close",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Return the cases that this person may know of; for others, confidential ones are not there."""
        rows = super().get_queryset(request).select_related("player", "assignee")
        return (
            rows if request.user.has_perm("cases.view_confidential_case") else rows.filter(confidentiality=0)
        )

    def spelled(self, term: str) -> Q:
        """Return the cases about a subject, or of a kind."""
        return Q(subject=term) | Q(kind=term)

    @display(description="State", label={"open": "warning", "closed": "success"})
    def condition(self, row: Case) -> str:
        """Return whether somebody has to look."""
        return row.state

    @display(description="Player")
    def whom(self, row: Case) -> SafeString | str:
        """Return whom it is about."""
        return show.lane(row.player_id, row.player.public_id if row.player else "")

    @display(description="Facts")
    def details(self, row: Case) -> SafeString | str:
        """Return the ids and codes that came with it."""
        return show.pretty(row.facts)

    @display(description="Operation")
    def operation(self, row: Case) -> SafeString | str:
        """Return the operation that opened it."""
        return show.operation(row.operation_id)

    @action(
        description="Close",
        icon="task_alt",
        url_path="close",
        permissions=["cases.close_case"],
        variant=ActionVariant.PRIMARY,
    )
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close a case with what came of it."""
        row = get_object_or_404(self.get_queryset(request), pk=object_id)

        def perform(form: dict[str, Any], asked: Asked) -> Done[bool]:
            return services.close_case(asked=asked, case_id=row.id, outcome=form["reason"])

        look = Act(
            title="Close case",
            button="Close case",
            done="The case is closed.",
            back=reverse("admin:cases_case_changelist"),
            lead="Say what you found and what came of it: the reason is the case's outcome.",
            facts=(
                ("Kind", row.kind),
                ("About", row.subject),
                ("Player", self.whom(row)),
                ("Queue", row.queue),
            ),
        )
        return act(request, look, ActForm, perform)


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Acts that one person proposed and another decides."""

    list_display = (
        "id",
        "what",
        "subject",
        "condition",
        "maker",
        "checker",
        "proposed_at",
        "expires_at",
        "decide",
    )
    list_select_related = ("maker", "checker")
    list_filter = (("state", ChoicesDropdownFilter), ("proposed_at", RangeDateFilter))
    lane_column = ""
    search_help_text = "Subject (player:12), or number"
    fieldsets = (
        (None, {"fields": (("condition", "what"), "subject", "reason")}),
        ("Who", {"fields": (("maker", "proposed_at"), ("checker", "decided_at"), "expires_at")}),
        ("What exactly", {"fields": ("content", "payload_hash", "operation")}),
    )
    actions_detail = ("open_decision", "reject")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        """Return the approvals with who is concerned."""
        return super().get_queryset(request).select_related("maker", "checker")

    def spelled(self, term: str) -> Q:
        """Return the approvals about a subject."""
        return Q(subject=term)

    @display(description="Act")
    def what(self, row: Approval) -> str:
        """Return the act that was proposed."""
        return row.action

    @display(description="State", label=STATE_COLOURS)
    def condition(self, row: Approval) -> str:
        """Return whether it waits, or how it ended; what ran out is shown so before the clock rings."""
        is_late = row.state == ApprovalState.WAITING and row.expires_at <= clock.now()
        return ApprovalState.EXPIRED.value if is_late else row.state

    @display(description="Payload")
    def content(self, row: Approval) -> SafeString | str:
        """Return what exactly would be done."""
        return show.pretty(row.payload)

    @display(description="Operation")
    def operation(self, row: Approval) -> SafeString | str:
        """Return the operation that proposed it."""
        return show.operation(row.operation_id)

    @display(description="")
    def decide(self, row: Approval) -> SafeString | str:
        """Return the way to the page where it is decided."""
        name = page_of(row)
        return show.link("Decide", name, row.id) if name and self.condition(row) == "waiting" else ""

    @action(
        description="Decide",
        icon="how_to_reg",
        url_path="decide",
        permissions=["cases.view_approval"],
        variant=ActionVariant.PRIMARY,
    )
    def open_decision(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the page of the act that was proposed, which its own app keeps."""
        row = get_object_or_404(Approval, pk=object_id)
        name = page_of(row)
        return redirect(f"admin:{name}", row.id) if name else redirect("admin:cases_approval_changelist")

    @action(
        description="Reject",
        icon="thumb_down",
        url_path="reject",
        permissions=["cases.reject_proposal"],
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say no to a proposal, as its second person."""
        row = get_object_or_404(Approval.objects.select_related("maker"), pk=object_id)

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            return services.reject(asked=asked, approval_id=row.id, checker_id=request.user.pk)

        look = Act(
            title="Reject proposal",
            button="Reject",
            done="The proposal is rejected; nothing moved.",
            back=reverse("admin:cases_approval_changelist"),
            facts=(
                ("Act", row.action),
                ("About", row.subject),
                ("Proposed by", row.maker.username),
                ("Why", row.reason),
                ("Content", show.pretty(row.payload)),
            ),
            is_dangerous=True,
            next_steps=NEXT_STEPS,
        )
        return act(request, look, ActForm, perform)


def page_of(approval: Approval) -> str:
    """
    Return the name of the page where a proposal is decided, or an empty string where its app has none.

    By convention `wallet.adjust` is decided at the page `decide_wallet_adjust`.
    """
    name = f"decide_{approval.action.replace('.', '_')}"
    try:
        reverse(f"admin:{name}", args=[approval.pk])
    except NoReverseMatch:
        return ""
    return name
