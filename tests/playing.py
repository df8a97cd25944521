"""A provider's messages for the tests of play, and what they left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from apps.accounts.models import Player
from apps.core.errors import DomainError
from apps.core.models import Operation, Tombstone
from apps.core.money import text
from apps.games import services
from apps.games.models import Round
from apps.games.rules import Action, Answer
from apps.games.selectors import Account
from apps.wallet import selectors as wallet
from apps.wallet.models import Transfer
from tests.factories import funded, message, new_player, provider


def a_game(cash: str = "50.00 EUR", **policy: Any) -> tuple[Player, Account]:
    """Return a player with some cash, and a provider account with this policy."""
    return funded(new_player(currency=cash.split()[1]), cash), provider(**policy)


def play(account: Account, player: Player, *actions: Action, **more: Any) -> Answer:
    """Play actions for a player, on `round-1` of `fruit` unless said."""
    return services.play(account=account, message=message(player, *actions, **more))


def purses(player: Player) -> dict[str, str]:
    """Return what lies in every purse that is not empty."""
    found = wallet.balance(player_id=player.id, currency=player.currency)
    return {name: text(amount) for name, amount in found.items() if amount.units}


def counts(player: Player) -> tuple[Any, ...]:
    """Return everything that a refusal or a repeat must leave as it is."""
    return (
        purses(player),
        Operation.objects.filter(player_id=player.id).count(),
        Transfer.objects.filter(player_id=player.id).count(),
        Tombstone.objects.filter(player_id=player.id).count(),
        list(Round.objects.filter(player=player).values_list("id", "state", "entries")),
    )


@contextmanager
def refused(player: Player, error: type[DomainError]) -> Iterator[None]:
    """Expect a refusal that leaves everything as it was."""
    before = counts(player)
    with pytest.raises(error):
        yield
    assert counts(player) == before
