"""
The law of a round on the wire: which messages it takes, what each waits for, and when the round is over.

Pure. A round is planned whole before its first message goes out, and its calls then only move forward:
planned, sent, final. A crash at any point leaves rows from which the same rules go on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sandbox.slots.rules import Outcome


class Kind(StrEnum):
    """What an action does to the player's money."""

    BET = "bet"
    WIN = "win"
    ROLLBACK = "rollback"


class State(StrEnum):
    """How far a call has come on the wire."""

    PLANNED = "planned"
    SENT = "sent"
    FINAL = "final"


class Verdict(StrEnum):
    """What became of a call: it took effect, was refused, nobody knows, or it was never sent."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(slots=True)
class Action:
    """One movement of money inside a call, known by an id that is never used twice."""

    id: str
    kind: Kind
    amount: int = 0
    original: str | None = None
    tx: str | None = None


@dataclass(slots=True)
class Call:
    """
    One message of a round.

    It is dropped unless the call that it `needs` was taken, and waits until the call that it comes `after` is
    final. A straggler is a message that its own rollback has overtaken: its answer decides nothing.


    """

    purpose: str
    actions: list[Action]
    needs: str | None = None
    after: str | None = None
    is_straggler: bool = False
    state: State = State.PLANNED
    verdict: Verdict | None = None
    body: bytes | None = None
    code: str | None = None
    text: str | None = None

    @property
    def is_rollback(self) -> bool:
        """Whether the call undoes another one."""
        return self.actions[0].kind is Kind.ROLLBACK

    @property
    def is_debit(self) -> bool:
        """Whether an unknown fate of this call is answered by undoing it rather than by trying again."""
        return not self.is_straggler and any(action.kind is Kind.BET for action in self.actions)

    @property
    def is_final(self) -> bool:
        """Whether nothing more will be sent for this call."""
        return self.state is State.FINAL


@dataclass(frozen=True, slots=True)
class Manner:
    """How the messages of one round go out, drawn when the round opens."""

    is_joint: bool = False
    is_overtaken: bool = False
    is_parallel: bool = False
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A player at a game, as the platform introduced them; `token` is ours, `platform_session` is theirs."""

    token: str
    platform_session: str | int
    player: str
    currency: str
    game: str
    locale: str


@dataclass(slots=True)
class Round:
    """One round and its calls by purpose."""

    id: str
    session: Session
    number: int
    stake: int
    outcome: Mapping[str, Any]
    calls: dict[str, Call] = field(default_factory=dict)
    balance: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether every call is final."""
        return all(call.is_final for call in self.calls.values())


def plan(*, round_id: str, outcome: Outcome, manner: Manner) -> dict[str, Call]:
    """Return the calls of a round, in the order in which they are meant."""
    stake = Action(id=f"{round_id}-b1", kind=Kind.BET, amount=outcome.stake)
    opening = Call(purpose="open", actions=[stake])
    if manner.is_overtaken:
        opening.is_straggler, opening.after = True, "undo-open"
        return _by_purpose([undo(opening), opening])
    calls = [opening, *_later(round_id, outcome)]
    if manner.is_joint and outcome.ball is None:
        calls = _join(calls)
    return _by_purpose(_order(calls, manner))


def _by_purpose(calls: Iterable[Call]) -> dict[str, Call]:
    return {call.purpose: call for call in calls}


def _later(round_id: str, outcome: Outcome) -> list[Call]:
    """Return the extra bet and the wins that follow the opening bet."""
    wins = [(outcome.spin.amount, "open"), (outcome.respin.amount if outcome.respin else 0, "open")]
    calls = []
    if outcome.ball:
        extra = Action(id=f"{round_id}-b2", kind=Kind.BET, amount=outcome.ball.price)
        calls.append(Call(purpose="extra", actions=[extra], needs="open"))
        wins.append((outcome.ball.amount, "extra"))
    owed = [(amount, needs) for amount, needs in wins if amount]
    for number, (amount, needs) in enumerate(owed, start=1):
        win = Action(id=f"{round_id}-w{number}", kind=Kind.WIN, amount=amount)
        calls.append(Call(purpose=f"win{number}", actions=[win], needs=needs))
    return calls


def _join(calls: list[Call]) -> list[Call]:
    """Put the first win into the same call as the bet; the wallet takes both or neither."""
    opening, *later = calls
    if later:
        opening.actions += later.pop(0).actions
    return [opening, *later]


def _order(calls: list[Call], manner: Manner) -> list[Call]:
    """Let the calls behind the opening follow each other, last win first if late, unless in parallel."""
    later = calls[1:]
    if manner.is_late and all(call.purpose != "extra" for call in later):
        later = later[::-1]
    if manner.is_parallel:
        return calls
    for earlier, call in pairwise(later):
        call.after = earlier.purpose
    return calls


def undo(call: Call) -> Call:
    """Return the call that takes back every action of another."""
    actions = [Action(id=f"{action.id}-u", kind=Kind.ROLLBACK, original=action.id) for action in call.actions]
    return Call(purpose=f"undo-{call.purpose}", actions=actions)


def next_step(calls: Mapping[str, Call]) -> list[Call]:
    """Return the calls that can go out now; none when the round is over."""
    return [call for call in calls.values() if not call.is_final and _is_due(call, calls)]


def _is_due(call: Call, calls: Mapping[str, Call]) -> bool:
    is_needed_taken = call.needs is None or calls[call.needs].verdict is Verdict.TAKEN
    return is_needed_taken and (call.after is None or calls[call.after].is_final)


def drops(calls: Mapping[str, Call]) -> list[Call]:
    """Return the calls that will never go out, because what they need, or what that needs, was not taken."""
    lost = {call.purpose for call in calls.values() if call.is_final and call.verdict is not Verdict.TAKEN}
    dropped = []
    # A call is always planned behind the one that it needs, so one pass finds whole chains.
    for call in calls.values():
        if not call.is_final and call.needs in lost:
            lost.add(call.purpose)
            dropped.append(call)
    return dropped


def is_last(call: Call, calls: Mapping[str, Call]) -> bool:
    """
    Tell whether the round is finished once this call is taken.

    It is not, as long as a planned call is owed already or hangs on this one. Calls that go out together may
    each be the last, and a straggler is not waited for.


    """
    return not any(
        other.state is State.PLANNED and not other.is_straggler and _follows(other, call, calls)
        for other in calls.values()
    )


def _follows(other: Call, call: Call, calls: Mapping[str, Call]) -> bool:
    if other is call:
        return False
    return other.needs in (None, call.purpose) or calls[other.needs].verdict is Verdict.TAKEN


def wire_content(call: Call, game_round: Round) -> dict[str, Any]:
    """Return what a call says on the wire."""
    session = game_round.session
    content = {
        "user_id": session.player,
        "currency": session.currency,
        "game": session.game,
        "game_id": game_round.id,
        "finished": is_last(call, game_round.calls),
        "actions": [_wire_action(action) for action in call.actions],
    }
    return content if call.is_rollback else {**content, "session_id": session.platform_session}


def _wire_action(action: Action) -> dict[str, Any]:
    if action.kind is Kind.ROLLBACK:
        return {"action": "rollback", "action_id": action.id, "original_action_id": action.original}
    return {"action": action.kind.value, "amount": action.amount, "action_id": action.id}
