"""
"Why this number?": every purse of a wallet, and the transfers that made it.

From each transfer the page leads to the act behind it, who asked and under which reference, the events it
announced, and the bet, outcome or approval it belongs to.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.cases.models import Approval
from apps.core.models import Event, Operation
from apps.core.staff import page, show
from apps.games.models import Bet, Settlement
from apps.wallet import selectors as wallets
from apps.wallet.models import Transfer, Wallet
from apps.wallet.rules import PURSES, Kind

ROWS = 50


@dataclass(slots=True)
class Line:
    """One transfer as the page shows it."""

    transfer: Transfer
    kind: str
    flow: SafeString
    amount: SafeString
    after: list[tuple[str, SafeString]]
    operation: Operation | None
    cause: SafeString | str = ""
    events: list[SafeString] = field(default_factory=list)


class WhyForm(forms.Form):
    """Which purse, at which instant, and before which transfer the page begins."""

    purse = forms.ChoiceField(choices=[("", ""), *((purse.value, "") for purse in PURSES)], required=False)
    at = forms.DateTimeField(
        required=False,
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local", "step": "1"}),
        input_formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"],
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)


@page("why/<int:wallet_id>/", name="why", permission="wallet.view_transfer")
def why(request: HttpRequest, *, wallet_id: int) -> HttpResponse:
    """Explain the purses of a wallet, now or at an instant."""
    wallet = get_object_or_404(Wallet.objects.select_related("player"), pk=wallet_id)
    form = WhyForm(request.GET)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    purse, at, before = asked.get("purse") or "", asked.get("at"), asked.get("before")
    transfers = list(_transfers(wallet, purse, at, before)[: ROWS + 1])
    latest = transfers[0] if transfers and not purse and not before else None
    context = {
        **admin.site.each_context(request),
        "title": "Why this number?",
        "subtitle": wallet.player.public_id,
        "wallet": wallet,
        "form": form,
        "purse": purse,
        "at": at,
        "before": before,
        "purses": _purses(wallet, at, purse),
        "lines": _lines(wallet, transfers[:ROWS], purse),
        "earlier": transfers[ROWS - 1].seq if len(transfers) > ROWS else None,
        "explained": latest is not None and at is None and list(latest.after) == wallet.purses(),
    }
    return TemplateResponse(request, "backoffice/why.html", context)


def _transfers(wallet: Wallet, purse: str, at: datetime | None, before: int | None) -> Any:
    """Return the transfers of a wallet, the latest first, along the index of its chain."""
    rows = Transfer.objects.filter(player_id=wallet.player_id, currency=wallet.currency).order_by("-seq")
    if purse:
        rows = rows.filter(Q(debit=purse) | Q(credit=purse))
    if at:
        rows = rows.filter(at__lte=at)
    return rows.filter(seq__lt=before) if before else rows


def _purses(wallet: Wallet, at: datetime | None, chosen: str) -> list[dict[str, Any]]:
    player_id, currency = wallet.player_id, wallet.currency
    balance = (
        wallets.balance_at(player_id=player_id, currency=currency, at=at)
        if at
        else wallets.balance(player_id=player_id, currency=currency)
    )
    return [
        {
            "name": name,
            "title": show.words(name),
            "amount": show.amount(kept.units, wallet.currency),
            "is_chosen": name == chosen,
        }
        for name, kept in balance.items()
    ]


def _lines(wallet: Wallet, transfers: list[Transfer], purse: str) -> list[Line]:
    numbers = {transfer.operation_id for transfer in transfers}
    operations = Operation.objects.in_bulk(numbers)
    events = _events(wallet.player_id, numbers)
    causes = _causes(wallet.player_id, transfers)
    return [
        Line(
            transfer=transfer,
            kind=show.words(transfer.kind),
            flow=show.flow(transfer.debit, transfer.credit),
            amount=show.amount(transfer.amount, transfer.currency),
            after=_after(transfer, purse),
            operation=operations.get(transfer.operation_id),
            cause=causes.get(_cause(transfer), ""),
            events=events[transfer.operation_id],
        )
        for transfer in transfers
    ]


def _after(transfer: Transfer, chosen: str) -> list[tuple[str, SafeString]]:
    """Return the running balance of the chosen purse, or of those that the transfer touched."""
    shown = {chosen} if chosen else {transfer.debit, transfer.credit}
    purses = zip(PURSES, transfer.after, strict=True)
    return [
        (show.words(purse), show.amount(units, transfer.currency))
        for purse, units in purses
        if purse.value in shown
    ]


def _events(player_id: int, operations: set[int]) -> dict[int, list[SafeString]]:
    found: dict[int, list[SafeString]] = defaultdict(list)
    rows = Event.objects.filter(player_id=player_id, operation_id__in=operations).order_by("id")
    for number, operation_id, kind in rows.values_list("id", "operation_id", "type"):
        found[operation_id].append(show.link(kind, "core_event_change", number))
    return found


def _cause(transfer: Transfer) -> tuple[str, int]:
    """Return what a transfer's cause is: a number of cases for an adjustment, of games for the others."""
    return ("approval" if transfer.kind == Kind.ADJUSTMENT else "play"), transfer.cause_id or 0


def _causes(player_id: int, transfers: list[Transfer]) -> dict[tuple[str, int], SafeString]:
    """Return the bets, outcomes and approvals that transfers belong to, one query for each kind."""
    numbers = [_cause(transfer) for transfer in transfers]
    played = {number for kind, number in numbers if kind == "play" and number}
    approved = {number for kind, number in numbers if kind == "approval" and number}
    found: dict[tuple[str, int], SafeString] = {}
    for model, word in ((Bet, "bet"), (Settlement, "outcome")):
        rows = model.objects.filter(player_id=player_id, id__in=played).select_related("round__game")
        found |= {("play", row.pk): _of_round(row, word) for row in rows}
    for approval in Approval.objects.filter(id__in=approved).select_related("maker", "checker"):
        people = f"approval {approval.pk}: {approval.maker} and {approval.checker}"
        found["approval", approval.pk] = show.link(people, "cases_approval_change", approval.pk)
    return found


def _of_round(row: Any, word: str) -> SafeString:
    title = row.round.game.title if row.round.game else "unknown title"
    return show.link(f"{word}, {title}, round {row.round_id}", "games_round_change", row.round_id)
