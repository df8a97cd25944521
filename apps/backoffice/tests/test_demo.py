"""The demo: the same state after every run, credentials that work, and codes for its own staff alone."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts import selectors as accounts
from apps.accounts.models import Player, User
from apps.backoffice.management.commands.load_demo import GAMES, STAFF
from apps.core.money import of
from apps.games import selectors as games
from apps.games.models import Game, ProviderAccount
from apps.wallet import services as wallet
from apps.wallet.models import Transfer, Wallet
from sandbox.slots import rules as slots
from sandbox.slots.games import GAMES as OFFERED
from tests.factories import StaffFactory, asked

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:8100"


def load(file: Path, *, players: int = 2, url: str = URL) -> dict:
    call_command(
        "load_demo", "--players", str(players), "--file", str(file), "--sandbox-url", url, stdout=StringIO()
    )
    return json.loads(file.read_text())


def code_of(username: str) -> str:
    out = StringIO()
    call_command("demo_code", username, stdout=out)
    return out.getvalue().split()[1]


def test_the_file_holds_credentials_that_work(tmp_path: Path) -> None:
    written = load(tmp_path / "demo.json")
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    for player in written["players"]:
        proven = accounts.proven_player(**player)
        assert (proven.is_test, Wallet.objects.get(player=proven).cash) == (True, of("1000.00 EUR").units)
    assert {person["username"] for person in written["staff"]} == set(STAFF)
    for person, code in (
        (written["staff"][0], written["staff"][0]["codes"][0]),
        (written["staff"][1], code_of(written["staff"][1]["username"])),
    ):
        given = {"username": person["username"], "password": person["password"], "code": code}
        assert Client().post("/admin/login/", given).status_code == 302
    assert games.account("demo-slots").secret.decode() == written["provider"]["secret"]


def test_another_run_keeps_what_is_there(tmp_path: Path) -> None:
    first = load(tmp_path / "demo.json")
    counts = (Player.objects.count(), User.objects.count(), Transfer.objects.count())
    assert load(tmp_path / "demo.json") == first
    assert (Player.objects.count(), User.objects.count(), Transfer.objects.count()) == counts
    assert ProviderAccount.objects.get().version == 1


def test_used_codes_are_replaced_and_poor_players_funded(tmp_path: Path) -> None:
    first = load(tmp_path / "demo.json")
    person = first["staff"][0]
    given = {"username": person["username"], "password": person["password"], "code": person["codes"][0]}
    assert Client().post("/admin/login/", given).status_code == 302
    player = accounts.proven_player(**first["players"][0])
    adjust(player, "900.00 EUR")

    second = load(tmp_path / "demo.json")
    codes = second["staff"][0]["codes"]
    assert len(codes) == 10
    assert codes[:9] == person["codes"][1:]
    assert Wallet.objects.get(player=player).cash == of("1100.00 EUR").units


def adjust(player: Player, amount: str) -> None:
    maker, checker = StaffFactory.create(), StaffFactory.create()
    money = of(amount)
    adjustment = wallet.Adjustment(player.id, money.units, money.currency, "debit", "correction")
    given = {"adjustment": adjustment, "reason": "a test"}
    done = wallet.propose_adjustment(asked=asked(), maker_id=maker.id, **given)
    wallet.approve_adjustment(
        asked=asked(),
        player_id=player.id,
        approval_id=done.value,
        adjustment=adjustment,
        checker_id=checker.id,
    )


def test_where_the_file_is_gone_everybody_gets_a_new_password(tmp_path: Path) -> None:
    first = load(tmp_path / "demo.json")
    (tmp_path / "demo.json").unlink()
    second = load(tmp_path / "demo.json")
    assert second["provider"] == first["provider"]
    for before, after in zip(first["players"], second["players"], strict=True):
        assert after["email"] == before["email"]
        assert after["password"] != before["password"]
        accounts.proven_player(**after)
    assert User.objects.get(username="alice").check_password(second["staff"][0]["password"])


def test_the_provider_s_address_follows_the_demo_and_its_secret_stays(tmp_path: Path) -> None:
    first = load(tmp_path / "demo.json")
    second = load(tmp_path / "demo.json", url="http://127.0.0.1:8101")
    assert second["provider"] == first["provider"]
    assert ProviderAccount.objects.get().launch_url == "http://127.0.0.1:8101"


def test_the_games_are_those_of_the_simulated_provider(tmp_path: Path) -> None:
    load(tmp_path / "demo.json", players=0)
    kept = {game.code: (game.title, game.theoretical_rtp) for game in Game.objects.all()}
    assert set(kept) == {code for code, _, _ in GAMES} == set(OFFERED)
    for code, (title, returned) in kept.items():
        assert title == OFFERED[code].title
        assert abs(float(slots.rtp(OFFERED[code])) * 100 - float(returned)) < 0.001


def test_codes_are_printed_for_the_demo_s_staff_alone(tmp_path: Path) -> None:
    load(tmp_path / "demo.json", players=0)
    real = StaffFactory.create(username="real")
    TOTPDevice.objects.create(user=real, name="authenticator app")
    with pytest.raises(CommandError):
        code_of("real")
    out = StringIO()
    call_command("demo_code", stdout=out)
    assert sorted(line.split()[0] for line in out.getvalue().splitlines()) == sorted(STAFF)
