"""
A small platform to try a vendor against: the contract's rules over dictionaries, behind a lossy network.

It takes the place of the HTTP client, so that thousands of messages need no sockets.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

from sandbox import signing
from sandbox.calling import NoAnswer, Reply

SECRET = "a secret of the tests"
ENOUGH = 100_000_000


class Refusal(Exception):
    """The platform says no to the whole message."""


class FakePlatform:
    """Balances and actions of one account; `trouble` from 0 to 1 is how bad its network is."""

    def __init__(self, *, seed: int = 1, trouble: float = 0.0, funds: int = ENOUGH) -> None:
        self._chance, self._trouble = Random(seed), trouble
        self._funds = funds
        self._balances: dict[str, int] = {}
        self.is_down = False
        self.taken: dict[str, tuple[str, str, int]] = {}
        self.undone: set[str] = set()
        self.seen: dict[str, tuple[str, str]] = {}
        self.requests: list[dict[str, Any]] = []

    async def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()
    ) -> Reply:
        """Carry a message there and the answer back, if all goes well."""
        await asyncio.sleep(self._chance.random() * 0.004 * self._trouble)
        if self.is_down or self._is_bad_luck(0.15):
            raise NoAnswer("never arrived")
        reply = self.answer(path, body, dict(headers).get(signing.HEADER))
        await asyncio.sleep(self._chance.random() * 0.004 * self._trouble)
        if self._is_bad_luck(0.15):
            raise NoAnswer("the answer was lost")
        if self._is_bad_luck(0.1):
            return Reply(status=503, body=b"")
        if self._is_bad_luck(0.05):
            return Reply(status=200, body=b"<html>")
        return reply

    def _is_bad_luck(self, likelihood: float) -> bool:
        return self._chance.random() < likelihood * self._trouble

    def answer(self, path: str, body: bytes, signature: str | None) -> Reply:
        """Do what a message asks, whole or not at all."""
        if not signing.is_signed(secret=SECRET, body=body, signature=signature):
            return _reply(403, {"code": 403, "message": "signature"})
        message = json.loads(body)
        self.requests.append(message)
        player, is_rollback = message["user_id"], path.endswith("/rollback")
        try:
            transactions = (self._undo if is_rollback else self._play)(player, message["actions"])
        except Refusal as refusal:
            return _reply(412, {"code": int(str(refusal)), "message": "no", "balance": self.balance(player)})
        return _reply(200, {"transactions": transactions, "balance": self.balance(player)})

    def balance(self, player: str) -> int:
        """Return what a player has."""
        return self._balances.get(player, self._funds)

    def _play(self, player: str, actions: list[dict[str, Any]]) -> list[dict[str, str]]:
        fresh = [action for action in actions if action["action_id"] not in self.seen]
        balance = self.balance(player)
        if any(action["action"] == "bet" for action in fresh) and self._is_bad_luck(0.2):
            raise Refusal("105")
        for action in fresh:
            effect = 0 if action["action_id"] in self.undone else action["amount"]
            balance += effect if action["action"] == "win" else -effect
            if balance < 0 and action["action"] == "bet":
                raise Refusal("100")
        self._balances[player] = balance
        for action in fresh:
            self.taken[action["action_id"]] = (player, action["action"], action["amount"])
        return [self._transaction(action) for action in actions]

    def _undo(self, player: str, actions: list[dict[str, Any]]) -> list[dict[str, str]]:
        for action in actions:
            original = action["original_action_id"]
            if original in self.undone:
                continue
            self.undone.add(original)
            _, kind, amount = self.taken.get(original, (player, "none", 0))
            effect = {"bet": amount, "win": -amount, "none": 0}[kind]
            self._balances[player] = self.balance(player) + effect
        return [self._transaction(action) for action in actions]

    def _transaction(self, action: dict[str, Any]) -> dict[str, str]:
        content = json.dumps(action, sort_keys=True)
        known, tx = self.seen.setdefault(action["action_id"], (content, f"tx{len(self.seen) + 1}"))
        assert known == content, "an action id may not be used for something else"
        return {"action_id": action["action_id"], "tx_id": tx}

    def sums(self) -> dict[str, dict[str, int]]:
        """Return what each player staked and won, without what was undone."""
        sums: dict[str, Counter[str]] = {}
        for action_id, (player, kind, amount) in self.taken.items():
            if action_id not in self.undone:
                sums.setdefault(player, Counter())[kind] += amount
        return {player: {"staked": sum_["bet"], "won": sum_["win"]} for player, sum_ in sums.items()}


def _reply(status: int, content: dict[str, Any]) -> Reply:
    return Reply(status=status, body=json.dumps(content).encode())
