"""
Deals rounds and pursues every message until its fate is known.

A bet of unknown fate is rolled back; a win or a rollback is sent until the platform takes or refuses it. Each
round is one task that follows the pure rules of `rounds` over the record in `store`, so that a round taken up
after a crash goes the same way as one that never stopped.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any

from sandbox import chance
from sandbox.chaos import Dial
from sandbox.slots import rounds, rules
from sandbox.slots.games import GAMES
from sandbox.slots.rounds import Call, Manner, Round, Session, State, Verdict
from sandbox.slots.store import Store
from sandbox.slots.wire import Answer, Wire, encode, strongest

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
HURRIED_PAUSE_SECONDS = 0.3
SECOND_TRY = 0.5

log = logging.getLogger(__name__)


def manner_of(round_id: str, *, dial: Dial) -> Manner:
    """Return how a round's messages are packed and ordered, by chance."""

    def happens(what: str, likelihood: float) -> bool:
        return dial.happens(name=f"{what}/{round_id}", likelihood=likelihood)

    return Manner(
        is_joint=happens("joint", 0.5),
        is_overtaken=happens("overtaken", 0.15),
        is_parallel=happens("parallel", 0.5),
        is_late=happens("late", 0.5),
    )


def settle(store: Store, game_round: Round, call: Call, answer: Answer) -> None:
    """Record the fate of a call and what follows from it."""
    call.state, call.verdict = State.FINAL, answer.verdict
    call.code, call.text = answer.code, answer.text
    rollbacks = [rounds.undo(call)] if answer.verdict is Verdict.UNKNOWN else []
    game_round.calls |= {rollback.purpose: rollback for rollback in rollbacks}
    if answer.verdict is Verdict.REFUSED and not call.is_debit and not call.is_straggler:
        store.note_surprise(game_round, f"{call.purpose} refused with {answer.code} {answer.text}")
    dropped = rounds.drops(game_round.calls)
    for other in dropped:
        other.state, other.verdict = State.FINAL, Verdict.DROPPED
    store.keep(game_round, [call, *dropped], new=rollbacks)


def compare(store: Store, game_round: Round, call: Call, answer: Answer) -> None:
    """Hold an answer against what was answered to the same actions before."""
    if answer.verdict is not Verdict.TAKEN:
        return
    for action in call.actions:
        tx = answer.txs[action.id]
        if action.tx not in (None, tx):
            text = f"{action.id} was transaction {action.tx} and is now {tx}"
            store.note_surprise(game_round, text)
        action.tx = action.tx or tx


class Dealer:
    """Plays rounds for sessions; one per provider process."""

    def __init__(self, *, store: Store, wire: Wire, dial: Dial, seed: int) -> None:
        self.store, self.wire, self.dial, self._seed = store, wire, dial, seed
        self.is_open = True
        self._hurry = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def recover(self) -> int:
        """Take up every round that an earlier process left unfinished; return how many."""
        unfinished = self.store.unfinished()
        for game_round in unfinished:
            self._start(self._pursue(game_round))
        return len(unfinished)

    def deal(self, session: Session, *, stake: int, extra: bool) -> tuple[Round, asyncio.Task[None]]:
        """Record a new round and start it; the task ends when the round is over."""
        number = self.store.next_number(session.token)
        name = f"{session.platform_session}/{number}"
        luck = chance.generator(seed=self._seed, name=f"reels/{name}")
        outcome = rules.play(GAMES[session.game], stake=stake, chance=luck, extra=extra)
        round_id = chance.digest(seed=self._seed, name=f"round/{name}")
        game_round = Round(id=round_id, session=session, number=number, stake=stake, outcome=asdict(outcome))
        game_round.calls = rounds.plan(
            round_id=round_id, outcome=outcome, manner=manner_of(round_id, dial=self.dial)
        )
        self.store.open_round(game_round)
        return game_round, self._start(self._pursue(game_round))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a round stopped", exc_info=task.exception())

    async def _pursue(self, game_round: Round) -> None:
        """Send what is due until the round is over."""
        while step := rounds.next_step(game_round.calls):
            interrupted = [call for call in step if call.state is State.SENT and call.is_debit]
            if interrupted:
                self._give_up(game_round, interrupted)
                continue
            self._address(game_round, step)
            await asyncio.gather(*(self._send(game_round, call) for call in step))

    def _address(self, game_round: Round, step: list[Call]) -> None:
        """Fix and record the bytes of calls that go out together, before the first of them leaves."""
        fresh = [call for call in step if call.body is None]
        for call in step:
            call.state = State.SENT
        for call in fresh:
            call.body = encode(rounds.wire_content(call, game_round))
        self.store.keep(game_round, fresh)

    def _give_up(self, game_round: Round, calls: list[Call]) -> None:
        """Record that nobody knows what became of these bets, and their rollbacks with it."""
        for call in calls:
            settle(self.store, game_round, call, Answer(verdict=Verdict.UNKNOWN))

    async def _send(self, game_round: Round, call: Call) -> None:
        """Send a call until its fate is known, or once or twice when it can be undone instead."""
        attempt, is_doubtful = 0, False
        while True:
            attempt += 1
            answer = await self._attempt(game_round, call, attempt)
            is_doubtful |= answer.verdict is Verdict.UNKNOWN
            if self._is_decided(call, answer, attempt, is_doubtful):
                break
            await self._pause(game_round, call, attempt)
        if call.is_debit and is_doubtful and answer.verdict is Verdict.REFUSED:
            answer = Answer(verdict=Verdict.UNKNOWN, code=answer.code, text=answer.text)
        settle(self.store, game_round, call, answer)

    def _is_decided(self, call: Call, answer: Answer, attempt: int, is_doubtful: bool) -> bool:
        if answer.verdict is not Verdict.UNKNOWN:
            return True
        name = f"second-try/{call.actions[0].id}"
        return call.is_debit and not (attempt == 1 and self.dial.happens(name=name, likelihood=SECOND_TRY))

    async def _attempt(self, game_round: Round, call: Call, attempt: int) -> Answer:
        assert call.body is not None, "a call is addressed before it is sent"
        path = "rollback" if call.is_rollback else "play"
        action_ids = frozenset(action.id for action in call.actions)
        mischief = self.dial.mischief(name=f"{call.actions[0].id}/{attempt}")
        answers = await self.wire.deliver(path, call.body, action_ids=action_ids, mischief=mischief)
        for answer in answers:
            compare(self.store, game_round, call, answer)
            game_round.balance = answer.balance if answer.balance is not None else game_round.balance
        answer = strongest(answers)
        if answer.verdict is Verdict.TAKEN and mischief.echo_after_seconds is not None:
            self._start(self._echo(game_round, call, mischief.echo_after_seconds))
        return Answer(verdict=Verdict.UNKNOWN, code="lost") if mischief.is_answer_lost else answer

    async def _echo(self, game_round: Round, call: Call, pause_seconds: float) -> None:
        """Send a message that was taken once more, out of the blue; it must change nothing."""
        assert call.body is not None, "a call is addressed before it is sent"
        await self.wire.sleep(pause_seconds)
        path = "rollback" if call.is_rollback else "play"
        action_ids = frozenset(action.id for action in call.actions)
        answer = await self.wire.post(path, call.body, action_ids=action_ids)
        compare(self.store, game_round, call, answer)
        if answer.verdict is Verdict.REFUSED:
            self.store.note_surprise(game_round, f"repeat of {call.purpose} refused with {answer.code}")

    async def _pause(self, game_round: Round, call: Call, attempt: int) -> None:
        """Wait before the next try: twice as long each time, and shortly once the provider drains."""
        draw = chance.generator(seed=self._seed, name=f"pause/{call.actions[0].id}/{attempt}").uniform(0.5, 1)
        seconds = draw * min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempt, 10))
        if self._hurry.is_set():
            await self.wire.sleep(min(seconds, HURRIED_PAUSE_SECONDS))
            return
        waits = [asyncio.ensure_future(self.wire.sleep(seconds)), asyncio.create_task(self._hurry.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def drain(self, *, timeout_seconds: float) -> bool:
        """Deal no more, and wait until every round is over; tell whether that came true in time."""
        self.is_open = False
        self._hurry.set()
        try:
            async with asyncio.timeout(timeout_seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            return False
        return True

    def resume(self) -> None:
        """Deal again after a drain."""
        self._hurry.clear()
        self.is_open = True
