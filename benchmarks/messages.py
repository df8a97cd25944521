"""Signed messages of a provider, made as bytes before anything is measured."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

ACCOUNT, GAME, SECRET, CURRENCY = "bench", "bench:load", "test", "USD"
STAKE_CENTS, WIN_CENTS = 1, 2


class Message(NamedTuple):
    """One request as it goes over the wire, and what a later win or undo has to name."""

    request: bytes
    player: str
    round: str
    action: str


def stakes(players: Sequence[str], *, count: int, prefix: str) -> Iterator[Message]:
    """Yield stakes that go round the players; each opens a round of its own, which stays open."""
    for number in range(count):
        player, action = players[number % len(players)], f"{prefix}-{number}"
        act = {"action": "bet", "amount": STAKE_CENTS, "action_id": action}
        yield message("play", player, f"round-{action}", act, finished=False)


def wins(played: Sequence[Message]) -> Iterator[Message]:
    """Yield a win for each stake; it settles the stake and ends its round, as slots do."""
    for stake in played:
        act = {"action": "win", "amount": WIN_CENTS, "action_id": f"win-{stake.action}"}
        yield message("play", stake.player, stake.round, act, finished=True)


def undos(played: Sequence[Message]) -> Iterator[Message]:
    """Yield an undo for each stake."""
    for stake in played:
        act = {"action": "rollback", "action_id": f"undo-{stake.action}", "original_action_id": stake.action}
        yield message("rollback", stake.player, stake.round, act, finished=True)


def balances(players: Sequence[str]) -> Iterator[Message]:
    """Yield a question for each player's balance: it writes nothing, and warms what the server keeps."""
    for player in players:
        yield message("play", player, "", None, finished=False)


def message(path: str, player: str, played: str, act: dict[str, Any] | None, *, finished: bool) -> Message:
    """Return a signed message with one action, or with none."""
    actions = [act] if act else []
    content = {
        "user_id": player,
        "currency": CURRENCY,
        "game": GAME,
        "game_id": played,
        "finished": finished,
        "actions": actions,
    }
    body = json.dumps(content).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /games/softswiss/{ACCOUNT}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nX-REQUEST-SIGN: {signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Message(head.encode() + body, player, played, act["action_id"] if act else "")
