import asyncio
import json
from itertools import permutations
from typing import Any

import pytest
from fake_platform import FakePlatform
from fake_table import fast_sleep

from sandbox.calling import Reply
from sandbox.chaos import Mischief
from sandbox.slots import wire
from sandbox.slots.rounds import Verdict
from sandbox.slots.wire import Answer, Wire

BET = frozenset({"b1"})
TAKEN = {"transactions": [{"action_id": "b1", "tx_id": "7"}], "balance": 5}


def read(status: int, content: Any) -> Answer:
    """Return how an answer to the bet is read."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return wire.read(Reply(status=status, body=body), action_ids=BET)


def test_a_success_names_its_transactions_and_the_balance() -> None:
    assert read(200, TAKEN) == Answer(Verdict.TAKEN, balance=5, txs={"b1": "7"})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        [],
        {"transactions": [], "balance": 5},
        {"transactions": [{"action_id": "other", "tx_id": "7"}], "balance": 5},
        {"transactions": [{"action_id": "b1", "tx_id": ""}], "balance": 5},
        {"transactions": "b1", "balance": 5},
        {"transactions": TAKEN["transactions"]},
        {"transactions": TAKEN["transactions"], "balance": "5"},
    ],
)
def test_a_success_that_does_not_say_all_of_it_leaves_the_fate_unknown(content: Any) -> None:
    assert read(200, content).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("status", [301, 408, 425, 429, 500, 502, 503, 504])
def test_these_answers_leave_the_fate_unknown(status: int) -> None:
    assert read(status, TAKEN).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412])
def test_these_answers_are_refusals(status: int) -> None:
    answer = read(status, {"code": 105, "message": "limit", "balance": 3})
    assert answer == Answer(Verdict.REFUSED, code="105", text="limit", balance=3)


def test_of_several_copies_a_success_decides_and_doubt_beats_a_refusal() -> None:
    taken, unknown, refused = (
        Answer(verdict) for verdict in (Verdict.TAKEN, Verdict.UNKNOWN, Verdict.REFUSED)
    )
    for answers in permutations([taken, unknown, refused]):
        assert wire.strongest(list(answers)) is taken
    for answers in permutations([unknown, refused]):
        assert wire.strongest(list(answers)) is unknown
    assert wire.strongest([refused, refused]) is refused


@pytest.mark.parametrize("is_concurrent", [False, True])
def test_a_duplicate_is_delivered_and_moves_nothing(is_concurrent: bool) -> None:
    platform = FakePlatform(funds=100)
    way = Wire(platform, account="demo-slots", secret="a secret of the tests", sleep=fast_sleep)
    action = {"action": "bet", "action_id": "b1", "amount": 60}
    body = wire.encode({"user_id": "ann", "actions": [action]})
    mischief = Mischief(copies=3, is_concurrent=is_concurrent)
    answers = asyncio.run(way.deliver("play", body, action_ids=BET, mischief=mischief))
    assert [answer.balance for answer in answers] == [40, 40, 40]
    assert len({answer.txs["b1"] for answer in answers}) == 1
