"""What happens in games. The stake path writes these rows itself, in the envelope of every event."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class GameLaunched:
    """A player opened a game."""

    type: ClassVar[str] = "games.game.launched"
    version: ClassVar[int] = 1
    session_id: int
    game_id: int


@dataclass(frozen=True, slots=True)
class Played:
    """What is said of every bet and every outcome: its round, its game, and how much by purse."""

    round_id: int
    game_id: int | None
    session_id: int | None
    currency: str
    cash_units: int
    bonus_units: int


@dataclass(frozen=True, slots=True)
class BetPlaced(Played):
    """A stake was taken, by purse."""

    type: ClassVar[str] = "games.bet.placed"
    version: ClassVar[int] = 1
    bet_id: int


@dataclass(frozen=True, slots=True)
class WinPaid(Played):
    """A win was credited, by purse; zero is a win too."""

    type: ClassVar[str] = "games.win.paid"
    version: ClassVar[int] = 1
    settlement_id: int


@dataclass(frozen=True, slots=True)
class BetUndone(Played):
    """A stake went back to the purses that paid it."""

    type: ClassVar[str] = "games.bet.undone"
    version: ClassVar[int] = 1
    bet_id: int


@dataclass(frozen=True, slots=True)
class WinUndone(Played):
    """A win was taken back; what was not there any more is owed (`debt_units`)."""

    type: ClassVar[str] = "games.win.undone"
    version: ClassVar[int] = 1
    settlement_id: int
    debt_units: int


@dataclass(frozen=True, slots=True)
class UndoBuried:
    """An undo came before its original: when the original comes, it moves nothing."""

    type: ClassVar[str] = "games.undo.buried"
    version: ClassVar[int] = 1
    provider_account_id: int


@dataclass(frozen=True, slots=True)
class ProviderKeyRotated:
    """A provider account has a new secret; the old one works until `previous_until`."""

    type: ClassVar[str] = "games.provider_key.rotated"
    version: ClassVar[int] = 1
    provider_account_id: int
    previous_until: str


@dataclass(frozen=True, slots=True)
class ProviderAccountChanged:
    """A provider account was made, switched, or its policy changed."""

    type: ClassVar[str] = "games.provider_account.changed"
    version: ClassVar[int] = 1
    provider_account_id: int
    is_enabled: bool
    account_version: int


@dataclass(frozen=True, slots=True)
class GameChanged:
    """A game was added, or switched on or off."""

    type: ClassVar[str] = "games.game.changed"
    version: ClassVar[int] = 1
    game_id: int
    state: str
