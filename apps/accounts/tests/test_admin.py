"""The staff pages of players: masked people, found by what staff know, stopped and freed with a reason."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access import services as access
from apps.accounts import selectors, services
from apps.accounts.admin import masked
from apps.accounts.models import PersonKey, Restriction, Session
from apps.backoffice.tests.desk import desk_of, filled, send
from apps.core.models import Event
from tests.factories import BrandLicenceFactory, asked, new_player

pytestmark = pytest.mark.django_db


def page(name: str, *arguments: object) -> str:
    return reverse(f"admin:accounts_{name}", args=arguments)


def jane():
    offer = BrandLicenceFactory()
    new = services.NewPlayer(
        brand=offer.brand.code,
        jurisdiction=offer.jurisdiction.code,
        currency="EUR",
        email="Jane.Roe@example.com",
        first_name="Jane",
        last_name="Roe",
        public_id="jane",
    )
    done = services.open_account(asked=asked(), new=new, password=None)
    return selectors.player(done.value)


def log_in(player) -> Session:
    token_hash = services.new_token()[1]
    given = {"token_hash": token_hash, "ip_address": "10.1.2.3", "user_agent": "test"}
    done = access.log_in(asked=asked(), player_id=player.id, **given)
    return Session.objects.get(id=done.value.session_id)


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("jane@example.com", "j***@e***.com"),
        ("j@x.co", "j***@x***.co"),
        ("jane@mail.example.co.uk", "j***@m***.uk"),
        ("jane@localhost", "j***@***localhost"),
        ("", "***"),
    ],
)
def test_an_address_is_masked(email: str, shown: str) -> None:
    assert masked(email) == shown


def test_no_page_shows_who_a_player_is() -> None:
    player, client = jane(), desk_of("support")
    for url in (page("player_changelist"), page("player_change", player.id)):
        html = client.get(url).content.decode()
        assert "j***@e***.com" in html
        assert [word for word in ("jane.roe", "Jane.Roe", "Roe", "example.com") if word in html] == []


def test_an_erased_player_is_shown_without_anything_personal() -> None:
    player = jane()
    PersonKey.objects.filter(person=player.person_id).delete()
    html = desk_of("support").get(page("player_change", player.id)).content.decode()
    assert "***" in html
    assert "j***" not in html


@pytest.mark.parametrize("term", ["jane", "JANE.ROE@example.com", "jane.roe@example.com "])
def test_a_player_is_found_by_public_id_and_by_whole_address(term: str) -> None:
    jane()
    other = new_player()
    html = desk_of("support").get(page("player_changelist"), {"q": term}).content.decode()
    assert "j***@e***.com" in html
    assert other.public_id not in html


def test_a_part_of_an_address_finds_nobody() -> None:
    jane()
    html = desk_of("support").get(page("player_changelist"), {"q": "jane.roe@"}).content.decode()
    assert "j***@e***.com" not in html


def test_support_restricts_and_risk_lifts() -> None:
    player = new_player()
    send(desk_of("support"), page("player_restrict", player.id), kind="stake", hours="")
    row = Restriction.objects.get(player=player)
    assert (row.kind, row.reason, row.ends_at) == ("stake", "ticket 4711", None)
    assert "stake" in desk_of("support").get(page("player_change", player.id)).content.decode()
    assert desk_of("support").get(page("restriction_lift", row.id)).status_code == 403

    send(desk_of("risk"), page("restriction_lift", row.id))
    row.refresh_from_db()
    assert row.ends_at is not None
    lifted = Event.objects.get(type="accounts.restriction.lifted")
    assert lifted.payload["reason"] == "ticket 4711"


def test_a_restriction_that_is_over_cannot_be_lifted_again() -> None:
    player, client = new_player(), desk_of("risk")
    done = services.restrict(asked=asked(), player_id=player.id, kind="all", reason="a look")
    url = page("restriction_lift", done.value)
    form = filled(client, url)
    client.post(url, form)
    response = client.post(url, {**form, "reference": "6e2fd2a4-7a4c-4a55-9c0b-5a1c1f6b2c7d"})
    assert response.status_code == 404
    assert "accounts.restriction_not_found" in response.content.decode()


def test_sessions_end_with_a_reason() -> None:
    player = new_player()
    session = log_in(player)
    send(desk_of("support"), page("player_end_sessions", player.id))
    session.refresh_from_db()
    assert session.end_reason == "ticket 4711"
    html = desk_of("support").get(page("session_changelist")).content.decode()
    assert session.token_hash not in html
    assert (
        session.token_hash not in desk_of("support").get(page("session_change", session.id)).content.decode()
    )


def test_a_status_changes_once_however_often_the_form_is_sent() -> None:
    player, client = new_player(), desk_of("risk")
    url = page("player_change_status", player.id)
    form = filled(client, url, status="suspended")
    for _ in range(2):
        client.post(url, form)
    player.refresh_from_db()
    assert player.status == "suspended"
    assert Event.objects.filter(type="accounts.status.changed").count() == 1


@pytest.mark.parametrize(
    ("act", "group"),
    [
        ("restrict", "payments"),
        ("end_sessions", "finance"),
        ("change_status", "support"),
        ("restrict", "auditor"),
    ],
)
def test_an_act_needs_the_right_that_is_named_like_it(act: str, group: str) -> None:
    player, client = new_player(), desk_of(group)
    url = page(f"player_{act}", player.id)
    assert client.get(url).status_code == client.post(url, {}).status_code == 403


def test_an_act_without_a_reason_is_not_done() -> None:
    player, client = new_player(), desk_of("risk")
    url = page("player_change_status", player.id)
    client.post(url, {**filled(client, url, status="closed"), "reason": "  x "})
    player.refresh_from_db()
    assert player.status == "active"


@pytest.mark.parametrize("model", ["player", "restriction", "session"])
def test_a_list_asks_as_often_for_many_rows_as_for_few(model: str) -> None:
    client, counts = desk_of("support"), []
    for number in (2, 6):
        for _ in range(number):
            player = new_player()
            log_in(player)
            services.restrict(asked=asked(), player_id=player.id, kind="deposit", reason="a look")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(f"{model}_changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
