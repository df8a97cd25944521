"""What the dealer believes, and what it does, when a platform is late, silent, suspicious or forgetful."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from fake_platform import ENOUGH, FakePlatform
from fake_table import deal_everywhere, dealer_at, session_for, settled

from sandbox import signing
from sandbox.calling import NoAnswer, Reply
from sandbox.chaos import Dial, Mischief
from sandbox.slots.rounds import Round, Verdict


class Patient(Dial):
    """A dial that does no mischief but always tries a bet of unknown fate once more."""

    def mischief(self, *, name: str) -> Mischief:
        """Do nothing to a message."""
        return Mischief()

    def happens(self, *, name: str, likelihood: float) -> bool:
        """Let second tries happen and nothing else."""
        return name.startswith("second-try/")


class Slow(FakePlatform):
    """A platform that gets the first message late: after it has refused the second."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[tuple[str, Any]] = []

    async def request(self, method: str, path: str, **parts: Any) -> Reply:
        """Lose the first message on its way, refuse the second, then find the first again."""
        number = len(self.arrived)
        self.arrived.append((path, parts))
        if number == 0:
            raise NoAnswer("lost for now")
        if number == 1:
            reply = Reply(status=412, body=b'{"code": 105}')
            asyncio.get_running_loop().call_soon(self._find_again)
            return reply
        return await super().request(method, path, **parts)

    def _find_again(self) -> None:
        path, parts = self.arrived[0]
        self.answer(path, parts["body"], dict(parts["headers"])[signing.HEADER])


def test_a_refusal_after_a_lost_answer_is_not_believed(tmp_path: Path) -> None:
    platform = Slow()

    async def play() -> tuple[Round, dict]:
        dealer = dealer_at(platform, tmp_path / "record")
        dealer.dial = Patient(seed=1)
        session = session_for(dealer, player="ann", game="fruit-fiesta")
        game_round, _ = dealer.deal(session, stake=100, extra=False)
        return game_round, await settled(dealer)

    game_round, totals = asyncio.run(play())
    assert game_round.calls["open"].verdict is Verdict.UNKNOWN
    assert totals["undone"] == 1
    assert platform.taken
    assert platform.sums() == totals["by_player"] == {}
    assert platform.balance("ann") == ENOUGH


class Hanging(FakePlatform):
    """A platform that does what it is told and never answers."""

    async def request(self, method: str, path: str, **parts: Any) -> Reply:
        """Take the message and keep silent."""
        await super().request(method, path, **parts)
        await asyncio.Event().wait()
        raise AssertionError("nobody waits this long")


def test_a_bet_that_a_crash_interrupted_is_rolled_back(tmp_path: Path) -> None:
    platform, path = Hanging(), tmp_path / "record"

    async def play_until_crash() -> None:
        deal_everywhere(dealer_at(platform, path), players=["ann"], rounds=1)
        while len(platform.taken) < 3:
            await asyncio.sleep(0)

    async def resume(working: FakePlatform) -> dict:
        dealer = dealer_at(working, path)
        assert dealer.recover() == 3
        return await settled(dealer)

    asyncio.run(play_until_crash())
    working = FakePlatform()
    working.taken, working.seen = platform.taken, platform.seen
    totals = asyncio.run(resume(working))
    assert (totals["bets"], totals["undone"], totals["unresolved"]) == (0, 3, 0)
    assert {message["actions"][0]["action"] for message in working.requests} == {"rollback"}


class Suspicious(FakePlatform):
    """A platform that looks into the provider's record whenever a message arrives."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    async def request(self, method: str, path: str, *, body: bytes = b"", **parts: Any) -> Reply:
        """Take a message only if it is on record word for word."""
        with closing(sqlite3.connect(self._path)) as record:
            found = record.execute("SELECT state FROM calls WHERE body = ?", (body,)).fetchall()
        assert found
        assert found[0][0] in ("sent", "final")
        return await super().request(method, path, body=body, **parts)


def test_a_message_is_on_record_before_it_is_on_the_wire(tmp_path: Path) -> None:
    platform = Suspicious(tmp_path / "record")

    async def play() -> dict:
        dealer = dealer_at(platform, tmp_path / "record", chaos=0.5)
        deal_everywhere(dealer, players=["ann"], rounds=10)
        return await settled(dealer)

    assert asyncio.run(play())["unresolved"] == 0


class Forgetful(FakePlatform):
    """A platform that breaks the contract: a repeat gets another transaction id."""

    given = 0

    def _transaction(self, action: dict[str, Any]) -> dict[str, str]:
        self.given += 1
        return {**super()._transaction(action), "tx_id": f"new{self.given}"}


def test_a_repeat_with_another_transaction_id_is_a_surprise(tmp_path: Path) -> None:
    async def play() -> dict:
        dealer = dealer_at(Forgetful(), tmp_path / "record", chaos=1.0)
        deal_everywhere(dealer, players=["ann"], rounds=10)
        return await settled(dealer)

    totals = asyncio.run(play())
    assert totals["unresolved"] == 0
    assert "is now new" in totals["surprises"][0]
