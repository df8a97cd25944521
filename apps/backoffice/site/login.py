"""The door of the back office: user name, password and a one-time code, all of them at once."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django_otp import user_has_device, verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from apps.backoffice.site.throttle import TooManyAttempts, count_attempt, forget_attempts

# One answer for every reason, so that nobody learns which part was right.
REFUSED = (
    "That did not work. Check user name, password and code: a code works once and for half a minute. After "
    "several attempts, wait a quarter of an hour."
)
_KINDS = (
    (re.compile(r"[0-9]{6}", re.ASCII), TOTPDevice),
    (re.compile(r"[a-z2-7]{8}", re.ASCII), StaticDevice),
)


class LogInForm(AuthenticationForm):
    """Name, password and code. Without a code come in only those without a device, and only to enrol one."""

    error_messages = {"invalid_login": REFUSED, "inactive": REFUSED}

    code = forms.CharField(
        required=False,
        max_length=16,
        label="One-time code",
        help_text="From your app, or one of your single-use codes. Empty at your very first log-in.",
        widget=forms.TextInput(
            {
                "class": " ".join(BASE_INPUT_CLASSES),
                "autocomplete": "one-time-code",
                "spellcheck": "false",
                "inputmode": "text",
            }
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Count the attempt, check name and password, then the code."""
        username = self.cleaned_data.get("username") or ""
        try:
            count_attempt(self.request, username)
        except TooManyAttempts as error:
            raise self.get_invalid_login_error() from error
        cleaned = super().clean()
        user = self.get_user()
        if user is None:
            raise self.get_invalid_login_error()
        device = proven_device(user, cleaned.get("code") or "")
        if device is None and user_has_device(user):
            raise self.get_invalid_login_error()
        if device is not None:
            user.otp_device = device
        forget_attempts(self.request, username)
        return cleaned


def proven_device(user: Any, code: str) -> Device | None:
    """
    Return the device of a user that a code comes from, or None; the code is used up.

    The shape of the code says which kind of device is asked, so that a mistyped one does not throttle others.
    """
    code = code.strip().replace(" ", "").lower()
    for shape, kind in _KINDS:
        if shape.fullmatch(code):
            devices = kind.objects.devices_for_user(user, confirmed=True)
            proven = (verify_token(user, device.persistent_id, code) for device in devices)
            return next(filter(None, proven), None)
    return None


class PasswordAgainForm(forms.Form):
    """The password once more, before a device is made."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(
            {"class": " ".join(BASE_INPUT_CLASSES), "autocomplete": "current-password", "autofocus": ""}
        ),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        """Accept the password of whoever is logged in, a few times at most."""
        password = self.cleaned_data["password"]
        user = self.request.user
        try:
            count_attempt(self.request, user.get_username())
        except TooManyAttempts as error:
            raise ValidationError(REFUSED) from error
        if not user.check_password(password):
            raise ValidationError(REFUSED)
        forget_attempts(self.request, user.get_username())
        return password


class CodeForm(forms.Form):
    """The first code of a new device."""

    code = forms.RegexField(
        r"^[0-9]{6}$",
        error_messages={"invalid": "Six digits."},
        widget=forms.TextInput(
            {
                "class": " ".join(BASE_INPUT_CLASSES),
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": "",
            }
        ),
    )
