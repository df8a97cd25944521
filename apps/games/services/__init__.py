"""Acts of games: play a provider's message, launch a game, keep the catalogue and the provider accounts."""

from apps.games.services.catalogue import (
    add_game,
    open_provider_account,
    rotate_key,
    switch_game,
    switch_provider,
)
from apps.games.services.launching import Launch, launch
from apps.games.services.playing import play

__all__ = [
    "Launch",
    "add_game",
    "launch",
    "open_provider_account",
    "play",
    "rotate_key",
    "switch_game",
    "switch_provider",
]
