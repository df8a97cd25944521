"""Questions about players."""

from functools import lru_cache

from django.contrib.auth.hashers import make_password

from apps.accounts.errors import PlayerNotFound, WrongCredentials
from apps.accounts.models import PersonKey, Player, Profile, Restriction, Session, User
from apps.accounts.rules import PUBLIC_ID, normalised_email
from apps.core import clock, crypto


def player(player_id: int) -> Player:
    """
    Return a player.

    :raises PlayerNotFound: there is none with this id.
    """
    found = Player.objects.filter(id=player_id).first()
    if found is None:
        raise PlayerNotFound(player_id=player_id)
    return found


@lru_cache(maxsize=100_000)
def player_id(public_id: str) -> int:
    """
    Return the id behind a public id; the pair never changes, so it is kept in memory.

    :raises PlayerNotFound: nobody has this public id.
    """
    found = None
    if PUBLIC_ID.fullmatch(public_id):
        found = Player.objects.filter(public_id=public_id).values_list("id", flat=True).first()
    if found is None:
        raise PlayerNotFound(public_id=public_id)
    return found


def taken_public_ids(public_ids: list[str]) -> set[str]:
    """Return those of the given public ids that belong to somebody."""
    return set(Player.objects.filter(public_id__in=public_ids).values_list("public_id", flat=True))


def email_of(player_id: int) -> str:
    """Return a player's e-mail address in clear, or an empty string after erasure."""
    profile = Profile.objects.select_related("player").get(player_id=player_id)
    key = PersonKey.objects.filter(person__player=profile.player).first()
    if key is None:
        return ""
    return crypto.decrypt(crypto.unwrap(key.wrapped_key), profile.email, purpose="accounts.Profile.email")


def token_hash_of(token: str) -> str:
    """Return the keyed hash under which a bearer token's session is stored."""
    return crypto.blind_index(token, purpose="accounts.Session.token")


def session_by_token(token: str) -> Session | None:
    """Return the open session that a bearer token opens, or None."""
    sessions = Session.objects.filter(
        token_hash=token_hash_of(token), ended_at=None, expires_at__gt=clock.now()
    )
    return sessions.select_related("player", "player__brand").first()


def open_restrictions(player_id: int) -> list[Restriction]:
    """Return the restrictions set on a player's own account that are not over."""
    rows = Restriction.objects.filter(player_id=player_id).exclude(ends_at__lte=clock.now())
    return list(rows.order_by("id"))


def session(session_id: int) -> Session:
    """Return a session's row."""
    return Session.objects.get(id=session_id)


def proven_player(*, brand: str, email: str, password: str) -> Player:
    """
    Return the player whom these credentials prove.

    An unknown address costs as much time as a wrong password, and gets the same answer.

    :raises WrongCredentials: brand, e-mail and password do not belong together.
    """
    index = crypto.blind_index(normalised_email(email), purpose="accounts.Profile.email")
    user = (
        User.objects.select_related("player")
        .filter(player__profile__brand__code=brand, player__profile__email_index=index, is_active=True)
        .first()
    )
    if user is None:
        make_password(password)
        raise WrongCredentials()
    if not user.check_password(password):
        raise WrongCredentials()
    assert user.player is not None
    return user.player
