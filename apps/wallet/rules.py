"""
The law of money: accounts, what a transfer does to purses, and the bytes that are hashed. Pure.

A -> B means debit A, credit B. A debit lowers a player's purse, except `debt`, the one asset: there a debit
raises it. House accounts have no stored balance; they are sums over transfers.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apps.core.money import MAX_UNITS
from apps.core.rules import Choice
from apps.wallet.errors import BalanceTooLarge, InsufficientFunds


class Account(Choice):
    """Every account money can be in. The player's are purses of the wallet, the others are the house's."""

    CASH = "cash"
    BONUS = "bonus"
    IN_PLAY_CASH = "in_play_cash"
    IN_PLAY_BONUS = "in_play_bonus"
    PENDING = "pending"
    HELD = "held"
    DEBT = "debt"
    PSP = "psp"
    BANK = "bank"
    GAMES_CASH = "games_cash"
    GAMES_BONUS = "games_bonus"
    GAMES_PROMO = "games_promo"
    BONUS_COST = "bonus_cost"
    JACKPOT = "jackpot"
    ADJUSTMENT = "adjustment"
    FEE = "fee"
    GOODWILL = "goodwill"
    BAD_DEBT = "bad_debt"
    TAX = "tax"
    PROVIDER_RECEIVABLE = "provider_receivable"
    TEST_FUNDING = "test_funding"


# The order of `after` in format version 1. A new purse is a new version, appended.
PURSES = (
    Account.CASH,
    Account.BONUS,
    Account.IN_PLAY_CASH,
    Account.IN_PLAY_BONUS,
    Account.PENDING,
    Account.HELD,
    Account.DEBT,
)
VERSION = 1
_POSITION = {purse: index for index, purse in enumerate(PURSES)}
HOUSE = tuple(account for account in Account if account not in _POSITION)


class Kind(Choice):
    """Why money moved."""

    DEPOSIT = "deposit"
    STAKE = "stake"
    SETTLE = "settle"
    WIN = "win"
    UNDO = "undo"
    GRANT = "grant"
    CONVERT = "convert"
    FORFEIT = "forfeit"
    EXPIRE = "expire"
    WITHDRAWAL = "withdrawal"
    PAYOUT = "payout"
    RETURN = "return"
    HOLD = "hold"
    RELEASE = "release"
    CHARGEBACK = "chargeback"
    WRITE_OFF = "write_off"
    ADJUSTMENT = "adjustment"
    FEE = "fee"
    FUNDING = "funding"


class Direction(Choice):
    """Which way an adjustment goes, seen from the player; or that it settles what the player owes."""

    CREDIT = "credit"
    DEBIT = "debit"
    SETTLE_DEBT = "settle_debt"


# Why a balance is adjusted by hand, and which house account stands against it.
REASON_ACCOUNTS = {
    "correction": Account.ADJUSTMENT,
    "goodwill": Account.GOODWILL,
    "missing_deposit": Account.PSP,
    "game_error": Account.GAMES_CASH,
    "bad_debt": Account.BAD_DEBT,
}
# Ledger units that one adjustment may move: 100 000.00 of a fiat currency.
MAX_ADJUSTMENT = 100_000 * 10**5


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money to move: `amount` ledger units from `debit` to `credit`, why, and what it belongs to."""

    kind: Kind
    debit: Account
    credit: Account
    amount: int
    counterparty_id: int = 0
    grant_id: int | None = None
    cause_id: int | None = None
    reverses_id: int | None = None


def adjustment(direction: Direction, reason_code: str, amount: int, approval_id: int) -> Transfer:
    """Return the transfer that an adjustment makes."""
    house = REASON_ACCOUNTS[reason_code]
    debit, credit = {
        Direction.CREDIT: (house, Account.CASH),
        Direction.DEBIT: (Account.CASH, house),
        Direction.SETTLE_DEBT: (house, Account.DEBT),
    }[direction]
    return Transfer(Kind.ADJUSTMENT, debit, credit, amount, cause_id=approval_id)


@dataclass(frozen=True, slots=True)
class Origin:
    """The operation behind a transfer, as it goes into the hash: changing who did it shows."""

    operation_id: int
    source: str
    kind: str
    reference: str
    digest: bytes
    actor: str


def effect(purses: list[int], debit: Account, credit: Account, amount: int) -> list[int]:
    """Return the purses after an amount went from `debit` to `credit`; a debit raises `debt` alone."""
    after = purses.copy()
    for account, change in ((debit, -amount), (credit, amount)):
        if account in _POSITION:
            after[_POSITION[account]] += -change if account is Account.DEBT else change
    return after


@dataclass(slots=True)
class Book:
    """One wallet while money moves in it: its purses, how far its chain is, and the rows written so far."""

    player_id: int
    currency: str
    purses: list[int] = field(default_factory=lambda: [0] * len(PURSES))
    seq: int = 0
    head: bytes = b""
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __getitem__(self, purse: Account) -> int:
        return self.purses[_POSITION[purse]]

    def move(
        self, transfer: Transfer, *, origin: Origin, at: datetime, business_date: date
    ) -> dict[str, Any]:
        """
        Apply one transfer, add its row and return it.

        :raises InsufficientFunds: a purse would fall below zero; nothing of this transfer is applied.
        :raises BalanceTooLarge: a purse would pass what a bigint holds.
        """
        assert transfer.amount > 0, transfer
        assert transfer.debit != transfer.credit, transfer
        purses = effect(self.purses, transfer.debit, transfer.credit, transfer.amount)
        _ensure_bounds(self, purses, transfer)
        self.purses = purses
        self.seq += 1
        row: dict[str, Any] = {
            "player_id": self.player_id,
            "currency": self.currency,
            "seq": self.seq,
            "operation_id": origin.operation_id,
            "kind": transfer.kind.value,
            "debit": transfer.debit.value,
            "credit": transfer.credit.value,
            "amount": transfer.amount,
            "counterparty_id": transfer.counterparty_id,
            "grant_id": transfer.grant_id,
            "cause_id": transfer.cause_id,
            "reverses_id": transfer.reverses_id,
            "business_date": business_date,
            "at": at,
            "after": purses,
            "version": VERSION,
        }
        self.head = row["hash"] = chain(self.head, canonical(row, origin))
        self.rows.append(row)
        return row


def _ensure_bounds(book: Book, purses: list[int], transfer: Transfer) -> None:
    for purse, before, after in zip(PURSES, book.purses, purses, strict=True):
        if after < 0:
            raise InsufficientFunds(
                purse=purse.value,
                available_units=before,
                needed_units=transfer.amount,
                currency=book.currency,
            )
        if after > MAX_UNITS:
            raise BalanceTooLarge(purse=purse.value, currency=book.currency)


def split_debit(available: int, amount: int) -> tuple[int, int]:
    """Return (what can be taken from a purse, what becomes debt) of an amount that is owed in any case."""
    taken = min(available, amount)
    return taken, amount - taken


# What is hashed, in this order. A verifier needs nothing but this list, JSON and SHA-256.
HASHED = (
    "version", "player_id", "currency", "seq", "kind", "debit", "credit", "amount", "counterparty_id",
    "grant_id", "cause_id", "reverses_id", "business_date", "at", "after",
)  # fmt: skip

HOUSE_HASHED = (
    "version", "book", "currency", "seq", "kind", "debit", "credit", "amount", "counterparty_id", "cause_id",
    "reverses_id", "business_date", "at",
)  # fmt: skip


# One encoder for all: `json.dumps` makes a new one for every call that wants no spaces.
_COMPACT = json.JSONEncoder(separators=(",", ":"))


def canonical(row: dict[str, Any], origin: Origin, hashed: tuple[str, ...] = HASHED) -> bytes:
    """
    Return the bytes of a transfer that its hash covers: a JSON array of its fields and of who did it.

    Dates are ISO 8601, instants are whole microseconds since 1970 UTC, the digest is hex, ASCII only.
    """
    fields: list[Any] = [row[name] for name in hashed]
    fields[hashed.index("business_date")] = row["business_date"].isoformat()
    fields[hashed.index("at")] = microseconds(row["at"])
    fields += [origin.source, origin.kind, origin.reference, origin.digest.hex(), origin.actor]
    return _COMPACT.encode(fields).encode()


def chain(head: bytes, content: bytes) -> bytes:
    """Return the next head of a wallet's chain: SHA-256 of the previous head and the canonical bytes."""
    return hashlib.sha256(head + content).digest()


def instant(microseconds_since_1970: int) -> datetime:
    """Return the instant behind whole microseconds since 1970 UTC, exactly."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds_since_1970)


def microseconds(at: datetime) -> int:
    """Return an instant as whole microseconds since 1970 UTC, exactly."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond
