"""Questions about the staff of the demo, whose devices `load_demo` made and nobody else's."""

from django.contrib.auth import get_user_model
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.backoffice.errors import StaffNotFound
from apps.backoffice.rules import DEMO_DEVICE
from apps.core import clock


def staff_id(username: str) -> int | None:
    """Return the number of a member of staff by name, or None."""
    rows = get_user_model().objects.filter(username=username, is_staff=True)
    return rows.values_list("id", flat=True).first()


def unused_demo_codes(user_id: int) -> set[str]:
    """Return the single-use codes of the demo that a member of staff has left."""
    tokens = StaticToken.objects.filter(device__user=user_id, device__name=DEMO_DEVICE)
    return set(tokens.values_list("token", flat=True))


def demo_code(username: str) -> str:
    """
    Return the code that a demo device shows now.

    :raises StaffNotFound: nobody with this name has a demo device.
    """
    device = TOTPDevice.objects.filter(user__username=username, name=DEMO_DEVICE).first()
    if device is None:
        raise StaffNotFound(username=username)
    shown = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    shown.time = clock.now().timestamp()
    return f"{shown.token():0{device.digits}d}"


def demo_staff() -> list[str]:
    """Return the names of staff who have a demo device."""
    names = TOTPDevice.objects.filter(name=DEMO_DEVICE).values_list("user__username", flat=True)
    return sorted(names)
