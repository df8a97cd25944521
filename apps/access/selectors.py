"""The decision for any act, read the same way as the stake path reads it."""

from typing import TYPE_CHECKING

from apps.access.rules import Decision, Facts, decide
from apps.access.stake import FACTS
from apps.core import clock
from apps.core.sql import facts

if TYPE_CHECKING:
    from apps.accounts.models import Player


def decision(player: "Player", act: str) -> Decision:
    """Return whether a player may do an act now, with every reason against it."""
    parameters = {
        "player_id": player.id,
        "person_id": player.person_id,
        "licence_id": player.licence_id,
        "brand_id": player.brand_id,
        "shift": clock.shift(),
    }
    found = {name: facts(fragment, **parameters) or [] for name, fragment in FACTS.items()}
    return decide(act, Facts(status=player.status, **found))
