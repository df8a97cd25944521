"""
The table at which one message is played: the facts as they change while its actions are taken in order.

Pure: it never asks the database. `acts` says what a stake, a win and an undo do at it, `rows` what it writes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apps.core.digests import digest
from apps.core.errors import ReferenceReused
from apps.core.money import Money
from apps.core.rules import Announcement
from apps.games.rules import END_ROUND, Action, ActionKind, Answer, Message, Policy, RoundState, Split
from apps.games.stake.facts import Bet, Facts, Outcome, Round
from apps.markets.rules import Calendar
from apps.responsible_gaming.stake import LossGate
from apps.wallet.rules import Account, Book, Kind, Origin, Transfer
from apps.wallet.stake import book as open_book

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seat:
    """Who plays, and where: the locked player, the provider account, and what both imply."""

    player_id: int
    person_id: int | None
    brand_id: int
    licence_id: int
    currency: str
    status: str
    account_id: int
    source: str
    policy: Policy
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Fresh:
    """An operation that this message claims: its id, and what the hash of its transfers says of it."""

    id: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Concern:
    """What went in because nothing may refuse it, and a person has to look at: kind, subject, facts."""

    kind: str
    subject: str
    facts: dict[str, Any]


@dataclass(slots=True)
class Table:
    """One message at play."""

    seat: Seat
    message: Message
    facts: Facts
    at: datetime
    business_date: date
    book: Book
    gate: LossGate
    ids: Iterator[int]
    claims: dict[tuple[str, str], tuple[int, bytes]]
    buried: set[str]
    round: Round | None
    bets: dict[int, Bet]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    operations: list[dict[str, Any]] = field(default_factory=list)
    tombstones: list[dict[str, Any]] = field(default_factory=list)
    new_bets: dict[int, Bet] = field(default_factory=dict)
    changed_bets: dict[int, Bet] = field(default_factory=dict)
    settlements: list[dict[str, Any]] = field(default_factory=list)
    undone_outcomes: list[int] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    for_staff: list[Concern] = field(default_factory=list)
    transactions: list[tuple[str, int]] = field(default_factory=list)
    unknown_originals: list[str] = field(default_factory=list)
    last: Fresh | None = None
    round_touched: bool = False

    def claim(self, kind: str, reference: str, content: list[Any]) -> Fresh | None:
        """
        Claim a reference and return its operation, or None where it came before.

        :raises ReferenceReused: it came before with other content, or belongs to another player.
        """
        self._ensure_own(kind, reference)
        asked = digest(
            [kind, self.message.currency, self.message.round_reference, self.message.game, *content]
        )
        known = self.claims.get((kind, reference))
        if known is not None:
            self.transactions.append((reference, known[0]))
            if known[1] != asked:
                raise ReferenceReused(reference=reference, kind=kind)
            return None
        source = self.seat.source
        operation_id = next(self.ids)
        fresh = Fresh(operation_id, Origin(operation_id, source, kind, reference, asked, source))
        self.claims[kind, reference] = (fresh.id, asked)
        self.operations.append(
            {"id": fresh.id, "kind": kind, "reference": reference, "digest": "\\x" + asked.hex()}
        )
        self.transactions.append((reference, fresh.id))
        self.last = fresh
        return fresh

    def claim_action(self, action: Action) -> Fresh | None:
        """Claim one action; its digest covers what it means, never when or how often it was sent."""
        return self.claim(action.kind, action.reference, [action.amount, action.original])

    def _ensure_own(self, kind: str, reference: str) -> None:
        if kind == END_ROUND:
            return
        theirs = {claimed for claimed, of in self.facts.elsewhere or () if of == reference}
        others = {claimed for claimed, of in self.claims if of == reference} - {kind}
        shared = self.seat.policy.references_shared_over_kinds
        if kind in theirs or (shared and (theirs or others)):
            raise ReferenceReused(reference=reference, kind=kind)

    def move(self, kind: Kind, debit: Account, credit: Account, amount: int, by: Fresh, **links: Any) -> None:
        """Move an amount by one transfer; nothing moves where it is zero."""
        if amount:
            transfer = Transfer(kind, debit, credit, amount, counterparty_id=self.seat.account_id, **links)
            self.book.move(transfer, origin=by.origin, at=self.at, business_date=self.business_date)

    def announce(self, announcement: Announcement, by: Fresh) -> None:
        """Note an event of this message."""
        self.events.append(
            {
                "type": announcement.type,
                "version": announcement.version,
                "operation_id": by.id,
                "payload": announcement,
            }
        )

    def open_round(self, by: Fresh) -> Round:
        """Return the message's round, opened by this operation where it is new."""
        if self.round is None:
            game = self.facts.game
            self.round = Round(by.id, RoundState.OPEN, 0, game[0] if game else None, self.session_id(), [])
            if game is None:
                unknown = {"game": self.message.game, "provider_account_id": self.seat.account_id}
                self.for_staff.append(Concern("games.unknown_game", f"round:{by.id}", unknown))
        self.round.entries += 1
        self.round_touched = True
        return self.round

    def session_id(self) -> int | None:
        """Return the open game session, or None."""
        return self.facts.session[0] if self.facts.session else None

    def round_is_closed(self) -> bool:
        """Return whether the message's round has ended before."""
        return self.round is not None and self.round.state == RoundState.CLOSED

    def standing_bets(self) -> list[Bet]:
        """Return the bets of the message's round that were not undone."""
        return [
            bet
            for bet in self.bets.values()
            if self.round and bet.round_id == self.round.id and not bet.undone
        ]

    def open_bets(self) -> list[Bet]:
        """Return those of them with money in play."""
        return [bet for bet in self.standing_bets() if bet.cash_open or bet.bonus_open]

    def funding(self) -> Split:
        """Return what the round was staked from: its standing bets, by purse."""
        standing = self.standing_bets()
        cash = sum(bet.cash_open + bet.cash_settled for bet in standing)
        return Split(cash, sum(bet.bonus_open + bet.bonus_settled for bet in standing))

    def note_change(self, bet: Bet) -> None:
        """Remember to write a bet back, unless it is written as a new one anyway."""
        if bet.id not in self.new_bets:
            self.changed_bets[bet.id] = bet

    def instant(self, microseconds: int) -> datetime:
        """Return an instant of the facts."""
        return _EPOCH + timedelta(microseconds=microseconds)

    def answer(self) -> Answer:
        """Return what the provider is told."""
        balance = Money(self.book[Account.CASH], self.seat.currency)
        return Answer(tuple(self.transactions), balance, tuple(self.unknown_originals))

    def is_first(self, action: Action) -> bool:
        """Return whether an action is neither a repeat nor buried: it will move money."""
        return (action.kind, action.reference) not in self.claims and not self.is_buried(action)

    def is_buried(self, action: Action) -> bool:
        """Return whether an undo of this action came before it."""
        return action.kind is not ActionKind.UNDO and action.reference in self.buried


def lay(seat: Seat, message: Message, facts: Facts) -> Table:
    """Return the table as a message finds it."""
    book, last_at = open_book(seat.player_id, seat.currency, facts.balance)
    at = max(_EPOCH + timedelta(microseconds=facts.now), last_at)
    return Table(
        seat=seat,
        message=message,
        facts=facts,
        at=at,
        business_date=seat.calendar.business_date(at),
        book=book,
        gate=LossGate(facts.limits, seat.calendar.timezone),
        ids=iter(facts.ids),
        claims={
            (claimed.kind, claimed.reference): (claimed.operation_id, bytes.fromhex(claimed.digest))
            for claimed in facts.claims or ()
        },
        buried=set(facts.tombstones or ()),
        round=facts.round,
        bets={bet.id: bet for bet in facts.round.bets} if facts.round else {},
    )
