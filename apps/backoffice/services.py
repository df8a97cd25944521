"""Acts on staff: groups and their rights, accounts, and the devices that prove who logs in."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django_otp import devices_for_user, user_has_device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.backoffice import events
from apps.backoffice.errors import DeviceExists, NotYourself, StaffNotFound, UnknownGroup, UsernameTaken
from apps.backoffice.rules import DEMO_DEVICE, GROUPS
from apps.core.events import publish
from apps.core.operations import Lane, operation, transaction_required

if TYPE_CHECKING:
    from apps.accounts.models import User

BACKUP_DEVICE = "backup codes"


@transaction_required
def staff_row(arguments: dict[str, Any]) -> Lane:
    """
    Lock the account of the member of staff whom an act names.

    :raises StaffNotFound: there is none with this id.
    """
    staff = get_user_model().objects.filter(is_staff=True, id=arguments["user_id"])
    if staff.select_for_update().first() is None:
        raise StaffNotFound(user_id=arguments["user_id"])
    return Lane()


@operation("backoffice.make_groups")
def make_groups(*, operation_id: int) -> list[str]:
    """Give every group exactly the permissions of the table, and return the groups."""
    known = {
        f"{app}.{codename}": number
        for number, app, codename in Permission.objects.values_list(
            "id", "content_type__app_label", "codename"
        )
    }
    for name, permissions in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([known[permission] for permission in permissions])
    names = sorted(GROUPS)
    publish(events.GroupsMade(groups=names))
    return names


@operation("backoffice.open_staff_account", secrets=("password",))
def open_staff_account(*, operation_id: int, username: str, password: str, groups: list[str]) -> int:
    """
    Open an account for a member of staff, who enrols a device at the first log-in; return its id.

    :raises UsernameTaken: somebody has this name.
    :raises UnknownGroup: there is no such group.
    """
    if get_user_model().objects.filter(username=username).exists():
        raise UsernameTaken(username=username)
    user = get_user_model().objects.create(username=username, is_staff=True, password=make_password(password))
    _set_groups(user, groups)
    publish(events.StaffAccountOpened(user_id=user.pk, groups=sorted(groups)))
    return user.pk


@operation("backoffice.change_staff_groups", lock=staff_row)
def change_staff_groups(
    *, operation_id: int, user_id: int, groups: list[str], by_id: int, reason: str
) -> None:
    """
    Put a member of staff into exactly these groups.

    :raises NotYourself: nobody grants themselves rights.
    :raises StaffNotFound: there is none with this id.
    :raises UnknownGroup: there is no such group.
    """
    user = _somebody_else(user_id, by_id)
    before = sorted(user.groups.values_list("name", flat=True))
    _set_groups(user, groups)
    publish(events.StaffGroupsChanged(user_id=user_id, before=before, after=sorted(groups), reason=reason))


@operation("backoffice.switch_staff_account", lock=staff_row)
def switch_staff_account(
    *, operation_id: int, user_id: int, is_active: bool, by_id: int, reason: str
) -> None:
    """
    Lock a member of staff out, or let them in again; an open session ends with the next request.

    :raises NotYourself: nobody switches their own account.
    :raises StaffNotFound: there is none with this id.
    """
    user = _somebody_else(user_id, by_id)
    get_user_model().objects.filter(id=user.pk).update(is_active=is_active)
    publish(events.StaffAccountSwitched(user_id=user_id, is_active=is_active, reason=reason))


@operation("backoffice.reset_staff_access", lock=staff_row, secrets=("password",))
def reset_staff_access(*, operation_id: int, user_id: int, password: str, by_id: int, reason: str) -> None:
    """
    Give a member of staff a new password and take away every device; they enrol at the next log-in.

    :raises NotYourself: nobody resets their own access.
    :raises StaffNotFound: there is none with this id.
    """
    user = _somebody_else(user_id, by_id)
    get_user_model().objects.filter(id=user.pk).update(password=make_password(password))
    for device in devices_for_user(user, confirmed=None):
        device.delete()
    publish(events.StaffAccessReset(user_id=user_id, reason=reason))


@operation("backoffice.begin_enrolment", lock=staff_row)
def begin_enrolment(*, operation_id: int, user_id: int, device_name: str) -> int:
    """
    Make a device that proves nothing yet, in place of any earlier try, and return its id.

    :raises DeviceExists: the account has a valid device.
    :raises StaffNotFound: there is none with this id.
    """
    user = get_user_model().objects.get(id=user_id)
    if user_has_device(user):
        raise DeviceExists(user_id=user_id)
    TOTPDevice.objects.filter(user=user, confirmed=False).delete()
    return TOTPDevice.objects.create(user=user, name=device_name, confirmed=False).pk


@operation("backoffice.enrol_device", lock=staff_row, secrets=("codes",))
def enrol_device(*, operation_id: int, user_id: int, device_id: int, codes: list[str]) -> None:
    """
    Make a member of staff's first device valid, with single-use codes beside it.

    :param device_id: the device that has just proven itself with a code.
    :raises DeviceExists: the account has a valid device, so that this one would be somebody else's way in.
    :raises StaffNotFound: there is none with this id.
    """
    user = get_user_model().objects.get(id=user_id)
    if user_has_device(user):
        raise DeviceExists(user_id=user_id)
    TOTPDevice.objects.filter(id=device_id, user=user).update(confirmed=True)
    backup = StaticDevice.objects.create(user=user, name=BACKUP_DEVICE)
    StaticToken.objects.bulk_create([StaticToken(device=backup, token=code) for code in codes])
    publish(events.DeviceEnrolled(user_id=user_id))


@operation("backoffice.set_demo_password", secrets=("password",))
def set_demo_password(*, operation_id: int, username: str, password: str) -> None:
    """
    Give a test player, or a member of staff who has a demo device, another password.

    :raises StaffNotFound: nobody of the demo has this name.
    """
    everybody = get_user_model().objects.filter(username=username)
    user = everybody.filter(Q(player__is_test=True) | Q(totpdevice__name=DEMO_DEVICE)).first()
    if user is None:
        raise StaffNotFound(username=username)
    get_user_model().objects.filter(id=user.pk).update(password=make_password(password))


@operation("backoffice.equip_demo_staff", lock=staff_row, secrets=("codes",))
def equip_demo_staff(*, operation_id: int, user_id: int, codes: list[str]) -> None:
    """
    Give a member of the demo's staff a device, once, and exactly these single-use codes.

    :raises StaffNotFound: there is none with this id.
    """
    user = get_user_model().objects.get(id=user_id)
    TOTPDevice.objects.get_or_create(user=user, name=DEMO_DEVICE)
    backup, _ = StaticDevice.objects.get_or_create(user=user, name=DEMO_DEVICE)
    backup.token_set.exclude(token__in=codes).delete()
    kept = set(backup.token_set.values_list("token", flat=True))
    missing = [StaticToken(device=backup, token=code) for code in codes if code not in kept]
    StaticToken.objects.bulk_create(missing)


def _somebody_else(user_id: int, by_id: int) -> "User":
    if user_id == by_id:
        raise NotYourself(user_id=user_id)
    return get_user_model().objects.get(id=user_id)


def _set_groups(user: "User", names: list[str]) -> None:
    found = {group.name: group for group in Group.objects.filter(name__in=names)}
    missing = sorted(set(names) - set(found))
    if missing:
        raise UnknownGroup(groups=missing, known=sorted(GROUPS))
    user.groups.set(found.values())
