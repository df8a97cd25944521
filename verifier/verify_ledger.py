"""
Check an export of the ledger, with nothing but Python's standard library and no access to anything of ours.

    python verify_ledger.py export.jsonl        (or `-` to read standard input)

It says `ok` and what it has seen, and exits 0; or it names the first line that does not fit, and exits 1.

The export (`manage.py export_ledger`) has one JSON object on each line, one of these records, in this order:

    ledger          format (1) and purses: the order of the balances in `after`
    transfer        money that moved in a player's wallet, by player, currency and seq; seq counts from 1
    house_transfer  money that moved between the house's accounts, by book, currency and seq
    wallet          how each wallet ends: seq, head (the last hash) and purses
    house_book      how each house book ends: seq and head
    end             how many of each of the four came before it

A transfer has the fields of TRANSFER, `hash`, and the `operation` that made it (OPERATION). Amounts are whole
units of the ledger, `at` is whole microseconds since 1970 UTC, hashes and digests are hex. From `debit` to
`credit`: a debit lowers a purse of the player, except `debt`, which it raises; what is no purse is an account
of the house.

Every hash is SHA-256 of the hash before it (nothing, for the first of a wallet or book) and of a JSON array:
the fields of TRANSFER or HOUSE_TRANSFER, then those of OPERATION, without spaces, in ASCII. So no field of a
line, and no line, can be changed, added, moved or left out without a later line that does not fit, up to the
heads at the end; compare those with heads that were published or written down before.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

TRANSFER = (
    "version", "player_id", "currency", "seq", "kind", "debit", "credit", "amount", "counterparty_id",
    "grant_id", "cause_id", "reverses_id", "business_date", "at", "after",
)  # fmt: skip
HOUSE_TRANSFER = (
    "version", "book", "currency", "seq", "kind", "debit", "credit", "amount", "counterparty_id", "cause_id",
    "reverses_id", "business_date", "at",
)  # fmt: skip
OPERATION = ("source", "kind", "reference", "digest", "actor")
PURSES = ["cash", "bonus", "in_play_cash", "in_play_bonus", "pending", "held", "debt"]
RECORDS = {
    "ledger": ("format", "purses"),
    "transfer": (*TRANSFER, "hash", "operation"),
    "house_transfer": (*HOUSE_TRANSFER, "hash", "operation"),
    "wallet": ("player_id", "currency", "seq", "head", "purses"),
    "house_book": ("book", "currency", "seq", "head"),
    "end": ("transfers", "house_transfers", "wallets", "house_books"),
}
FORMAT = VERSION = 1
LARGEST = 2**63 - 1
NUMBERS = {"version", "player_id", "seq", "amount", "counterparty_id", "at"}
NUMBERS_OR_NONE = {"grant_id", "cause_id", "reverses_id"}
TEXTS = {"currency", "kind", "debit", "credit", "book", "hash", "head", *OPERATION}
Key = tuple[str, Any, str]


class Misfit(Exception):
    """A line does not fit: what it is, and why not."""


@dataclass
class Chain:
    """A wallet or a house book, as far as it was read."""

    seq: int = 0
    head: bytes = b""
    at: int = 0
    purses: list[int] = field(default_factory=lambda: [0] * len(PURSES))
    reversed: set[int] = field(default_factory=set)


@dataclass
class Ledger:
    """What was read so far."""

    chains: dict[Key, Chain] = field(default_factory=dict)
    last_key: Key | None = None
    ended: set[Key] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RECORDS, 0))


def check(lines: Iterable[str]) -> dict[str, int]:
    """
    Read an export and return how many lines of each record it has.

    :raises Misfit: names the first line that does not fit.
    """
    ledger, number = Ledger(), 0
    for number, line in enumerate(lines, start=1):
        where = f"line {number}"
        try:
            row = read(line)
            where = f"line {number}: {name(row)}"
            take(ledger, row)
        except Misfit as misfit:
            raise Misfit(f"{where}: {misfit}") from None
    if not ledger.counts["end"]:
        raise Misfit(f"line {number + 1}: the export breaks off; its last line is missing")
    return ledger.counts


def read(line: str) -> dict[str, Any]:
    """Return the object of a line: no key twice, whole numbers only."""
    try:
        row = json.loads(
            line, object_pairs_hook=_each_key_once, parse_float=_no_fraction, parse_constant=_no_fraction
        )
    except (ValueError, RecursionError) as error:
        raise Misfit(f"it cannot be read: {error}") from None
    if not isinstance(row, dict) or row.get("record") not in RECORDS:
        raise Misfit("it is no record of an export")
    return row


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members := dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return members


def _no_fraction(number: str) -> None:
    raise ValueError(f"{number} is no whole number")


def name(row: dict[str, Any]) -> str:
    """Return what a person calls a row."""
    owner = f"player {row.get('player_id')}" if "player_id" in row else f"book {row.get('book')}"
    if row["record"] in ("transfer", "house_transfer"):
        return f"{owner} {row.get('currency')} seq {row.get('seq')}"
    return f"{owner} {row.get('currency')}" if "currency" in row else str(row["record"])


def take(ledger: Ledger, row: dict[str, Any]) -> None:
    """Take a row in, after everything before it."""
    record = row["record"]
    ensure(set(row) == {"record", *RECORDS[record]}, "its fields are not those of its record")
    ensure(not ledger.counts["end"], "it comes after the end")
    order = list(RECORDS)
    later = order[order.index(record) + 1 :]
    ensure(not any(ledger.counts[other] for other in later), f"a {record} comes too late")
    ensure((record == "ledger") != bool(ledger.counts["ledger"]), "the export begins with one line `ledger`")
    {"ledger": take_beginning, "end": take_end}.get(record, take_row)(ledger, row)
    ledger.counts[record] += 1


def ensure(fits: bool, why_not: str) -> None:
    """Accept what fits."""
    if not fits:
        raise Misfit(why_not)


def take_beginning(ledger: Ledger, row: dict[str, Any]) -> None:
    """Check that this program knows the format."""
    ensure(row["format"] == FORMAT, f"format {row['format']} is not known here")
    ensure(row["purses"] == PURSES, "its purses are not those of this format")


def take_row(ledger: Ledger, row: dict[str, Any]) -> None:
    """Take in a transfer, or the end of a chain."""
    ensure_types(row)
    is_players = row["record"] in ("transfer", "wallet")
    key = (
        ("player", row["player_id"], row["currency"])
        if is_players
        else ("book", row["book"], row["currency"])
    )
    if row["record"] in ("transfer", "house_transfer"):
        take_transfer(ledger, row, key)
    else:
        take_head(ledger, row, key)


def ensure_types(row: dict[str, Any]) -> None:
    """Accept whole numbers, texts and nothing, each where it belongs."""
    for field_name, value in row.items():
        if field_name in NUMBERS:
            ensure(is_number(value), f"{field_name} is no whole number")
        elif field_name in NUMBERS_OR_NONE:
            ensure(value is None or is_number(value), f"{field_name} is neither a whole number nor nothing")
        elif field_name in TEXTS:
            ensure(isinstance(value, str), f"{field_name} is no text")
    for balances in (row.get("after", []), row.get("purses", [])):
        ensure(
            isinstance(balances, list) and all(map(is_number, balances)), "its balances are no whole numbers"
        )


def is_number(value: object) -> bool:
    """Return whether a value is a whole number that the ledger can hold (`true` is none)."""
    return type(value) is int and -LARGEST <= value <= LARGEST


def take_transfer(ledger: Ledger, row: dict[str, Any], key: Key) -> None:
    """Follow a chain by one transfer."""
    if key != ledger.last_key:
        ensure(key not in ledger.chains, "the rows of its chain do not stand together")
    ledger.last_key = key
    chain = ledger.chains.setdefault(key, Chain())
    ensure(row["version"] == VERSION, f"version {row['version']} is not known here")
    ensure(row["seq"] == chain.seq + 1, f"seq {chain.seq + 1} is missing before it")
    ensure_movement(row)
    ensure(row["at"] >= chain.at, "it is older than the row before it")
    ensure(is_date(row["business_date"]), "its business date is none")
    ensure(row["reverses_id"] not in chain.reversed, "what it reverses was reversed before")
    if row["record"] == "transfer":
        chain.purses = purses_after(chain.purses, row)
    head = digest(chain.head, row)
    ensure(row["hash"] == head.hex(), "its hash is not that of its content and of the row before it")
    chain.seq, chain.head, chain.at = row["seq"], head, row["at"]
    chain.reversed |= {row["reverses_id"]} - {None}


def ensure_movement(row: dict[str, Any]) -> None:
    """Accept an amount above zero between two accounts; in a wallet, one of them is a purse."""
    ensure(row["amount"] > 0, "its amount is not above zero")
    ensure(row["debit"] != row["credit"], "it moves money from an account to itself")
    moves_purse = row["debit"] in PURSES or row["credit"] in PURSES
    ensure(moves_purse == (row["record"] == "transfer"), "its accounts are not of this book")


def purses_after(before: list[int], row: dict[str, Any]) -> list[int]:
    """Return the purses after a transfer, which have to be those that it names."""
    after = list(before)
    for account, change in ((row["debit"], -row["amount"]), (row["credit"], row["amount"])):
        if account in PURSES:
            after[PURSES.index(account)] += -change if account == "debt" else change
    ensure(row["after"] == after, f"its purses should be {after}")
    ensure(min(after) >= 0, "a purse is below zero")
    return after


def is_date(text: object) -> bool:
    """Return whether a text is a date as ISO 8601 writes it."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def digest(head: bytes, row: dict[str, Any]) -> bytes:
    """Return the hash of a row: of the head before it, and of its content."""
    operation = row["operation"]
    ensure(isinstance(operation, dict) and set(operation) == set(OPERATION), "its operation is not told")
    ensure_types(operation)
    fields = TRANSFER if row["record"] == "transfer" else HOUSE_TRANSFER
    content = [*(row[name] for name in fields), *(operation[name] for name in OPERATION)]
    return hashlib.sha256(head + json.dumps(content, separators=(",", ":")).encode()).digest()


def take_head(ledger: Ledger, row: dict[str, Any], key: Key) -> None:
    """Compare what a wallet or a house book says of itself with where its chain ended."""
    ensure(key not in ledger.ended, "it stands here twice")
    chain = ledger.chains.get(key, Chain())
    ensure(row["seq"] == chain.seq, f"its last transfer is {chain.seq}")
    ensure(row["head"] == chain.head.hex(), "its head is not the hash of its last transfer")
    if row["record"] == "wallet":
        ensure(row["purses"] == chain.purses, f"its transfers add up to {chain.purses}")
    ledger.ended.add(key)


def take_end(ledger: Ledger, row: dict[str, Any]) -> None:
    """Check that nothing was left out."""
    open_ends = set(ledger.chains) - ledger.ended
    ensure(not open_ends, f"no line says how these end: {sorted(map(str, open_ends))[:3]}")
    for record, counted in zip(list(RECORDS)[1:5], RECORDS["end"], strict=True):
        ensure(row[counted] == ledger.counts[record], f"{ledger.counts[record]} {counted} came before it")


def lines_of(path: str) -> Iterator[str]:
    """Return the lines of a file, or of standard input."""
    if path == "-":
        sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield from sys.stdin
        return
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        yield from file


def main(arguments: list[str]) -> int:
    """Check the export that the one argument names."""
    if len(arguments) != 1:
        print("usage: python verify_ledger.py EXPORT", file=sys.stderr)
        return 2
    try:
        counts = check(lines_of(arguments[0]))
    except (Misfit, UnicodeDecodeError) as misfit:
        print(misfit)
        return 1
    seen = ", ".join(f"{count} {record}s".replace("_", " ") for record, count in list(counts.items())[1:5])
    print(f"ok: {seen}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
