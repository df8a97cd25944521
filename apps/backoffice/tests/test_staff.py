"""Groups as the table says, and acts on colleagues: by a right, with a reason, and never on oneself."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django_otp import user_has_device

from apps.accounts.models import User
from apps.backoffice import services
from apps.backoffice.errors import UnknownGroup, UsernameTaken
from apps.backoffice.rules import GROUPS
from apps.backoffice.tests.desk import desk, desk_of, filled, member, refusal, send
from apps.core.models import Event
from tests.factories import StaffFactory, asked, new_player

pytestmark = pytest.mark.django_db
READING = re.compile(r"[a-z_]+\.view_[a-z_]+")


def page(name: str, *arguments: object) -> str:
    return reverse(f"admin:accounts_user_{name}", args=arguments)


def groups_of(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


def secret(html: str) -> str:
    found = re.search(r"data-secret>([^<]+)<", html)
    return found.group(1) if found else ""


def test_groups_hold_exactly_the_rights_of_the_table() -> None:
    services.make_groups(asked=asked())
    Group.objects.get(name="auditor").permissions.add(Permission.objects.get(codename="approve_adjustment"))
    services.make_groups(asked=asked())
    for name, rights in GROUPS.items():
        held = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{codename}" for app, codename in held} == set(rights), name


def test_the_auditor_only_reads_and_no_group_writes_rows() -> None:
    assert [right for right in GROUPS["auditor"] if not READING.fullmatch(right)] == []
    writes = re.compile(r"[a-z_]+\.(add|change|delete)_(?!staff_groups|player_status)")
    assert [right for rights in GROUPS.values() for right in rights if writes.match(right)] == []


def test_who_proposes_in_payments_does_not_approve() -> None:
    assert "wallet.approve_adjustment" not in GROUPS["payments"]
    assert [name for name, rights in GROUPS.items() if "wallet.approve_adjustment" in rights] == ["finance"]


def test_an_account_is_opened_and_its_password_shown_once() -> None:
    client, url = desk_of("security"), page("open_account")
    form = filled(client, url, username="nora", groups=["support"])
    password = secret(client.post(url, form).content.decode())
    user = User.objects.get(username="nora")
    assert user.check_password(password)
    assert (user.is_staff, user.is_superuser, groups_of(user)) == (True, False, ["support"])
    again = client.post(url, form, follow=True).content.decode()
    assert ("it was done once" in again, secret(again)) == (True, "")
    assert password not in client.get(page("change", user.id)).content.decode()


def test_a_name_is_taken_once_and_a_player_s_counts() -> None:
    player = new_player(public_id="jane")
    client = desk_of("security")
    assert refusal(send(client, page("open_account"), username="jane")) == "backoffice.username_taken"
    with pytest.raises(UsernameTaken):
        services.open_staff_account(asked=asked(), username=player.public_id, password="x" * 12, groups=[])


def test_an_unknown_group_is_refused_and_nothing_is_made() -> None:
    with pytest.raises(UnknownGroup):
        services.open_staff_account(asked=asked(), username="nora", password="x" * 12, groups=["gods"])
    assert not User.objects.filter(username="nora").exists()


def test_groups_of_a_colleague_change() -> None:
    colleague = member("support")
    send(desk_of("security"), page("change_groups", colleague.id), groups=["finance", "payments"])
    assert groups_of(colleague) == ["finance", "payments"]
    changed = Event.objects.get(type="backoffice.staff_groups.changed").payload
    assert (changed["before"], changed["after"]) == (["support"], ["finance", "payments"])
    assert changed["reason"] == "ticket 4711"


def test_a_colleague_is_locked_out_at_once_and_let_in_again() -> None:
    colleague = member("support")
    theirs, url = desk(colleague), page("switch", colleague.id)
    assert theirs.get(reverse("admin:index")).status_code == 200
    send(desk_of("security"), url)
    assert theirs.get(reverse("admin:index")).status_code == 302
    send(desk_of("security"), url)
    assert User.objects.get(id=colleague.id).is_active


def test_resetting_access_takes_devices_and_ends_sessions() -> None:
    colleague = member("support")
    theirs = desk(colleague)
    client, url = desk_of("security"), page("reset_access", colleague.id)
    password = secret(client.post(url, filled(client, url)).content.decode())
    assert not user_has_device(colleague, confirmed=None)
    assert User.objects.get(id=colleague.id).check_password(password)
    assert theirs.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("act", ["change_groups", "reset_access", "switch"])
def test_nobody_acts_on_themselves(act: str) -> None:
    user = member("security")
    response = send(desk(user), page(act, user.id), groups=["security", "finance"])
    assert (response.status_code, refusal(response)) == (403, "backoffice.not_yourself")
    user.refresh_from_db()
    assert (groups_of(user), user.is_active, user_has_device(user)) == (["security"], True, True)


@pytest.mark.parametrize("act", ["change_groups", "reset_access", "switch"])
def test_acts_on_staff_need_their_right_and_touch_no_player(act: str) -> None:
    colleague, player = member("support"), User.objects.get(player=new_player())
    for group in ("auditor", "finance", "support"):
        client = desk_of(group)
        url = page(act, colleague.id)
        assert client.get(url).status_code == client.post(url, {}).status_code == 403
    assert desk_of("security").get(page(act, player.id)).status_code == 404


def test_the_list_of_staff_holds_no_player_and_no_secret() -> None:
    player, colleague = new_player(), StaffFactory.create(password="argon2$secret")
    client = desk_of("auditor")
    html = client.get(page("changelist")).content.decode()
    assert colleague.username in html
    assert player.public_id not in html
    assert "argon2$" not in client.get(page("change", colleague.id)).content.decode()
    assert client.get(page("change", User.objects.get(player=player).id)).status_code == 302
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
