"""Limits: stricter now, looser later, the strictest decides, and deposits reserve their room."""

from datetime import datetime, timedelta

import pytest

from apps.accounts import services as accounts
from apps.accounts.selectors import player as player_of
from apps.cases.models import Case
from apps.core import clock
from apps.core.errors import CurrencyMismatch
from apps.core.models import Event
from apps.core.money import Money, of
from apps.core.operations import operation
from apps.games.services import play
from apps.responsible_gaming import selectors, services
from apps.responsible_gaming.errors import LimitExceeded, LimitNotOffered
from apps.responsible_gaming.models import Limit, LimitCounter
from apps.wallet import services as wallet
from tests.factories import asked, funded, message, new_player, provider, stake, undo

pytestmark = [pytest.mark.django_db, pytest.mark.money]
A_DAY = timedelta(hours=24, minutes=1)
NEARLY_A_DAY = timedelta(hours=23, minutes=59)


def set_limit(player, amount: str | None, *, kind: str = "deposit", period: str = "day", **more) -> int:
    money = None if amount is None else of(amount)
    values = {"player_id": player.id, "kind": kind, "period": period, "amount": money, **more}
    return services.set_limit(asked=asked(), **values).value


def limits(player) -> list[str]:
    """Return the limits that bind now: kind, period, source and amount."""
    found = sorted(selectors.headrooms(player), key=lambda limit: limit.limit_id)
    return [
        f"{limit.kind} {limit.period} {limit.source} {Money(limit.amount, player.currency)}"
        for limit in found
    ]


def test_a_first_limit_binds_at_once():
    player = new_player()
    limit_id = set_limit(player, "100.00 EUR")
    assert limits(player) == ["deposit day player 100.00 EUR"]
    event = Event.objects.get(type="responsible_gaming.limit.set")
    limit = Limit.objects.get(id=limit_id)
    assert event.payload == {
        "limit_id": limit_id,
        "kind": "deposit",
        "period": "day",
        "window": "calendar",
        "source": "player",
        "amount_units": 10_000_000,
        "currency": "EUR",
        "effective_from": limit.effective_from.isoformat(),
    }


def test_a_stricter_limit_binds_at_once():
    player = new_player()
    set_limit(player, "100.00 EUR")
    set_limit(player, "40.00 EUR")
    assert limits(player) == ["deposit day player 40.00 EUR"]


def test_a_looser_limit_waits_for_a_day():
    player = new_player()
    set_limit(player, "100.00 EUR")
    set_limit(player, "200.00 EUR")
    assert limits(player) == ["deposit day player 100.00 EUR"]
    with clock.moved(NEARLY_A_DAY):
        assert limits(player) == ["deposit day player 100.00 EUR"]
    with clock.moved(A_DAY):
        assert limits(player) == ["deposit day player 200.00 EUR"]


def test_taking_a_limit_away_waits_for_a_day():
    player = new_player()
    set_limit(player, "100.00 EUR")
    set_limit(player, None)
    with clock.moved(NEARLY_A_DAY):
        assert limits(player) == ["deposit day player 100.00 EUR"]
    with clock.moved(A_DAY):
        assert limits(player) == []
        set_limit(player, "5.00 EUR")
        assert limits(player) == ["deposit day player 5.00 EUR"]


@pytest.mark.parametrize("later", ["90.00 EUR", "100.00 EUR"])
def test_a_later_wish_that_is_no_looser_cancels_the_one_on_its_way(later):
    player = new_player()
    set_limit(player, "100.00 EUR")
    set_limit(player, "200.00 EUR")
    set_limit(player, later)
    with clock.moved(2 * A_DAY):
        assert limits(player) == [f"deposit day player {later}"]


def test_a_later_looser_wish_takes_the_place_of_the_one_on_its_way_and_waits_anew():
    player = new_player()
    set_limit(player, "100.00 EUR")
    set_limit(player, None)
    with clock.moved(NEARLY_A_DAY):
        set_limit(player, "150.00 EUR")
    with clock.moved(A_DAY):
        assert limits(player) == ["deposit day player 100.00 EUR"]
    with clock.moved(NEARLY_A_DAY + A_DAY):
        assert limits(player) == ["deposit day player 150.00 EUR"]


def test_a_limit_that_came_into_effect_is_the_one_that_the_next_wish_is_compared_with():
    player = new_player()
    set_limit(player, "100.00 EUR")
    set_limit(player, "200.00 EUR")
    with clock.moved(A_DAY):
        set_limit(player, "150.00 EUR")
        assert limits(player) == ["deposit day player 150.00 EUR"]
        set_limit(player, "160.00 EUR")
        assert limits(player) == ["deposit day player 150.00 EUR"]


@pytest.mark.parametrize("source", ["operator", "law"])
def test_what_operator_and_law_set_binds_at_once_also_where_it_is_looser(source):
    player = new_player()
    set_limit(player, "100.00 EUR", source=source)
    set_limit(player, "300.00 EUR", source=source)
    assert limits(player) == [f"deposit day {source} 300.00 EUR"]
    set_limit(player, None, source=source)
    assert limits(player) == []


def test_limits_of_every_source_bind_and_the_strictest_decides():
    player = new_player()
    set_limit(player, "100.00 EUR")
    set_limit(player, "80.00 EUR", source="operator")
    set_limit(player, "90.00 EUR", source="law")
    assert limits(player) == [
        "deposit day player 100.00 EUR",
        "deposit day operator 80.00 EUR",
        "deposit day law 90.00 EUR",
    ]
    assert refused(player, "80.01 EUR")["source"] == "operator"
    reserve(player, "80.00 EUR")


def test_of_a_day_a_week_and_a_month_each_binds_by_itself():
    player = new_player()
    for period, amount in (("day", "100.00 EUR"), ("week", "50.00 EUR"), ("month", "70.00 EUR")):
        set_limit(player, amount, period=period)
    assert refused(player, "50.01 EUR")["period"] == "week"


def test_a_source_that_nobody_knows_is_a_mistake_and_sets_nothing():
    player = new_player()
    with pytest.raises(ValueError, match="LimitSource"):
        set_limit(player, "100.00 EUR", source="friend")
    assert not Limit.objects.exists()


@pytest.mark.parametrize(
    ("kind", "period"), [("wager", "day"), ("deposit", "year"), ("", ""), ("loss", "hour")]
)
def test_a_limit_that_the_rules_do_not_know_is_refused(kind, period):
    player = new_player()
    with pytest.raises(LimitNotOffered):
        set_limit(player, "100.00 EUR", kind=kind, period=period)
    assert not Limit.objects.exists()


def test_a_limit_is_in_the_currency_of_the_account():
    player = new_player(currency="JPY")
    with pytest.raises(CurrencyMismatch):
        set_limit(player, "100.00 EUR")
    assert not Limit.objects.exists()
    set_limit(player, "100 JPY")
    assert limits(player) == ["deposit day player 100 JPY"]


@operation("test.reserve", lock=accounts.lane)
def reserving(*, operation_id: int, player_id: int, amount: Money) -> str:
    return services.reserve_deposit(player=player_of(player_id), amount=amount).isoformat()


@operation("test.release", lock=accounts.lane)
def releasing(*, operation_id: int, player_id: int, amount: Money, hour: str) -> None:
    player = player_of(player_id)
    services.release_deposit(player=player, amount=amount, hour=datetime.fromisoformat(hour))


@operation("test.confirm", lock=accounts.lane)
def confirming(
    *, operation_id: int, player_id: int, promised: Money, confirmed: Money, hour: str | None
) -> None:
    at = None if hour is None else datetime.fromisoformat(hour)
    services.confirm_deposit(player=player_of(player_id), promised=promised, confirmed=confirmed, hour=at)


def reserve(player, amount: str) -> str:
    return reserving(asked=asked(), player_id=player.id, amount=of(amount)).value


def release(player, amount: str, hour: str) -> None:
    releasing(asked=asked(), player_id=player.id, amount=of(amount), hour=hour)


def confirm(player, promised: str, hour: str | None, confirmed: str | None = None) -> None:
    amounts = {"promised": of(promised), "confirmed": of(confirmed or promised)}
    confirming(asked=asked(), player_id=player.id, hour=hour, **amounts)


def refused(player, amount: str) -> dict:
    """Return what a refused deposit was told; it reserved nothing."""
    before = counted(player)
    with pytest.raises(LimitExceeded) as error:
        reserve(player, amount)
    assert counted(player) == before
    return error.value.facts


def counted(player) -> list[tuple[int, int]]:
    """Return (used, reserved) of every hour, in ledger units."""
    rows = LimitCounter.objects.filter(player=player, kind="deposit").order_by("hour")
    return list(rows.values_list("used", "reserved"))


def test_a_deposit_reserves_its_room_at_its_start():
    player = new_player()
    set_limit(player, "100.00 EUR")
    reserve(player, "60.00 EUR")
    assert refused(player, "40.01 EUR") == {
        "limit_id": Limit.objects.get().id,
        "kind": "deposit",
        "period": "day",
        "window": "calendar",
        "source": "player",
        "amount_units": 10_000_000,
        "left_units": 4_000_000,
    }
    reserve(player, "40.00 EUR")
    assert counted(player) == [(0, 10_000_000)]


def test_a_deposit_that_failed_gives_its_room_back():
    player = new_player()
    set_limit(player, "100.00 EUR")
    hour = reserve(player, "100.00 EUR")
    release(player, "100.00 EUR", hour)
    assert counted(player) == [(0, 0)]
    reserve(player, "100.00 EUR")


def test_a_confirmed_deposit_takes_what_was_confirmed_and_gives_back_what_was_promised():
    player = new_player()
    set_limit(player, "100.00 EUR")
    hour = reserve(player, "60.00 EUR")
    confirm(player, "60.00 EUR", hour, confirmed="50.00 EUR")
    assert counted(player) == [(5_000_000, 0)]
    assert refused(player, "50.01 EUR")["left_units"] == 5_000_000


def test_room_is_given_back_to_the_hour_that_holds_the_promise():
    player = new_player()
    set_limit(player, "100.00 EUR")
    hour = reserve(player, "60.00 EUR")
    with clock.moved(timedelta(days=2)):
        reserve(player, "100.00 EUR")
        release(player, "60.00 EUR", hour)
        assert refused(player, "0.01 EUR")["left_units"] == 0
    assert counted(player) == [(0, 0), (0, 10_000_000)]


def test_room_cannot_be_given_back_twice():
    player = new_player()
    hour = reserve(player, "60.00 EUR")
    release(player, "60.00 EUR", hour)
    with pytest.raises(Exception, match="rg_limitcounter_reserved"):
        release(player, "60.00 EUR", hour)
    assert counted(player) == [(0, 0)]


def test_a_late_confirmation_over_the_limit_goes_in_is_counted_and_a_person_is_told():
    player = new_player()
    set_limit(player, "100.00 EUR")
    hour = reserve(player, "60.00 EUR")
    release(player, "60.00 EUR", hour)
    reserve(player, "70.00 EUR")
    confirm(player, "60.00 EUR", None)
    assert counted(player) == [(6_000_000, 7_000_000)]
    event = Event.objects.get(type="responsible_gaming.deposit_limit.passed")
    assert event.payload == {"limit_id": Limit.objects.get().id, "over_units": 3_000_000}
    case = Case.objects.get()
    assert (case.player_id, case.queue) == (player.id, "responsible_gaming")
    assert case.facts["over_units"] == 3_000_000


def test_a_late_confirmation_within_the_limit_is_counted_and_nobody_is_told():
    player = new_player()
    set_limit(player, "100.00 EUR")
    confirm(player, "60.00 EUR", None)
    assert counted(player) == [(6_000_000, 0)]
    assert not Case.objects.exists()
    assert not Event.objects.filter(type="responsible_gaming.deposit_limit.passed").exists()


def test_a_deposit_without_a_limit_is_counted_for_the_limit_to_come():
    player = new_player()
    confirm(player, "60.00 EUR", reserve(player, "60.00 EUR"))
    set_limit(player, "100.00 EUR")
    assert refused(player, "40.01 EUR")["left_units"] == 4_000_000


def test_a_deposit_in_another_currency_reserves_nothing():
    player = new_player()
    set_limit(player, "100.00 EUR")
    with pytest.raises(CurrencyMismatch):
        reserve(player, "1 JPY")
    assert counted(player) == []


def test_limits_of_two_currencies_know_nothing_of_each_other():
    euros, yen = new_player(), new_player(currency="JPY")
    set_limit(euros, "100.00 EUR")
    set_limit(yen, "100 JPY")
    reserve(euros, "100.00 EUR")
    reserve(yen, "100 JPY")
    assert refused(euros, "0.01 EUR")["amount_units"] == refused(yen, "1 JPY")["amount_units"] == 10_000_000


def test_deposits_and_losses_are_counted_apart():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    set_limit(player, "10.00 EUR", kind="loss")
    set_limit(player, "20.00 EUR", kind="deposit")
    reserve(player, "20.00 EUR")
    play(account=account, message=message(player, stake("b1", "10.00 EUR")))
    play(account=account, message=message(player, undo("u1", "b1")))
    assert [limit.left for limit in selectors.headrooms(player, kind="loss")] == [1_000_000]
    assert [limit.left for limit in selectors.headrooms(player, kind="deposit")] == [0]


def test_money_from_staff_or_tests_is_no_deposit():
    player = new_player()
    set_limit(player, "1.00 EUR")
    wallet.fund_test_player(asked=asked(), player_id=player.id, amount=of("50.00 EUR"))
    assert counted(player) == []
