"""Every page of the staff site as the right and the wrong person, and the dashboard."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from redis import ConnectionError as NoRedis

from apps.backoffice.rules import GROUPS
from apps.backoffice.site.navigation import ROOMS
from apps.backoffice.tests.desk import desk, desk_of, member
from apps.games import services as games
from tests.factories import funded, message, new_player, provider, stake, undo, win

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
ENTRIES = [entry for entries in ROOMS.values() for entry in entries]


def url_of(model: Any, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_opens_for_its_right_and_for_nobody_else(model: Any) -> None:
    right = f"{model._meta.app_label}.view_{model._meta.model_name}"
    allowed = [name for name, rights in GROUPS.items() if right in rights]
    assert "auditor" in allowed, "the auditor sees everything"
    url = url_of(model, "changelist")
    for name in GROUPS:
        assert desk_of(name).get(url).status_code == (200 if name in allowed else 403), name
    assert desk(member("auditor"), with_code=False).get(url).status_code == 302
    assert desk_of("auditor").get(url, {"q": "nobody-like-that"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_nobody_adds_or_deletes_a_row_not_even_a_superuser(model: Any) -> None:
    god = desk(member(is_superuser=True))
    assert god.get(url_of(model, "add")).status_code == 403
    assert god.post(url_of(model, "add"), {}).status_code == 403
    assert 'name="action"' not in god.get(url_of(model, "changelist")).content.decode()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_sidebar_leads_where_a_person_may_go(entry: Any) -> None:
    for name in ("support", "security"):
        client = desk_of(name)
        shown = (
            f'href="{reverse(f"admin:{entry.name}")}"' in client.get(reverse("admin:index")).content.decode()
        )
        assert shown == (client.get(reverse(f"admin:{entry.name}")).status_code == 200)


def play() -> None:
    """A test player stakes 8.00, wins 7.50, and takes 3.00 of the stakes back; 2.00 stay in play."""
    player, account = funded(new_player(), "100.00 EUR"), provider()
    bets = (stake("b-1", "5.00 EUR"), stake("b-2", "3.00 EUR"), win("w-1", "7.50 EUR"))
    games.play(account=account, message=message(player, *bets, finished=True))
    games.play(account=account, message=message(player, undo("u-1", "b-2")))
    games.play(account=account, message=message(player, stake("b-3", "2.00 EUR"), round="round-2"))


def cells(html: str) -> list[str]:
    return [part.partition("<")[0].strip() for part in html.replace("<b>", "").split(">")]


def test_the_dashboard_counts_today_s_play_and_customers_funds() -> None:
    play()
    html = desk_of("finance").get(reverse("admin:index")).content.decode()
    today, funds = html.partition("Customer funds")[::2]
    assert [
        cell
        for cell in cells(today.partition("Today")[2])
        if cell in {"5.00", "7.50", "-2.50", "150.00 %", "8.00"}
    ] == ["5.00", "7.50", "-2.50", "150.00 %"]
    assert {"100.50", "2.00", "102.50"} <= set(cells(funds))


def test_the_dashboard_shows_each_what_is_theirs() -> None:
    play()
    support = desk_of("support").get(reverse("admin:index")).content.decode()
    assert "Open cases" in support
    assert "Customer funds" not in support
    assert "Waiting approvals" not in support
    security = desk_of("security").get(reverse("admin:index")).content.decode()
    assert "Event lag" in security
    assert "Open cases" not in security


def test_the_dashboard_is_counted_once_in_a_while() -> None:
    client = desk_of("auditor")
    client.get(reverse("admin:index"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:index"))
    assert len(queries) <= 8


def test_the_dashboard_needs_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    client = desk_of("auditor")

    def is_down(*args: object, **kwargs: object) -> None:
        raise NoRedis

    monkeypatch.setattr(cache, "get", is_down)
    assert client.get(reverse("admin:index")).status_code == 200


def test_an_empty_house_has_a_dashboard() -> None:
    html = desk_of("auditor").get(reverse("admin:index")).content.decode()
    assert "Nothing was played today" in html
    assert "No wallet yet" in html
