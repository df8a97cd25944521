"""Questions about providers, games and what was played."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec
from django.db.models import QuerySet

from apps.accounts.models import Player
from apps.core import crypto
from apps.core.models import GlobalReference
from apps.core.money import Money
from apps.games.errors import GameUnavailable, ProviderUnknown
from apps.games.models import Game, ProviderAccount
from apps.games.rules import GameState, Policy
from apps.wallet import selectors as wallet


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account as the wire needs it: keys in clear, and the version they were read at."""

    id: int
    code: str
    version: int
    secret: bytes
    previous: tuple[bytes, datetime] | None
    policy: Policy
    launch_url: str

    @property
    def source(self) -> str:
        """Who asks, in every claim of this account."""
        return f"provider:{self.id}"

    def keys(self, now: datetime) -> tuple[bytes, ...]:
        """Return the keys in force: the current one, and the one before while its overlap lasts."""
        if self.previous is not None and now < self.previous[1]:
            return (self.secret, self.previous[0])
        return (self.secret,)


@lru_cache(maxsize=1024)
def account(code: str) -> Account:
    """
    Return a provider account. Kept in memory: the stake path compares its version under the lock, and an
    account that has changed meanwhile is forgotten and read again.

    :raises ProviderUnknown: there is none with this code.
    """
    row = ProviderAccount.objects.filter(code=code).first()
    if row is None:
        raise ProviderUnknown(account=code)
    previous = None
    if row.previous_secret_until is not None:
        previous = (crypto.unwrap(row.wrapped_previous_secret), row.previous_secret_until)
    return Account(
        id=row.id,
        code=code,
        version=row.version,
        secret=crypto.unwrap(row.wrapped_secret),
        previous=previous,
        policy=msgspec.convert(row.policy, Policy),
        launch_url=row.launch_url,
    )


def forget_accounts() -> None:
    """Drop what is kept in memory about provider accounts."""
    account.cache_clear()


def game(public_id: str) -> Game:
    """
    Return a game that can be launched, by provider account and code ("demo-slots:fruit").

    :raises GameUnavailable: there is none, or it is switched off.
    """
    account_code, _, code = public_id.partition(":")
    found = live_games().filter(account__code=account_code, code=code).first()
    if found is None:
        raise GameUnavailable(game=public_id)
    return found


def player_by_reference(account: Account, reference: str) -> int | None:
    """Return whose transaction a reference is, for accounts whose references are global over players."""
    rows = GlobalReference.objects.filter(source=account.source, reference=reference)
    return rows.values_list("player_id", flat=True).first()


def balance(player_id: int) -> Money:
    """Return what a game may show a player: cash, and the bonus money playable in it."""
    currency = Player.objects.values_list("currency", flat=True).get(id=player_id)
    return wallet.balance(player_id=player_id, currency=currency)["cash"]


def live_games() -> QuerySet[Game]:
    """Return the games that can be launched."""
    return Game.objects.select_related("account").filter(state=GameState.LIVE, account__is_enabled=True)
