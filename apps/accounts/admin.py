"""Players with masked personal data, their log-ins and restrictions, and the acts that stop or free them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from apps.accounts import services
from apps.accounts.models import Player, Profile, Restriction, Session
from apps.accounts.rules import PUBLIC_ID, PlayerStatus, RestrictionKind, normalised_email
from apps.core import clock, crypto
from apps.core.operations import Asked, Done
from apps.core.staff import Act, ActForm, ReadOnlyAdmin, act, show
from apps.core.staff.lanes import finds_lanes
from apps.markets.models import Brand

MASK = "***"
STATUS_COLOURS = {"active": "success", "pending": "info", "suspended": "danger", "closed": "warning"}


@finds_lanes
def player_number(term: str) -> int | None:
    """Return the player whom a public id names."""
    if not PUBLIC_ID.fullmatch(term):
        return None
    return Player.objects.filter(public_id=term).values_list("id", flat=True).first()


def masked(email: str) -> str:
    """Return an e-mail address that tells people apart and can be written to by nobody: j***@e***.com."""
    name, at, host = email.partition("@")
    site, dot, ending = host.rpartition(".")
    return f"{name[:1]}{MASK}@{site[:1]}{MASK}{dot}{ending}" if at else MASK


def personal(player: Player, name: str) -> str:
    """Return a personal field in clear, or an empty string after erasure."""
    profile, key = getattr(player, "profile", None), getattr(player.person, "personkey", None)
    if profile is None or key is None:
        return ""
    return crypto.decrypt(
        crypto.unwrap(key.wrapped_key), getattr(profile, name), purpose=f"accounts.Profile.{name}"
    )


class RestrictForm(ActForm):
    """What to stop, and for how long."""

    kind = forms.ChoiceField(choices=RestrictionKind.choices(), widget=UnfoldAdminSelectWidget)
    hours = forms.IntegerField(
        min_value=1,
        max_value=24 * 366,
        required=False,
        help_text="Empty: until somebody lifts it.",
        widget=UnfoldAdminIntegerFieldWidget,
    )


class StatusForm(ActForm):
    """Where the account is to stand."""

    status = forms.ChoiceField(choices=PlayerStatus.choices(), widget=UnfoldAdminSelectWidget)


class PlayerActs(ReadOnlyAdmin):
    """The buttons of a player's page: each a form with a reason before one operation, or the way to one."""

    actions_detail = (
        "propose_adjustment",
        {
            "title": "Act",
            "icon": "gavel",
            "items": ["restrict", "end_sessions", "change_status", "exclude_player"],
        },
    )

    @action(
        description="Propose adjustment",
        icon="balance",
        url_path="propose-adjustment",
        permissions=["wallet.propose_adjustment"],
        variant=ActionVariant.PRIMARY,
    )
    def propose_adjustment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the wallet's form."""
        return redirect("admin:propose_adjustment", player_id=int(object_id))

    @action(
        description="Exclude",
        icon="block",
        url_path="exclude",
        permissions=["responsible_gaming.exclude_player"],
        variant=ActionVariant.DANGER,
    )
    def exclude_player(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the form of responsible gaming."""
        return redirect("admin:exclude_player", player_id=int(object_id))

    @action(
        description="Restrict", icon="lock", url_path="restrict", permissions=["accounts.restrict_player"]
    )
    def restrict(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop an act of a player at their brand."""
        player = self.player(object_id)

        def perform(form: dict[str, Any], asked: Asked) -> Done[int]:
            given = {name: form[name] for name in ("kind", "hours", "reason")}
            return services.restrict(asked=asked, player_id=player.id, **given)

        look = Act(
            title="Restrict player",
            button="Restrict",
            done="The player is restricted from now on.",
            back=self.page_of(player),
            lead="Stops an act at the player's brand. Wins, undos and confirmed deposits still come in.",
            facts=self.facts(player),
            is_dangerous=True,
        )
        return act(request, look, RestrictForm, perform)

    @action(
        description="End sessions",
        icon="logout",
        url_path="end-sessions",
        permissions=["accounts.end_player_sessions"],
    )
    def end_sessions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Log a player out everywhere."""
        player = self.player(object_id)

        def perform(form: dict[str, Any], asked: Asked) -> Done[list[int]]:
            return services.end_sessions(asked=asked, player_id=player.id, reason=form["reason"])

        look = Act(
            title="End all sessions",
            button="End sessions",
            done="Every session of the player is over.",
            back=self.page_of(player),
            lead="The player is logged out everywhere and can log in again.",
            facts=self.facts(player),
        )
        return act(request, look, ActForm, perform)

    @action(
        description="Change status",
        icon="toggle_on",
        url_path="change-status",
        permissions=["accounts.change_player_status"],
    )
    def change_status(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put an account into another status."""
        player = self.player(object_id)

        def perform(form: dict[str, Any], asked: Asked) -> Done[str]:
            given = {"status": form["status"], "reason": form["reason"]}
            return services.change_status(asked=asked, player_id=player.id, **given)

        look = Act(
            title="Change status",
            button="Change status",
            done="The status is changed.",
            back=self.page_of(player),
            lead="Every status but `active` stops play and ends the player's sessions.",
            facts=self.facts(player),
            is_dangerous=True,
        )
        return act(request, look, StatusForm, perform)

    def player(self, object_id: str) -> Player:
        """Return the player whom an act is about."""
        return get_object_or_404(Player.objects.select_related("brand"), pk=object_id)

    def page_of(self, player: Player) -> str:
        """Return the address of a player's page."""
        return reverse("admin:accounts_player_change", args=[player.pk])

    def facts(self, player: Player) -> list[tuple[str, Any]]:
        """Return what an act shows about its player."""
        return [
            ("Player", show.lane(player.id, player.public_id)),
            ("Brand", player.brand.name),
            ("Status", player.status),
        ]


@admin.register(Player)
class PlayerAdmin(PlayerActs):
    """Players: where they belong and how they stand. Personal data is masked."""

    list_display = ("public_id", "email", "brand", "currency", "standing", "is_test", "created_at")
    list_select_related = ("brand", "profile", "person__personkey")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("brand", RelatedDropdownFilter),
        "is_test",
        ("created_at", RangeDateFilter),
    )
    lane_column = "id"
    search_help_text = "Public id, whole e-mail address, or number"
    change_form_outer_before_template = "staff/player.html"
    fieldsets = (
        (None, {"fields": (("public_id", "standing"), ("email", "name"), ("is_test", "created_at"))}),
        ("Belongs to", {"fields": (("brand", "licence"), ("jurisdiction", "currency"))}),
        ("Restrictions in force", {"fields": ("restrictions",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Player]:
        """Return players with what the masked profile needs."""
        related = ("brand", "licence", "jurisdiction", "profile", "person__personkey")
        return super().get_queryset(request).select_related(*related)

    def spelled(self, term: str) -> Q:
        """Return the players with an e-mail address, at any brand."""
        index = crypto.blind_index(normalised_email(term), purpose="accounts.Profile.email")
        brands = list(Brand.objects.values_list("id", flat=True))
        return Q(id__in=Profile.objects.filter(brand__in=brands, email_index=index).values("player_id"))

    def title_of(self, row: Player) -> str:
        """Return whose page it is."""
        return f"player {row.public_id}"

    @display(description="E-mail")
    def email(self, row: Player) -> str:
        """Return the masked e-mail address."""
        return masked(personal(row, "email"))

    @display(description="Name")
    def name(self, row: Player) -> str:
        """Return the initials."""
        names = (personal(row, "first_name"), personal(row, "last_name"))
        return " ".join(f"{name[:1]}{MASK}" for name in names if name) or show.NOTHING

    @display(description="Status", label=STATUS_COLOURS)
    def standing(self, row: Player) -> str:
        """Return the status."""
        return row.status

    @display(description="Restrictions")
    def restrictions(self, row: Player) -> SafeString | str:
        """Return what is stopped now."""
        rows = Restriction.objects.filter(Q(player=row) | Q(person=row.person_id, person__isnull=False))
        found = rows.exclude(ends_at__lte=clock.now()).order_by("id")
        lines = [(_until(one), show.link(one.kind, "accounts_restriction_change", one.id)) for one in found]
        return show.table(lines) if lines else "none"


def _until(row: Restriction) -> str:
    return f"until {show.instant(row.ends_at)}" if row.ends_at else "until lifted"


@admin.register(Restriction)
class RestrictionAdmin(ReadOnlyAdmin):
    """What staff or rules stopped, and what holds now."""

    list_display = ("id", "whom", "kind", "scope", "state", "starts_at", "ends_at", "source")
    list_select_related = ("player",)
    list_filter = (("kind", ChoicesDropdownFilter), ("starts_at", RangeDateFilter))
    search_help_text = "Player, or number"
    fieldsets = (
        (None, {"fields": (("state", "kind"), "whom", ("scope", "scope_id"), ("starts_at", "ends_at"))}),
        ("Why", {"fields": ("source", "reason", "operation")}),
    )
    actions_detail = ("lift",)

    @display(description="State", label={"in force": "danger", "over": "success"})
    def state(self, row: Restriction) -> str:
        """Return whether it holds."""
        return "over" if row.ends_at and row.ends_at <= clock.now() else "in force"

    @display(description="Whom")
    def whom(self, row: Restriction) -> SafeString | str:
        """Return the player, or the person with all their players."""
        return show.lane(row.player_id, row.player.public_id) if row.player else f"person {row.person_id}"

    @display(description="Operation")
    def operation(self, row: Restriction) -> SafeString | str:
        """Return the operation that set it."""
        return show.operation(row.operation_id)

    @action(description="Lift", icon="lock_open", url_path="lift", permissions=["accounts.lift_restriction"])
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a restriction of a player now."""
        row = get_object_or_404(
            Restriction.objects.select_related("player"), pk=object_id, player__isnull=False
        )

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            given = {"restriction_id": row.id, "reason": form["reason"]}
            return services.lift_restriction(asked=asked, player_id=row.player_id, **given)

        look = Act(
            title="Lift restriction",
            button="Lift",
            done="The restriction is over.",
            back=reverse("admin:accounts_restriction_change", args=[row.pk]),
            facts=(
                ("Player", self.whom(row)),
                ("Stops", row.kind),
                ("Since", row.starts_at),
                ("Why", row.reason),
            ),
        )
        return act(request, look, ActForm, perform)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Players' log-ins; the token behind one is known to the player alone."""

    list_display = ("id", "whom", "state", "started_at", "ended_at", "end_reason", "ip_address")
    list_select_related = ("player",)
    list_filter = (("started_at", RangeDateFilter),)
    search_help_text = "Player, or number"
    fields = (
        "whom",
        "state",
        "started_at",
        "expires_at",
        "ended_at",
        "end_reason",
        "ip_address",
        "user_agent",
    )

    @display(description="State", label={"open": "success", "over": None})
    def state(self, row: Session) -> str:
        """Return whether it is open."""
        return "over" if row.ended_at or row.expires_at <= clock.now() else "open"

    @display(description="Player")
    def whom(self, row: Session) -> SafeString | str:
        """Return who logged in."""
        return show.lane(row.player_id, row.player.public_id)
