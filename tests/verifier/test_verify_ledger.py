"""The stand-alone verifier: it accepts an export of ours, and names the first row that somebody changed."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.core.operations import operation
from apps.markets.models import Licence
from apps.wallet import rules, selectors, services
from apps.wallet.rules import Account, Kind
from tests.factories import asked, stake, undo, win
from tests.playing import a_game, play
from verifier import verify_ledger
from verifier.verify_ledger import HOUSE_TRANSFER, OPERATION, TRANSFER, Misfit, check

pytestmark = [pytest.mark.django_db, pytest.mark.money]

PROGRAM = Path(settings.ROOT) / "verifier" / "verify_ledger.py"


@operation("test.house")
def post_house(*, operation_id: int, licence_id: int) -> None:
    licence = Licence.objects.get(id=licence_id)
    fee = rules.Transfer(Kind.FEE, Account.PSP, Account.FEE, 100, cause_id=7)
    services.post_house(licence=licence, currency="EUR", transfers=[fee, fee, fee])


@pytest.fixture
def export() -> list[dict]:
    """Return the lines of an export of two wallets and a house book."""
    (player, account), (other, _) = a_game("10.00 EUR"), a_game("5000 JPY")
    play(account, player, stake("b\N{SNOWMAN}1", "10.00 EUR"), win("w1", "30.00 EUR"), finished=True)
    play(account, player, stake("b2", "25.00 EUR"), round="r2")
    play(account, player, undo("u1", "w1"))
    play(account, other, stake("b3", "10 JPY"))
    post_house(asked=asked(), licence_id=player.licence_id)
    return [json.loads(line) for line in selectors.export()]


def spelled(rows: list[dict]) -> list[str]:
    return [json.dumps(row) + "\n" for row in rows]


def misfit(rows: list[dict]) -> str:
    """Return what the verifier says of rows that do not fit."""
    with pytest.raises(Misfit) as found:
        check(spelled(rows))
    return str(found.value)


def of_record(rows: list[dict], record: str) -> list[int]:
    return [number for number, row in enumerate(rows) if row["record"] == record]


def test_an_export_of_ours_fits(export):
    counts = check(spelled(export))
    assert counts == {
        "ledger": 1, "transfer": 8, "house_transfer": 3, "wallet": 2, "house_book": 1, "end": 1,
    }  # fmt: skip


def test_an_empty_ledger_fits():
    assert check(selectors.export())["transfer"] == 0


def run(argument: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program without any package but the standard library."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), argument]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def test_the_program_runs_with_the_standard_library_alone(export, tmp_path):
    file = tmp_path / "export.jsonl"
    call_command("export_ledger", file=file)
    done = run(str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ok: 8 transfers, 3 house transfers, 2 wallets, 1 house books\n"


def test_the_program_says_what_does_not_fit_and_fails(export, tmp_path):
    out = StringIO()
    call_command("export_ledger", stdout=out)
    changed = out.getvalue().replace('"amount" : 1000000', '"amount" : 1000001', 1)
    assert changed != out.getvalue()
    done = run("-", given=changed)
    assert done.returncode == 1
    player = export[1]["player_id"]
    assert done.stdout.startswith(f"line 2: player {player} EUR seq 1: ")


def test_the_program_says_how_it_is_used():
    assert verify_ledger.main([]) == 2


OTHER = {
    "version": 2,
    "player_id": 1,
    "book": "Other Ltd",
    "currency": "USD",
    "seq": 99,
    "kind": "expire",
    "debit": "held",
    "credit": "bank",
    "amount": 1,
    "counterparty_id": 99,
    "grant_id": 99,
    "cause_id": 99,
    "reverses_id": 99,
    "business_date": "2020-02-29",
    "at": 1_900_000_000_000_000,
    "after": [1, 2, 3, 4, 5, 6, 7],
    "hash": "00" * 32,
}


@pytest.mark.parametrize("field", [*TRANSFER, "hash"])
@pytest.mark.parametrize("which", [0, 4, -1], ids=["first", "middle", "last"])
def test_a_changed_field_of_a_transfer_names_its_row(export, field, which):
    number = of_record(export, "transfer")[which]
    assert export[number][field] != OTHER[field]
    export[number][field] = OTHER[field]
    assert misfit(export).startswith(f"line {number + 1}: player {export[number]['player_id']} ")


@pytest.mark.parametrize("field", OPERATION)
def test_a_changed_act_names_the_row_that_it_made(export, field):
    number = of_record(export, "transfer")[4]
    export[number]["operation"][field] += "0"
    assert misfit(export) == (
        f"line {number + 1}: player {export[number]['player_id']} EUR seq 5:"
        " its hash is not that of its content and of the row before it"
    )


@pytest.mark.parametrize("field", [*HOUSE_TRANSFER, "hash"])
def test_a_changed_field_of_a_house_transfer_names_its_row(export, field):
    number = of_record(export, "house_transfer")[1]
    assert export[number][field] != OTHER[field]
    export[number][field] = OTHER[field]
    assert misfit(export).startswith(f"line {number + 1}: book ")


@pytest.mark.parametrize(
    ("record", "field"),
    [
        *(("wallet", field) for field in ("seq", "head", "purses", "player_id", "currency")),
        *(("house_book", field) for field in ("seq", "head", "book", "currency")),
    ],
)
def test_a_changed_end_of_a_chain_is_named(export, record, field):
    number = of_record(export, record)[0]
    other = {"seq": 99, "head": "00" * 32, "purses": [1] * 7, "player_id": 1, "book": "x", "currency": "USD"}
    export[number][field] = other[field]
    assert misfit(export).startswith(f"line {number + 1}: ")


@pytest.mark.parametrize("record", ["transfer", "house_transfer", "wallet", "house_book"])
def test_a_line_left_out_is_noticed(export, record):
    for number in of_record(export, record):
        said = misfit([row for index, row in enumerate(export) if index != number])
        assert said.startswith("line "), said


@pytest.mark.parametrize("record", ["transfer", "house_transfer", "wallet", "house_book", "end", "ledger"])
def test_a_line_that_stands_twice_is_named(export, record):
    for number in of_record(export, record):
        said = misfit([*export[: number + 1], *export[number:]])
        assert said.startswith(f"line {number + 2}: "), said


def test_two_lines_that_changed_places_are_named(export):
    for number in of_record(export, "transfer")[:-1]:
        rows = export.copy()
        rows[number], rows[number + 1] = rows[number + 1], rows[number]
        assert misfit(rows).startswith((f"line {number + 1}: ", f"line {number + 2}: "))


def test_a_cut_tail_is_noticed_wherever_it_is_cut(export):
    for length in range(len(export)):
        assert (
            misfit(export[:length]) == f"line {length + 1}: the export breaks off; its last line is missing"
        )


def test_a_chain_forged_from_the_middle_does_not_reach_the_head(export):
    """Whoever rewrites a row and every hash behind it meets the head that the wallet had."""
    numbers = [number for number in of_record(export, "transfer") if export[number]["currency"] == "EUR"]
    export[numbers[-1]]["operation"]["actor"] = "nobody"
    head = bytes.fromhex(export[numbers[-2]]["hash"])
    export[numbers[-1]]["hash"] = verify_ledger.digest(head, export[numbers[-1]]).hex()
    assert "its head is not the hash of its last transfer" in misfit(export)


WRONG_VALUES = {
    "a fraction": ("amount", 1.0),
    "true for one": ("version", True),
    "a text for a number": ("amount", "1"),
    "a number for a text": ("kind", 7),
    "nothing for a number": ("seq", None),
    "zero": ("amount", 0),
    "less than zero": ("amount", -5),
    "no date": ("business_date", "2026-02-30"),
    "a date of another form": ("business_date", "20260301"),
    "a balance as text": ("after", ["1"] * 7),
    "too few balances": ("after", [1]),
    "more than a bigint": ("cause_id", 2**63),
    "an unknown field": ("note", "x"),
    "no operation": ("operation", None),
    "from itself to itself": ("credit", "games_cash"),
}


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_a_value_of_the_wrong_kind_is_named_and_is_no_accident(export, case):
    number = of_record(export, "transfer")[2]
    assert export[number]["debit"] == "games_cash"
    name, value = WRONG_VALUES[case]
    export[number][name] = value
    assert misfit(export).startswith(f"line {number + 1}")


NO_RECORDS = ["", "\n", "{}", "[]", "null", '{"record":"x"}', "{", '{"record":1}', "[" * 99_999]


@pytest.mark.parametrize("line", NO_RECORDS)
def test_a_line_that_is_no_record_is_named(export, line):
    lines = spelled(export)
    with pytest.raises(Misfit, match=r"^line 3: "):
        check([*lines[:2], line, *lines[2:]])


def test_a_key_that_stands_twice_is_named(export):
    lines = spelled(export)
    lines[1] = lines[1].replace('"amount"', '"amount": 1, "amount"')
    with pytest.raises(Misfit, match=r"^line 2: it cannot be read: a key stands twice"):
        check(lines)


def test_a_format_of_another_time_is_not_guessed_at(export):
    export[0]["format"] = 2
    assert misfit(export) == "line 1: ledger: format 2 is not known here"


def test_verifier_and_product_agree_on_what_is_hashed():
    assert TRANSFER == rules.HASHED
    assert HOUSE_TRANSFER == rules.HOUSE_HASHED
    assert [purse.value for purse in rules.PURSES] == verify_ledger.PURSES
    assert rules.VERSION == verify_ledger.VERSION
