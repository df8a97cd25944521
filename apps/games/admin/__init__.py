"""Staff pages of games: what was played to look at, provider accounts and games to switch."""

from apps.games.admin import catalogue, play

__all__ = ["catalogue", "play"]
