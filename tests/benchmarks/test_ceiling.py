"""The ceiling is honest: its function changes the rows that a stake changes, under the same rules."""

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection

from apps.games import selectors, services
from benchmarks import ceiling, database, messages
from tests.factories import funded, message, new_player, provider, stake

pytestmark = [pytest.mark.django_db(transaction=True)]

WRITTEN = ["core_event", "core_operation", "games_bet", "games_round", "wallet_transfer", "wallet_wallet"]
WRITTEN += ["responsible_gaming_limitcounter"]
RULES = """
    SELECT replace(pg_get_constraintdef(oid), 'REFERENCES public.', 'REFERENCES ') FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype <> 'n' ORDER BY 1
"""


@pytest.fixture
def player():
    account = provider(code=messages.ACCOUNT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE games_game SET code = %s", [messages.GAME])
    player = funded(new_player(), "50.00 EUR")
    services.play(account=account, message=message(player, stake("b0", "0.01 EUR"), game=messages.GAME))
    return player


@pytest.fixture
def raised(player) -> Iterator[psycopg.Cursor]:
    owner = database.elsewhere(os.environ["DATABASE_OWNER_URL"], connection.settings_dict["NAME"])
    with ceiling.raised(owner), psycopg.connect(owner, autocommit=True) as own:
        own.execute("SET search_path = ceiling, public")
        yield own.cursor()


def growth(cursor, schema: str, act: Callable[[], object]) -> dict[str, tuple[int, int]]:
    """Return by how many rows each table grew, and how many other rows changed in it."""

    def rows(table: str) -> set:
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {schema}.{table} t")
        return {row[0] for row in cursor.fetchall()}

    before = {table: rows(table) for table in WRITTEN}
    act()
    after = {table: rows(table) for table in WRITTEN}
    return {
        table: (len(after[table]) - len(before[table]), len(before[table] - after[table]))
        for table in WRITTEN
    }


def test_the_function_changes_the_rows_that_a_stake_changes(raised, player):
    account = selectors.account(messages.ACCOUNT)
    more = message(player, stake("b1", "0.01 EUR"), round="round-2", game=messages.GAME)
    with connection.cursor() as cursor:
        product = growth(cursor, "public", lambda: services.play(account=account, message=more))
    alone = growth(raised, "ceiling", lambda: raised.execute("SELECT stake(%s, 1000)", [player.id]))
    assert alone == product


@pytest.mark.parametrize("table", WRITTEN)
def test_its_tables_have_the_same_rules_and_indexes(raised, table):
    def rules(schema: str) -> tuple[list, int]:
        raised.execute(RULES, [f"{schema}.{table}"])
        found = raised.fetchall()
        raised.execute("SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass", [f"{schema}.{table}"])
        return found, raised.fetchone()[0]

    assert rules("ceiling") == rules("public")


def test_what_the_product_would_refuse_is_refused(raised, player):
    with pytest.raises(psycopg.errors.RaiseException, match="refused"):
        raised.execute("SELECT stake(%s, %s)", [player.id, 10**9])


def test_nothing_is_left_of_it(player):
    owner = database.elsewhere(os.environ["DATABASE_OWNER_URL"], connection.settings_dict["NAME"])
    with ceiling.raised(owner):
        pass
    with psycopg.connect(owner) as own:
        assert own.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'ceiling'").fetchone() == (0,)
