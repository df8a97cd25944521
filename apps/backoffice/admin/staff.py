"""Staff: who they are, what they may do, and the acts of the security group. Nobody acts on themselves."""

import secrets
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django_otp import devices_for_user
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from apps.accounts.models import User
from apps.backoffice import services
from apps.backoffice.rules import GROUPS
from apps.core.operations import Asked, Done
from apps.core.staff import Act, ActForm, ReadOnlyAdmin, act, once, show

PASSWORD_BYTES = 12
NEXT_STEPS = {"backoffice.not_yourself": "Ask a colleague of the security group."}
_NOTES = (
    "Give it to your colleague in person. It is not shown again.",
    "With it they log in once without a code, and enrol a device before they see anything else.",
)

# Their own pages show secrets of devices to whoever may look, and change them without a trace.
for _device in (TOTPDevice, StaticDevice):
    admin.site.unregister(_device)
admin.site.unregister(Group)


class GroupsForm(ActForm):
    """Exactly these groups."""

    groups = forms.MultipleChoiceField(
        choices=[(name, show.words(name)) for name in GROUPS],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


class OpenForm(GroupsForm):
    """A name, and the groups to begin with."""

    username = forms.RegexField(
        r"^[a-z][a-z0-9._-]{2,30}$",
        error_messages={"invalid": "3 to 31 of a-z 0-9 . _ - and a letter first."},
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ("username", "groups")


class WantedForm(ActForm):
    """Which way the switch goes, as the button said."""

    wanted = forms.ChoiceField(choices=[("in", "in"), ("out", "out")], widget=forms.HiddenInput)


class StaffActs(ReadOnlyAdmin):
    """The buttons of the staff pages, each before one operation."""

    actions_list = ("open_account",)
    actions_detail = ("change_groups", "reset_access", "switch")

    @action(
        description="Open account",
        icon="person_add",
        url_path="open-account",
        permissions=["accounts.open_staff_account"],
        variant=ActionVariant.PRIMARY,
    )
    def open_account(self, request: HttpRequest) -> HttpResponse:
        """Open an account for a colleague and show its first password once."""
        back = reverse("admin:accounts_user_changelist")

        password = secrets.token_urlsafe(PASSWORD_BYTES)

        def perform(form: dict[str, Any], asked: Asked) -> Done[int]:
            given = {"username": form["username"], "groups": form["groups"]}
            return services.open_staff_account(asked=asked, password=password, **given)

        look = Act(
            title="Open a staff account",
            button="Open account",
            done="The account is open.",
            back=back,
            lead="The first password is shown once, on the next page.",
            reveals=lambda: _password(request, password, back),
        )
        return act(request, look, OpenForm, perform)

    @action(
        description="Change groups",
        icon="group",
        url_path="change-groups",
        permissions=["accounts.change_staff_groups"],
    )
    def change_groups(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a colleague into exactly these groups."""
        user = self.colleague(object_id)

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            given = {"groups": form["groups"], "by_id": request.user.pk, "reason": form["reason"]}
            return services.change_staff_groups(asked=asked, user_id=user.pk, **given)

        look = Act(
            title="Change groups",
            button="Change groups",
            done="The groups are changed; they hold from the next click.",
            back=self.page_of(user),
            facts=_facts(user),
            next_steps=NEXT_STEPS,
        )
        held = list(user.groups.values_list("name", flat=True))
        return act(request, look, GroupsForm, perform, initial={"groups": held})

    @action(
        description="Reset access",
        icon="lock_reset",
        url_path="reset-access",
        permissions=["accounts.reset_staff_access"],
    )
    def reset_access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give a colleague a new password and take away every device."""
        user = self.colleague(object_id)

        password = secrets.token_urlsafe(PASSWORD_BYTES)

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            given = {"password": password, "by_id": request.user.pk, "reason": form["reason"]}
            return services.reset_staff_access(asked=asked, user_id=user.pk, **given)

        look = Act(
            title="Reset access",
            button="Reset password and devices",
            done="The access is reset.",
            back=self.page_of(user),
            lead="For somebody who lost password or device. Make sure in person that it is them.",
            facts=_facts(user),
            is_dangerous=True,
            next_steps=NEXT_STEPS,
            reveals=lambda: _password(request, password, self.page_of(user)),
        )
        return act(request, look, ActForm, perform)

    @action(
        description="Lock out or let in",
        icon="no_accounts",
        url_path="switch",
        permissions=["accounts.switch_staff_account"],
    )
    def switch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lock a colleague out at once, or let them in again."""
        user = self.colleague(object_id)
        sent = request.POST.get("wanted")
        wanted = sent if sent in {"in", "out"} else ("out" if user.is_active else "in")

        def perform(form: dict[str, Any], asked: Asked) -> Done[None]:
            given = {"is_active": form["wanted"] == "in", "by_id": request.user.pk, "reason": form["reason"]}
            return services.switch_staff_account(asked=asked, user_id=user.pk, **given)

        look = Act(
            title=f"Lock {user.username} out" if wanted == "out" else f"Let {user.username} in again",
            button="Lock out" if wanted == "out" else "Let in",
            done="Done; it holds from their next click.",
            back=self.page_of(user),
            facts=_facts(user),
            is_dangerous=wanted == "out",
            next_steps=NEXT_STEPS,
        )
        return act(request, look, WantedForm, perform, initial={"wanted": wanted})

    def colleague(self, object_id: str) -> User:
        """Return the member of staff whom an act is about."""
        return get_object_or_404(get_user_model(), pk=object_id, is_staff=True)

    def page_of(self, user: User) -> str:
        """Return the address of their page."""
        return reverse("admin:accounts_user_change", args=[user.pk])


@admin.register(User)
class StaffAdmin(StaffActs):
    """Members of staff. Players' credentials are nobody's business and not in the list."""

    list_display = ("username", "condition", "member_of", "is_superuser", "last_login")
    list_filter = ("is_active", "groups")
    lane_column = ""
    search_help_text = "User name"
    ordering = ("username",)
    fieldsets = (
        (None, {"fields": (("username", "condition"), ("member_of", "is_superuser"), "last_login")}),
        ("Devices", {"fields": ("devices",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return staff with their groups."""
        return super().get_queryset(request).filter(is_staff=True).prefetch_related("groups")

    def title_of(self, row: User) -> str:
        """Return who it is."""
        return f"staff: {row.username}"

    def spelled(self, term: str) -> Q:
        """Return staff with a word in the name."""
        return Q(username__icontains=term)

    @display(description="State", label={"active": "success", "locked out": "danger"})
    def condition(self, row: User) -> str:
        """Return whether they may log in."""
        return "active" if row.is_active else "locked out"

    @display(description="Groups")
    def member_of(self, row: User) -> str:
        """Return their groups."""
        return ", ".join(sorted(show.words(group.name) for group in row.groups.all())) or show.NOTHING

    @display(description="Devices")
    def devices(self, row: User) -> SafeString | str:
        """Return how they prove who they are; what the devices know is shown to nobody."""
        lines = [
            (
                f"{device.name}: {device._meta.verbose_name}",
                f"{'valid' if device.confirmed else 'not valid yet'}, last used {_used(device)}",
            )
            for device in devices_for_user(row, confirmed=None)
        ]
        return show.table(lines) if lines else "none: a device is enrolled at the next log-in"


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """Groups and what they may do, as the table in the code says."""

    list_display = ("name", "size")
    lane_column = ""
    search_fields = ()
    ordering = ("name",)
    fields = ("name", "may")

    def title_of(self, row: Group) -> str:
        """Return which group it is."""
        return f"group {show.words(row.name)}"

    @display(description="Permissions")
    def size(self, row: Group) -> int:
        """Return how many permissions the table gives."""
        return len(set(GROUPS.get(row.name, ())))

    @display(description="May")
    def may(self, row: Group) -> SafeString:
        """Return the permissions that the group holds in the database."""
        held = row.permissions.values_list("content_type__app_label", "codename", "name")
        lines = [
            (f"{app}.{codename}", name) for app, codename, name in held.order_by("content_type", "codename")
        ]
        return format_html_join("", '<div class="bo-right"><b>{}</b> {}</div>', lines)


def _used(device: Any) -> str:
    return show.instant(device.last_used_at) if device.last_used_at else "never"


def _facts(user: User) -> tuple[tuple[str, Any], ...]:
    groups = sorted(user.groups.values_list("name", flat=True))
    return (("User name", user.username), ("Groups", ", ".join(groups) or show.NOTHING))


def _password(request: HttpRequest, password: str, back: str) -> HttpResponse:
    return once(request, title="The new password", label="Password", secret=password, notes=_NOTES, back=back)
