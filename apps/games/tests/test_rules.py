"""The law of play, without a database: how a stake is paid and how a win is shared."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.games.rules import Split, share_win, split_stake

units = st.integers(0, 10**15)
fundings = st.builds(Split, units, units)


@given(units, units, units)
def test_a_stake_is_paid_exactly_cash_first_and_never_from_more_than_there_is(amount, cash, bonus):
    paid = split_stake(amount, cash=cash, bonus=bonus)
    if paid is None:
        assert amount > cash + bonus
        return
    assert paid.total == amount
    assert 0 <= paid.cash <= cash
    assert 0 <= paid.bonus <= bonus
    assert paid.bonus == 0 or paid.cash == cash


@given(units, units)
def test_the_last_unit_of_both_purses_can_be_staked_and_not_one_more(cash, bonus):
    assert split_stake(cash + bonus, cash=cash, bonus=bonus) == Split(cash, bonus)
    assert split_stake(cash + bonus + 1, cash=cash, bonus=bonus) is None


@given(units, fundings)
def test_the_shares_of_a_win_add_up_to_it_exactly(amount, staked):
    share = share_win(amount, staked=staked)
    assert share.total == amount
    assert share.cash >= 0
    assert share.bonus >= 0


@given(units, fundings)
def test_the_remainder_of_a_shared_win_falls_to_cash(amount, staked):
    assume(staked.bonus)
    share = share_win(amount, staked=staked)
    exact_bonus_times_total = amount * staked.bonus
    assert share.bonus * staked.total <= exact_bonus_times_total < (share.bonus + 1) * staked.total


@given(units, units, fundings)
def test_a_larger_win_never_gives_a_purse_less(one, more, staked):
    small, large = share_win(one, staked=staked), share_win(one + more, staked=staked)
    assert small.cash <= large.cash
    assert small.bonus <= large.bonus


@given(units, units)
def test_a_round_of_one_purse_pays_its_win_to_that_purse(amount, staked):
    assert share_win(amount, staked=Split(staked)) == Split(amount, 0)
    assume(staked)
    assert share_win(amount, staked=Split(0, staked)) == Split(0, amount)


@given(units)
def test_a_win_without_funding_is_paid_in_cash(amount):
    assert share_win(amount, staked=Split(0)) == Split(amount, 0)


@pytest.mark.parametrize(
    ("amount", "cash", "bonus", "expected"),
    [
        (50, 12, 8, Split(30, 20)),
        (1, 12, 8, Split(1, 0)),
        (2, 12, 8, Split(2, 0)),
        (3, 12, 8, Split(2, 1)),
        (10, 1, 2, Split(4, 6)),
        (0, 12, 8, Split(0, 0)),
    ],
)
def test_a_win_of_a_mixed_round_is_shared_by_what_was_staked(amount, cash, bonus, expected):
    assert share_win(amount, staked=Split(cash, bonus)) == expected


@given(st.lists(st.tuples(units, units), min_size=1, max_size=6), units)
def test_a_win_is_shared_by_all_bets_of_the_round_together(bets, amount):
    cash, bonus = sum(bet[0] for bet in bets), sum(bet[1] for bet in bets)
    assume(cash + bonus)
    assert share_win(amount, staked=Split(cash, bonus)).bonus == amount * bonus // (cash + bonus)
