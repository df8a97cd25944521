"""The staff pages of the machine: the trail of what happened, and events that are taken again."""

import pytest
from django.urls import reverse

from apps.backoffice.tests.desk import desk_of, send
from apps.core.models import Event, Operation, ParkedEvent, Subscription
from apps.games.models import GameSession
from tests.factories import funded, new_player

pytestmark = pytest.mark.django_db


def page(name: str, *arguments: object) -> str:
    return reverse(f"admin:core_{name}", args=arguments)


def parked(event_type: str = "wallet.test_money.funded", error: str = "ValueError: no") -> ParkedEvent:
    event = Event.objects.filter(type=event_type).latest("id")
    return ParkedEvent.objects.create(
        subscription="games.session_statistics",
        event_id=event.id,
        player_id=event.player_id,
        error=error,
        parked_at=event.occurred_at,
    )


def test_events_are_searched_by_player_type_and_actor() -> None:
    player = funded(new_player(), "10.00 EUR")
    new_player()
    client, url = desk_of("auditor"), page("event_changelist")
    mine = client.get(url, {"q": player.public_id}).content.decode()
    assert mine.count("accounts.player.registered") == 1
    assert "wallet.test_money.funded" in mine
    funded_only = client.get(url, {"q": "wallet.test_money.funded"}).content.decode()
    assert "accounts.player.registered" not in funded_only
    actors = {event.actor for event in Event.objects.filter(player_id=player.id)}
    assert "test" in actors
    assert "accounts.player.registered" in client.get(url, {"actor": "test"}).content.decode()
    assert "accounts.player.registered" not in client.get(url, {"actor": "staff:1"}).content.decode()


def test_an_event_leads_to_its_operation_and_back() -> None:
    funded(new_player(), "10.00 EUR")
    client, event = desk_of("auditor"), Event.objects.get(type="wallet.test_money.funded")
    html = client.get(page("event_change", event.id)).content.decode()
    assert "amount_units" in html
    assert page("operation_change", event.operation_id) in html
    html = client.get(page("operation_change", event.operation_id)).content.decode()
    assert page("event_change", event.id) in html


def test_an_operation_is_found_by_its_reference() -> None:
    funded(new_player(), "10.00 EUR")
    operation = Operation.objects.get(kind="wallet.fund_test_player")
    client, url = desk_of("auditor"), page("operation_changelist")
    html = client.get(url, {"q": operation.reference}).content.decode()
    assert "wallet.fund_test_player" in html
    assert "accounts.open_account" not in html


def test_parked_events_are_taken_again() -> None:
    funded(new_player(), "10.00 EUR")
    row = parked("accounts.player.registered")
    # The event is none that the subscriber knows, so it fails again, with its own error this time.
    url = page("parkedevent_take_again", row.id)
    response = send(desk_of("games_operations"), url)
    row.refresh_from_db()
    assert "still fails" in response.content.decode()
    assert (row.attempts, row.resolved_at) == (2, None)
    assert "KeyError" in row.error
    assert GameSession.objects.count() == 0
    ordered = Event.objects.get(type="core.retry.ordered")
    assert Operation.objects.get(id=ordered.operation_id).reason == "ticket 4711"


def test_taking_again_needs_its_right() -> None:
    funded(new_player(), "10.00 EUR")
    url = page("parkedevent_take_again", parked().id)
    for group in ("auditor", "finance", "security"):
        client = desk_of(group)
        assert client.get(url).status_code == client.post(url, {}).status_code == 403


def test_subscriptions_show_how_far_behind_they_are() -> None:
    Subscription.objects.create(name="games.session_statistics")
    Subscription.objects.create(name="gone")
    html = desk_of("auditor").get(page("subscription_changelist")).content.decode()
    assert "up to date" in html
    assert "gone" in html
