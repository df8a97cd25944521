"""The messages of the load are those of the provider's wire."""

import pytest

from apps.games.providers.softswiss import wire
from apps.games.rules import ActionKind
from benchmarks import messages

PLAYERS = ["p-1", "p-2"]


def read(message, reader=wire.read_play):
    head, _, body = message.request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ") for line in head.decode().split("\r\n")[1:])
    wire.ensure_signed((messages.SECRET.encode(),), body, headers[wire.SIGNATURE_HEADER])
    assert int(headers["Content-Length"]) == len(body)
    return reader(body)


def test_stakes_go_round_the_players_and_never_share_a_reference_or_a_round():
    sent = list(messages.stakes(PLAYERS, count=4, prefix="x"))
    understood = [read(message) for message in sent]
    assert [message.public_id for message in understood] == ["p-1", "p-2", "p-1", "p-2"]
    assert len({message.actions[0].reference for message in understood}) == 4
    assert len({message.round_reference for message in understood}) == 4
    assert {message.actions[0].kind for message in understood} == {ActionKind.STAKE}


def test_a_win_ends_the_round_of_its_stake():
    stake = next(messages.stakes(PLAYERS, count=1, prefix="x"))
    win = read(next(messages.wins([stake])))
    assert (win.public_id, win.round_reference, win.finished) == ("p-1", stake.round, True)
    assert win.actions[0].kind is ActionKind.WIN


def test_an_undo_names_its_stake():
    stake = next(messages.stakes(PLAYERS, count=1, prefix="x"))
    undo = read(next(messages.undos([stake])), wire.read_rollback)
    assert (undo.public_id, undo.actions[0].original) == ("p-1", stake.action)


def test_a_question_for_the_balance_has_no_action():
    assert [read(message).actions for message in messages.balances(PLAYERS)] == [(), ()]


@pytest.mark.parametrize("wrong", [b"other", b""])
def test_the_signature_is_that_of_the_secret(wrong):
    message = next(messages.stakes(PLAYERS, count=1, prefix="x"))
    body = message.request.partition(b"\r\n\r\n")[2]
    assert wire.sign(wrong, body).encode() not in message.request
