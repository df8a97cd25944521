"""What a provider may conclude from an answer: refused for good, or unknown and to be asked again."""

import os
import socket
from contextlib import contextmanager

import pytest
from django.db import connection

from apps.core.errors import OutcomeUnknown
from apps.core.models import Operation
from apps.core.money import of
from tests.factories import stake
from tests.playing import a_game, counts, play, purses
from tests.threads import raw_connection, started, wait_for_waiters, wait_until
from tests.wire import bet, call, rollback

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]

GATE = 424_242
AT_COMMIT = """
    CREATE OR REPLACE FUNCTION test_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {body}; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER test_at_commit AFTER INSERT ON core_operation
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test_at_commit()
"""
WAITS_AT_COMMIT = """
    SELECT a.pid FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.wait_event = 'advisory' AND a.query = 'COMMIT'
"""


@contextmanager
def at_commit(body: str):
    """Let the server do something at the COMMIT of every act, as long as the block runs."""
    with raw_connection("owner") as owner:
        owner.execute("DROP TRIGGER IF EXISTS test_at_commit ON core_operation")
        owner.execute(AT_COMMIT.format(body=body))
        try:
            yield
        finally:
            owner.execute("DROP TRIGGER test_at_commit ON core_operation")


@contextmanager
def held_at_commit():
    """Let commits wait; yields the connection whose unlock lets them go."""
    with at_commit(f"PERFORM pg_advisory_xact_lock_shared({GATE})"), raw_connection() as keeper:
        keeper.execute("SELECT pg_advisory_lock(%s)", [GATE])
        yield keeper


def cut(descriptor: int) -> None:
    """Cut a connection at the client's end: what was sent is sent, and no answer comes."""
    with socket.socket(fileno=os.dup(descriptor)) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def test_a_lock_that_cannot_be_had_in_time_is_answered_as_unknown_and_a_retry_plays_it():
    player, _ = a_game()
    before = counts(player)
    with raw_connection() as other, other.transaction():
        other.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [player.id])
        reply = call(player, bet("b-1", 500))
    assert (reply.code, reply.body["message"], reply.body["balance"]) == ((503, 503), "core.busy", 5000)
    assert counts(player) == before
    assert call(player, bet("b-1", 500)).body["balance"] == 4500


def test_a_stake_whose_answer_was_unknown_can_be_undone_instead():
    player, _ = a_game()
    with raw_connection() as other, other.transaction():
        other.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [player.id])
        assert call(player, bet("b-1", 500)).status == 503
    assert call(player, rollback("u-1", "b-1"), path="rollback").status == 200
    assert call(player, bet("b-1", 500)).body["balance"] == 5000


@pytest.mark.parametrize("is_lost", [True, False])
def test_an_answer_lost_at_commit_is_unknown_and_a_retry_resolves_it(is_lost):
    player, account = a_game()
    descriptors = []

    def act():
        descriptors.append(connection.connection.fileno())
        return call(player, bet("b-1", 500))

    with held_at_commit() as keeper, started(act) as answer:
        (backend,) = wait_until(WAITS_AT_COMMIT, [])
        if is_lost:
            cut(descriptors[0])
        else:
            keeper.execute("SELECT pg_terminate_backend(%s)", [backend])
        reply = answer.result()
        keeper.execute("SELECT pg_advisory_unlock(%s)", [GATE])
    assert reply.code == (503, 503)
    assert reply.body["message"] == "core.outcome_unknown"
    first = play(account, player, stake("b-1", "5.00 EUR"))
    assert first.transactions == play(account, player, stake("b-1", "5.00 EUR")).transactions
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}
    assert Operation.objects.filter(reference="b-1").count() == 1


def test_the_money_had_moved_where_only_the_answer_was_lost():
    player, account = a_game()
    descriptors = []

    def act():
        descriptors.append(connection.connection.fileno())
        with pytest.raises(OutcomeUnknown):
            play(account, player, stake("b-1", "5.00 EUR"))

    with held_at_commit() as keeper, started(act) as answer:
        wait_until(WAITS_AT_COMMIT, [])
        cut(descriptors[0])
        answer.result()
        keeper.execute("SELECT pg_advisory_unlock(%s)", [GATE])
    assert call(player, game_id="").body["balance"] == 4500
    moved = counts(player)
    play(account, player, stake("b-1", "5.00 EUR"))
    assert counts(player) == moved


def test_a_commit_that_the_standby_has_not_confirmed_is_unknown():
    player, account = a_game()
    doubt = "RAISE WARNING 'canceling wait for synchronous replication due to user request'"
    with at_commit(doubt), pytest.raises(OutcomeUnknown):
        play(account, player, stake("b-1", "5.00 EUR"))
    first = play(account, player, stake("b-1", "5.00 EUR"))
    assert purses(player) == {"cash": "45.00", "in_play_cash": "5.00"}
    assert first.transactions[0][1] == Operation.objects.get(reference="b-1").id


def test_a_refusal_for_good_moves_nothing_and_stays_the_same():
    player, _ = a_game()
    before = counts(player)
    replies = [call(player, bet("b-1", 5001)) for _ in range(3)]
    assert {reply.code for reply in replies} == {(412, 100)}
    assert counts(player) == before


_LOCKED_TABLES = """
    SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relkind = 'r'
    WHERE l.pid = %s AND c.relname NOT LIKE 'pg\\_%%'
"""


def test_a_waiting_stake_waits_for_the_lane_and_has_touched_nothing_else():
    player, account = a_game()
    with raw_connection() as other:
        other.execute("BEGIN")
        other.execute("SELECT 1 FROM accounts_player WHERE id = %s FOR UPDATE", [player.id])
        with started(lambda: play(account, player, stake("b-1", "5.00 EUR"))) as answer:
            (backend,) = wait_for_waiters("FROM accounts_player WHERE id")
            touched = other.execute(_LOCKED_TABLES, [backend]).fetchall()
            other.execute("COMMIT")
            assert answer.result().balance == of("45.00 EUR")
    assert touched == [("accounts_player",)]
