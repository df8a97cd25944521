"""The way of a stake: how many statements it takes, and what it writes down about itself."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.core.models import Operation
from apps.core.money import of
from apps.games.models import Bet, Settlement
from apps.games.services import playing
from apps.markets import selectors as markets
from apps.responsible_gaming import services as responsible_gaming
from apps.wallet.models import Transfer
from tests.factories import LicenceFactory, asked, stake, undo, win
from tests.playing import a_game, play

pytestmark = [pytest.mark.django_db, pytest.mark.money]


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    """Collect the statements that the stake path sends, past Django's cursor."""
    sent: list[str] = []
    execute = playing.execute

    def noted(database, text, parameters):
        sent.append(text)
        return execute(database, text, parameters)

    monkeypatch.setattr(playing, "execute", noted)
    return sent


def of_django(act) -> list[str]:
    """Return the statements that went by Django's cursor, but for those that frame a transaction."""
    with CaptureQueriesContext(connection) as queries:
        act()
    frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
    return [query["sql"] for query in queries if not query["sql"].startswith(frame)]


ACTS = {
    "a stake": ([stake("b2", "5.00 EUR")], {}, 3),
    "a stake whose round ends": ([stake("b2", "5.00 EUR")], {"finished": True}, 3),
    "a stake and a win": ([stake("b2", "5.00 EUR"), win("w2", "9.00 EUR")], {"finished": True}, 3),
    "a win": ([win("w1", "9.00 EUR")], {}, 3),
    "an undo": ([undo("u1", "b1")], {}, 3),
    "an undo of what has not come": ([undo("u2", "b9")], {}, 3),
    "a batch of fifty": ([stake(f"x{number}", "0.10 EUR") for number in range(50)], {}, 3),
    "a repeat": ([stake("b1", "5.00 EUR")], {}, 2),
    "the balance": ([], {}, 2),
}


@pytest.mark.parametrize("what", ACTS)
@pytest.mark.parametrize("scope", ["player", "global"])
def test_an_act_takes_a_lock_a_read_and_a_write_and_nothing_else(statements, what, scope):
    player, account = a_game(reference_scope=scope)
    responsible_gaming.set_limit(
        asked=asked(), player_id=player.id, kind="loss", period="day", amount=of("40.00 EUR")
    )
    play(account, player, stake("b1", "5.00 EUR"))
    statements.clear()
    actions, more, expected = ACTS[what]
    assert of_django(lambda: play(account, player, *actions, **more)) == []
    assert len(statements) == expected
    assert statements[0] == playing.LOCK


def test_the_same_kinds_of_messages_are_the_same_statements(statements):
    player, account = a_game()
    for number in range(5):
        play(account, player, stake(f"b{number}", f"{number + 1}.00 EUR"), round=f"r{number}")
    assert len(set(statements)) == 3


def test_a_transfer_names_the_provider_the_bet_and_the_act():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"))
    play(account, player, win("w1", "9.00 EUR"))
    staked, settled, won = Transfer.objects.filter(player=player).order_by("seq")[1:]
    bet, outcome = Bet.objects.get(), Settlement.objects.get()
    assert {row.counterparty_id for row in (staked, settled, won)} == {account.id}
    assert (staked.cause_id, settled.cause_id, won.cause_id) == (bet.id, bet.id, outcome.id)
    acts = [Operation.objects.get(id=row.operation_id) for row in (staked, settled, won)]
    assert [(act.kind, act.reference) for act in acts] == [("stake", "b1"), ("win", "w1"), ("win", "w1")]
    assert {(act.source, act.actor) for act in acts} == {(account.source, account.source)}


def test_an_undo_names_the_transfer_that_it_takes_back_once():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"), win("w1", "9.00 EUR"), finished=True)
    play(account, player, undo("u1", "b1"), undo("u2", "w1"))
    made = {row.kind: row.id for row in Transfer.objects.exclude(kind="undo")}
    undone = Transfer.objects.filter(kind="undo").order_by("seq").values_list("reverses_id", flat=True)
    assert list(undone) == [made["stake"], made["win"]]


def test_the_clock_of_a_wallet_never_goes_back_in_play():
    player, account = a_game()
    play(account, player, stake("b1", "5.00 EUR"))
    with clock.moved(timedelta(seconds=-30)):
        play(account, player, stake("b2", "5.00 EUR"))
    _, first, second = Transfer.objects.order_by("seq").values_list("at", flat=True)
    assert second == first


@pytest.mark.parametrize(
    ("timezone", "starts", "at", "day"),
    [
        ("UTC", time(0), "2031-03-01T23:59:55", "2031-03-01"),
        ("UTC", time(0), "2031-03-02T00:00:05", "2031-03-02"),
        ("Asia/Tokyo", time(0), "2031-03-01T15:00:05", "2031-03-02"),
        ("America/New_York", time(6), "2031-07-01T09:59:55", "2031-06-30"),
        ("Europe/Malta", time(0), "2031-03-30T22:00:05", "2031-03-31"),
    ],
)
def test_a_stake_belongs_to_the_business_day_of_the_licence(timezone, starts, at, day):
    LicenceFactory(timezone=timezone, day_starts_at=starts)
    player, account = a_game()
    markets.calendar.cache_clear()
    with clock.moved(datetime.fromisoformat(at).replace(tzinfo=UTC) - clock.now()):
        play(account, player, stake("b1", "5.00 EUR"))
    assert Transfer.objects.get(kind="stake").business_date.isoformat() == day
