"""Limits and exclusions to look at, and the act that excludes a player."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from apps.accounts.models import Player
from apps.core import clock
from apps.core.operations import Asked, Done
from apps.core.staff import Act, ActForm, ReadOnlyAdmin, act, page, show
from apps.responsible_gaming import services
from apps.responsible_gaming.models import Exclusion, Limit
from apps.responsible_gaming.rules import ExclusionKind

LEAD = (
    "Sessions end now; log-in, deposit, launch and stake are refused on every brand of the licence. Open "
    "rounds finish and their wins come in. Nobody can shorten an exclusion."
)


@admin.register(Limit)
class LimitAdmin(ReadOnlyAdmin):
    """Limits: current, coming and superseded ones."""

    list_display = ("id", "whom", "kind", "period", "window", "source", "ceiling", "state", "effective_from")
    list_select_related = ("player",)
    list_filter = (("kind", ChoicesDropdownFilter), ("source", ChoicesDropdownFilter))
    search_help_text = "Player, or number"
    fieldsets = (
        (None, {"fields": (("state", "whom"), ("kind", "basis"), ("period", "window"), "ceiling")}),
        ("Since", {"fields": (("source", "scope"), ("effective_from", "superseded_at"), "operation")}),
    )

    @display(description="State", label={"current": "success", "coming": "info", "superseded": None})
    def state(self, row: Limit) -> str:
        """Return whether it binds now."""
        if row.superseded_at:
            return "superseded"
        return "coming" if row.effective_from > clock.now() else "current"

    @display(description="Player")
    def whom(self, row: Limit) -> SafeString | str:
        """Return whose limit it is."""
        return show.lane(row.player_id, row.player.public_id)

    @display(description="Amount")
    def ceiling(self, row: Limit) -> SafeString | str:
        """Return the amount."""
        return "no limit" if row.amount is None else show.amount(row.amount, row.currency)

    @display(description="Operation")
    def operation(self, row: Limit) -> SafeString | str:
        """Return the operation that set it."""
        return show.operation(row.operation_id)


@admin.register(Exclusion)
class ExclusionAdmin(ReadOnlyAdmin):
    """Time-outs and self-exclusions."""

    list_display = ("id", "whom", "kind", "scope", "state", "starts_at", "ends_at", "source")
    list_select_related = ("player",)
    list_filter = (("kind", ChoicesDropdownFilter), ("starts_at", RangeDateFilter))
    search_help_text = "Player, or number"
    fields = (
        ("state", "kind"),
        "whom",
        ("scope", "scope_id"),
        ("starts_at", "ends_at"),
        "source",
        "operation",
    )

    @display(description="State", label={"in force": "danger", "over": None})
    def state(self, row: Exclusion) -> str:
        """Return whether it holds."""
        return "over" if row.ends_at and row.ends_at <= clock.now() else "in force"

    @display(description="Whom")
    def whom(self, row: Exclusion) -> SafeString | str:
        """Return the player, or the person with all their players."""
        return show.lane(row.player_id, row.player.public_id) if row.player else f"person {row.person_id}"

    @display(description="Operation")
    def operation(self, row: Exclusion) -> SafeString | str:
        """Return the operation that set it."""
        return show.operation(row.operation_id)


class ExcludeForm(ActForm):
    """Which exclusion, and for how long."""

    kind = forms.ChoiceField(choices=ExclusionKind.choices(), widget=UnfoldAdminSelectWidget)
    hours = forms.IntegerField(
        min_value=1,
        max_value=24 * 366 * 10,
        required=False,
        help_text="Empty: for ever, which only a self-exclusion can be.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a time-out without an end."""
        given = super().clean() or {}
        if given.get("kind") == ExclusionKind.TIME_OUT and not given.get("hours"):
            self.add_error("hours", "A time-out has an end.")
        return given


@page(
    "players/<int:player_id>/exclude/", name="exclude_player", permission="responsible_gaming.exclude_player"
)
def exclude_player(request: HttpRequest, *, player_id: int) -> HttpResponse:
    """Exclude a person from play on every brand of the player's licence."""
    player = get_object_or_404(Player.objects.select_related("licence"), pk=player_id)

    def perform(form: dict[str, Any], asked: Asked) -> Done[int]:
        return services.exclude(asked=asked, player_id=player.id, kind=form["kind"], hours=form["hours"])

    look = Act(
        title="Exclude player",
        button="Exclude",
        done="The player is excluded from now on.",
        back=reverse("admin:accounts_player_change", args=[player.id]),
        lead=LEAD,
        facts=(
            ("Player", show.lane(player.id, player.public_id)),
            ("Licence", player.licence.code),
            ("Status", player.status),
        ),
        is_dangerous=True,
    )
    return act(request, look, ExcludeForm, perform)
