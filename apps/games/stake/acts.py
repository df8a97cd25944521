"""
What a stake, a win, an undo and the end of a round do at the table. Pure.

Every act follows the same order: a repeat, buried, allowed (stakes only), what moves, who is told.
"""

from apps.access.errors import AccessRefused
from apps.access.rules import Facts as AccessFacts
from apps.access.rules import decide
from apps.games import errors, events
from apps.games.rules import (
    END_ROUND,
    Action,
    ActionKind,
    GameState,
    RoundState,
    Split,
    share_win,
    split_stake,
)
from apps.games.stake.facts import Bet, Original, Outcome
from apps.games.stake.table import Concern, Fresh, Table
from apps.wallet.errors import DebtOutstanding, InsufficientFunds
from apps.wallet.rules import Account, Kind, split_debit


def play(table: Table) -> None:
    """
    Take every action of the message in order, then end the round where the message says so.

    :raises WrongCurrency: the message is not in the account's currency.
    :raises DomainError: an action is refused; then nothing of the message is written.
    """
    if table.message.currency != table.seat.currency:
        raise errors.WrongCurrency(currency=table.message.currency, account=table.seat.currency)
    for position, action in enumerate(table.message.actions):
        if action.kind is ActionKind.STAKE:
            stake(table, action, settles=_is_settled_here(table, position))
        elif action.kind is ActionKind.WIN:
            win(table, action)
        else:
            undo(table, action)
    if table.message.finished:
        end_round(table)


def _is_settled_here(table: Table, position: int) -> bool:
    """Return whether a stake is settled at once: its round is over or ends here, or a win comes behind it."""
    if table.message.finished or table.round_is_closed():
        return True
    undone_on_the_way = set()
    for action in table.message.actions[position + 1 :]:
        if action.kind is ActionKind.UNDO:
            undone_on_the_way.add(action.original)
        is_taken = action.kind is ActionKind.WIN and action.reference not in undone_on_the_way
        if is_taken and table.is_first(action):
            return True
    return False


def stake(table: Table, action: Action, *, settles: bool) -> None:
    """
    Take a stake: the only act that gates may refuse.

    :raises InsufficientFunds: the purses together hold less; what else refuses it, `ensure_may_stake` says.
    """
    by = table.claim_action(action)
    if by is None or table.is_buried(action):
        return
    ensure_may_stake(table)
    available = table.book[Account.CASH]
    paid = split_stake(action.amount, cash=available, bonus=0)
    if paid is None:
        raise InsufficientFunds(
            purse="cash", available_units=available, needed_units=action.amount, currency=table.seat.currency
        )
    table.gate.admit_stake(paid.cash, table.at)
    bet = place(table, paid, by, settles=settles)
    to = (
        (Account.GAMES_CASH, Account.GAMES_BONUS)
        if settles
        else (Account.IN_PLAY_CASH, Account.IN_PLAY_BONUS)
    )
    table.move(Kind.STAKE, Account.CASH, to[0], paid.cash, by, cause_id=bet.id)
    table.move(Kind.STAKE, Account.BONUS, to[1], paid.bonus, by, cause_id=bet.id)


def place(table: Table, paid: Split, by: Fresh, *, settles: bool) -> Bet:
    """Put a bet on the round, its money open or, where the same message ends it, settled; return it."""
    played = table.open_round(by)
    opened, settled = (Split(0), paid) if settles else (paid, Split(0))
    bet = Bet(
        by.id,
        played.id,
        played.entries,
        opened.cash,
        opened.bonus,
        settled.cash,
        settled.bonus,
        grant_id=None,
        placed_at=0,
        undone=False,
    )
    table.bets[bet.id] = table.new_bets[bet.id] = bet
    where = (played.id, played.game_id, table.session_id(), table.seat.currency)
    table.announce(events.BetPlaced(*where, paid.cash, paid.bonus, bet_id=bet.id), by)
    return bet


def ensure_may_stake(table: Table) -> None:
    """
    Let a stake pass every gate but those of money.

    :raises ProviderDisabled, GameUnavailable, SessionNotOpen, RoundClosed: the provider's side.
    :raises AccessRefused, DebtOutstanding: the player's side.
    """
    facts, policy = table.facts, table.seat.policy
    if not facts.account[1]:
        raise errors.ProviderDisabled()
    if facts.game is None or facts.game[1] != GameState.LIVE:
        raise errors.GameUnavailable(game=table.message.game)
    decision = decide(
        "stake", AccessFacts(table.seat.status, facts.restrictions or (), facts.exclusions or ())
    )
    if not decision.allowed:
        raise AccessRefused(**decision.facts())
    if policy.launch_required and facts.session is None:
        raise errors.SessionNotOpen(game=table.message.game)
    if table.book[Account.DEBT]:
        raise DebtOutstanding(owed_units=table.book[Account.DEBT], currency=table.seat.currency)
    if policy.stake_on_closed_round == "refuse" and table.round_is_closed():
        raise errors.RoundClosed(round=table.message.round_reference)


def win(table: Table, action: Action) -> None:
    """
    Credit a win, by the funding of its round; the round's open bets are settled by it.

    :raises WinWithoutBet: the round has no bet, and the provider's contract demands one.
    """
    by = table.claim_action(action)
    if by is None or table.is_buried(action):
        return
    if table.seat.policy.win_without_bet == "refuse" and not table.standing_bets():
        raise errors.WinWithoutBet(round=table.message.round_reference)
    settle_open_bets(table, by)
    share = share_win(action.amount, staked=table.funding())
    played = table.open_round(by)
    table.move(Kind.WIN, Account.GAMES_CASH, Account.CASH, share.cash, by, cause_id=by.id)
    table.move(Kind.WIN, Account.GAMES_BONUS, Account.BONUS, share.bonus, by, cause_id=by.id)
    table.gate.settle_win(share.cash, table.at)
    table.settlements.append(
        {
            "id": by.id,
            "round_id": played.id,
            "sequence": played.entries,
            "cash": share.cash,
            "bonus": share.bonus,
        }
    )
    table.outcomes[by.id] = Outcome(by.id, played.id, share.cash, share.bonus, None, 0, False)
    table.announce(
        events.WinPaid(
            played.id,
            played.game_id,
            played.session_id,
            table.seat.currency,
            share.cash,
            share.bonus,
            settlement_id=by.id,
        ),
        by,
    )


def settle_open_bets(table: Table, by: Fresh) -> None:
    """Move what is in play on the message's round to the house."""
    for bet in table.open_bets():
        table.move(Kind.SETTLE, Account.IN_PLAY_CASH, Account.GAMES_CASH, bet.cash_open, by, cause_id=bet.id)
        table.move(
            Kind.SETTLE, Account.IN_PLAY_BONUS, Account.GAMES_BONUS, bet.bonus_open, by, cause_id=bet.id
        )
        bet.cash_settled, bet.cash_open = bet.cash_settled + bet.cash_open, 0
        bet.bonus_settled, bet.bonus_open = bet.bonus_settled + bet.bonus_open, 0
        table.note_change(bet)


def end_round(table: Table) -> None:
    """Close the message's round and settle its open bets, if need be by an operation of its own."""
    if table.round is None or table.round_is_closed():
        return
    if table.open_bets():
        transactions = list(table.transactions)
        by = table.last or table.claim(END_ROUND, str(table.round.id), [])
        table.transactions = transactions
        if by is not None:
            settle_open_bets(table, by)
    table.round.state = RoundState.CLOSED
    table.round_touched = True


def undo(table: Table, action: Action) -> None:
    """Take back what an action did, wherever its money lies now; or bury it, so that it never does it."""
    by = table.claim_action(action)
    if by is None:
        return
    original = _original(table, action.original)
    if original is None:
        bury(table, action, by)
    elif original.bet is not None:
        undo_bet(table, table.bets.setdefault(original.bet.id, original.bet), original, by)
    elif original.outcome is not None:
        outcome = table.outcomes.setdefault(original.outcome.id, original.outcome)
        undo_win(table, outcome, original, by)


def _original(table: Table, reference: str) -> Original | None:
    """Return what an undo points at: the bet before the win where a contract gives both one id."""
    found = [original for original in table.facts.originals or () if original.reference == reference]
    found += _from_this_message(table, reference)
    found.sort(key=lambda original: original.kind != ActionKind.STAKE)
    standing = [original for original in found if not _is_undone(table, original)]
    return next(iter(standing or found), None)


def _from_this_message(table: Table, reference: str) -> list[Original]:
    known = {
        operation["id"]: operation for operation in table.operations if operation["reference"] == reference
    }
    here = []
    for operation_id, operation in known.items():
        if operation["kind"] in (ActionKind.STAKE, ActionKind.WIN):
            bet, outcome = table.new_bets.get(operation_id), table.outcomes.get(operation_id)
            game, session = (table.round.game_id, table.round.session_id) if table.round else (None, None)
            here.append(Original(reference, operation["kind"], game, session, bet, outcome, []))
    return here


def _is_undone(table: Table, original: Original) -> bool:
    """Return whether an original is taken back, also by an earlier action of this message."""
    bet, outcome = original.bet, original.outcome
    if bet is not None:
        return table.bets.get(bet.id, bet).undone
    return outcome is not None and outcome.undone


def bury(table: Table, action: Action, by: Fresh) -> None:
    """Write a tombstone, once: the original, when it comes, gets an id and moves nothing."""
    table.unknown_originals.append(action.reference)
    if action.original not in table.buried:
        table.buried.add(action.original)
        table.tombstones.append({"reference": action.original, "operation_id": by.id})
        table.announce(events.UndoBuried(table.seat.account_id), by)


def undo_bet(table: Table, bet: Bet, original: Original, by: Fresh) -> None:
    """Give a stake back, purse by purse, the open part from in play and the settled part from the house."""
    if bet.undone:
        return
    reversed_by = {debit: transfer_id for transfer_id, debit, _ in original.transfers or ()}
    legs = (
        (Account.IN_PLAY_CASH, Account.CASH, bet.cash_open),
        (Account.GAMES_CASH, Account.CASH, bet.cash_settled),
        (Account.IN_PLAY_BONUS, Account.BONUS, bet.bonus_open),
        (Account.GAMES_BONUS, Account.BONUS, bet.bonus_settled),
    )
    for debit, credit, amount in legs:
        reverses = reversed_by.pop(credit.value, None) if amount else None
        table.move(Kind.UNDO, debit, credit, amount, by, cause_id=bet.id, reverses_id=reverses)
    cash, bonus = bet.cash_open + bet.cash_settled, bet.bonus_open + bet.bonus_settled
    table.gate.release_stake(cash, table.instant(bet.placed_at) if bet.placed_at else table.at)
    bet.cash_open = bet.cash_settled = bet.bonus_open = bet.bonus_settled = 0
    bet.undone = True
    table.note_change(bet)
    table.announce(
        events.BetUndone(
            bet.round_id,
            original.game_id,
            original.session_id,
            table.seat.currency,
            cash,
            bonus,
            bet_id=bet.id,
        ),
        by,
    )


def undo_win(table: Table, outcome: Outcome, original: Original, by: Fresh) -> None:
    """Take a win back from where it went; what is not there any more becomes debt, and a person is told."""
    if outcome.undone:
        return
    reversed_by = {credit: transfer_id for transfer_id, _, credit in original.transfers or ()}
    owed = 0
    purses = (
        (Account.CASH, Account.GAMES_CASH, outcome.cash),
        (Account.BONUS, Account.GAMES_BONUS, outcome.bonus),
    )
    for purse, house, amount in purses:
        taken, missing = split_debit(table.book[purse], amount)
        reverses = reversed_by.get(purse.value)
        links = {"cause_id": outcome.id, "reverses_id": reverses}
        table.move(Kind.UNDO, purse, house, taken, by, **links)
        if taken:
            links["reverses_id"] = None
        table.move(Kind.UNDO, Account.DEBT, house, missing, by, **links)
        owed += missing
    table.gate.withdraw_win(
        outcome.cash, table.instant(outcome.settled_at) if outcome.settled_at else table.at
    )
    outcome.undone = True
    table.undone_outcomes.append(outcome.id)
    if owed:
        facts = {"owed_units": owed, "currency": table.seat.currency}
        table.for_staff.append(Concern("games.spent_win_undone", f"settlement:{outcome.id}", facts))
    table.announce(
        events.WinUndone(
            outcome.round_id,
            original.game_id,
            original.session_id,
            table.seat.currency,
            outcome.cash,
            outcome.bonus,
            settlement_id=outcome.id,
            debt_units=owed,
        ),
        by,
    )
