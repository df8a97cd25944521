"""The door of the staff site: who gets in, who does not and learns nothing from it, and a first device."""

import time

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from redis import ConnectionError as NoRedis

from apps.accounts.models import User
from apps.backoffice.site.login import REFUSED
from apps.backoffice.site.throttle import ATTEMPTS
from apps.backoffice.tests.desk import desk, member, new_code
from apps.core.models import Event
from tests.factories import StaffFactory, new_player

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"


def staff(**more: object) -> User:
    return member("auditor", password=make_password(PASSWORD), **more)


def newcomer() -> User:
    return StaffFactory.create(username="nora", password=make_password(PASSWORD))


def knock(client: Client, username: str, password: str = PASSWORD, code: str = "") -> str:
    """Send the log-in form, and return where it leads: "in", "enrol" or "refused"."""
    given = {"username": username, "password": password, "code": code}
    response = client.post(reverse("admin:login"), given, follow=True)
    if response.redirect_chain:
        return "enrol" if response.redirect_chain[-1][0] == reverse("admin:enrol") else "in"
    assert REFUSED in response.content.decode()
    return "refused"


def totp_of(device: TOTPDevice) -> str:
    shown = TOTP(device.bin_key)
    shown.time = time.time()
    return f"{shown.token():06d}"


def test_name_password_and_code_open_the_door() -> None:
    user, client = staff(), Client()
    assert knock(client, user.username, code=new_code(user)) == "in"
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_single_use_code_opens_once() -> None:
    user = staff()
    code = new_code(user)
    assert knock(Client(), user.username, code=f" {code.upper()} ") == "in"
    assert knock(Client(), user.username, code=code) == "refused"


def test_a_totp_code_opens_once() -> None:
    user = staff()
    device = TOTPDevice.objects.create(user=user, name="app")
    code = totp_of(device)
    assert knock(Client(), user.username, code=code) == "in"
    assert knock(Client(), user.username, code=code) == "refused"


@pytest.mark.parametrize("code", ["", "123456", "aaaabbbb", "٣٣٣٣٣٣", "x"])
def test_a_password_without_the_right_code_is_not_enough(code: str) -> None:
    user, client = staff(), Client()
    assert knock(client, user.username, code=code) == "refused"
    assert client.get(reverse("admin:index")).status_code == 302


def test_every_refusal_says_the_same() -> None:
    user, player = staff(), new_player()
    locked = staff(is_active=False)
    User.objects.filter(player=player).update(password=make_password(PASSWORD))
    for username, password, code in (
        ("nobody", PASSWORD, ""),
        (user.username, "wrong", new_code(user)),
        (user.username, PASSWORD, "aaaabbbb"),
        (locked.username, PASSWORD, new_code(locked)),
        (player.public_id, PASSWORD, ""),
    ):
        assert knock(Client(), username, password, code) == "refused"


def test_a_code_of_somebody_else_opens_nothing() -> None:
    user, other = staff(), staff()
    assert knock(Client(), user.username, code=new_code(other)) == "refused"


def test_a_mistyped_code_of_one_kind_does_not_throttle_the_other() -> None:
    user = staff()
    TOTPDevice.objects.create(user=user, name="app")
    assert knock(Client(), user.username, code="123456") == "refused"
    assert StaticDevice.objects.get(user=user).throttling_failure_count == 0
    assert knock(Client(), user.username, code=new_code(user)) == "in"


def test_after_a_few_attempts_nobody_gets_in_for_a_while() -> None:
    user = staff()
    for _ in range(ATTEMPTS):
        assert knock(Client(), user.username, "wrong") == "refused"
    assert knock(Client(), user.username, code=new_code(user)) == "refused"
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    assert knock(elsewhere, user.username.upper(), code=new_code(user)) == "refused"
    assert knock(elsewhere, user.username, code=new_code(user)) == "in"


def test_a_success_forgets_the_attempts_before_it() -> None:
    user = staff()
    for _ in range(2):
        for _ in range(ATTEMPTS - 1):
            knock(Client(), user.username, "wrong")
        assert knock(Client(), user.username, code=new_code(user)) == "in"


def test_where_attempts_cannot_be_counted_nobody_logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    user = staff()

    def is_down(*args: object, **kwargs: object) -> None:
        raise NoRedis

    monkeypatch.setattr(cache, "incr", is_down)
    assert knock(Client(), user.username, code=new_code(user)) == "refused"


def test_without_a_code_no_page_opens() -> None:
    client = desk(staff(), with_code=False)
    for name in ("index", "wallet_wallet_changelist", "books", "password_change"):
        assert client.get(reverse(f"admin:{name}")).status_code == 302


def test_who_has_a_device_cannot_enrol_another() -> None:
    client = desk(staff(), with_code=False)
    assert client.get(reverse("admin:enrol")).status_code == 302
    client.post(reverse("admin:enrol"), {"password": PASSWORD})
    assert TOTPDevice.objects.count() == 0


def test_a_newcomer_enrols_a_device_and_comes_in_with_it() -> None:
    user, client = newcomer(), Client()
    assert knock(client, "nora") == "enrol"
    url = reverse("admin:enrol")
    assert TOTPDevice.objects.count() == 0

    page = client.post(url, {"password": PASSWORD}).content.decode()
    assert "<svg" in page
    device = TOTPDevice.objects.get(user=user)
    assert not device.confirmed
    assert "not the code of now" in client.post(url, {"code": "000000"}).content.decode()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)

    page = client.post(url, {"code": totp_of(device)}).content.decode()
    tokens = list(StaticToken.objects.filter(device__user=user).values_list("token", flat=True))
    assert len(tokens) == 10
    assert all(token in page for token in tokens)
    assert client.get(reverse("admin:index")).status_code == 200
    assert Event.objects.get(type="backoffice.device.enrolled").actor == f"staff:{user.id}"
    assert knock(Client(), "nora", code=tokens[0]) == "in"
    assert knock(Client(), "nora") == "refused"


def test_enrolment_asks_for_the_password_again() -> None:
    newcomer()
    client = Client()
    knock(client, "nora")
    for _ in range(ATTEMPTS):
        client.post(reverse("admin:enrol"), {"password": "wrong"})
    client.post(reverse("admin:enrol"), {"password": PASSWORD})
    assert TOTPDevice.objects.count() == 0


def test_a_device_under_way_is_of_the_session_that_began_it() -> None:
    user = newcomer()
    mine, other = Client(), Client()
    assert knock(mine, "nora") == knock(other, "nora") == "enrol"
    other.post(reverse("admin:enrol"), {"password": PASSWORD})
    device = TOTPDevice.objects.get(user=user)
    mine.post(reverse("admin:enrol"), {"code": totp_of(device)})
    assert not TOTPDevice.objects.get(user=user).confirmed


def test_of_two_enrolments_one_wins() -> None:
    user = newcomer()
    first, second = Client(), Client()
    assert knock(first, "nora") == knock(second, "nora") == "enrol"
    url = reverse("admin:enrol")
    second.post(url, {"password": PASSWORD})
    first.post(url, {"password": PASSWORD})
    first.post(url, {"code": totp_of(TOTPDevice.objects.get(user=user))})
    assert second.get(url).status_code == 302
    assert TOTPDevice.objects.get(user=user).confirmed


def test_whoever_has_no_device_yet_can_log_out() -> None:
    newcomer()
    client = Client()
    knock(client, "nora")
    client.post(reverse("admin:logout"))
    assert client.get(reverse("admin:enrol")).url.startswith(reverse("admin:login"))


def test_a_device_that_is_taken_away_ends_the_session() -> None:
    user = staff()
    client = desk(user)
    assert client.get(reverse("admin:index")).status_code == 200
    StaticDevice.objects.filter(user=user).delete()
    assert client.get(reverse("admin:index")).status_code == 302


def test_no_page_asks_anybody_outside() -> None:
    client = desk(staff())
    for name in ("index", "wallet_wallet_changelist", "books"):
        html = client.get(reverse(f"admin:{name}")).content.decode()
        assert [part for part in html.split('"') if part.startswith(("http://", "https://", "//"))] == []
