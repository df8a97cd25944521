"""
The SOFTSWISS aggregator contract (GCP callback, version 2), as public implementations speak it.

Unverified with the provider until a certification. Amounts are integer minor units; `X-REQUEST-SIGN` is the
hex HMAC-SHA256 of the raw body under the account's key, both ways.
"""

import hashlib
import hmac
import json
from typing import Any, Literal

import httpx
import msgspec

from apps.core import money
from apps.core.errors import DomainError, Malformed
from apps.games import errors
from apps.games.rules import Action, ActionKind, Answer, Message

SIGNATURE_HEADER = "X-REQUEST-SIGN"
LAUNCH_TIMEOUT_SECONDS = 3.0
MAX_REFERENCE = 128
# No round has more; the work of a call grows with them while its player waits.
MAX_ACTIONS = 500

# What a refusal is called on this wire: (HTTP status, code).
CODES: dict[str, tuple[int, int]] = {
    "wallet.insufficient_funds": (412, 100),
    "wallet.debt_outstanding": (412, 100),
    "accounts.player_not_found": (412, 101),
    "games.session_not_open": (412, 101),
    "responsible_gaming.limit_exceeded": (412, 105),
    "games.provider_disabled": (412, 106),
    "games.game_unavailable": (412, 107),
    "games.round_closed": (412, 107),
    "games.win_without_bet": (412, 107),
    "access.refused": (412, 153),
    "games.wrong_currency": (412, 154),
    "core.unknown_currency": (412, 154),
    "games.signature_wrong": (403, 403),
    "core.reference_reused": (409, 409),
    "core.malformed": (400, 400),
    "core.bad_amount": (400, 400),
    "games.provider_unknown": (404, 404),
}
# What no table names: refused for good, or (nothing is known to have moved) to be tried again or undone.
FOR_GOOD, UNKNOWN_OUTCOME = (400, 400), (503, 503)


class PlayAction(msgspec.Struct, frozen=True):
    """One bet or win of a /play call, in minor units."""

    action: Literal["bet", "win"]
    action_id: str
    amount: int


class RollbackAction(msgspec.Struct, frozen=True):
    """One undo of a /rollback call; an amount, if any, is not looked at: the stored one counts."""

    action: Literal["rollback"]
    action_id: str
    original_action_id: str


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str
    currency: str
    game: str = ""
    game_id: str = ""
    finished: bool = False


class PlayCall(_Call, frozen=True, kw_only=True):
    """The body of /play; without actions it asks for the balance."""

    actions: list[PlayAction] = []


class RollbackCall(_Call, frozen=True, kw_only=True):
    """The body of /rollback."""

    actions: list[RollbackAction]


class _Named(msgspec.Struct, frozen=True):
    user_id: str = ""


_named = msgspec.json.Decoder(_Named)
_play = msgspec.json.Decoder(PlayCall)
_rollback = msgspec.json.Decoder(RollbackCall)
_KINDS = {"bet": ActionKind.STAKE, "win": ActionKind.WIN}


def sign(secret: bytes, body: bytes) -> str:
    """Return the hex HMAC-SHA256 of a body."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def ensure_signed(secrets: tuple[bytes, ...], body: bytes, signature: str | None) -> None:
    """
    Accept a body that is signed under one of the keys in force.

    :raises SignatureWrong: the header is missing, or fits none of them.
    """
    given = (signature or "").encode()
    fits = [hmac.compare_digest(sign(secret, body).encode(), given) for secret in secrets]
    if not any(fits):
        raise errors.SignatureWrong()


def read_play(body: bytes) -> Message:
    """
    Return the message of a /play body.

    :raises Malformed: it is not what the contract says; the rule and place are named.
    """
    call = _decode(_play, body)
    actions = tuple(
        Action(
            _KINDS[action.action],
            _reference(action.action_id),
            money.from_minor(action.amount, call.currency).units,
        )
        for action in call.actions
    )
    return _message(call, actions)


def read_rollback(body: bytes) -> Message:
    """
    Return the message of a /rollback body.

    :raises Malformed: it is not what the contract says; the rule and place are named.
    """
    call = _decode(_rollback, body)
    actions = tuple(
        Action(ActionKind.UNDO, _reference(action.action_id), original=_reference(action.original_action_id))
        for action in call.actions
    )
    return _message(call, actions)


def player_named(body: bytes) -> str:
    """Return whom a signed body names, even where the rest of it cannot be read; else an empty string."""
    try:
        return _named.decode(body).user_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _decode(decoder: msgspec.json.Decoder, body: bytes) -> Any:
    try:
        call = decoder.decode(body)
        _unambiguous.decode(body.decode())
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(rule=str(error)) from error
    return call


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members := dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return members


def _plain_integer(digits: str) -> int:
    if digits == "-0":
        raise ValueError("zero has no sign")
    return int(digits)


# The typed decoder takes the last of two equal keys; the provider's own reader may take the first.
_unambiguous = json.JSONDecoder(object_pairs_hook=_each_key_once, parse_int=_plain_integer)


def _message(call: Any, actions: tuple[Action, ...]) -> Message:
    money.currency(call.currency)
    if len(actions) > MAX_ACTIONS:
        raise Malformed(field="actions", rule=f"at most {MAX_ACTIONS}")
    if actions and not call.game_id:
        raise Malformed(field="game_id", rule="a call with actions names its round")
    if (
        len(call.game_id) > MAX_REFERENCE
        or len(call.game) > MAX_REFERENCE
        or "\0" in call.game_id + call.game
    ):
        raise Malformed(field="game_id", rule=f"at most {MAX_REFERENCE} characters")
    return Message(call.user_id, call.currency, call.game, call.game_id, call.finished, actions)


def _reference(reference: str) -> str:
    if not 0 < len(reference) <= MAX_REFERENCE or "\0" in reference:
        raise Malformed(field="action_id", rule=f"1 to {MAX_REFERENCE} characters")
    return reference


def answer_body(message: Message, answer: Answer) -> bytes:
    """Return the body of a success."""
    return msgspec.json.encode(
        {
            "game_id": message.round_reference,
            "transactions": [
                {"action_id": reference, "tx_id": str(operation_id)}
                for reference, operation_id in answer.transactions
            ],
            "balance": money.minor_floor(answer.balance),
        }
    )


def refusal(error: DomainError, balance: money.Money | None) -> tuple[int, bytes]:
    """Return status and body of a refusal; of a known player it carries the balance."""
    status, code = CODES.get(error.code, FOR_GOOD if error.final else UNKNOWN_OUTCOME)
    body: dict[str, Any] = {"code": code, "message": error.code}
    if balance is not None:
        body["balance"] = money.minor_floor(balance)
    return status, msgspec.json.encode(body)


def open_session(*, url: str, secret: bytes, body: dict[str, Any]) -> str:
    """
    Open a game at the provider and return the address to send the player to.

    :raises LaunchFailed: no answer in time, or not the contract's.
    """
    content = msgspec.json.encode(body)
    headers = {SIGNATURE_HEADER: sign(secret, content), "Content-Type": "application/json"}
    try:
        response = httpx.post(url, content=content, headers=headers, timeout=LAUNCH_TIMEOUT_SECONDS)
        response.raise_for_status()
        return str(response.json()["launch_options"]["game_url"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise errors.LaunchFailed(reason=type(error).__name__) from error
