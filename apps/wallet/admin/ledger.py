"""Wallets, transfers and house transfers: read only, whoever asks."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.core.models import Operation
from apps.core.staff import EitherFilter, ReadOnlyAdmin, show
from apps.wallet.models import HouseTransfer, Transfer, Wallet
from apps.wallet.rules import HOUSE, PURSES, Account

KIND_COLOURS = {
    "stake": "info",
    "settle": None,
    "win": "success",
    "undo": "warning",
    "adjustment": "danger",
    "funding": "primary",
}


class AccountFilter(EitherFilter):
    """Transfers out of or into an account."""

    title = "account"
    parameter_name = "account"
    columns = ("debit", "credit")
    values = Account.choices()


class HouseAccountFilter(AccountFilter):
    """House transfers out of or into an account of the house."""

    values = [(account.value, show.words(account)) for account in HOUSE]


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    """What players have, purse by purse."""

    list_display = (
        "whom",
        "cash_amount",
        "bonus_amount",
        "in_play",
        "pending_amount",
        "held_amount",
        "debt_amount",
        "last_at",
        "links",
    )
    list_select_related = ("player",)
    list_filter = ("player__is_test", ("player__brand", RelatedDropdownFilter))
    search_help_text = "Player: public id or number"
    fieldsets = (
        (None, {"fields": ("whom", ("currency", "seq", "last_at"))}),
        (
            "Purses",
            {"fields": tuple(f"{purse.value}_amount" for purse in PURSES)},
        ),
        ("Chain", {"fields": ("head_digits",)}),
    )
    actions_detail = ("why", "transfers", "propose_adjustment")

    def numbered(self, typed: int) -> Q:
        """Return the wallets of the player with a number."""
        return Q(player_id=typed)

    def title_of(self, row: Wallet) -> str:
        """Return whose wallet it is."""
        return f"wallet of {row.player.public_id}"

    @display(description="Player")
    def whom(self, row: Wallet) -> SafeString | str:
        """Return whose wallet it is."""
        return row.player.public_id

    @display(description="In play")
    def in_play(self, row: Wallet) -> SafeString:
        """Return the stakes of rounds that are not over, cash and bonus."""
        return show.amount(row.in_play_cash + row.in_play_bonus, row.currency)

    @display(description="Head")
    def head_digits(self, row: Wallet) -> SafeString:
        """Return the hash of the wallet's last transfer."""
        return show.mono(bytes(row.head).hex())

    @display(description="")
    def links(self, row: Wallet) -> SafeString:
        """Return the ways on from a wallet."""
        query = f"q={row.player.public_id}"
        ways = [
            (show.link("transfers", "wallet_transfer_changelist", query=query),),
            (show.link("why?", "why", row.pk),),
        ]
        return format_html_join(" · ", "{}", ways)

    @action(
        description="Why this number?",
        icon="troubleshoot",
        url_path="why",
        permissions=["wallet.view_transfer"],
        variant=ActionVariant.PRIMARY,
    )
    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the page that explains every purse."""
        return redirect("admin:why", int(object_id))

    @action(
        description="Transfers", icon="swap_horiz", url_path="transfers", permissions=["wallet.view_transfer"]
    )
    def transfers(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the transfers of the wallet's player."""
        row = get_object_or_404(Wallet.objects.select_related("player"), pk=object_id)
        return redirect(reverse("admin:wallet_transfer_changelist") + f"?q={row.player.public_id}")

    @action(
        description="Propose adjustment",
        icon="balance",
        url_path="adjust",
        permissions=["wallet.propose_adjustment"],
    )
    def propose_adjustment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the form of an adjustment."""
        row = get_object_or_404(Wallet, pk=object_id)
        return redirect("admin:propose_adjustment", player_id=row.player_id)


def _purse(purse: Account) -> Any:
    @display(description=show.words(purse).capitalize())
    def shown(self: WalletAdmin, row: Wallet) -> SafeString:
        return show.amount(getattr(row, purse.value), row.currency)

    return shown


for _each in PURSES:
    setattr(WalletAdmin, f"{_each.value}_amount", _purse(_each))


class MovesMoney(ReadOnlyAdmin):
    """How a transfer looks, of a player or of the house."""

    @display(description="Kind", label=KIND_COLOURS)
    def why(self, row: Any) -> str:
        """Return why money moved."""
        return row.kind

    @display(description="From → to")
    def flow(self, row: Any) -> SafeString:
        """Return from which account to which."""
        return show.flow(row.debit, row.credit)

    @display(description="Amount")
    def moved(self, row: Any) -> SafeString:
        """Return how much moved."""
        return show.amount(row.amount, row.currency)

    @display(description="Operation")
    def operation(self, row: Any) -> SafeString | str:
        """Return the act behind it."""
        return show.operation(row.operation_id)

    @display(description="Hash")
    def short_hash(self, row: Any) -> SafeString:
        """Return the first digits of its hash."""
        return show.short_hash(row.hash)

    @display(description="Hash")
    def whole_hash(self, row: Any) -> SafeString:
        """Return its hash."""
        return show.mono(bytes(row.hash).hex())


@admin.register(Transfer)
class TransferAdmin(MovesMoney):
    """Every movement of players' money."""

    list_display = ("id", "at", "whom", "why", "flow", "moved", "left", "operation", "short_hash")
    list_select_related = ("player",)
    list_filter = (("kind", ChoicesDropdownFilter), AccountFilter, ("business_date", RangeDateFilter))
    search_help_text = "Player's public id, or number of an operation or transfer"
    fieldsets = (
        (None, {"fields": (("why", "at"), "whom", ("flow", "moved"), ("seq", "business_date"))}),
        ("Purses after it", {"fields": ("after_all",)}),
        ("Trace", {"fields": (("operation", "cause_id"), ("reverses", "counterparty_id"), "grant_id")}),
        ("Proof", {"fields": (("version", "whole_hash"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        """Return transfers with their players."""
        return super().get_queryset(request).select_related("player")

    def numbered(self, typed: int) -> Q:
        """Return the transfer with a number, or those of the operation with it, found through its lane."""
        lane = Operation.objects.filter(pk=typed).values_list("player_id", flat=True).first()
        return Q(pk=typed) if lane is None else Q(pk=typed) | Q(player_id=lane, operation_id=typed)

    @display(description="Player")
    def whom(self, row: Transfer) -> SafeString | str:
        """Return whose money moved."""
        return show.lane(row.player_id, row.player.public_id)

    @display(description="After")
    def left(self, row: Transfer) -> SafeString:
        """Return the purses after it, the empty ones left out but cash."""
        purses = zip(PURSES, row.after, strict=True)
        shown = [
            (show.words(purse), show.amount(units, row.currency))
            for purse, units in purses
            if units or purse is Account.CASH
        ]
        return format_html_join("", '<span class="bo-left"><i>{}</i> {}</span>', shown)

    @display(description="Purses")
    def after_all(self, row: Transfer) -> SafeString:
        """Return every purse after it."""
        purses = zip(PURSES, row.after, strict=True)
        return show.table([(show.words(purse), show.amount(units, row.currency)) for purse, units in purses])

    @display(description="Takes back")
    def reverses(self, row: Transfer) -> SafeString | str:
        """Return the transfer that it takes back."""
        return (
            show.link(row.reverses_id, "wallet_transfer_change", row.reverses_id) if row.reverses_id else "-"
        )


@admin.register(HouseTransfer)
class HouseTransferAdmin(MovesMoney):
    """Movements between accounts of the house alone."""

    list_display = ("id", "at", "book", "why", "flow", "moved", "operation", "short_hash")
    list_filter = (HouseAccountFilter, ("business_date", RangeDateFilter))
    lane_column = ""
    search_help_text = "Number of an operation or transfer"
    fieldsets = (
        (None, {"fields": (("why", "at"), "book", ("flow", "moved"), ("seq", "business_date"))}),
        ("Trace", {"fields": (("operation", "cause_id"), ("reverses_id", "counterparty_id"))}),
        ("Proof", {"fields": (("version", "whole_hash"),)}),
    )

    def numbered(self, typed: int) -> Q:
        """Return the transfer with a number, or those of the operation with it."""
        return Q(pk=typed) | Q(operation_id=typed)
