"""Amounts between whole minor units, which vendors reckon in, and decimal text, which people read."""

import re

# ISO 4217: currencies whose minor unit is not a hundredth.
EXPONENTS = {
    "BHD": 3,
    "CLP": 0,
    "ISK": 0,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "OMR": 3,
    "PYG": 0,
    "TND": 3,
    "VND": 0,
}
WRITTEN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,3}))?", re.ASCII)


def exponent(currency: str) -> int:
    """Return how many decimals the currency has."""
    return EXPONENTS.get(currency, 2)


def to_text(minor: int, *, currency: str) -> str:
    """Return the amount as decimal text: 120 EUR cents are `1.20`."""
    decimals = exponent(currency)
    sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def to_minor(text: str, *, currency: str) -> int:
    """
    Return the minor units of a decimal text.

    :raises ValueError: the text is no amount, or finer than the currency.
    """
    match = WRITTEN.fullmatch(text)
    whole, fraction = match.groups(default="") if match else ("", "")
    decimals = exponent(currency)
    if not match or len(fraction) > decimals:
        raise ValueError(f"not an amount of {currency}: {text!r}")
    return int(whole + fraction.ljust(decimals, "0"))
