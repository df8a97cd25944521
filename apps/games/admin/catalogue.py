"""Provider accounts and their games: keys are rotated and switches turned, by acts with a reason."""

import secrets
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from import_export.admin import ExportMixin  # type: ignore[import-untyped]
from import_export.formats.base_formats import CSV  # type: ignore[import-untyped]
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.core import clock
from apps.core.operations import Asked, Done
from apps.core.staff import Act, ActForm, ReadOnlyAdmin, act, once, show
from apps.games import services
from apps.games.models import Game, ProviderAccount
from apps.games.resources import GameResource
from apps.games.rules import GameState
from apps.games.services.catalogue import KEY_OVERLAP

KEY_BYTES = 32
_OVERLAP_HOURS = int(KEY_OVERLAP.total_seconds() // 3600)
_NOTES = (
    "Copy it now and give it to the provider by a safe way. It is not shown again.",
    f"The key before it goes on working for {_OVERLAP_HOURS} hours.",
)
_SWITCH = "Off stops launches and stakes from the next message on. Wins and undos always go in."
_ENDS_PREVIOUS = (
    "A key was rotated less than a day ago and the one before it still works. Rotating again ends that one "
    "now: do it only once the provider signs with the present key."
)


class SwitchForm(ActForm):
    """Which way, as it stood on the button: a form sent late never switches the other way."""

    wanted = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], widget=forms.HiddenInput)


def _wanted(request: HttpRequest, is_on: bool) -> str:
    """Return which way the switch goes: as the form said that was sent, or away from where it stands."""
    sent = request.POST.get("wanted")
    return sent if sent in {"on", "off"} else ("off" if is_on else "on")


def _facts(row: ProviderAccount) -> tuple[tuple[str, Any], ...]:
    state = "on" if row.is_enabled else "off"
    return (("Account", row.code), ("Title", row.title), ("Contract", row.contract), ("State", state))


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ReadOnlyAdmin):
    """Our accounts with providers. Their secrets are shown to nobody, but a new one once."""

    list_display = ("code", "title", "contract", "condition", "key", "version")
    lane_column = ""
    search_help_text = "Code"
    ordering = ("code",)
    fieldsets = (
        (None, {"fields": (("code", "condition"), ("title", "contract"), "launch_url")}),
        ("Key", {"fields": ("key", "previous_secret_until")}),
        ("Policy", {"fields": ("terms", "version")}),
    )
    actions_detail = ("rotate_key", "switch")

    def title_of(self, row: ProviderAccount) -> str:
        """Return which account it is."""
        return f"provider account {row.code}"

    def spelled(self, term: str) -> Q:
        """Return the account with a code."""
        return Q(code=term)

    @display(description="State", label={"on": "success", "off": "danger"})
    def condition(self, row: ProviderAccount) -> str:
        """Return whether it takes launches and stakes."""
        return "on" if row.is_enabled else "off"

    @display(description="Key", label={"one key": None, "two keys": "warning"})
    def key(self, row: ProviderAccount) -> str:
        """Return whether the key before the last rotation still works."""
        overlaps = row.previous_secret_until is not None and row.previous_secret_until > clock.now()
        return "two keys" if overlaps else "one key"

    @display(description="Where it differs")
    def terms(self, row: ProviderAccount) -> SafeString | str:
        """Return the policy."""
        return show.pretty(row.policy)

    @action(description="Rotate key", icon="key", url_path="rotate-key", permissions=["games.rotate_key"])
    def rotate_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give a provider account a new key and show it exactly once."""
        row = get_object_or_404(ProviderAccount, pk=object_id)
        back = reverse("admin:games_provideraccount_change", args=[row.pk])

        secret = secrets.token_urlsafe(KEY_BYTES)

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            return services.rotate_key(asked=asked, account_id=row.id, secret=secret)

        def reveal() -> HttpResponse:
            label = f"Key of {row.code}"
            return once(request, title="The new key", label=label, secret=secret, notes=_NOTES, back=back)

        look = Act(
            title="Rotate key",
            button="Make a new key",
            done="The key is rotated.",
            back=back,
            lead="The new key is shown once, on the next page. The present one goes on working for "
            f"{_OVERLAP_HOURS} hours beside it.",
            facts=(*_facts(row), ("Keys in force", self.key(row))),
            is_dangerous=True,
            warning=_ENDS_PREVIOUS if self.key(row) == "two keys" else "",
            reveals=reveal,
        )
        return act(request, look, ActForm, perform)

    @action(
        description="Switch on or off",
        icon="power_settings_new",
        url_path="switch",
        permissions=["games.switch_provider"],
    )
    def switch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop or allow launches and stakes of a provider account."""
        row = get_object_or_404(ProviderAccount, pk=object_id)
        wanted = _wanted(request, row.is_enabled)

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            is_enabled = form["wanted"] == "on"
            return services.switch_provider(asked=asked, account_id=row.id, is_enabled=is_enabled)

        look = Act(
            title=f"Switch {row.code} {wanted}",
            button=f"Switch {wanted}",
            done=f"{row.code} is switched.",
            back=reverse("admin:games_provideraccount_change", args=[row.pk]),
            lead=_SWITCH,
            facts=_facts(row),
            is_dangerous=wanted == "off",
        )
        return act(request, look, SwitchForm, perform, initial={"wanted": wanted})


@admin.register(Game)
class GameAdmin(ExportMixin, ReadOnlyAdmin):
    """Titles of the providers; the list can be taken along as a file."""

    list_display = ("title", "code", "account", "category", "theoretical_rtp", "condition")
    list_select_related = ("account",)
    list_filter = (("state", ChoicesDropdownFilter), ("account", RelatedDropdownFilter))
    lane_column = ""
    search_help_text = "Code or title"
    ordering = ("account_id", "code")
    fieldsets = (
        (None, {"fields": (("title", "condition"), ("code", "account"), ("category", "product"))}),
        ("Mathematics", {"fields": ("theoretical_rtp",)}),
    )
    actions_detail = ("switch",)
    resource_classes = (GameResource,)
    formats = (CSV,)
    export_form_class = ExportForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Game]:
        """Return games with their accounts."""
        return super().get_queryset(request).select_related("account")

    def title_of(self, row: Game) -> str:
        """Return which game it is."""
        return row.title

    def spelled(self, term: str) -> Q:
        """Return the games with a word in code or title."""
        return Q(code__icontains=term) | Q(title__icontains=term)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever sees the list may take it along."""
        return self.has_view_permission(request)

    @display(description="State", label={"live": "success", "disabled": "danger"})
    def condition(self, row: Game) -> str:
        """Return whether it takes launches and stakes."""
        return row.state

    @action(
        description="Switch on or off",
        icon="power_settings_new",
        url_path="switch",
        permissions=["games.switch_game"],
        variant=ActionVariant.DEFAULT,
    )
    def switch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop or allow launches and stakes of a game."""
        row = get_object_or_404(Game.objects.select_related("account"), pk=object_id)
        wanted = _wanted(request, row.state == GameState.LIVE)

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            return services.switch_game(asked=asked, game_id=row.id, is_live=form["wanted"] == "on")

        look = Act(
            title=f"Switch {row.title} {wanted}",
            button=f"Switch {wanted}",
            done=f"{row.title} is switched.",
            back=reverse("admin:games_game_change", args=[row.pk]),
            lead=_SWITCH,
            facts=(("Game", row.title), ("Code", row.public_id), ("State", row.state)),
            is_dangerous=wanted == "off",
        )
        return act(request, look, SwitchForm, perform, initial={"wanted": wanted})
