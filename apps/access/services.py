"""Guards and the acts that are nothing but a decision: logging in and out."""

from typing import TYPE_CHECKING

import msgspec

from apps.access.errors import AccessRefused
from apps.access.selectors import decision
from apps.accounts import services as accounts
from apps.accounts.selectors import player as player_of
from apps.core.operations import operation, transaction_required

if TYPE_CHECKING:
    from apps.accounts.models import Player


@transaction_required
def ensure(player: "Player", act: str) -> None:
    """
    Let an act pass that nothing forbids, under the player's lane.

    :raises AccessRefused: names every rule against it and what to do next.
    """
    answer = decision(player, act)
    if not answer.allowed:
        raise AccessRefused(**answer.facts())


class LoggedIn(msgspec.Struct, frozen=True):
    """A session's row id. Its bearer token is given to the player once and is kept nowhere in clear."""

    session_id: int


@operation("access.log_in", lock=accounts.lane)
def log_in(
    *, operation_id: int, player_id: int, token_hash: str, ip_address: str | None, user_agent: str
) -> LoggedIn:
    """
    Start a session for a player whose credentials were proven.

    :raises AccessRefused: the player may not log in now.
    """
    player = player_of(player_id)
    ensure(player, "login")
    session = accounts.start_session(
        player_id=player_id, token_hash=token_hash, ip_address=ip_address, user_agent=user_agent
    )
    return LoggedIn(session.id)
