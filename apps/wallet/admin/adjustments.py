"""An adjustment by hand: one person proposes it, another sees exactly what was proposed and decides."""

import functools
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.accounts.models import Player
from apps.cases.admin import NEXT_STEPS
from apps.cases.errors import ProposalChanged
from apps.cases.models import Approval
from apps.core import money
from apps.core.errors import BadAmount
from apps.core.money import Money
from apps.core.operations import Asked, Done
from apps.core.staff import Act, ActForm, act, page, show
from apps.wallet import rules, selectors, services
from apps.wallet.rules import MAX_ADJUSTMENT, PURSES, REASON_ACCOUNTS, Direction
from apps.wallet.services import Adjustment

DIRECTIONS = [
    (Direction.CREDIT.value, "Credit: the player gets money"),
    (Direction.DEBIT.value, "Debit: money is taken from the player's cash"),
    (Direction.SETTLE_DEBT.value, "Settle debt: the house takes over what the player owes"),
]
REASONS = [
    (code, f"{show.words(code)} (against {show.words(account)})") for code, account in REASON_ACCOUNTS.items()
]
_NEXT_STEPS = {
    **NEXT_STEPS,
    "wallet.insufficient_funds": "The player has less than that. Reject it and propose what is there.",
    "wallet.adjustment_too_large": "Propose several adjustments, each with its own reason.",
}


class AdjustmentForm(ActForm):
    """Which way, how much, and which of finance's reasons."""

    direction = forms.ChoiceField(choices=DIRECTIONS, widget=UnfoldAdminSelectWidget)
    amount = forms.CharField(max_length=32, widget=UnfoldAdminTextInputWidget({"placeholder": "12.50"}))
    reason_code = forms.ChoiceField(choices=REASONS, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        ceiling = Money(MAX_ADJUSTMENT, currency)
        self.fields["amount"].help_text = f"In {currency}, at most {show.grouped(ceiling)}."

    def clean_amount(self) -> Money:
        """Read the amount as strictly as every interface does."""
        try:
            amount = money.parse(self.cleaned_data["amount"], self.currency)
        except BadAmount as error:
            raise forms.ValidationError(
                f"Not an amount of {self.currency}: {error.facts['rule']}."
            ) from error
        if not amount.units:
            raise forms.ValidationError("An adjustment moves more than nothing.")
        return amount


class DecideForm(ActForm):
    """The hash of what was shown, so that nothing else is approved."""

    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)


@page("players/<int:player_id>/adjust/", name="propose_adjustment", permission="wallet.propose_adjustment")
def propose(request: HttpRequest, *, player_id: int) -> HttpResponse:
    """Put an adjustment before a second person."""
    player = get_object_or_404(Player.objects.select_related("brand"), pk=player_id)

    def perform(form: dict[str, Any], asked: Asked) -> Done[int]:
        amount = form["amount"]
        adjustment = Adjustment(
            player.id, amount.units, amount.currency, form["direction"], form["reason_code"]
        )
        given = {"reason": form["reason"], "maker_id": request.user.pk}
        return services.propose_adjustment(asked=asked, adjustment=adjustment, **given)

    look = Act(
        title="Propose an adjustment",
        button="Propose",
        done="Proposed. Nothing has moved: a second person decides within 24 hours.",
        back=reverse("admin:cases_approval_changelist"),
        lead="Nothing moves yet. A colleague sees exactly this, every purse before and after, and decides.",
        facts=_facts(player),
        next_steps=_NEXT_STEPS,
    )
    return act(request, look, functools.partial(AdjustmentForm, currency=player.currency), perform)


@page(
    "approvals/<int:approval_id>/adjustment/", name="decide_wallet_adjust", permission="cases.view_approval"
)
def decide(request: HttpRequest, *, approval_id: int) -> HttpResponse:
    """Show a proposed adjustment with what it would change; approve it as its second person."""
    proposal = get_object_or_404(
        Approval.objects.select_related("maker", "checker"), pk=approval_id, action="wallet.adjust"
    )
    may_approve = request.user.has_perm("wallet.approve_adjustment")
    if request.method == "POST" and not may_approve:
        raise PermissionDenied
    adjustment = msgspec.convert(proposal.payload, Adjustment)
    player = get_object_or_404(Player.objects.select_related("brand"), pk=adjustment.player_id)

    def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
        if form["shown"] != proposal.payload_hash:
            raise ProposalChanged(approval_id=proposal.id)
        given = {"approval_id": proposal.id, "adjustment": adjustment, "checker_id": request.user.pk}
        return services.approve_adjustment(asked=asked, player_id=player.id, **given)

    look = Act(
        title="Decide an adjustment",
        button="Approve and execute",
        done="Approved: the money has moved.",
        back=reverse("admin:cases_approval_changelist"),
        facts=_facts(player),
        panel="wallet/adjustment.html",
        panel_context=_shown(proposal, adjustment),
        next_steps=_NEXT_STEPS,
        blocked=_blocked(proposal, request.user.pk, may_approve),
        others=_ways(request, proposal),
    )
    return act(request, look, DecideForm, perform, initial={"shown": proposal.payload_hash})


def _ways(request: HttpRequest, proposal: Approval) -> list[tuple[str, str]]:
    may_reject = request.user.has_perm("cases.reject_proposal")
    return [("Reject", reverse("admin:cases_approval_reject", args=[proposal.id]))] if may_reject else []


def _facts(player: Player) -> list[tuple[str, Any]]:
    purses = selectors.balance(player_id=player.id, currency=player.currency)
    shown = [(show.words(name), show.amount(kept.units, kept.currency)) for name, kept in purses.items()]
    test = " (test)" if player.is_test else ""
    return [
        ("Player", show.lane(player.id, player.public_id)),
        ("Brand", player.brand.name + test),
        ("Status", player.status),
        *((name.capitalize(), amount) for name, amount in shown),
    ]


def _shown(proposal: Approval, adjustment: Adjustment) -> dict[str, Any]:
    """Return what the second person sees: the proposal, and each purse before and after it."""
    transfer = rules.adjustment(
        Direction(adjustment.direction), adjustment.reason_code, adjustment.amount_units, proposal.id
    )
    now = selectors.balance(player_id=adjustment.player_id, currency=adjustment.currency)
    before = [kept.units for kept in now.values()]
    after = rules.effect(before, transfer.debit, transfer.credit, transfer.amount)
    preview = [
        {
            "purse": show.words(purse),
            "before": show.amount(old, adjustment.currency),
            "after": show.amount(new, adjustment.currency),
            "changes": old != new,
            "impossible": new < 0,
        }
        for purse, old, new in zip(PURSES, before, after, strict=True)
        if old or new
    ]
    return {
        "proposal": proposal,
        "adjustment": adjustment,
        "amount": show.amount(adjustment.amount_units, adjustment.currency),
        "flow": show.flow(transfer.debit, transfer.credit),
        "reason_code": show.words(adjustment.reason_code),
        "preview": preview,
    }


def _blocked(proposal: Approval, user_id: int | None, may_approve: bool) -> str:
    """Return why this person cannot approve now, or an empty string."""
    if proposal.state != "waiting":
        return f"This proposal is {proposal.state}."
    if proposal.maker_id == user_id:
        return "You proposed this. A colleague decides."
    return "" if may_approve else "Deciding needs the permission to approve adjustments."
