"""What games do when something has happened: the statistics of a game session follow its bets and wins."""

from typing import TYPE_CHECKING

from django.db.models import F

from apps.accounts import services as accounts
from apps.core.events import subscribe
from apps.games import events
from apps.games.models import GameSession

if TYPE_CHECKING:
    from apps.core.models import Event

_BET = {events.BetPlaced.type: 1, events.BetUndone.type: -1}
_WIN = {events.WinPaid.type: 1, events.WinUndone.type: -1}


@subscribe("games.session_statistics", types=[*_BET, *_WIN], lock=accounts.lane)
def session_statistics(event: "Event") -> None:
    """Count a bet or a win, or take an undone one out."""
    amount = event.payload["cash_units"] + event.payload["bonus_units"]
    session = GameSession.objects.filter(player_id=event.player_id, id=event.payload["session_id"])
    if event.type in _BET:
        sign = _BET[event.type]
        session.update(
            bets=F("bets") + sign, staked=F("staked") + sign * amount, last_played_at=event.occurred_at
        )
    else:
        session.update(won=F("won") + _WIN[event.type] * amount, last_played_at=event.occurred_at)
