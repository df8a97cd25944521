"""A provider at the wire: sign a body, post it, read the answer."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from apps.accounts.models import Player

# An accident is answered with 500, as it would be outside a test.
_client = Client(raise_request_exception=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> tuple[int, int]:
        """HTTP status and the code of the refusal."""
        return self.status, self.body["code"]


def signature(body: bytes, secret: bytes = b"secret") -> str:
    """Return the header a provider sends with a body."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def send(
    body: bytes, path: str = "play", *, account: str = "slots", headers: dict[str, str] | None = None
) -> Reply:
    """Post raw bytes, signed with the secret of the tests unless `headers` say otherwise."""
    if headers is None:
        headers = {"X-REQUEST-SIGN": signature(body)}
    response = _client.post(
        f"/games/softswiss/{account}/{path}", body, content_type="application/json", headers=headers
    )
    assert response.headers["Content-Type"] == "application/json", (response.status_code, response.content)
    return Reply(response.status_code, json.loads(response.content))


def call(player: Player, *actions: dict[str, Any], path: str = "play", **more: Any) -> Reply:
    """Post a call for a player: the game `fruit`, round `round-1`, the player's currency unless said."""
    values = {"user_id": player.public_id, "currency": player.currency, "game": "fruit", "game_id": "round-1"}
    account = more.pop("account", "slots")
    return send(json.dumps({**values, "actions": actions, **more}).encode(), path, account=account)


def bet(reference: str, amount: Any) -> dict[str, Any]:
    """Return a bet in minor units."""
    return {"action": "bet", "action_id": reference, "amount": amount}


def win(reference: str, amount: Any) -> dict[str, Any]:
    """Return a win in minor units."""
    return {"action": "win", "action_id": reference, "amount": amount}


def rollback(reference: str, original: str) -> dict[str, Any]:
    """Return an undo."""
    return {"action": "rollback", "action_id": reference, "original_action_id": original}
