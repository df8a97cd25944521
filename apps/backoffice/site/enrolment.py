"""
The first device of a member of staff: password again, a QR code made here, the first code, and backup codes.

Only somebody without any valid device may enrol one. Whoever has one and lost it asks the security group.
"""

import secrets
from typing import Any

import django_otp
import qrcode  # type: ignore[import-untyped]
from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage  # type: ignore[import-untyped]

from apps.backoffice import services
from apps.backoffice.errors import DeviceExists
from apps.backoffice.rules import BACKUP_CODES
from apps.backoffice.site.login import CodeForm, PasswordAgainForm
from apps.core.operations import Asked

DEVICE = "authenticator app"
_SESSION_KEY = "enrolling_device"


def must_enrol(request: HttpRequest) -> bool:
    """Return whether whoever asks is staff, proven by password alone, and has no valid device."""
    user: Any = request.user
    return bool(
        user.is_authenticated
        and user.is_active
        and user.is_staff
        and not user.is_verified()
        and not django_otp.user_has_device(user)
    )


@never_cache
def enrol(request: HttpRequest) -> HttpResponse:
    """Lead a member of staff through the enrolment of their first device."""
    if not must_enrol(request):
        return redirect("admin:index") if request.user.is_authenticated else _to_login()
    device = _device_under_way(request)
    if request.method == "POST" and "code" in request.POST and device is not None:
        return _confirm(request, device)
    form = PasswordAgainForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        return _page(request, CodeForm(), device=_begin(request))
    return _page(request, form)


def _to_login() -> HttpResponse:
    return redirect_to_login(reverse("admin:index"), reverse("admin:login"))


def _begin(request: HttpRequest) -> TOTPDevice:
    """Make a device that is not valid yet, and tie it to this session."""
    who = f"staff:{request.user.pk}"
    asked = Asked(who, secrets.token_hex(16), who)
    done = services.begin_enrolment(asked=asked, user_id=request.user.pk, device_name=DEVICE)
    request.session[_SESSION_KEY] = done.value
    return TOTPDevice.objects.get(pk=done.value)


def _device_under_way(request: HttpRequest) -> TOTPDevice | None:
    number = request.session.get(_SESSION_KEY)
    return TOTPDevice.objects.filter(pk=number, user=request.user, confirmed=False).first()


def _confirm(request: HttpRequest, device: TOTPDevice) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, form, device=device)
    if django_otp.verify_token(request.user, device.persistent_id, form.cleaned_data["code"]) is None:
        form.add_error("code", "This is not the code of now. Wait for the next one and try again.")
        return _page(request, form, device=device)
    codes = [StaticToken.random_token() for _ in range(BACKUP_CODES)]
    who = f"staff:{request.user.pk}"
    try:
        services.enrol_device(
            asked=Asked(who, f"device:{device.pk}", who),
            user_id=request.user.pk,
            device_id=device.pk,
            codes=codes,
        )
    except DeviceExists:
        logout(request)
        return _to_login()
    del request.session[_SESSION_KEY]
    request.session.cycle_key()
    device.refresh_from_db()
    django_otp.login(request, device)
    return _page(request, None, codes=codes)


def _page(request: HttpRequest, form: Any, **more: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": "Enrol a device", "form": form, **more}
    if more.get("device") is not None:
        context["qr"] = _drawn(more["device"].config_url)
    return TemplateResponse(request, "backoffice/enrol.html", context)


def _drawn(text: str) -> SafeString:
    """Return a QR code as an SVG element, drawn here: the secret goes to nobody else."""
    image = qrcode.make(text, image_factory=SvgPathImage, box_size=14, border=1)
    return mark_safe(image.to_string(encoding="unicode"))  # noqa: S308
