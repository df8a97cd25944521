"""
Money as an exact integer of ledger units.

A currency has an ISO 4217 `exponent` (digits people see: 2 for EUR, 0 for JPY, 3 for KWD) and a ledger
`scale` (digits the ledger keeps: 5 for fiat, 8 for crypto), chosen once and never changed. There is no float,
no rounding here, and no arithmetic across currencies.
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from apps.core.errors import BadAmount, CurrencyMismatch, UnknownCurrency

# A bigint column holds amounts and balances; nothing larger is ever accepted.
MAX_UNITS = 2**63 - 1
_DECIMAL = re.compile(r"[0-9]{1,19}(\.[0-9]{1,8})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency of the ledger: ISO 4217 code (or a coin's ticker), people's digits, ledger's digits."""

    code: str
    exponent: int
    scale: int

    @property
    def minor(self) -> int:
        """Ledger units in one minor unit (one cent of EUR is 1 000 units)."""
        return 10 ** (self.scale - self.exponent)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `units` of the ledger in `currency`."""

    units: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.units + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.units - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.units < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.units <= self._same(other)

    def __str__(self) -> str:
        return f"{text(self)} {self.currency}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return other.units


@lru_cache(maxsize=1)
def currencies() -> dict[str, Currency]:
    """Return every currency the ledger can keep, by code (ISO 4217, and coins by ticker)."""
    with Path(__file__).with_name("currencies.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {r["code"]: Currency(r["code"], int(r["exponent"]), int(r["scale"])) for r in rows}


def currency(code: str) -> Currency:
    """
    Return the currency with this code.

    :raises UnknownCurrency: the ledger does not keep it.
    """
    try:
        return currencies()[code]
    except (KeyError, TypeError) as error:
        raise UnknownCurrency(currency=code) from error


def parse(amount: object, code: str, *, digits: int | None = None) -> Money:
    """
    Read a decimal string such as "12.50", strictly: ASCII digits and at most one dot, nothing else.

    :param digits: how many decimals may be given; the currency's exponent unless said.
    :raises BadAmount: it is not such a string, is finer than allowed, or larger than the ledger holds.
    :raises UnknownCurrency: the ledger does not keep this currency.
    """
    kept = currency(code)
    allowed = kept.exponent if digits is None else min(digits, kept.scale)
    if not isinstance(amount, str) or not _DECIMAL.fullmatch(amount):
        raise BadAmount(amount=repr(amount)[:40], rule="digits, and a dot with decimals")
    whole, _, fraction = amount.partition(".")
    if len(fraction) > allowed:
        raise BadAmount(amount=amount, rule=f"at most {allowed} decimals in {code}")
    units = int(whole + fraction.ljust(kept.scale, "0"))
    if units > MAX_UNITS:
        raise BadAmount(amount=amount, rule="larger than the ledger holds")
    return Money(units, code)


def of(spelled: str) -> Money:
    """Read "12.50 EUR": an amount and its currency in one string."""
    amount, _, code = spelled.partition(" ")
    return parse(amount, code, digits=8)


def from_minor(amount: object, code: str) -> Money:
    """
    Read an integer of minor units (cents), as many provider wires carry it.

    :raises BadAmount: it is not a whole number from zero up to what the ledger holds.
    """
    if type(amount) is not int or not 0 <= amount <= MAX_UNITS // currency(code).minor:
        raise BadAmount(amount=repr(amount)[:40], rule="a whole number of minor units, zero or more")
    return Money(amount * currency(code).minor, code)


def minor_floor(money: Money) -> int:
    """Return the amount in minor units, rounded down: what is finer stays in the wallet as dust."""
    return money.units // currency(money.currency).minor


def text(money: Money) -> str:
    """Return the amount as a decimal string: at least the currency's digits, more only where dust is."""
    kept = currency(money.currency)
    sign, units = ("-", -money.units) if money.units < 0 else ("", money.units)
    whole, fraction = divmod(units, 10**kept.scale)
    digits = f"{fraction:0{kept.scale}d}".rstrip("0").ljust(kept.exponent, "0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"
