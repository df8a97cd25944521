import pytest

from sandbox import money, signing
from sandbox.chaos import Dial, Mischief

VECTOR = b'{"user_id":"8|USDT|USD","currency":"USD","game":"acceptance:test"}'
SIGNATURE = "442c4cd8926008096225416b21f5a1862fbf4fc4e5224362e3b463e85a39f40a"


def test_the_known_signature_vector_holds() -> None:
    assert signing.sign(secret="test", body=VECTOR) == SIGNATURE
    assert signing.is_signed(secret="test", body=VECTOR, signature=SIGNATURE)


@pytest.mark.parametrize("signature", [None, "", "é", SIGNATURE[:-1], SIGNATURE.upper()])
def test_another_signature_does_not_fit(signature: str | None) -> None:
    assert not signing.is_signed(secret="test", body=VECTOR, signature=signature)


def test_white_space_belongs_to_what_is_signed() -> None:
    assert not signing.is_signed(secret="test", body=VECTOR + b" ", signature=SIGNATURE)


def test_at_zero_the_dial_does_nothing() -> None:
    dial = Dial(seed=1, level=0)
    for number in range(200):
        mischief = dial.mischief(name=str(number))
        assert (mischief.copies, mischief.delay_seconds, mischief.is_answer_lost) == (1, 0, False)
        assert not dial.happens(name=str(number), likelihood=1)


def test_the_same_seed_makes_the_same_mischief() -> None:
    assert Dial(seed=1, level=0.7).mischief(name="a") == Dial(seed=1, level=0.7).mischief(name="a")


def test_turning_the_dial_up_only_adds_trouble() -> None:
    def lost(level: float) -> set[int]:
        dial = Dial(seed=4, level=level)
        return {number for number in range(500) if dial.mischief(name=str(number)).is_answer_lost}

    assert lost(0.1) < lost(0.5) < lost(1.0)


def test_no_mischief_is_the_default() -> None:
    assert Mischief() == Mischief(0.0, 1, False, False, None)


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan"), True, "0.5", None])
def test_the_dial_refuses_what_is_no_level(level: object) -> None:
    with pytest.raises(ValueError):
        Dial(seed=1).turn(level)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(120, "EUR", "1.20"), (5, "EUR", "0.05"), (-7, "EUR", "-0.07"), (12, "JPY", "12"), (1, "KWD", "0.001")],
)
def test_amounts_are_written_with_the_decimals_of_the_currency(minor: int, currency: str, text: str) -> None:
    assert money.to_text(minor, currency=currency) == text


def test_amounts_are_read_back() -> None:
    assert money.to_minor("1.2", currency="EUR") == 120
    assert money.to_minor("3", currency="JPY") == 3


@pytest.mark.parametrize("text", ["", "1_0", "١", "1e3", "NaN", "-1", "0.001", " 1", "1\n"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        money.to_minor(text, currency="EUR")
