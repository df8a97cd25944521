"""The staff pages of responsible gaming: who may exclude, and limits to look at."""

import pytest
from django.urls import reverse

from apps.backoffice.tests.desk import desk_of, send
from apps.core.models import Operation
from apps.core.money import of
from apps.responsible_gaming import services
from apps.responsible_gaming.models import Exclusion
from tests.factories import asked, new_player

pytestmark = pytest.mark.django_db


def test_compliance_excludes_a_player_with_a_reason() -> None:
    player = new_player()
    url = reverse("admin:exclude_player", args=[player.id])
    send(desk_of("compliance"), url, kind="self_exclusion", hours="")
    row = Exclusion.objects.get()
    assert (row.person_id, row.kind, row.ends_at) == (player.person_id, "self_exclusion", None)
    assert Operation.objects.get(id=row.operation_id).reason == "ticket 4711"


def test_a_time_out_without_an_end_is_not_made() -> None:
    url = reverse("admin:exclude_player", args=[new_player().id])
    page = send(desk_of("compliance"), url, kind="time_out", hours="")
    assert "A time-out has an end" in page.content.decode()
    assert Exclusion.objects.count() == 0


def test_excluding_needs_its_right() -> None:
    url = reverse("admin:exclude_player", args=[new_player().id])
    for group in ("support", "risk", "auditor"):
        client = desk_of(group)
        assert client.get(url).status_code == client.post(url, {}).status_code == 403


def test_a_player_who_is_not_there_is_a_404() -> None:
    assert desk_of("compliance").get(reverse("admin:exclude_player", args=[4711])).status_code == 404


def test_limits_and_exclusions_are_shown() -> None:
    player = new_player()
    services.set_limit(asked=asked(), player_id=player.id, kind="loss", period="day", amount=of("20.00 EUR"))
    services.exclude(asked=asked(), player_id=player.id, kind="time_out", hours=24)
    client = desk_of("support")
    limits = client.get(reverse("admin:responsible_gaming_limit_changelist"), {"q": player.public_id})
    assert "20.00" in limits.content.decode()
    assert "current" in limits.content.decode()
    exclusions = client.get(reverse("admin:responsible_gaming_exclusion_changelist"))
    assert "in force" in exclusions.content.decode()
