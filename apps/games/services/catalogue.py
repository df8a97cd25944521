"""Acts on provider accounts and their games."""

from datetime import timedelta
from typing import Any

import msgspec
from django.db.models import F

from apps.core import clock, crypto
from apps.core.events import publish
from apps.core.operations import operation
from apps.games import events
from apps.games.models import Game, ProviderAccount
from apps.games.rules import GameState, Policy

# How long a rotated key still works, so that the provider can switch without losing a message.
KEY_OVERLAP = timedelta(hours=24)


@operation("games.open_provider_account", secrets=("secret",))
def open_provider_account(
    *,
    operation_id: int,
    code: str,
    title: str,
    secret: str,
    launch_url: str = "",
    policy: dict[str, Any] | None = None,
) -> int:
    """Make a provider account, or bring one up to this secret, address and policy; return its id."""
    checked = msgspec.to_builtins(msgspec.convert(policy or {}, Policy))
    values = {
        "title": title,
        "wrapped_secret": crypto.wrap(secret.encode()),
        "launch_url": launch_url,
        "policy": checked,
    }
    account, made = ProviderAccount.objects.get_or_create(code=code, defaults=values)
    if not made:
        ProviderAccount.objects.filter(id=account.id).update(**values, version=F("version") + 1)
    _publish_change(account.id)
    return account.id


@operation("games.rotate_key", secrets=("secret",))
def rotate_key(*, operation_id: int, account_id: int, secret: str) -> None:
    """Give a provider account a new key; the old one works for a day beside it."""
    account = ProviderAccount.objects.get(id=account_id)
    until = clock.now() + KEY_OVERLAP
    ProviderAccount.objects.filter(id=account_id).update(
        wrapped_previous_secret=account.wrapped_secret,
        previous_secret_until=until,
        wrapped_secret=crypto.wrap(secret.encode()),
        version=F("version") + 1,
    )
    publish(events.ProviderKeyRotated(provider_account_id=account_id, previous_until=until.isoformat()))


@operation("games.switch_provider")
def switch_provider(*, operation_id: int, account_id: int, is_enabled: bool) -> None:
    """Stop or allow launches and stakes of a provider account; wins and undos always go in."""
    ProviderAccount.objects.filter(id=account_id).update(is_enabled=is_enabled, version=F("version") + 1)
    _publish_change(account_id)


def _publish_change(account_id: int) -> None:
    account = ProviderAccount.objects.get(id=account_id)
    publish(
        events.ProviderAccountChanged(
            provider_account_id=account_id, is_enabled=account.is_enabled, account_version=account.version
        )
    )


@operation("games.add_game")
def add_game(
    *,
    operation_id: int,
    account_id: int,
    code: str,
    title: str,
    category: str = "slots",
    theoretical_rtp: str | None = None,
) -> int:
    """Add a title to a provider account and return its id; one that exists is kept."""
    game, added = Game.objects.get_or_create(
        account_id=account_id,
        code=code,
        defaults={"title": title, "category": category, "theoretical_rtp": theoretical_rtp},
    )
    if added:
        publish(events.GameChanged(game_id=game.id, state=game.state))
    return game.id


@operation("games.switch_game")
def switch_game(*, operation_id: int, game_id: int, is_live: bool) -> None:
    """Stop or allow launches and stakes of a game; wins and undos always go in."""
    state = GameState.LIVE if is_live else GameState.DISABLED
    Game.objects.filter(id=game_id).update(state=state)
    publish(events.GameChanged(game_id=game_id, state=state))
