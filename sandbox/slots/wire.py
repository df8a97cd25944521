"""
Messages to the platform: signed, sent, and their answers read strictly.

An answer that does not say exactly what the contract promises is no answer: the fate of the message stays
unknown.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox import signing
from sandbox.calling import NoAnswer, Reply
from sandbox.chaos import Mischief
from sandbox.slots.rounds import Verdict

RETRYABLE_REFUSALS = frozenset({408, 425, 429})

Sleep = Callable[[float], Awaitable[None]]


class Caller(Protocol):
    """What sends a request; `sandbox.calling.Client` in life."""

    async def request(
        self, method: str, path: str, *, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()
    ) -> Reply:
        """Send a request and return the answer; raises NoAnswer when none comes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said about a message: its verdict and, if told, balance and transaction ids."""

    verdict: Verdict
    code: str | None = None
    text: str | None = None
    balance: int | None = None
    txs: Mapping[str, str] = field(default_factory=dict)


def encode(content: Mapping[str, Any]) -> bytes:
    """Return the exact bytes of a message, which are kept for every repeat of it."""
    return json.dumps(content, separators=(",", ":")).encode()


def read(reply: Reply, *, action_ids: frozenset[str]) -> Answer:
    """Return what a reply says about the message with these actions."""
    content = reply.json()
    if reply.status == 200:
        return _read_taken(content, action_ids)
    if 400 <= reply.status < 500 and reply.status not in RETRYABLE_REFUSALS:
        code = content.get("code", reply.status)
        return Answer(
            verdict=Verdict.REFUSED,
            code=str(code),
            text=str(content.get("message", "")),
            balance=_whole(content.get("balance")),
        )
    return Answer(verdict=Verdict.UNKNOWN, code=str(reply.status))


def _read_taken(content: Mapping[str, Any], action_ids: frozenset[str]) -> Answer:
    rows = content.get("transactions")
    rows = rows if isinstance(rows, list) else []
    txs = {str(row.get("action_id")): str(row.get("tx_id")) for row in rows if isinstance(row, dict)}
    balance = _whole(content.get("balance"))
    is_complete = balance is not None and action_ids <= txs.keys() and all(txs.values())
    return Answer(verdict=Verdict.TAKEN if is_complete else Verdict.UNKNOWN, balance=balance, txs=txs)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def strongest(answers: list[Answer]) -> Answer:
    """
    Return the answer that decides about several copies of one message.

    One success proves that the message took effect. A refusal is believed only when no copy is in doubt,
    because a copy that is still on its way may be taken later.


    """
    order = (Verdict.TAKEN, Verdict.UNKNOWN, Verdict.REFUSED)
    return min(answers, key=lambda answer: order.index(answer.verdict))


class Wire:
    """The way to one account of the platform, with the bad luck of a real network on demand."""

    def __init__(self, caller: Caller, *, account: str, secret: str, sleep: Sleep = asyncio.sleep) -> None:
        self._caller, self._account, self._secret = caller, account, secret
        self.sleep = sleep

    async def post(self, call_path: str, body: bytes, *, action_ids: frozenset[str]) -> Answer:
        """Send a message once and return what came back."""
        headers = (
            (signing.HEADER, signing.sign(secret=self._secret, body=body)),
            ("Content-Type", "application/json"),
        )
        path = f"/games/softswiss/{self._account}/{call_path}"
        try:
            reply = await self._caller.request("POST", path, body=body, headers=headers)
        except NoAnswer as failure:
            return Answer(verdict=Verdict.UNKNOWN, code="no_answer", text=str(failure))
        return read(reply, action_ids=action_ids)

    async def deliver(
        self, call_path: str, body: bytes, *, action_ids: frozenset[str], mischief: Mischief
    ) -> list[Answer]:
        """Send a message as the mischief has it and return the answer to every copy, lost ones included."""
        await self.sleep(mischief.delay_seconds)

        def post() -> Awaitable[Answer]:
            return self.post(call_path, body, action_ids=action_ids)

        if mischief.is_concurrent:
            return list(await asyncio.gather(*(post() for _ in range(mischief.copies))))
        return [await post() for _ in range(mischief.copies)]

    async def balance(self, *, player: str, currency: str, game: str) -> int | None:
        """Return the player's balance in minor units, or None when the platform does not tell."""
        content = {"user_id": player, "currency": currency, "game": game, "finished": False, "actions": []}
        return (await self.post("play", encode(content), action_ids=frozenset())).balance
