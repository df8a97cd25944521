"""Acts on money. `post` is what every room above calls; games writes with the same SQL in the stake path."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection

from apps.accounts import services as accounts
from apps.accounts.selectors import player as player_of
from apps.cases import services as cases
from apps.core import clock, sql
from apps.core import selectors as core
from apps.core.errors import CurrencyMismatch, Malformed
from apps.core.events import publish
from apps.core.money import Money
from apps.core.operations import current, operation, run, transaction_required
from apps.core.stake import NOW
from apps.markets import selectors as markets
from apps.wallet import events, rules, stake
from apps.wallet.errors import AdjustmentTooLarge, NotATestPlayer, UnknownReason
from apps.wallet.models import HouseBook, HouseTransfer, Proof, Wallet
from apps.wallet.models import Transfer as TransferRow
from apps.wallet.rules import (
    HOUSE_HASHED,
    MAX_ADJUSTMENT,
    PURSES,
    REASON_ACCOUNTS,
    VERSION,
    Account,
    Book,
    Direction,
    Kind,
    Origin,
    Transfer,
    canonical,
    chain,
)

if TYPE_CHECKING:
    from apps.accounts.models import Player
    from apps.markets.models import Licence


# The action under which adjustments wait for their second person.
ADJUST = "wallet.adjust"
_BALANCE_AND_NOW = f"SELECT json_build_array(({stake.BALANCE}), {NOW})"


@transaction_required
def post(*, player_id: int, currency: str, transfers: Iterable[Transfer]) -> Book:
    """
    Move money of one player, in order, all or nothing, and return the wallet as it is then.

    Runs inside an operation that holds the player's lane.

    :raises InsufficientFunds: a purse would fall below zero.
    :raises BalanceTooLarge: a purse would pass what the ledger holds.
    """
    context = current()
    assert context.lane.player_id == player_id, "post needs the player's lane"
    assert context.lane.business_date, "a lane of a player has a business date"
    fact, now = sql.facts(_BALANCE_AND_NOW, player_id=player_id, currency=currency, shift=clock.shift())
    book, last_at = stake.book(player_id, currency, fact)
    origin, at = _origin(context.operation_id), max(rules.instant(now), last_at)
    for transfer in transfers:
        book.move(transfer, origin=origin, at=at, business_date=context.lane.business_date)
    if book.rows:
        _write(book)
    return book


def _write(book: Book) -> None:
    values = stake.parameters(book)
    values |= {"player_id": book.player_id, "currency": book.currency}
    values["transfers"] = msgspec.json.encode(values["transfers"]).decode()
    with connection.cursor() as cursor:
        cursor.execute(stake.TRANSFERS, values)
        cursor.execute(stake.WALLET, values)


def _origin(operation_id: int) -> Origin:
    row = core.operation(operation_id)
    return Origin(row.id, row.source, row.kind, row.reference, bytes(row.digest), row.actor)


@transaction_required
def post_house(*, licence: "Licence", currency: str, transfers: Iterable[Transfer]) -> None:
    """
    Move money between house accounts alone, in the book of a licence's legal entity.

    The book's head row is locked; it is on nobody's hot path.
    """
    HouseBook.objects.get_or_create(book=licence.legal_entity, currency=currency)
    book = HouseBook.objects.select_for_update().get(book=licence.legal_entity, currency=currency)
    origin, head = _origin(current().operation_id), bytes(book.head)
    for transfer in transfers:
        book.seq += 1
        row = _house_row(book, transfer, licence, origin)
        head = chain(head, canonical(row, origin, HOUSE_HASHED))
        HouseTransfer.objects.create(**row, hash=head)
    HouseBook.objects.filter(id=book.id).update(seq=book.seq, head=head)


def _house_row(book: HouseBook, transfer: Transfer, licence: "Licence", origin: Origin) -> dict[str, Any]:
    at = clock.now()
    return {
        "book": book.book,
        "currency": book.currency,
        "seq": book.seq,
        "operation_id": origin.operation_id,
        "kind": transfer.kind.value,
        "debit": transfer.debit.value,
        "credit": transfer.credit.value,
        "amount": transfer.amount,
        "counterparty_id": transfer.counterparty_id,
        "cause_id": transfer.cause_id,
        "reverses_id": transfer.reverses_id,
        "business_date": markets.calendar(licence.id).business_date(at),
        "at": at,
        "version": VERSION,
    }


@operation("wallet.fund_test_player", lock=accounts.lane)
def fund_test_player(*, operation_id: int, player_id: int, amount: Money) -> None:
    """
    Give a test player test money, which stays out of every figure.

    :raises NotATestPlayer: the player is a real one.
    :raises CurrencyMismatch: the amount is not in the account's currency.
    """
    player = player_of(player_id)
    if not player.is_test:
        raise NotATestPlayer(player_id=player_id)
    _ensure_currency(player, amount.currency)
    funding = Transfer(Kind.FUNDING, Account.TEST_FUNDING, Account.CASH, amount.units)
    post(player_id=player_id, currency=amount.currency, transfers=[funding])
    publish(events.TestMoneyFunded(amount_units=amount.units, currency=amount.currency))


def _ensure_currency(player: "Player", currency: str) -> None:
    if currency != player.currency:
        raise CurrencyMismatch(left=currency, right=player.currency)


@operation("wallet.fund_test_players")
def fund_test_players(*, operation_id: int, player_ids: list[int], amount: Money) -> None:
    """
    Give test players who have no money yet test money, many at once.

    :raises NotATestPlayer: one of them is a real one.
    :raises CurrencyMismatch: the amount is not in the currency of each account.
    """
    players = accounts.lock_players(player_ids)
    strangers = [player.id for player in players if not player.is_test]
    if strangers:
        raise NotATestPlayer(player_ids=strangers)
    origin, at = _origin(operation_id), clock.now()
    funding = Transfer(Kind.FUNDING, Account.TEST_FUNDING, Account.CASH, amount.units)
    books = []
    for player in players:
        _ensure_currency(player, amount.currency)
        book = Book(player.id, amount.currency)
        day = markets.calendar(player.licence_id).business_date(at)
        book.move(funding, origin=origin, at=at, business_date=day)
        books.append(book)
        announced = events.TestMoneyFunded(amount_units=amount.units, currency=amount.currency)
        publish(announced, lane=accounts.lane_of(player))
    Wallet.objects.bulk_create([_wallet_row(book) for book in books])
    TransferRow.objects.bulk_create([TransferRow(**row) for book in books for row in book.rows])


def _wallet_row(book: Book) -> Wallet:
    """Return the wallet that a book describes."""
    purses = {purse.value: units for purse, units in zip(PURSES, book.purses, strict=True)}
    return Wallet(
        player_id=book.player_id,
        currency=book.currency,
        seq=book.seq,
        head=book.head,
        last_at=book.rows[-1]["at"],
        **purses,
    )


class Adjustment(msgspec.Struct, frozen=True):
    """
    A correction by hand: how much, which way, and why.

    `direction` is `credit` (to the player) or `debit`; `reason_code` is a key of `rules.REASON_ACCOUNTS`.
    """

    player_id: int
    amount_units: int
    currency: str
    direction: str
    reason_code: str


@operation("wallet.propose_adjustment")
def propose_adjustment(*, operation_id: int, adjustment: Adjustment, reason: str, maker_id: int) -> int:
    """
    Put an adjustment before a second person, and return the approval's id. Nothing moves yet.

    :raises UnknownReason: the reason code is not in the table.
    :raises AdjustmentTooLarge: the amount is above what one adjustment may move.
    :raises CurrencyMismatch: the amount is not in the account's currency.
    :raises Malformed: the direction is none.
    """
    player = player_of(adjustment.player_id)
    _ensure_currency(player, adjustment.currency)
    if adjustment.direction not in set(Direction):
        raise Malformed(field="direction", rule=f"one of {', '.join(Direction)}")
    if adjustment.reason_code not in REASON_ACCOUNTS:
        raise UnknownReason(reason_code=adjustment.reason_code, known=sorted(REASON_ACCOUNTS))
    if not 0 < adjustment.amount_units <= MAX_ADJUSTMENT:
        raise AdjustmentTooLarge(amount_units=adjustment.amount_units, ceiling_units=MAX_ADJUSTMENT)
    return cases.record_proposal(
        action=ADJUST,
        subject=f"player:{player.id}",
        payload=msgspec.to_builtins(adjustment),
        reason=reason,
        maker_id=maker_id,
    )


@operation("wallet.approve_adjustment", lock=accounts.lane)
def approve_adjustment(
    *, operation_id: int, player_id: int, approval_id: int, adjustment: Adjustment, checker_id: int
) -> None:
    """
    Execute a proposed adjustment, as its second person.

    :raises ApprovalNotWaiting: it was decided, or its time ran out.
    :raises SamePerson: the checker is the maker.
    :raises ProposalChanged: this is not what was proposed.
    :raises InsufficientFunds: a debit finds less cash than that.
    """
    approval = cases.approve(
        approval_id=approval_id, action=ADJUST, checker_id=checker_id, payload=msgspec.to_builtins(adjustment)
    )
    assert adjustment.player_id == player_id, "the lane is the adjusted player's"
    transfer = rules.adjustment(
        Direction(adjustment.direction), adjustment.reason_code, adjustment.amount_units, approval_id
    )
    post(player_id=player_id, currency=adjustment.currency, transfers=[transfer])
    publish(
        events.AdjustmentPosted(
            approval_id=approval_id,
            amount_units=adjustment.amount_units,
            currency=adjustment.currency,
            direction=adjustment.direction,
            reason_code=adjustment.reason_code,
            maker_id=approval.maker_id,
            checker_id=checker_id,
        )
    )


def record_proofs(proofs: list[Proof]) -> None:
    """Remember how far chains were walked and found right; a repeat writes the same."""
    run(
        lambda: Proof.objects.bulk_create(
            proofs,
            update_conflicts=True,
            unique_fields=["player_id", "currency"],
            update_fields=["seq", "head", "after", "at"],
        )
    )
