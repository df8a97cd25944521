"""Amounts: exact integers, one strict way to read them, and no arithmetic across currencies."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.core.errors import BadAmount, CurrencyMismatch, UnknownCurrency
from apps.core.money import MAX_UNITS, Money, currencies, currency, from_minor, minor_floor, of, parse, text

# What is not an amount of EUR, whoever says so: the own-money corpus of the reliability programme.
NOT_EUROS = [
    "", " ", ".", "-", "+", "-0", "-1", "-0.01", "+5", "+0", "--1", "1-", "1+", " 1", "1 ", "\t1", "1\n",
    "1\r\n", "1 000", "1\u00a0000", "1_000", "1,000", "1,00", "1.000,00", "1'000", "1.", ".5", "1..5",
    "1.2.3", "0.001", "1.005", "12.500", "0.00000000", "0.123456789", "1e3", "1E-2", "1e400", "1E+2",
    "0e0", "NaN", "nan", "sNaN", "-NaN", "Infinity", "-Infinity", "inf", "0x10", "0b1", "0o7", "1/2", "½",
    "²", "Ⅷ", "١٢", "۱۲", "१२", "１２", "1２", "1.５", "12．50", "\u200b1", "1\u200b", "\ufeff1",
    "1\u0000", "\u0000", "−1", "€1", "1€", "EUR 1", "1 EUR", "$1", "one", "true", "null", "None", "[1]",
    "{}", "1;2", "1%", "=1+1", "=cmd", "1L", "1j", "1.0f", "1d", "(1)", "'1'", '"1"', "9" * 20, "9" * 30,
    "9" * 4301, "9223372036854775807", "9223372036854775808", "92233720368547.76", "92233720368548",
    "18446744073709551616", "\ud800", "1\ud800",
]  # fmt: skip
NOT_EVEN_TEXT = [
    None, True, False, 0, 1, -1, 12.5, 1.0, float("nan"), float("inf"), 1e308, b"1", b"12.50",
    bytearray(b"1"), [], ["1"], ("1",), {}, {"amount": "1"}, {"1"}, object(), 2**63, Money(1, "EUR"),
    1 + 0j,
]  # fmt: skip
NOT_MINOR = [
    None, True, False, "1", "", b"1", 1.0, 1.5, -1, -(2**63), 2**63, 2**64, 10**30, [], {}, float("nan"),
    float("inf"), 9_223_372_036_854_776,
]  # fmt: skip

every_currency = some.sampled_from(sorted(currencies()))
every_amount = some.integers(min_value=0, max_value=MAX_UNITS)


def test_the_corpus_of_bad_amounts_is_as_large_as_was_promised():
    assert len(set(NOT_EUROS)) == len(NOT_EUROS)
    assert len(NOT_EUROS) + len(NOT_EVEN_TEXT) >= 120


@pytest.mark.parametrize("given_text", NOT_EUROS)
def test_what_is_not_a_plain_decimal_is_refused(given_text):
    with pytest.raises(BadAmount):
        parse(given_text, "EUR")


@pytest.mark.parametrize("given_value", NOT_EVEN_TEXT, ids=repr)
def test_what_is_not_text_is_refused(given_value):
    with pytest.raises(BadAmount):
        parse(given_value, "EUR")


@pytest.mark.parametrize("bad", ["0.1", "1.0", "0.", "100.00"])
def test_yen_have_no_decimals(bad):
    with pytest.raises(BadAmount):
        parse(bad, "JPY")


@pytest.mark.parametrize(
    ("code", "good", "units"),
    [
        ("EUR", "0", 0),
        ("EUR", "0.00", 0),
        ("EUR", "0.01", 1_000),
        ("EUR", "1", 100_000),
        ("EUR", "12.5", 1_250_000),
        ("EUR", "12.50", 1_250_000),
        ("EUR", "007.10", 710_000),
        ("EUR", "92233720368547.75", 9_223_372_036_854_775_000),
        ("JPY", "500", 50_000_000),
        ("JPY", "92233720368547", 9_223_372_036_854_700_000),
        ("KWD", "1.234", 123_400),
        ("BTC", "0.00000001", 1),
        ("BTC", "21000000.00000000", 2_100_000_000_000_000),
        ("BTC", "92233720368.54775807", MAX_UNITS),
    ],
)
def test_an_amount_becomes_exact_ledger_units(code, good, units):
    assert parse(good, code) == Money(units, code)


def test_four_decimals_are_too_fine_for_a_dinar_and_nine_for_a_bitcoin():
    with pytest.raises(BadAmount):
        parse("1.2345", "KWD")
    with pytest.raises(BadAmount):
        parse("0.000000001", "BTC")


def test_a_wire_may_carry_finer_amounts_up_to_the_scale_of_the_ledger():
    assert parse("0.00001", "EUR", digits=5) == Money(1, "EUR")
    assert parse("63727092.34", "EUR", digits=5) == Money(6_372_709_234_000, "EUR")
    with pytest.raises(BadAmount):
        parse("0.000001", "EUR", digits=8)
    with pytest.raises(BadAmount):
        parse("92233720368547.75808", "EUR", digits=5)
    assert parse("92233720368547.75807", "EUR", digits=5).units == MAX_UNITS


def test_a_refused_amount_is_not_echoed_at_length():
    with pytest.raises(BadAmount) as refused:
        parse("9" * 1_000_000, "EUR")
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "E", "€", " EUR", None, 978, b"EUR", [], {}])
def test_a_currency_that_the_ledger_does_not_keep_is_refused(code):
    with pytest.raises(UnknownCurrency):
        parse("1", code)


@pytest.mark.parametrize(
    ("code", "exponent", "scale"),
    [("EUR", 2, 5), ("JPY", 0, 5), ("KWD", 3, 5), ("BTC", 8, 8), ("ETH", 8, 8), ("USD", 2, 5)],
)
def test_people_see_the_exponent_and_the_ledger_keeps_the_scale(code, exponent, scale):
    assert (currency(code).exponent, currency(code).scale) == (exponent, scale)


def test_every_currency_is_kept_at_five_digits_or_eight_and_never_coarser_than_people_see_it():
    assert {kept.scale for kept in currencies().values()} == {5, 8}
    assert all(kept.exponent <= kept.scale for kept in currencies().values())


@given(every_amount, every_currency)
def test_what_is_written_is_read_back(units, code):
    money = Money(units, code)
    assert parse(text(money), code, digits=currency(code).scale) == money
    assert of(str(money)) == money


@given(some.integers(min_value=0, max_value=10**12), every_currency)
def test_an_amount_without_dust_is_written_with_the_digits_that_people_see(minor, code):
    money = from_minor(minor, code)
    assert parse(text(money), code) == money
    assert len(text(money).partition(".")[2]) == currency(code).exponent


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (Money(0, "EUR"), "0.00"),
        (Money(1, "EUR"), "0.00001"),
        (Money(123_450, "EUR"), "1.2345"),
        (Money(-1_000, "EUR"), "-0.01"),
        (Money(-150_000, "EUR"), "-1.50"),
        (Money(500_000, "JPY"), "5"),
        (Money(1, "JPY"), "0.00001"),
        (Money(123_400, "KWD"), "1.234"),
        (Money(1, "BTC"), "0.00000001"),
        (Money(MAX_UNITS, "EUR"), "92233720368547.75807"),
    ],
)
def test_an_amount_is_written_as_people_write_it_and_with_its_dust(money, written):
    assert text(money) == written


@given(some.text())
def test_any_text_is_an_amount_or_a_refusal(anything):
    try:
        money = parse(anything, "EUR")
    except BadAmount:
        return
    assert set(anything) <= set("0123456789.")
    assert 0 <= money.units <= MAX_UNITS


@pytest.mark.parametrize(
    ("amount", "code", "units"),
    [
        (0, "EUR", 0),
        (1, "EUR", 1_000),
        (9_223_372_036_854_775, "EUR", 9_223_372_036_854_775_000),
        (92_233_720_368_547, "JPY", 9_223_372_036_854_700_000),
        (1, "KWD", 100),
        (MAX_UNITS, "BTC", MAX_UNITS),
    ],
)
def test_minor_units_become_ledger_units(amount, code, units):
    assert from_minor(amount, code) == Money(units, code)


@pytest.mark.parametrize("amount", NOT_MINOR, ids=repr)
def test_what_is_not_a_whole_number_of_minor_units_is_refused(amount):
    with pytest.raises(BadAmount):
        from_minor(amount, "EUR")


@given(every_amount, every_currency)
def test_minor_units_are_rounded_down_and_never_by_a_whole_one(units, code):
    minor = minor_floor(Money(units, code))
    assert 0 <= units - minor * currency(code).minor < currency(code).minor


def test_amounts_of_one_currency_add_up_exactly():
    assert of("0.10 EUR") + of("0.20 EUR") == of("0.30 EUR")
    assert of("0.10 EUR") - of("0.20 EUR") == Money(-10_000, "EUR")
    assert of("1.00 EUR") < of("1.01 EUR") <= of("1.01 EUR")


@pytest.mark.parametrize(
    "meet",
    [
        lambda left, right: left + right,
        lambda left, right: left - right,
        lambda left, right: left < right,
        lambda left, right: left <= right,
        lambda left, right: left > right,
        lambda left, right: left >= right,
        min,
    ],
)
def test_amounts_of_two_currencies_never_meet(meet):
    with pytest.raises(CurrencyMismatch):
        meet(of("1.00 EUR"), of("1.00 USD"))


def test_equal_numbers_of_two_currencies_are_not_equal():
    assert of("1.00 EUR") != of("1.00 USD")


@pytest.mark.parametrize("wrong", [lambda m: m * 2, lambda m: m / 2, lambda m: m + 1, lambda m: sum([m])])
def test_an_amount_is_not_a_number(wrong):
    with pytest.raises((TypeError, AttributeError)):
        wrong(of("1.00 EUR"))


def test_an_amount_cannot_be_changed():
    with pytest.raises(AttributeError):
        of("1.00 EUR").units = 5
