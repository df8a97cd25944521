"""Questions about limits and exclusions."""

from typing import TYPE_CHECKING

from apps.core import clock
from apps.core.sql import facts
from apps.markets import selectors as markets
from apps.responsible_gaming import stake
from apps.responsible_gaming.rules import Headroom

if TYPE_CHECKING:
    from apps.accounts.models import Player


def headrooms(player: "Player", *, kind: str | None = None) -> list[Headroom]:
    """Return every current limit of a player with what its window holds."""
    rows = facts(
        stake.LIMITS,
        player_id=player.id,
        shift=clock.shift(),
        timezone=markets.calendar(player.licence_id).timezone,
    )
    found = [Headroom(*row) for row in rows or []]
    return [limit for limit in found if kind in (None, limit.kind)]
