"""Logging in and out."""

import secrets
from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from apps.access import services
from apps.accounts import selectors as accounts
from apps.accounts import services as account_acts
from apps.accounts.api import Caller
from apps.core.operations import Asked


class LogIn(APIView):
    """Start a session."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"

    class Input(serializers.Serializer):
        brand = serializers.CharField(max_length=64)
        email = serializers.CharField(max_length=254)
        password = serializers.CharField(max_length=128, trim_whitespace=False)

    class Output(serializers.Serializer):
        class Player(serializers.Serializer):
            id = serializers.CharField()
            currency = serializers.CharField()

        token = serializers.CharField()
        expires_at = serializers.DateTimeField()
        player = Player()

    @extend_schema(request=Input, responses=Output, operation_id="log_in")
    def post(self, request: Request) -> Response:
        """Log in with brand, e-mail address and password; the token opens everything else."""
        given = self.Input(data=request.data)
        given.is_valid(raise_exception=True)
        player = accounts.proven_player(**given.validated_data)
        token, token_hash = account_acts.new_token()
        done = services.log_in(
            asked=Asked(f"player:{player.id}", secrets.token_hex(16), f"player:{player.id}"),
            player_id=player.id,
            token_hash=token_hash,
            ip_address=request.META.get("REMOTE_ADDR"),
            user_agent=request.headers.get("User-Agent", ""),
        )
        session = accounts.session(done.value.session_id)
        return Response(
            {
                "token": token,
                "expires_at": session.expires_at,
                "player": {"id": player.public_id, "currency": player.currency},
            }
        )


class LogOut(APIView):
    """End the session that asks."""

    @extend_schema(request=None, responses={204: None}, operation_id="log_out")
    def post(self, request: Request) -> Response:
        """End this session now; its token opens nothing any more."""
        caller = cast(Caller, request.user)
        account_acts.end_sessions(
            asked=Asked(f"player:{caller.pk}", f"log-out:{caller.session.id}", f"player:{caller.pk}"),
            player_id=caller.pk,
            reason="log_out",
            session_id=caller.session.id,
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
