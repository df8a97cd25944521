"""Real threads at one wallet, one approval, one house book."""

from collections import Counter

import pytest

from apps.accounts.models import User
from apps.cases import services as cases
from apps.cases.errors import ApprovalNotWaiting
from apps.cases.models import Approval
from apps.core.money import of
from apps.core.operations import Done, operation
from apps.games.rules import Answer
from apps.markets.models import Licence
from apps.wallet import rules, selectors, services
from apps.wallet.errors import InsufficientFunds
from apps.wallet.models import HouseTransfer, Transfer
from apps.wallet.rules import Account, Kind
from tests.factories import StaffFactory, asked, funded, new_player, stake
from tests.playing import a_game, play, purses
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]

MANY = 16


def kinds(answers: list) -> Counter:
    return Counter(type(answer) for answer in answers)


def proposed(player, direction: str = "credit", amount: str = "5.00 EUR"):
    adjustment = services.Adjustment(player.id, of(amount).units, "EUR", direction, "correction")
    proposal = services.propose_adjustment(
        asked=asked(), adjustment=adjustment, reason="test", maker_id=StaffFactory().id
    )
    return adjustment, proposal.value


def approve(adjustment, approval_id: int, checker: User, who=None):
    return services.approve_adjustment(
        asked=who or asked(),
        player_id=adjustment.player_id,
        approval_id=approval_id,
        adjustment=adjustment,
        checker_id=checker.id,
    )


def test_funding_from_many_threads_adds_up_without_a_gap():
    player = new_player()
    answers = at_once([lambda: funded(player, "1.01 EUR")] * MANY)
    assert kinds(answers) == {type(player): MANY}
    assert purses(player) == {"cash": "16.16"}
    rows = Transfer.objects.order_by("seq").values_list("seq", "after")
    assert [(seq, after[0]) for seq, after in rows] == [(n, n * 101_000) for n in range(1, MANY + 1)]


def test_one_funding_asked_many_times_at_once_happens_once():
    player, who = new_player(), asked()
    fund = services.fund_test_player
    answers = at_once([lambda: fund(asked=who, player_id=player.id, amount=of("5.00 EUR"))] * MANY)
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * (MANY - 1)
    assert purses(player) == {"cash": "5.00"}


def test_many_players_funded_twice_under_one_reference_are_funded_once():
    players, who = [new_player() for _ in range(4)], asked()
    ids = [player.id for player in players]
    fund = services.fund_test_players
    answers = at_once([lambda: fund(asked=who, player_ids=ids, amount=of("5.00 EUR"))] * 4)
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True]
    assert [purses(player) for player in players] == [{"cash": "5.00"}] * 4


def test_one_proposal_asked_many_times_at_once_is_made_once():
    player, maker, who = new_player(), StaffFactory(), asked()
    adjustment = services.Adjustment(player.id, 500_000, "EUR", "credit", "correction")
    propose = services.propose_adjustment
    answers = at_once(
        [lambda: propose(asked=who, adjustment=adjustment, reason="r", maker_id=maker.id)] * MANY
    )
    assert len({answer.value for answer in answers}) == 1
    assert Approval.objects.count() == 1


def test_of_many_who_approve_at_once_one_does():
    player = new_player()
    adjustment, approval_id = proposed(player)
    checkers = [StaffFactory() for _ in range(MANY)]
    acts = [lambda checker=checker: approve(adjustment, approval_id, checker) for checker in checkers]
    answers = at_once(acts)
    assert kinds(answers) == {Done: 1, ApprovalNotWaiting: MANY - 1}
    assert purses(player) == {"cash": "5.00"}
    winners = [who for who, answer in zip(checkers, answers, strict=True) if isinstance(answer, Done)]
    assert Approval.objects.get().checker in winners


def test_one_approval_sent_many_times_at_once_happens_once():
    player, who, checker = new_player(), asked(), StaffFactory()
    adjustment, approval_id = proposed(player)
    answers = at_once([lambda: approve(adjustment, approval_id, checker, who)] * MANY)
    assert kinds(answers) == {Done: MANY}
    assert purses(player) == {"cash": "5.00"}


@pytest.mark.parametrize("number", range(10))
def test_a_yes_and_a_no_at_once_have_one_outcome(number):
    player = new_player()
    adjustment, approval_id = proposed(player)
    one, other = StaffFactory(), StaffFactory()
    acts = [
        lambda: approve(adjustment, approval_id, one),
        lambda: cases.reject(asked=asked(), approval_id=approval_id, checker_id=other.id),
    ]
    answers = at_once(acts if number % 2 else acts[::-1])
    assert kinds(answers) == {Done: 1, ApprovalNotWaiting: 1}
    expected = {"approved": {"cash": "5.00"}, "rejected": {}}
    assert purses(player) == expected[Approval.objects.get().state]


def test_a_debit_of_everything_against_stakes_never_takes_more_than_there_is():
    player, account = a_game("5.00 EUR")
    checker = StaffFactory()
    debits = [proposed(player, "debit") for _ in range(MANY // 2)]
    acts = [lambda debit=debit: approve(*debit, checker) for debit in debits]
    acts += [lambda n=n: play(account, player, stake(f"b{n}", "5.00 EUR")) for n in range(MANY // 2)]
    counted = kinds(at_once(acts))
    assert counted[Done] + counted[Answer] == 1
    assert counted[InsufficientFunds] == MANY - 1
    assert purses(player) in ({}, {"in_play_cash": "5.00"})


@operation("test.house")
def post_house(*, operation_id: int, licence_id: int) -> None:
    fee = rules.Transfer(Kind.FEE, Account.PSP, Account.FEE, 100)
    services.post_house(licence=Licence.objects.get(id=licence_id), currency="EUR", transfers=[fee, fee])


def test_a_house_book_written_from_many_threads_has_no_gap_and_one_chain():
    licence_id = new_player().licence_id
    answers = at_once([lambda: post_house(asked=asked(), licence_id=licence_id)] * MANY)
    assert kinds(answers) == {Done: MANY}
    seqs = HouseTransfer.objects.order_by("id").values_list("seq", flat=True)
    assert sorted(seqs) == list(range(1, MANY * 2 + 1))
    assert selectors.house_measures()[0].detail == []
