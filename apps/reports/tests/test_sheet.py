"""Every line of the data-quality sheet goes red on a fault of its kind, and on no other."""

import re

import pytest

from apps.reports import selectors, services
from apps.reports.tests.faults import FAULTS, damage, red
from apps.wallet.models import Proof, Wallet
from tests.factories import funded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]
LOST = re.compile("a wallet .*is missing")


def test_the_books_of_the_world_are_right(world):
    assert red(selectors.books(whole=True)[0]) == {}
    assert len(selectors.books(whole=True)[1]) == 2


def test_every_line_of_money_has_a_fault_that_makes_it_red(world):
    lines = {measure.name for measure in selectors.books(whole=True)[0]}
    assert lines == set().union(*(lines for _, lines in FAULTS.values()))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_makes_its_lines_red_and_no_other(world, fault):
    sql, lines = FAULTS[fault]
    damage(sql, world)
    assert set(red(selectors.books(whole=True)[0])) == lines


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not LOST.fullmatch(fault)])
def test_a_fault_in_a_wallet_that_moved_is_found_at_the_next_look(world, fault):
    sql, lines = FAULTS[fault]
    damage(sql, world)
    assert set(red(services.check_books())) == lines


CHAIN = {
    "sequence without gaps",
    "balance after each transfer",
    "hash chain",
    "purses explained by transfers",
}
OF_A_CHAIN = [fault for fault, (_, lines) in FAULTS.items() if lines & CHAIN and "missing" not in fault]


@pytest.mark.parametrize("fault", OF_A_CHAIN)
def test_a_faulty_wallet_is_not_proven_and_stays_red_while_the_others_are(world, fault):
    damage(FAULTS[fault][0], world)
    for _ in range(2):
        assert set(red(services.check_books())) >= FAULTS[fault][1] & CHAIN
        proven = [] if FAULTS[fault][1] - CHAIN else [world.ben.id]
        assert list(Proof.objects.values_list("player_id", flat=True)) == proven


BESIDE = [fault for fault, (_, lines) in FAULTS.items() if not lines & CHAIN and not LOST.fullmatch(fault)]


@pytest.mark.parametrize("fault", BESIDE)
def test_a_fault_beside_the_chains_stays_red_until_it_is_mended(world, fault):
    damage(FAULTS[fault][0], world)
    for _ in range(2):
        assert set(red(services.check_books())) == FAULTS[fault][1]


@pytest.mark.parametrize("fault", OF_A_CHAIN)
def test_a_fault_behind_a_proof_is_found_by_the_whole_walk_at_least(world, fault):
    assert red(services.check_books()) == {}
    assert Proof.objects.count() == Wallet.objects.count() == 2
    damage(FAULTS[fault][0], world)
    assert set(red(services.check_books(whole=True))) == FAULTS[fault][1]


def test_a_proof_says_how_far_and_the_next_look_starts_there(world):
    services.check_books()
    proof, purse = Proof.objects.get(player=world.anna), Wallet.objects.get(player=world.anna)
    assert (proof.seq, bytes(proof.head), proof.after) == (purse.seq, bytes(purse.head), purse.purses())
    assert {m.name: m.value for m in services.check_books()}["sequence without gaps"] == 0
    funded(world.anna, "1.00 EUR")
    lines = {m.name: m.value for m in services.check_books()}
    assert (lines["sequence without gaps"], lines["purses explained by transfers"]) == (1, 1)
    assert Proof.objects.get(player=world.anna).seq == purse.seq + 1


def test_a_wallet_that_moves_back_behind_its_proof_is_found(world):
    services.check_books()
    damage("UPDATE wallet_wallet SET seq = seq - 1 WHERE player_id = %(anna)s", world)
    assert set(red(services.check_books())) == {"purses explained by transfers"}


def test_a_line_names_the_player_and_the_place(world):
    damage(FAULTS["a transfer was dated back"][0], world)
    (text,) = red(selectors.books(whole=True)[0])["hash chain"]
    assert text == f"player {world.anna.id} EUR seq 2: the hash is not that of its content"
