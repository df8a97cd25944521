"""What a player sees of their money."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api import Caller
from apps.core import money
from apps.wallet import selectors


class MyWallet(APIView):
    """The caller's wallet in the account's currency."""

    class Output(serializers.Serializer):
        currency = serializers.CharField()
        cash = serializers.CharField(help_text="Can be staked and withdrawn.")
        bonus = serializers.CharField(help_text="Can be staked where its terms say.")
        in_play = serializers.CharField(help_text="Stakes of rounds that are not over.")
        pending = serializers.CharField(help_text="Withdrawals on their way.")
        held = serializers.CharField(help_text="Arrived, and waiting for a decision.")
        debt = serializers.CharField(help_text="Owed; no stake while it is above zero.")

    @extend_schema(responses=Output, operation_id="my_wallet")
    def get(self, request: Request) -> Response:
        """Return every purse, as decimal strings."""
        player = cast(Caller, request.user).player
        purses = selectors.balance(player_id=player.id, currency=player.currency)
        in_play = purses["in_play_cash"] + purses["in_play_bonus"]
        shown = {name: money.text(purses[name]) for name in ("cash", "bonus", "pending", "held", "debt")}
        return Response({"currency": player.currency, "in_play": money.text(in_play), **shown})
