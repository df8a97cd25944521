"""The sheet on its page: green when all is right, red with what is wrong."""

import pytest
from django.urls import reverse

from apps.backoffice.tests.desk import desk_of
from apps.core.models import Event, ParkedEvent
from apps.core.rules import Measure
from apps.reports import services
from tests.factories import asked, funded, new_player

pytestmark = pytest.mark.django_db


def test_right_books_are_green() -> None:
    funded(new_player(), "10.00 EUR")
    html = desk_of("finance").get(reverse("admin:books")).content.decode()
    assert 'data-passed="yes"' in html
    assert "hash chain" in html


def test_a_line_that_is_off_is_red_and_says_what() -> None:
    funded(new_player(), "10.00 EUR")
    event = Event.objects.latest("id")
    ParkedEvent.objects.create(
        subscription="games.session_statistics",
        event_id=event.id,
        player_id=event.player_id,
        error="ValueError",
        parked_at=event.occurred_at,
    )
    html = desk_of("finance").get(reverse("admin:books")).content.decode()
    assert 'data-passed="no"' in html
    assert f"event {event.id}" in html


def test_the_dashboard_s_light_shows_the_last_kept_sheet() -> None:
    client, url = desk_of("finance"), reverse("admin:books_light")
    assert "not checked" in client.get(url).content.decode()
    services.keep_sheet(asked=asked(), measures=[Measure("purses", 3)])
    assert "right" in client.get(url).content.decode()
    services.keep_sheet(asked=asked(), measures=[Measure("purses", 3, ["player 1"])])
    assert "bo-calling" in client.get(url).content.decode()


def test_the_sheet_needs_its_right() -> None:
    for name in ("books", "books_light", "reports_bookcheck_changelist"):
        assert desk_of("support").get(reverse(f"admin:{name}")).status_code == 403
