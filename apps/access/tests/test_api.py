"""Logging in and out over HTTP: who proves what, what a token opens, and how long."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client

from apps.accounts import selectors as accounts
from apps.accounts import services as account_acts
from apps.accounts.models import Player, Session, User
from apps.core import clock
from apps.core.models import Event
from apps.responsible_gaming import services as responsible_gaming
from tests.factories import BrandLicenceFactory, asked, funded

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


class CountingHasher(Argon2PasswordHasher):
    """Argon2 with little work, which counts how often it is done."""

    time_cost, memory_cost, parallelism = 1, 64, 1
    done: list[str] = []

    def encode(self, password, salt):
        self.done.append("encode")
        return super().encode(password, salt)

    def verify(self, password, encoded):
        self.done.append("verify")
        return super().verify(password, encoded)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Let a password cost next to nothing, and count the work."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.done = []


def an_account(brand: str = "brand", email: str = "anna@example.test") -> Player:
    offer = BrandLicenceFactory.create(brand__code=brand)
    new = account_acts.NewPlayer(
        brand=brand, jurisdiction=offer.jurisdiction.code, currency="EUR", email=email, is_test=True
    )
    opened = account_acts.open_account(asked=asked(), new=new, password=PASSWORD)
    return Player.objects.get(id=opened.value)


def log_in(email: str = "anna@example.test", password: str = PASSWORD, brand: str = "brand", **headers):
    given = {"brand": brand, "email": email, "password": password}
    return Client(headers=headers).post("/api/v1/auth/login", given, content_type="application/json")


def token_of(response) -> str:
    assert response.status_code == 200, response.content
    return response.json()["token"]


def wallet(token: str) -> int:
    """Return the status of a request that only an open session may make."""
    return Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/me/wallet").status_code


def log_out(token: str) -> int:
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return client.post("/api/v1/auth/logout").status_code


def test_a_log_in_gives_a_token_that_opens_the_players_own_wallet():
    player = funded(an_account(), "12.34 EUR")
    answer = log_in().json()
    assert answer["player"] == {"id": player.public_id, "currency": "EUR"}
    shown = Client(headers={"Authorization": f"Bearer {answer['token']}"}).get("/api/v1/me/wallet").json()
    assert shown == {
        "currency": "EUR",
        "cash": "12.34",
        "bonus": "0.00",
        "in_play": "0.00",
        "pending": "0.00",
        "held": "0.00",
        "debt": "0.00",
    }


@pytest.mark.parametrize("email", ["ANNA@example.TEST", "  anna@example.test  "])
def test_an_address_proves_whatever_its_case_and_spaces(email):
    an_account()
    assert log_in(email).status_code == 200


def test_a_log_in_keeps_from_where_it_came_and_is_announced_once():
    player = an_account()
    token = token_of(log_in(**{"User-Agent": "Browser/1.0 " + "x" * 1000}))
    session = Session.objects.get()
    assert (session.player_id, session.ip_address) == (player.id, "127.0.0.1")
    assert session.user_agent == ("Browser/1.0 " + "x" * 1000)[:500]
    assert session.expires_at - session.started_at < timedelta(hours=12, seconds=1)
    assert session.token_hash == accounts.token_hash_of(token)
    assert Event.objects.get(type="accounts.session.started").payload == {"session_id": session.id}


def test_a_token_is_nowhere_in_the_database():
    an_account()
    token = token_of(log_in())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT json_build_array((SELECT json_agg(s) FROM accounts_session s),
                (SELECT json_agg(o) FROM core_operation o), (SELECT json_agg(e) FROM core_event e))::text"""
        )
        assert token not in cursor.fetchone()[0]


WRONG = {
    "password": {"password": "correct horse batterz"},
    "case of the password": {"password": PASSWORD.upper()},
    "spaces around the password": {"password": f" {PASSWORD} "},
    "address": {"email": "ben@example.test"},
    "brand": {"brand": "other"},
    "no such brand": {"brand": "nowhere"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_the_answer_is_the_same_and_nothing_is_written(wrong):
    an_account()
    an_account("other", "clara@example.test")
    events = Event.objects.count()
    response = log_in(**WRONG[wrong])
    assert response.status_code == 401
    assert response.json() == {
        "type": "urn:pam:problem:accounts.wrong_credentials",
        "title": "The log-in does not match; the answer is the same whichever part of it is wrong.",
        "status": 401,
        "code": "accounts.wrong_credentials",
        "facts": {},
        "retry": False,
    }
    assert (Session.objects.count(), Event.objects.count()) == (0, events)


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_it_costs_the_work_of_one_password(wrong):
    an_account()
    CountingHasher.done = []
    log_in(**WRONG[wrong])
    assert len(CountingHasher.done) == 1


def test_an_account_without_a_password_is_proven_by_none_and_costs_the_same():
    player = an_account()
    User.objects.filter(player=player).update(password="!unusable")
    for password in (PASSWORD, "!unusable"):
        CountingHasher.done = []
        assert log_in(password=password).status_code == 401
        assert len(CountingHasher.done) == 1


def test_credentials_that_were_switched_off_prove_nothing():
    player = an_account()
    User.objects.filter(player=player).update(is_active=False)
    assert log_in().status_code == 401


def test_staff_do_not_log_in_at_a_brand():
    BrandLicenceFactory.create()
    user = User.objects.create(username="anna@example.test", is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    assert log_in().status_code == 401


def test_after_a_log_out_the_token_opens_nothing():
    an_account()
    token, other = token_of(log_in()), token_of(log_in())
    assert (wallet(token), wallet(other)) == (200, 200)
    assert log_out(token) == 204
    assert (wallet(token), wallet(other)) == (401, 200)
    assert log_out(token) == 401
    ended = Session.objects.get(end_reason="log_out")
    event = Event.objects.get(type="accounts.sessions.ended")
    assert event.payload == {"session_ids": [ended.id], "reason": "log_out"}


def test_a_session_ends_by_itself_after_twelve_hours():
    an_account()
    token = token_of(log_in())
    with clock.moved(timedelta(hours=11, minutes=59)):
        assert wallet(token) == 200
    with clock.moved(timedelta(hours=12, seconds=1)):
        assert wallet(token) == 401
        assert log_out(token) == 401


def test_a_session_that_is_ended_by_others_is_over_at_the_next_request():
    player = an_account()
    token, other = token_of(log_in()), token_of(log_in())
    session = Session.objects.get(token_hash=accounts.token_hash_of(token))
    ended = account_acts.end_sessions(
        asked=asked("staff:1"), player_id=player.id, reason="support", session_id=session.id
    )
    assert ended.value == [session.id]
    assert (wallet(token), wallet(other)) == (401, 200)
    account_acts.end_sessions(asked=asked("staff:1"), player_id=player.id, reason="support")
    assert wallet(other) == 401


def test_a_session_of_somebody_else_cannot_be_ended():
    anna, ben = an_account(), an_account(email="ben@example.test")
    token = token_of(log_in())
    session = Session.objects.get(player=anna)
    values = {"player_id": ben.id, "reason": "mischief", "session_id": session.id}
    assert account_acts.end_sessions(asked=asked(), **values).value == []
    assert wallet(token) == 200


@pytest.mark.parametrize("status", ["suspended", "closed", "pending"])
def test_a_change_of_status_ends_every_session(status):
    player = an_account()
    tokens = [token_of(log_in()) for _ in range(3)]
    account_acts.change_status(asked=asked(), player_id=player.id, status=status, reason="rule")
    assert [wallet(token) for token in tokens] == [401] * 3
    assert set(Session.objects.values_list("end_reason", flat=True)) == {f"status:{status}"}


def refused_log_in() -> list[str]:
    """Return the reasons for which a log-in with the right credentials is refused."""
    response = log_in()
    assert response.status_code == 403, response.content
    body = json.loads(response.content)
    assert (body["code"], body["facts"]["act"]) == ("access.refused", "login")
    return [f"{reason['code']} {reason['detail']}" for reason in body["facts"]["reasons"]]


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_who_may_not_log_in_is_told_why_once_the_credentials_are_proven(status):
    player = an_account()
    account_acts.change_status(asked=asked(), player_id=player.id, status=status, reason="rule")
    assert refused_log_in() == [f"access.status {status}"]
    assert log_in(password="something else").status_code == 401
    assert not Session.objects.exists()


def test_a_pending_account_may_log_in():
    player = an_account()
    account_acts.change_status(asked=asked(), player_id=player.id, status="pending", reason="rule")
    assert wallet(token_of(log_in())) == 200


def test_a_restriction_of_log_in_holds_until_it_ends():
    player = an_account()
    account_acts.restrict(asked=asked(), player_id=player.id, kind="login", reason="rule", hours=1)
    assert refused_log_in() == ["access.restricted login"]
    with clock.moved(timedelta(hours=1, seconds=1)):
        assert log_in().status_code == 200


def test_an_exclusion_ends_the_session_and_the_next_log_in_is_refused():
    player = an_account()
    token = token_of(log_in())
    responsible_gaming.exclude(asked=asked(), player_id=player.id, kind="self_exclusion", hours=24)
    assert wallet(token) == 401
    assert refused_log_in() == ["access.excluded self_exclusion"]
    with clock.moved(timedelta(hours=25)):
        assert log_in().status_code == 200


def test_each_player_sees_their_own_wallet_alone():
    anna, ben = an_account(), an_account(email="ben@example.test")
    funded(anna, "1.00 EUR")
    funded(ben, "2.00 EUR")
    tokens = [token_of(log_in(email)) for email in ("anna@example.test", "ben@example.test")]
    shown = [Client(headers={"Authorization": f"Bearer {t}"}).get("/api/v1/me/wallet").json() for t in tokens]
    assert [one["cash"] for one in shown] == ["1.00", "2.00"]
