"""Who calls: a player, by the bearer token of a session whose row says that it is open."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts import selectors
from apps.accounts.models import Player, Session

KEYWORD = b"bearer"


class Caller:
    """A logged-in player, as views see the requesting user."""

    is_authenticated = True

    def __init__(self, session: Session) -> None:
        self.session = session
        self.player: Player = session.player

    @property
    def pk(self) -> int:
        """The player's id, by which throttles tell callers apart."""
        return self.player.pk


class SessionTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; the session's row is asked on every request."""

    def authenticate(self, request: Request) -> tuple[Caller, Session] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != KEYWORD:
            return None
        session = selectors.session_by_token(parts[1].decode("latin-1")) if len(parts) == 2 else None
        if session is None:
            raise AuthenticationFailed("The session is over or was never there.")
        return Caller(session), session

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionTokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes it."""

    target_class = SessionTokenAuthentication
    name = "sessionToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
