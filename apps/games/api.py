"""The lobby: games to choose from, and the launch."""

import secrets
from typing import Any, cast

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api import Caller
from apps.core.operations import Asked
from apps.games import selectors, services
from apps.games.providers.softswiss import wire


class GamePages(CursorPagination):
    """Games by title, a hundred a page."""

    page_size = 100
    ordering = ("title", "id")


class GameList(APIView):
    """What can be played."""

    class Output(serializers.Serializer):
        class Game(serializers.Serializer):
            id = serializers.CharField(source="public_id")
            title = serializers.CharField()
            category = serializers.CharField()
            provider = serializers.CharField(source="account.code")

        next = serializers.CharField(allow_null=True)
        previous = serializers.CharField(allow_null=True)
        results = Game(many=True)

    @extend_schema(responses=Output, operation_id="games", parameters=[])
    def get(self, request: Request) -> Response:
        """Return the games that are live."""
        pages = GamePages()
        page = pages.paginate_queryset(selectors.live_games(), request, view=self)
        return pages.get_paginated_response(self.Output.Game(page, many=True).data)


class LaunchGame(APIView):
    """Open a game."""

    class Output(serializers.Serializer):
        url = serializers.CharField(help_text="Where to send the player.")
        session_id = serializers.CharField()

    @extend_schema(request=None, responses={201: Output}, operation_id="launch_game")
    def post(self, request: Request, game: str) -> Response:
        """Open a session of a game for the caller, and return the provider's address of it."""
        caller = cast(Caller, request.user)
        found = selectors.game(game)
        done = services.launch(
            asked=Asked(f"player:{caller.pk}", secrets.token_hex(16), f"player:{caller.pk}"),
            player_id=caller.pk,
            game=game,
            player_session_id=caller.session.id,
        )
        account = selectors.account_of(found.account)
        url = wire.open_session(
            url=account.launch_url.rstrip("/") + "/sessions",
            secret=account.secret,
            body=_session_request(account.code, done.value, request),
        )
        return Response({"url": url, "session_id": done.value.session_id}, status=status.HTTP_201_CREATED)


def _session_request(account: str, launch: services.Launch, request: Request) -> dict[str, Any]:
    return {
        "casino_id": account,
        "game": launch.game_code,
        "currency": launch.currency,
        "locale": settings.LANGUAGE_CODE,
        "ip": request.META.get("REMOTE_ADDR", ""),
        "session_id": launch.session_id,
        "user": {"id": launch.player_public_id},
        "urls": {"return_url": request.build_absolute_uri("/")},
    }
