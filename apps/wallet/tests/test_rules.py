"""The law of money, without a database: what a transfer does to purses, and what its hash covers."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import MAX_UNITS
from apps.wallet import rules
from apps.wallet.errors import BalanceTooLarge, InsufficientFunds
from apps.wallet.rules import (
    HASHED,
    HOUSE,
    HOUSE_HASHED,
    MAX_ADJUSTMENT,
    PURSES,
    REASON_ACCOUNTS,
    Account,
    Book,
    Direction,
    Kind,
    Origin,
    Transfer,
    canonical,
    chain,
    effect,
)

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
DAY = date(2026, 3, 1)
ORIGIN = Origin(7, "provider:1", "stake", "b-1", b"\x01" * 32, "provider:1")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

amounts = st.integers(1, 10**15)
purses = st.lists(st.integers(0, 10**15), min_size=len(PURSES), max_size=len(PURSES))
pairs = st.tuples(st.sampled_from(Account), st.sampled_from(Account)).filter(lambda pair: pair[0] != pair[1])
instants = st.integers(0, 2**53 - 1).map(lambda microseconds: EPOCH + timedelta(microseconds=microseconds))


def worth(balances: list[int]) -> int:
    """Return what a player has less what they owe."""
    return sum(
        -units if purse is Account.DEBT else units for purse, units in zip(PURSES, balances, strict=True)
    )


def house_change(debit: Account, credit: Account, amount: int) -> int:
    return (amount if credit in HOUSE else 0) - (amount if debit in HOUSE else 0)


def a_transfer(**changes: object) -> Transfer:
    values = {"kind": Kind.STAKE, "debit": Account.CASH, "credit": Account.IN_PLAY_CASH, "amount": 500}
    return Transfer(**{**values, **changes})


def moved(book: Book, transfer: Transfer) -> dict:
    return book.move(transfer, origin=ORIGIN, at=AT, business_date=DAY)


def a_row(**changes: object) -> dict:
    return moved(Book(1, "EUR", [1000, 0, 0, 0, 0, 0, 0]), a_transfer()) | changes


@given(purses, pairs, amounts)
def test_what_leaves_the_player_arrives_at_the_house_and_the_reverse(before, pair, amount):
    after = effect(before, *pair, amount)
    assert worth(after) - worth(before) + house_change(*pair, amount) == 0


@given(purses, pairs, amounts)
def test_a_transfer_touches_no_third_purse(before, pair, amount):
    after = effect(before, *pair, amount)
    others = [index for index, purse in enumerate(PURSES) if purse not in pair]
    assert [after[index] for index in others] == [before[index] for index in others]


@given(purses, pairs, amounts)
def test_the_opposite_transfer_takes_a_transfer_back(before, pair, amount):
    debit, credit = pair
    assert effect(effect(before, debit, credit, amount), credit, debit, amount) == before


@given(purses, amounts)
def test_an_effect_leaves_the_purses_it_was_given_as_they_are(before, amount):
    kept = before.copy()
    effect(before, Account.CASH, Account.PENDING, amount)
    assert before == kept


def test_a_debit_raises_debt_and_a_credit_lowers_it():
    owing = effect([0] * 7, Account.DEBT, Account.GAMES_CASH, 80)
    assert owing == [0, 0, 0, 0, 0, 0, 80]
    assert effect(owing, Account.BAD_DEBT, Account.DEBT, 30) == [0, 0, 0, 0, 0, 0, 50]


def test_a_debit_lowers_every_other_purse_and_a_credit_raises_it():
    for index, purse in enumerate(PURSES[:-1]):
        full = [100] * 7
        assert effect(full, purse, Account.ADJUSTMENT, 40)[index] == 60
        assert effect(full, Account.ADJUSTMENT, purse, 40)[index] == 140


def test_every_account_is_a_purse_or_the_houses_and_debt_is_the_last_purse():
    assert set(PURSES) | set(HOUSE) == set(Account)
    assert not set(PURSES) & set(HOUSE)
    assert [purse.value for purse in PURSES] == [
        "cash", "bonus", "in_play_cash", "in_play_bonus", "pending", "held", "debt",
    ]  # fmt: skip


@given(purses, st.lists(st.tuples(pairs, amounts), max_size=12))
def test_a_book_never_falls_below_a_floor_and_stays_as_it_was_where_it_refuses(start, moves):
    book, house = Book(1, "EUR", start), 0
    for (debit, credit), amount in moves:
        before = (book.purses, book.seq, book.head, len(book.rows))
        try:
            moved(book, a_transfer(debit=debit, credit=credit, amount=amount))
            house += house_change(debit, credit, amount)
        except InsufficientFunds:
            assert (book.purses, book.seq, book.head, len(book.rows)) == before
        assert min(book.purses) >= 0
    assert worth(book.purses) + house == worth(start)
    assert [row["seq"] for row in book.rows] == list(range(1, book.seq + 1))


@given(st.sampled_from([purse for purse in PURSES if purse is not Account.DEBT]), amounts)
def test_one_unit_less_than_asked_is_refused_and_exactly_enough_is_not(purse, amount):
    index = PURSES.index(purse)
    short, enough = [0] * 7, [0] * 7
    short[index], enough[index] = amount - 1, amount
    with pytest.raises(InsufficientFunds) as refused:
        moved(Book(1, "EUR", short), a_transfer(debit=purse, credit=Account.FEE, amount=amount))
    assert refused.value.facts == {
        "purse": purse.value, "available_units": amount - 1, "needed_units": amount, "currency": "EUR",
    }  # fmt: skip
    book = Book(1, "EUR", enough)
    moved(book, a_transfer(debit=purse, credit=Account.FEE, amount=amount))
    assert book.purses == [0] * 7


def test_debt_is_settled_down_to_zero_and_not_further():
    book = Book(1, "EUR", [0, 0, 0, 0, 0, 0, 80])
    with pytest.raises(InsufficientFunds):
        moved(book, a_transfer(debit=Account.PSP, credit=Account.DEBT, amount=81))
    moved(book, a_transfer(debit=Account.PSP, credit=Account.DEBT, amount=80))
    assert book[Account.DEBT] == 0


def test_a_purse_holds_what_a_bigint_holds_and_not_one_unit_more():
    book = Book(1, "EUR", [MAX_UNITS - 1, 0, 0, 0, 0, 0, 0])
    with pytest.raises(BalanceTooLarge):
        moved(book, a_transfer(debit=Account.PSP, credit=Account.CASH, amount=2))
    moved(book, a_transfer(debit=Account.PSP, credit=Account.CASH, amount=1))
    assert book[Account.CASH] == MAX_UNITS


@pytest.mark.parametrize("wrong", [{"amount": 0}, {"amount": -5}, {"credit": Account.CASH}])
def test_a_transfer_of_nothing_or_to_itself_is_a_programmers_mistake(wrong):
    book = Book(1, "EUR", [1000] * 7)
    with pytest.raises(AssertionError):
        moved(book, a_transfer(**wrong))
    assert book.purses == [1000] * 7


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_what_is_owed_is_taken_where_it_is_and_the_rest_is_debt(available, amount):
    taken, missing = rules.split_debit(available, amount)
    assert taken + missing == amount
    assert 0 <= taken <= available
    assert missing >= 0
    assert missing == 0 or taken == available


OTHER = {
    "version": 2, "player_id": 2, "currency": "JPY", "seq": 2, "kind": "win", "debit": "bonus",
    "credit": "games_cash", "amount": 501, "counterparty_id": 9, "grant_id": 9, "cause_id": 9,
    "reverses_id": 9, "business_date": date(2026, 3, 2), "at": AT + timedelta(microseconds=1),
    "after": [501, 0, 500, 0, 0, 0, 0],
}  # fmt: skip


@pytest.mark.parametrize("name", HASHED)
def test_a_change_of_any_field_changes_the_hash(name):
    row = a_row()
    assert row[name] != OTHER[name]
    assert chain(b"", canonical(row | {name: OTHER[name]}, ORIGIN)) != row["hash"]


@pytest.mark.parametrize("index", range(len(PURSES)))
def test_a_change_of_any_purse_changes_the_hash(index):
    row = a_row()
    after = list(row["after"])
    after[index] += 1
    assert chain(b"", canonical(row | {"after": after}, ORIGIN)) != row["hash"]


@pytest.mark.parametrize(
    "change",
    [
        {"source": "provider:2"},
        {"kind": "win"},
        {"reference": "b-2"},
        {"digest": b"\x02" * 32},
        {"actor": "staff:4"},
    ],
)
def test_a_change_of_who_did_it_changes_the_hash(change):
    values = {name: getattr(ORIGIN, name) for name in ORIGIN.__slots__}
    row = a_row()
    assert chain(b"", canonical(row, Origin(**values | change))) != row["hash"]


@given(st.binary(max_size=32))
def test_a_change_of_the_row_before_changes_the_hash(head):
    row = a_row()
    assert (chain(head, canonical(row, ORIGIN)) == row["hash"]) == (head == b"")


def test_what_is_hashed_begins_with_the_version_and_is_plain_json():
    fields = json.loads(canonical(a_row(grant_id=3), ORIGIN))
    assert fields == [
        1, 1, "EUR", 1, "stake", "cash", "in_play_cash", 500, 0, 3, None, None, "2026-03-01",
        1772368215123456, [500, 0, 500, 0, 0, 0, 0], "provider:1", "stake", "b-1", "01" * 32, "provider:1",
    ]  # fmt: skip
    assert HASHED[0] == HOUSE_HASHED[0] == "version"


def test_names_beyond_ascii_are_hashed_as_ascii():
    origin = Origin(7, "psp:é", "deposit", "réf-\N{SNOWMAN}", b"", "système")
    assert canonical(a_row(), origin).isascii()


@given(instants)
def test_an_instant_is_hashed_in_whole_microseconds_exactly(at):
    assert rules.microseconds(at) == (at - EPOCH) // timedelta(microseconds=1)


@given(instants, st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_time_zone(at, minutes):
    elsewhere = at.astimezone(timezone(timedelta(minutes=minutes)))
    assert rules.microseconds(elsewhere) == rules.microseconds(at)


@given(st.lists(amounts, min_size=1, max_size=8))
def test_each_row_is_chained_to_the_one_before(stakes):
    book = Book(1, "EUR", [sum(stakes), 0, 0, 0, 0, 0, 0])
    for amount in stakes:
        moved(book, a_transfer(amount=amount))
    heads = [b"", *[row["hash"] for row in book.rows]]
    expected = [chain(head, canonical(row, ORIGIN)) for head, row in zip(heads, book.rows, strict=False)]
    assert heads[1:] == expected
    assert book.head == heads[-1]


@pytest.mark.parametrize("reason", sorted(REASON_ACCOUNTS))
@pytest.mark.parametrize("direction", Direction)
def test_every_adjustment_stands_against_the_house_account_of_its_reason(direction, reason):
    made = rules.adjustment(direction, reason, 250, approval_id=12)
    house = REASON_ACCOUNTS[reason]
    sides = {
        Direction.CREDIT: (house, Account.CASH),
        Direction.DEBIT: (Account.CASH, house),
        Direction.SETTLE_DEBT: (house, Account.DEBT),
    }
    assert made == Transfer(Kind.ADJUSTMENT, *sides[direction], 250, cause_id=12)
    assert house in HOUSE


def test_the_ceiling_of_one_adjustment_is_a_hundred_thousand_of_a_fiat_currency():
    assert MAX_ADJUSTMENT == 10_000_000_000
