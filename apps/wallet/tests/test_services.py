"""Money outside games: funding, adjustments by two people, house books, and balances of any moment."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import msgspec
import pytest
from django.db import IntegrityError, transaction

from apps.accounts import services as accounts
from apps.accounts.models import Player
from apps.cases import services as cases
from apps.cases.errors import ApprovalNotWaiting, ProposalChanged, SamePerson
from apps.cases.models import Approval
from apps.core import clock
from apps.core.errors import CurrencyMismatch, Malformed, ReferenceReused
from apps.core.models import Event, Operation
from apps.core.money import Money, of, text
from apps.core.operations import operation
from apps.markets import selectors as markets
from apps.markets.models import Licence
from apps.wallet import rules, selectors, services
from apps.wallet.errors import AdjustmentTooLarge, InsufficientFunds, NotATestPlayer, UnknownReason
from apps.wallet.models import HouseTransfer, Transfer
from apps.wallet.rules import MAX_ADJUSTMENT, REASON_ACCOUNTS, Account, Kind
from tests.factories import LicenceFactory, StaffFactory, asked, funded, new_player

pytestmark = [pytest.mark.django_db, pytest.mark.money]


def purses(player) -> dict[str, str]:
    found = selectors.balance(player_id=player.id, currency=player.currency)
    return {name: text(amount) for name, amount in found.items() if amount.units}


@operation("test.post", lock=accounts.lane)
def post(
    *, operation_id: int, player_id: int, transfers: list[rules.Transfer], currency: str = "EUR"
) -> None:
    services.post(player_id=player_id, currency=currency, transfers=transfers)


def moves(*steps: str) -> list[rules.Transfer]:
    """Return deposits spelled as "psp -> cash 5.00"."""
    made = []
    for step in steps:
        debit, _, credit, amount = step.split()
        units = of(f"{amount} EUR").units
        made.append(rules.Transfer(Kind.DEPOSIT, Account(debit), Account(credit), units))
    return made


def of_kind(kind: Kind, *steps: str) -> list[rules.Transfer]:
    """Return the same, for another reason."""
    return [rules.Transfer(kind, move.debit, move.credit, move.amount) for move in moves(*steps)]


# Funding of test players.


def test_test_money_comes_from_an_account_that_stays_out_of_every_figure():
    player = new_player()
    services.fund_test_player(asked=asked(), player_id=player.id, amount=of("12.34 EUR"))
    row = Transfer.objects.get(player=player)
    assert (row.kind, row.debit, row.credit, row.amount) == ("funding", "test_funding", "cash", 1_234_000)
    assert row.after == [1_234_000, 0, 0, 0, 0, 0, 0]
    assert Event.objects.get(type="wallet.test_money.funded").payload == {
        "amount_units": 1_234_000,
        "currency": "EUR",
    }


def test_funding_twice_under_one_reference_happens_once():
    player, who = new_player(), asked()
    first = services.fund_test_player(asked=who, player_id=player.id, amount=of("5.00 EUR"))
    again = services.fund_test_player(asked=who, player_id=player.id, amount=of("5.00 EUR"))
    assert (again.operation_id, again.replayed) == (first.operation_id, True)
    with pytest.raises(ReferenceReused):
        services.fund_test_player(asked=who, player_id=player.id, amount=of("6.00 EUR"))
    assert purses(player) == {"cash": "5.00"}


def test_a_real_player_gets_no_test_money():
    player = new_player()
    Player.objects.filter(id=player.id).update(is_test=False)
    with pytest.raises(NotATestPlayer):
        services.fund_test_player(asked=asked(), player_id=player.id, amount=of("5.00 EUR"))
    with pytest.raises(NotATestPlayer):
        services.fund_test_players(asked=asked(), player_ids=[player.id], amount=of("5.00 EUR"))
    assert purses(player) == {}
    assert not Operation.objects.filter(kind__startswith="wallet.").exists()


def test_an_account_has_one_currency():
    player = new_player()
    with pytest.raises(CurrencyMismatch):
        services.fund_test_player(asked=asked(), player_id=player.id, amount=of("5 JPY"))
    with pytest.raises(CurrencyMismatch):
        services.fund_test_players(asked=asked(), player_ids=[player.id], amount=of("5 JPY"))
    assert not Transfer.objects.exists()


def test_many_test_players_are_funded_at_once():
    players = [new_player() for _ in range(5)]
    services.fund_test_players(
        asked=asked(), player_ids=[player.id for player in players], amount=of("7.00 EUR")
    )
    assert [purses(player) for player in players] == [{"cash": "7.00"}] * 5
    assert {row.player_id for row in Event.objects.filter(type="wallet.test_money.funded")} == {
        player.id for player in players
    }


# Posting.


def test_transfers_of_one_act_move_in_order_and_share_its_instant():
    player = new_player()
    steps = moves("psp -> cash 5.00", "cash -> pending 3.00", "pending -> psp 3.00")
    post(asked=asked(), player_id=player.id, transfers=steps)
    rows = list(Transfer.objects.order_by("seq"))
    assert [row.seq for row in rows] == [1, 2, 3]
    assert len({(row.at, row.operation_id) for row in rows}) == 1
    assert [row.after[0] for row in rows] == [500_000, 200_000, 200_000]
    assert purses(player) == {"cash": "2.00"}


def test_where_one_transfer_finds_too_little_none_is_made():
    player = new_player()
    steps = moves("psp -> cash 5.00", "cash -> pending 3.00", "cash -> pending 2.01")
    with pytest.raises(InsufficientFunds) as refused:
        post(asked=asked(), player_id=player.id, transfers=steps)
    assert refused.value.facts["available_units"] == 200_000
    assert not Transfer.objects.exists()
    assert not Operation.objects.filter(kind="test.post").exists()


def test_an_act_that_moves_nothing_writes_nothing():
    player = new_player()
    post(asked=asked(), player_id=player.id, transfers=[])
    assert not Transfer.objects.exists()


def test_money_moves_in_the_lane_of_its_player_only():
    player, other = new_player(), new_player()

    @operation("test.astray", lock=accounts.lane)
    def astray(*, operation_id: int, player_id: int) -> None:
        services.post(player_id=other.id, currency="EUR", transfers=moves("psp -> cash 5.00"))

    with pytest.raises(AssertionError, match="lane"):
        astray(asked=asked(), player_id=player.id)
    assert not Transfer.objects.exists()


def test_the_clock_of_a_wallet_never_goes_back():
    player = funded(new_player(), "5.00 EUR")
    with clock.moved(timedelta(seconds=-30)):
        funded(player, "6.00 EUR")
    first, second = Transfer.objects.order_by("seq").values_list("at", flat=True)
    assert second == first


@pytest.mark.parametrize(
    ("timezone", "starts", "at", "day"),
    [
        ("UTC", time(0), "2031-03-01T23:59:59", "2031-03-01"),
        ("UTC", time(0), "2031-03-02T00:00:01", "2031-03-02"),
        ("Asia/Tokyo", time(0), "2031-03-01T15:00:01", "2031-03-02"),
        ("Asia/Tokyo", time(0), "2031-03-01T14:59:59", "2031-03-01"),
        ("America/New_York", time(6), "2031-07-01T09:59:59", "2031-06-30"),
        ("America/New_York", time(6), "2031-07-01T10:00:01", "2031-07-01"),
        ("Europe/Malta", time(0), "2031-03-29T23:00:01", "2031-03-30"),
        ("Europe/Malta", time(0), "2031-03-30T22:00:01", "2031-03-31"),
    ],
)
def test_money_belongs_to_the_business_day_of_the_licence(timezone, starts, at, day):
    LicenceFactory(timezone=timezone, day_starts_at=starts)
    player = new_player()
    markets.calendar.cache_clear()
    with clock.moved(datetime.fromisoformat(at).replace(tzinfo=UTC) - clock.now()):
        funded(player, "5.00 EUR")
    assert Transfer.objects.get().business_date == date.fromisoformat(day)


# Adjustments: two people, one payload, one effect.


def wish(player, direction: str = "credit", amount: str = "5.00 EUR", reason: str = "correction"):
    money = of(amount)
    return services.Adjustment(player.id, money.units, money.currency, direction, reason)


def propose(adjustment, maker=None) -> int:
    maker = maker or StaffFactory()
    return services.propose_adjustment(
        asked=asked(), adjustment=adjustment, reason="ticket 7", maker_id=maker.id
    ).value


def approve(approval_id: int, adjustment, checker=None, *, who=None):
    checker = checker or StaffFactory()
    return services.approve_adjustment(
        asked=who or asked(),
        player_id=adjustment.player_id,
        approval_id=approval_id,
        adjustment=adjustment,
        checker_id=checker.id,
    )


def state(approval_id: int) -> str:
    return Approval.objects.get(id=approval_id).state


@pytest.mark.parametrize("reason", sorted(REASON_ACCOUNTS))
@pytest.mark.parametrize(("direction", "left"), [("credit", "15.00"), ("debit", "5.00")])
def test_an_adjustment_moves_between_cash_and_the_account_of_its_reason(reason, direction, left):
    player = funded(new_player(), "10.00 EUR")
    adjustment = wish(player, direction, reason=reason)
    proposed = propose(adjustment)
    assert purses(player) == {"cash": "10.00"}
    approve(proposed, adjustment)
    row = Transfer.objects.get(kind="adjustment")
    house = REASON_ACCOUNTS[reason].value
    sides = (house, "cash") if direction == "credit" else ("cash", house)
    assert ((row.debit, row.credit), row.amount, row.cause_id) == (sides, 500_000, proposed)
    assert purses(player) == {"cash": left}
    assert state(proposed) == "approved"


def test_an_adjustment_says_who_made_and_who_checked_it():
    player, maker, checker = new_player(), StaffFactory(), StaffFactory()
    adjustment = wish(player)
    proposed = propose(adjustment, maker)
    done = approve(proposed, adjustment, checker)
    payload = Event.objects.get(type="wallet.adjustment.posted", operation_id=done.operation_id).payload
    assert (payload["maker_id"], payload["checker_id"]) == (maker.id, checker.id)
    assert payload["approval_id"] == proposed


def test_nobody_approves_their_own_adjustment():
    player, maker = new_player(), StaffFactory()
    adjustment = wish(player)
    proposed = propose(adjustment, maker)
    with pytest.raises(SamePerson):
        approve(proposed, adjustment, maker)
    assert purses(player) == {}
    assert state(proposed) == "waiting"
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        Approval.objects.filter(id=proposed).update(checker_id=maker.id)


CHANGES = {
    "amount": {"amount_units": 500_001},
    "direction": {"direction": "debit"},
    "reason": {"reason_code": "goodwill"},
    "currency": {"currency": "JPY"},
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_approved_is_what_was_proposed(what):
    player = funded(new_player(), "10.00 EUR")
    adjustment = wish(player)
    proposed = propose(adjustment)
    with pytest.raises(ProposalChanged):
        approve(proposed, msgspec.structs.replace(adjustment, **CHANGES[what]))
    assert purses(player) == {"cash": "10.00"}
    assert state(proposed) == "waiting"


def test_an_adjustment_cannot_be_turned_to_another_player():
    player, other = new_player(), new_player()
    proposed = propose(wish(player))
    with pytest.raises(ProposalChanged):
        approve(proposed, wish(other))
    assert (purses(player), purses(other)) == ({}, {})


def test_a_proposal_ends_after_its_time():
    player = new_player()
    adjustment = wish(player)
    proposed = propose(adjustment)
    with clock.moved(timedelta(hours=24, seconds=1)):
        with pytest.raises(ApprovalNotWaiting):
            approve(proposed, adjustment)
        cases.expire_approvals(asked=asked())
    assert state(proposed) == "expired"
    with pytest.raises(ApprovalNotWaiting):
        approve(proposed, adjustment)
    assert purses(player) == {}


def test_a_proposal_holds_to_the_end_of_its_time():
    player = new_player()
    adjustment = wish(player)
    proposed = propose(adjustment)
    with clock.moved(timedelta(hours=23, minutes=59)):
        approve(proposed, adjustment)
    assert purses(player) == {"cash": "5.00"}


def test_an_adjustment_is_executed_once():
    player, who, checker = new_player(), asked(), StaffFactory()
    adjustment = wish(player)
    proposed = propose(adjustment)
    first = approve(proposed, adjustment, checker, who=who)
    assert approve(proposed, adjustment, checker, who=who).operation_id == first.operation_id
    with pytest.raises(ApprovalNotWaiting):
        approve(proposed, adjustment)
    assert purses(player) == {"cash": "5.00"}


def test_a_rejected_adjustment_stays_rejected():
    player = new_player()
    adjustment = wish(player)
    proposed = propose(adjustment)
    cases.reject(asked=asked(), approval_id=proposed, checker_id=StaffFactory().id)
    with pytest.raises(ApprovalNotWaiting):
        approve(proposed, adjustment)
    assert purses(player) == {}


def test_a_debit_beyond_the_funds_is_refused_and_can_be_approved_when_there_are_some():
    player = funded(new_player(), "4.99 EUR")
    adjustment = wish(player, "debit")
    proposed = propose(adjustment)
    with pytest.raises(InsufficientFunds):
        approve(proposed, adjustment)
    assert (purses(player), state(proposed)) == ({"cash": "4.99"}, "waiting")
    funded(player, "0.01 EUR")
    approve(proposed, adjustment)
    assert purses(player) == {}


def test_a_debt_is_settled_by_an_adjustment_and_not_beyond_zero():
    player = new_player()
    post(asked=asked(), player_id=player.id, transfers=of_kind(Kind.CHARGEBACK, "debt -> psp 5.00"))
    too_much = wish(player, "settle_debt", "5.01 EUR", "bad_debt")
    right = wish(player, "settle_debt", "5.00 EUR", "bad_debt")
    with pytest.raises(InsufficientFunds):
        approve(propose(too_much), too_much)
    assert purses(player) == {"debt": "5.00"}
    approve(propose(right), right)
    row = Transfer.objects.latest("seq")
    assert (row.debit, row.credit) == ("bad_debt", "debt")
    assert purses(player) == {}


REFUSED_WISHES = {
    "an unknown reason": ({"reason_code": "because"}, UnknownReason),
    "nothing": ({"amount_units": 0}, AdjustmentTooLarge),
    "less than nothing": ({"amount_units": -1}, AdjustmentTooLarge),
    "more than the ceiling": ({"amount_units": MAX_ADJUSTMENT + 1}, AdjustmentTooLarge),
    "another currency": ({"currency": "JPY"}, CurrencyMismatch),
    "an unknown currency": ({"currency": "XXZ"}, CurrencyMismatch),
    "an unknown direction": ({"direction": "sideways"}, Malformed),
}


@pytest.mark.parametrize("case", REFUSED_WISHES)
def test_what_can_never_be_executed_is_not_proposed(case):
    changes, error = REFUSED_WISHES[case]
    player = new_player()
    with pytest.raises(error):
        propose(msgspec.structs.replace(wish(player), **changes))
    assert not Approval.objects.exists()


def test_an_adjustment_may_move_as_much_as_the_ceiling():
    player = new_player()
    adjustment = wish(player, amount="100000.00 EUR")
    approve(propose(adjustment), adjustment)
    assert purses(player) == {"cash": "100000.00"}


# Balances of any moment.


def test_the_balance_at_200_random_instants_is_the_one_recorded_then():
    chance = Random(20_260_301)
    player, start = new_player(), clock.now()
    recorded = [(start - timedelta(days=9), dict.fromkeys(purse_names(), 0))]
    for minute in range(40):
        with clock.moved(timedelta(minutes=minute * 7)):
            post(asked=asked(), player_id=player.id, transfers=of_kind(Kind.DEPOSIT, *random_steps(chance)))
            recorded.append((Transfer.objects.latest("seq").at, units_now(player)))
    last = recorded[-1][0]
    instants = [start + (last - start + timedelta(minutes=5)) * chance.random() for _ in range(160)]
    instants += [at for at, _ in recorded[1:]][:20]
    instants += [at - timedelta(microseconds=1) for at, _ in recorded[1:]][:20]
    for instant in instants:
        expected = [units for at, units in recorded if at <= instant][-1]
        found = selectors.balance_at(player_id=player.id, currency="EUR", at=instant)
        assert {name: money.units for name, money in found.items()} == expected, instant
    assert len(instants) == 200


def purse_names() -> list[str]:
    return [purse.value for purse in rules.PURSES]


def units_now(player) -> dict[str, int]:
    found = selectors.balance(player_id=player.id, currency=player.currency)
    return {name: money.units for name, money in found.items()}


def random_steps(chance: Random) -> list[str]:
    amount = chance.randint(100, 999) / 100
    return [
        f"psp -> cash {amount + 10:.2f}",
        f"cash -> {chance.choice(['pending', 'held'])} {amount:.2f}",
        f"debt -> {chance.choice(['games_cash', 'psp'])} 0.01",
    ]


def test_before_the_first_transfer_every_purse_is_empty():
    player = funded(new_player(), "5.00 EUR")
    before = Transfer.objects.get().at - timedelta(microseconds=1)
    found = selectors.balance_at(player_id=player.id, currency="EUR", at=before)
    assert set(found.values()) == {Money(0, "EUR")}


# House books.


@operation("test.house")
def post_house(*, operation_id: int, licence_id: int, currency: str, transfers: list[rules.Transfer]) -> None:
    services.post_house(licence=Licence.objects.get(id=licence_id), currency=currency, transfers=transfers)


def test_house_transfers_are_numbered_and_chained_for_each_legal_entity_and_currency():
    one = LicenceFactory(code="mt", legal_entity="Group Ltd")
    other = LicenceFactory(code="uk", legal_entity="Group Ltd")
    third = LicenceFactory(code="se", legal_entity="Nordic AB")
    fee = [rules.Transfer(Kind.FEE, Account.PSP, Account.FEE, 100, counterparty_id=3, cause_id=9)]
    for licence, currency in [(one, "EUR"), (other, "EUR"), (third, "EUR"), (one, "JPY"), (one, "EUR")]:
        post_house(asked=asked(), licence_id=licence.id, currency=currency, transfers=fee * 2)
    for book, currency, count in (("Group Ltd", "EUR", 6), ("Nordic AB", "EUR", 2), ("Group Ltd", "JPY", 2)):
        rows = HouseTransfer.objects.filter(book=book, currency=currency).order_by("id")
        assert [row.seq for row in rows] == list(range(1, count + 1))
    measures = selectors.house_measures()
    assert [(measure.value, measure.detail) for measure in measures] == [(10, [])]


def test_a_house_book_takes_no_purse_of_a_player():
    licence = LicenceFactory()
    astray = [rules.Transfer(Kind.FEE, Account.PSP, Account.CASH, 100)]
    with pytest.raises(IntegrityError, match="wallet_housetransfer_accounts"):
        post_house(asked=asked(), licence_id=licence.id, currency="EUR", transfers=astray)


# Proofs: what was walked once is not walked again.


def test_a_check_starts_where_the_last_one_ended():
    player = funded(new_player(), "5.00 EUR")
    first = selectors.walk(selectors.unproven_wallets(), at=clock.now())
    services.record_proofs(first.proofs)
    assert (first.transfers, selectors.unproven_wallets()) == (1, [])
    funded(player, "6.00 EUR")
    second = selectors.walk(selectors.unproven_wallets(), at=clock.now())
    assert (second.transfers, second.wrong) == (1, {})
    services.record_proofs(second.proofs)
    assert selectors.walk([(player.id, "EUR")], at=clock.now(), whole=True).transfers == 2
