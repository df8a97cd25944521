"""What happens to money outside games and payments."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TestMoneyFunded:
    """A test player got test money."""

    type: ClassVar[str] = "wallet.test_money.funded"
    version: ClassVar[int] = 1
    amount_units: int
    currency: str


@dataclass(frozen=True, slots=True)
class AdjustmentPosted:
    """A balance was adjusted by hand, with a reason and a second person."""

    type: ClassVar[str] = "wallet.adjustment.posted"
    version: ClassVar[int] = 1
    approval_id: int
    amount_units: int
    currency: str
    direction: str
    reason_code: str
    maker_id: int
    checker_id: int
