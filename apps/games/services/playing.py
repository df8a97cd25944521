"""The stake path, top to bottom: lock, read, decide, write. The only way money moves for a game."""

from typing import Any

import psycopg
from django.db import connection

from apps.accounts.errors import PlayerNotFound
from apps.accounts.selectors import player as player_of
from apps.accounts.selectors import player_id as id_of
from apps.accounts.stake import LOCK
from apps.cases import services as cases
from apps.core import clock
from apps.core.errors import ReferenceReused
from apps.core.operations import Context, Lane, during, run, transaction_required
from apps.core.postgres.prepared import execute
from apps.games import errors
from apps.games.rules import ActionKind, Answer, Message
from apps.games.selectors import Account, player_by_reference
from apps.games.stake import acts, facts, rows
from apps.games.stake.table import Seat, Table, lay
from apps.markets import selectors as markets

# Whose desk the concerns of play come to.
QUEUE = "payments"
# Under these kinds a provider's references are claimed.
KINDS = [kind.value for kind in ActionKind]


def play(*, account: Account, message: Message) -> Answer:
    """
    Play a provider's message: its actions in order, all or none, each of them once for ever.

    Stakes pass every gate; wins and undos always go in. A repeat moves nothing and gets the first ids.

    :raises PlayerNotFound: nobody has this id.
    :raises ReferenceReused: a reference came before with other content.
    :raises ProviderChanged: the account's keys or policy changed since `account` was read; read it again.
    :raises DomainError: a stake is refused (`acts.ensure_may_stake`), or funds or a limit do not allow it.
    """
    player_id = _player_of(account, message)
    return run(lambda: _play(account, player_id, message))


def _player_of(account: Account, message: Message) -> int:
    """Return the player of a message; an undo may name none, and is found through its original."""
    if message.public_id:
        return id_of(message.public_id)
    for action in message.actions:
        found = player_by_reference(account, action.original) if action.kind is ActionKind.UNDO else None
        if found is not None:
            return found
    raise PlayerNotFound(public_id=message.public_id)


@transaction_required
def _play(account: Account, player_id: int, message: Message) -> Answer:
    with connection.wrap_database_errors:
        database = connection.connection
        assert database is not None
        locked = execute(database, LOCK, {"player_id": player_id})
        seat = _seat(account, player_id, locked)
        table = lay(seat, message, _read(database, seat, message))
        if table.facts.account[0] != account.version:
            raise errors.ProviderChanged(account=account.code)
        acts.play(table)
        _write(database, table)
    _tell_staff(table)
    return table.answer()


def _seat(account: Account, player_id: int, locked: Any) -> Seat:
    if locked is None:
        raise PlayerNotFound(player_id=player_id)
    _, _, brand_id, licence_id, _, currency, status, _, person_id = locked
    return Seat(
        player_id=player_id,
        person_id=person_id,
        brand_id=brand_id,
        licence_id=licence_id,
        currency=currency,
        status=status,
        account_id=account.id,
        source=account.source,
        policy=account.policy,
        calendar=markets.calendar(licence_id),
    )


def _read(database: psycopg.Connection, seat: Seat, message: Message) -> facts.Facts:
    undoes = any(action.kind is ActionKind.UNDO for action in message.actions)
    originals = [action.original for action in message.actions if action.original]
    references = [action.reference for action in message.actions] + originals
    parameters = {
        "player_id": seat.player_id,
        "person_id": seat.person_id,
        "brand_id": seat.brand_id,
        "licence_id": seat.licence_id,
        "account_id": seat.account_id,
        "source": seat.source,
        "currency": seat.currency,
        "timezone": seat.calendar.timezone,
        "shift": clock.shift(),
        "game": message.game,
        "game_scope": message.game if seat.policy.rounds_unique_per_game else "",
        "round": message.round_reference,
        "kinds": KINDS,
        "references": list(dict.fromkeys(references)),
        "originals": list(dict.fromkeys(originals)),
        "ids": len(message.actions) + 1,
    }
    statement = facts.READ[undoes, seat.policy.reference_scope == "global"]
    found = execute(database, statement, parameters)
    return facts.decode(found[0])  # type: ignore[index]


def _write(database: psycopg.Connection, table: Table) -> None:
    written = rows.write(table)
    if written is None:
        return
    statement, values = written
    try:
        execute(database, statement, values)
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "core_globalreference_once":
            raise
        raise ReferenceReused(reference=table.message.round_reference) from error


def _tell_staff(table: Table) -> None:
    """Open a case for everything that went in although a person has to look at it."""
    for concern in table.for_staff:
        assert table.last is not None
        lane = Lane(table.seat.player_id, table.seat.brand_id, table.seat.licence_id, table.business_date)
        with during(Context(table.last.id, table.seat.source, lane)):
            cases.open_case(
                kind=concern.kind,
                subject=concern.subject,
                queue=QUEUE,
                player=player_of(table.seat.player_id),
                facts=concern.facts,
            )
