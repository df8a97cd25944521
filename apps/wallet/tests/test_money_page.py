"""docs/money.md is run: every account it lists exists, and every example moves what it says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from apps.accounts import services as accounts
from apps.core.errors import DomainError
from apps.core.money import Money, of, text
from apps.core.operations import operation
from apps.games.rules import Split, share_win
from apps.wallet import rules, services
from apps.wallet.models import Transfer
from apps.wallet.rules import HOUSE, PURSES, Account, Kind
from tests.factories import asked, funded, new_player, provider, stake, undo, win
from tests.playing import play, purses

PAGE = (Path(settings.ROOT) / "docs" / "money.md").read_text(encoding="utf-8")
ACTS, SHARES, CHART = ("act", "transfers", "purses then"), "staked in cash", "account"
MOVE = re.compile(r"(?:^|; )(\w+): (\w+) → (\w+) ([0-9.]+)(?=;|$)")


@dataclass(frozen=True)
class Table:
    """A table of the page: the heading above it, its columns, and its rows."""

    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]


def tables(page: str) -> Iterator[Table]:
    """Return every table of a page."""
    title, lines = "", []
    for line in [*page.splitlines(), ""]:
        if line.startswith("|"):
            lines.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            continue
        if lines:
            yield Table(title, tuple(lines[0]), lines[2:])
            lines = []
        if line.startswith("#"):
            title = line.lstrip("# ")


TABLES = list(tables(PAGE))
EXAMPLES = [table for table in TABLES if table.columns[:3] == ACTS]
(SHARED,) = [table for table in TABLES if table.columns[0] == SHARES]
(LISTED,) = [table for table in TABLES if table.columns[0] == CHART]


def amounts(cell: str) -> dict[str, str]:
    """Read "cash 5.00, debt 1.00"."""
    return dict(part.split() for part in cell.split(", ")) if cell else {}


def moves(cell: str) -> list[tuple[str, str, str, str]]:
    """Read "stake: cash → games_cash 5.00; ..." as kind, debit, credit and amount."""
    found = MOVE.findall(cell)
    assert len(found) == len(cell.split("; ")) if cell else not found, cell
    return found


def posted(row: Transfer) -> tuple[str, str, str, str]:
    return row.kind, row.debit, row.credit, text(Money(row.amount, "EUR"))


@operation("test.page", lock=accounts.lane)
def post(*, operation_id: int, player_id: int, transfers: list[rules.Transfer]) -> None:
    services.post(player_id=player_id, currency="EUR", transfers=transfers)


def transfers(cell: str) -> list[rules.Transfer]:
    return [
        rules.Transfer(Kind(kind), Account(debit), Account(credit), of(f"{amount} EUR").units)
        for kind, debit, credit, amount in moves(cell)
    ]


def given(player, cell: str) -> None:
    """Fill purses before an example begins."""
    for purse, amount in amounts(cell).items():
        sides = f"{purse} → test_funding" if purse == "debt" else f"test_funding → {purse}"
        post(asked=asked(), player_id=player.id, transfers=transfers(f"funding: {sides} {amount}"))


def actions(spelled: str) -> list:
    """Read "stake b1 5.00, undo u1 b1"."""
    made = {"stake": stake, "win": win}
    found = []
    for part in filter(None, spelled.split(", ")):
        kind, reference, rest = part.split()
        found.append(undo(reference, rest) if kind == "undo" else made[kind](reference, f"{rest} EUR"))
    return found


def do(player, act: str, cell: str) -> None:
    """Do what a row says: a provider's message where it is spelled as one, else its transfers."""
    if not act.startswith("`"):
        post(asked=asked(), player_id=player.id, transfers=transfers(cell))
        return
    spelled = act.strip("`")
    is_last = spelled.endswith("end")
    play(provider(), player, *actions(spelled.removesuffix("end").strip()), finished=is_last)


def check_row(player, row: list[str], since: int) -> None:
    """Do a row, and compare what moved, the purses and the house's accounts with what it says."""
    act, cell, expected, *house = row
    before = Transfer.objects.filter(player=player).count()
    if cell.startswith("refused: "):
        code, _, attempt = cell.removeprefix("refused: ").partition(": ")
        with pytest.raises(DomainError) as refused:
            do(player, act, attempt)
        assert refused.value.code == code
        cell = ""
    else:
        do(player, act, cell)
    rows = Transfer.objects.filter(player=player).order_by("seq")
    assert [posted(row) for row in rows[before:]] == moves(cell)
    assert purses(player) == amounts(expected)
    if house:
        assert house_since(rows[since:]) == amounts(house[0])


def house_since(rows) -> dict[str, str]:
    """Return what every account of the house gained or lost by transfers."""
    found: dict[str, int] = {}
    for row in rows:
        found[row.credit] = found.get(row.credit, 0) + row.amount
        found[row.debit] = found.get(row.debit, 0) - row.amount
    house = {name: units for name, units in found.items() if units and Account(name) in HOUSE}
    return {name: text(Money(units, "EUR")) for name, units in house.items()}


@contextmanager
def taken_back() -> Iterator[None]:
    """Do something and take it back: purses of rooms that are not built yet have nothing behind them."""
    start = transaction.savepoint()
    yield
    transaction.savepoint_rollback(start)


def is_of_games_alone(example: Table) -> bool:
    acts = [row[0] for row in example.rows[1:]]
    return set(amounts(example.rows[0][2])) <= {"cash"} and all(act.startswith("`") for act in acts)


def run(example: Table) -> None:
    (first, _, start, *_), *rows = example.rows
    assert first == "given"
    player = new_player()
    if set(amounts(start)) == {"cash"}:
        funded(player, f"{amounts(start)['cash']} EUR")
    else:
        given(player, start)
    assert purses(player) == amounts(start)
    since = Transfer.objects.filter(player=player).count()
    for row in rows:
        check_row(player, row, since)


@pytest.mark.django_db
@pytest.mark.money
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_of_the_page_moves_what_it_says(example):
    if is_of_games_alone(example):
        run(example)
        return
    with taken_back():
        run(example)


@pytest.mark.parametrize("row", SHARED.rows, ids="-".join)
def test_a_win_is_shared_as_the_page_says(row):
    cash, bonus, amount, to_cash, to_bonus = (of(f"{cell} EUR").units for cell in row)
    assert share_win(amount, staked=Split(cash, bonus)) == Split(to_cash, to_bonus)


def test_the_page_lists_every_account_on_its_side():
    listed = {row[0].strip("`"): row[1] for row in LISTED.rows}
    assert listed == {a.value: "player" if a in PURSES else "house" for a in Account}


def test_the_page_shows_every_purse_and_every_kind_at_work():
    shown = [move for example in EXAMPLES for row in example.rows for move in moves_of(row[1])]
    assert {kind for kind, *_ in shown} >= {kind.value for kind in Kind} - {"fee", "funding"}
    sides = {side for _, debit, credit, _ in shown for side in (debit, credit)}
    assert sides >= {purse.value for purse in PURSES}


def moves_of(cell: str) -> list:
    return moves("" if cell.startswith("refused") else cell)


def test_the_page_is_read_as_it_is_meant():
    assert len(EXAMPLES) >= 30
    assert all(len({len(row) for row in example.rows}) == 1 for example in EXAMPLES)
    titles = [example.title for example in EXAMPLES]
    assert len(titles) == len(set(titles))
    assert sum(is_of_games_alone(example) for example in EXAMPLES) >= 14
