"""The staff pages of games: keys shown once, switches with a reason, rounds and a list to take along."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.backoffice.tests.desk import desk_of, filled, send
from apps.core import crypto
from apps.core.models import Event, Operation
from apps.games import services
from apps.games.models import Game, ProviderAccount, Round
from apps.games.resources import formula_safe
from tests.factories import (
    GameFactory,
    ProviderAccountFactory,
    asked,
    funded,
    message,
    new_player,
    provider,
    stake,
    undo,
    win,
)

pytestmark = pytest.mark.django_db


def page(name: str, *arguments: object) -> str:
    return reverse(f"admin:{name}", args=arguments)


def shown_secret(html: str) -> str:
    found = re.search(r"data-secret>([^<]+)<", html)
    return found.group(1) if found else ""


def play_a_round(reference: str = "round-1") -> Round:
    player, account = funded(new_player(), "100.00 EUR"), provider()
    actions = (stake(f"{reference}-bet", "5.00 EUR"), win(f"{reference}-win", "7.50 EUR"))
    played = message(player, *actions, round=reference, finished=True)
    services.play(account=account, message=played)
    services.launch(asked=asked(), player_id=player.id, game="slots:fruit", player_session_id=None)
    return Round.objects.get(player=player, reference=reference)


def test_a_new_key_is_shown_exactly_once() -> None:
    account, client = ProviderAccountFactory(), desk_of("games_operations")
    url = page("games_provideraccount_rotate_key", account.id)
    form = filled(client, url)

    first = client.post(url, form)
    secret = shown_secret(first.content.decode())
    assert len(secret) >= 40
    assert "no-store" in first["Cache-Control"]
    account.refresh_from_db()
    assert crypto.unwrap(account.wrapped_secret) == secret.encode()
    assert crypto.unwrap(account.wrapped_previous_secret) == b"secret"

    again = client.post(url, form, follow=True).content.decode()
    assert "it was done once" in again
    assert shown_secret(again) == ""
    account.refresh_from_db()
    assert crypto.unwrap(account.wrapped_secret) == secret.encode()
    assert Event.objects.filter(type="games.provider_key.rotated").count() == 1


def test_no_page_of_an_account_shows_its_secrets() -> None:
    account, client = ProviderAccountFactory(), desk_of("games_operations")
    send(client, page("games_provideraccount_rotate_key", account.id))
    account.refresh_from_db()
    secrets = [account.wrapped_secret, account.wrapped_previous_secret, "data-secret"]
    secrets += [crypto.unwrap(account.wrapped_secret).decode()]
    for url in (
        page("games_provideraccount_changelist"),
        page("games_provideraccount_change", account.id),
        page("games_provideraccount_rotate_key", account.id),
    ):
        html = client.get(url).content.decode()
        assert [secret for secret in secrets if secret in html] == []
    assert "ends that one" in html


def test_an_account_is_switched_as_the_button_said_with_its_reason_kept() -> None:
    account, client = ProviderAccountFactory(), desk_of("games_operations")
    url = page("games_provideraccount_switch", account.id)
    form = filled(client, url)
    assert form["wanted"] == "off"
    for _ in range(2):
        client.post(url, form)
    account.refresh_from_db()
    assert (account.is_enabled, account.version) == (False, 2)
    assert Operation.objects.get(kind="games.switch_provider").reason == "ticket 4711"
    send(client, url)
    account.refresh_from_db()
    assert account.is_enabled


def test_a_game_is_switched() -> None:
    game, client = GameFactory(), desk_of("games_operations")
    response = send(client, page("games_game_switch", game.id))
    assert "Fruit is switched" in response.content.decode()
    game.refresh_from_db()
    assert game.state == "disabled"


def refused_to(client: Client, url: str) -> bool:
    return client.get(url).status_code == client.post(url, {}).status_code == 403


def test_switches_and_keys_need_their_rights() -> None:
    game = GameFactory()
    urls = [
        page("games_provideraccount_rotate_key", game.account_id),
        page("games_provideraccount_switch", game.account_id),
        page("games_game_switch", game.id),
    ]
    for group in ("auditor", "finance", "security", "support"):
        client = desk_of(group)
        assert all(refused_to(client, url) for url in urls), group
    assert ProviderAccount.objects.get().version == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_game_list_starts_a_formula(start: str) -> None:
    assert formula_safe(f"{start}1+1") == f"'{start}1+1"
    GameFactory(title=f"{start}HYPERLINK(1)")
    client = desk_of("games_operations")
    url = page("games_game_export")
    response = client.post(url, {**filled(client, url), "format": "0"})
    text = response.content.decode()
    assert f"'{start}HYPERLINK(1)" in text
    assert text.splitlines()[0] == "account,code,title,category,product,theoretical_rtp,state"


def test_a_round_shows_its_bets_and_outcomes() -> None:
    played, client = play_a_round(), desk_of("support")
    html = client.get(page("games_round_change", played.id)).content.decode()
    for shown in (played.player.public_id, "round-1", "5.00", "7.50", "closed", "Fruit"):
        assert shown in html
    for term in ("round-1", played.player.public_id, str(played.id)):
        assert "round-1" in client.get(page("games_round_changelist"), {"q": term}).content.decode()
    assert "round-1" not in client.get(page("games_round_changelist"), {"q": "round-2"}).content.decode()


def test_an_undone_stake_is_out_of_a_round_s_sum() -> None:
    player, account = funded(new_player(), "100.00 EUR"), provider()
    stakes = message(player, stake("b-1", "5.00 EUR"), stake("b-2", "3.00 EUR"))
    services.play(account=account, message=stakes)
    services.play(account=account, message=message(player, undo("u-1", "b-1")))
    html = desk_of("support").get(page("games_round_changelist")).content.decode()
    assert "3.00" in html
    assert "8.00" not in html


@pytest.mark.parametrize("model", ["round", "gamesession", "game", "provideraccount"])
def test_a_list_asks_as_often_for_many_rows_as_for_few(model: str) -> None:
    client, counts = desk_of("games_operations"), []
    for start, number in ((0, 2), (10, 6)):
        for each in range(start, start + number):
            play_a_round(f"round-{each}")
            GameFactory(code=f"game-{each}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(f"games_{model}_changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_games_are_found_by_a_part_of_their_title() -> None:
    GameFactory(code="orbs", title="Lucky Orbs")
    GameFactory(code="fruit", title="Fruit Fiesta")
    html = desk_of("support").get(page("games_game_changelist"), {"q": "orb"}).content.decode()
    assert "Lucky Orbs" in html
    assert "Fruit Fiesta" not in html
    assert Game.objects.count() == 2
