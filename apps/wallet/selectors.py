"""Questions about money: balances now and then, and whether every row of the ledger is right."""

from datetime import datetime

from apps.core.money import Money
from apps.wallet.models import Transfer, Wallet
from apps.wallet.rules import PURSES


def balance(*, player_id: int, currency: str) -> dict[str, Money]:
    """Return every purse of a wallet by name; zeros before its first transfer."""
    wallet = Wallet.objects.filter(player_id=player_id, currency=currency).first() or Wallet()
    return _named(wallet.purses(), currency)


def balance_at(*, player_id: int, currency: str, at: datetime) -> dict[str, Money]:
    """Return every purse as it was at an instant: the last transfer up to it says all of them."""
    rows = Transfer.objects.filter(player_id=player_id, currency=currency, at__lte=at)
    last = rows.order_by("-seq").values_list("after", flat=True).first()
    return _named(last or [0] * len(PURSES), currency)


def _named(purses: list[int], currency: str) -> dict[str, Money]:
    return {purse.value: Money(units, currency) for purse, units in zip(PURSES, purses, strict=True)}
