"""Launch a game: decide under the lane, keep the session row, and only then call the provider."""

import secrets
from datetime import timedelta

import msgspec

from apps.access import services as access
from apps.accounts import services as accounts
from apps.accounts.selectors import player as player_of
from apps.core import clock
from apps.core.events import publish
from apps.core.operations import operation
from apps.games import events, selectors
from apps.games.models import GameSession
from apps.markets import selectors as markets


class Launch(msgspec.Struct, frozen=True):
    """An opened game session: our id for it, and the game and player it is for."""

    session_id: str
    game_id: int
    game_code: str
    player_public_id: str
    currency: str


@operation("games.launch", lock=accounts.lane)
def launch(*, operation_id: int, player_id: int, game: str, player_session_id: int | None) -> Launch:
    """
    Open a game session for a player who may play now; an earlier one of the same game ends.

    :param game: the game's public id, "provider-account:code".
    :raises AccessRefused: the player may not launch now; every reason is named.
    :raises GameUnavailable: there is no such game, or it is switched off.
    """
    player = player_of(player_id)
    access.ensure(player, "launch")
    found = selectors.game(game)
    now = clock.now()
    rules, rule_set_id = markets.rules_in_force(
        jurisdiction_id=player.jurisdiction_id, brand_id=player.brand_id
    )
    opened = GameSession.objects.filter(player=player, account=found.account, game=found, ended_at=None)
    opened.update(ended_at=now)
    session = GameSession.objects.create(
        player=player,
        account=found.account,
        game=found,
        player_session_id=player_session_id,
        public_id=secrets.token_urlsafe(24),
        rules_version=rule_set_id,
        opened_at=now,
        expires_at=now + timedelta(hours=rules.game_session_hours),
    )
    publish(events.GameLaunched(session_id=session.id, game_id=found.id))
    return Launch(session.public_id, found.id, found.code, player.public_id, player.currency)
