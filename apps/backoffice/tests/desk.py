"""Staff at their desks: members of groups, with or without a code, who fill in forms as a browser does."""

import secrets
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice

from apps.accounts.models import User
from apps.backoffice import services
from tests.factories import StaffFactory, asked

REASON = "ticket 4711"


def member(*groups: str, **more: Any) -> User:
    """Return a member of staff in some groups, with a device."""
    if not Group.objects.exists():
        services.make_groups(asked=asked())
    user = StaffFactory.create(**more)
    user.groups.set(Group.objects.filter(name__in=groups))
    StaticDevice.objects.create(user=user, name="codes")
    return user


def desk(user: User, *, with_code: bool = True) -> Client:
    """Return a browser in which somebody is logged in, by password alone or with a code."""
    client = Client()
    client.force_login(user)
    if with_code:
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = StaticDevice.objects.get(user=user).persistent_id
        session.save()
    return client


def desk_of(*groups: str) -> Client:
    """Return the browser of a new member of some groups."""
    return desk(member(*groups))


class _Fields(HTMLParser):
    """The fields of a page's forms with what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.values[given["name"]] = given.get("value") or ""


def filled(client: Client, url: str, **fields: Any) -> dict[str, Any]:
    """Return the form of a page as a browser sends it: hidden fields, a reason, and what was typed."""
    page = client.get(url)
    assert page.status_code == 200, (url, page.status_code)
    fields_found = _Fields()
    fields_found.feed(page.content.decode())
    return {**fields_found.values, "reason": REASON, **fields}


def send(client: Client, url: str, **fields: Any) -> HttpResponse:
    """Fill in a page's form and send it, and follow where it leads."""
    return client.post(url, filled(client, url, **fields), follow=True)


def refusal(response: HttpResponse) -> str:
    """Return the code of the refusal that a page shows, or an empty string."""
    _, _, rest = response.content.decode().partition('data-code="')
    return rest.partition('"')[0]


def new_code(user: User) -> str:
    """Return a fresh single-use code of somebody."""
    code = "".join(secrets.choice("abcdefgh234567") for _ in range(8))
    StaticDevice.objects.get(user=user).token_set.create(token=code)
    return code
