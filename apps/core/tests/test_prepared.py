"""Statements that are prepared by the backend: how long they live, and what is raised."""

import psycopg
import pytest
from django.db import connection, transaction

from apps.core.postgres.prepared import execute

pytestmark = [pytest.mark.django_db(transaction=True)]

TWICE = "SELECT %(number)s + %(number)s, %(word)s::text"


@pytest.fixture
def database():
    connection.close()
    connection.ensure_connection()
    return connection.connection


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements ORDER BY name")
        return [row[0] for row in cursor.fetchall()]


def test_a_named_parameter_may_stand_twice(database):
    assert execute(database, TWICE, {"number": 4, "word": "x", "unused": 1}) == (8, "x")


def test_integers_of_any_size_and_null_share_one_statement(database):
    for number in (1, 2**40):
        assert execute(database, TWICE, {"number": number, "word": "x"}) == (2 * number, "x")
    assert prepared() == ["SELECT $1 + $1, $2::text"]


def test_a_statement_outlives_a_rollback(database):
    for _ in range(2):
        with transaction.atomic():
            execute(database, TWICE, {"number": 4, "word": "x"})
            transaction.set_rollback(True)
    assert prepared() == ["SELECT $1 + $1, $2::text"]


def test_no_row_is_none(database):
    assert execute(database, "SELECT 1 WHERE %(number)s > 1", {"number": 1}) is None


def test_it_begins_the_transaction_of_its_caller(database):
    with transaction.atomic():
        assert database.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        execute(database, TWICE, {"number": 4, "word": "x"})
        assert database.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    execute(database, TWICE, {"number": 4, "word": "x"})
    assert database.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_refusal_of_the_server_is_raised_as_what_it_is(database):
    with pytest.raises(psycopg.errors.DivisionByZero):
        execute(database, "SELECT 1 / %(number)s", {"number": 0})
    with pytest.raises(psycopg.errors.UndefinedTable):
        execute(database, "SELECT %(number)s FROM nowhere", {"number": 0})


def test_a_lost_connection_is_an_operational_error(database):
    with psycopg.connect(database.info.dsn, password=database.info.password) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [database.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        execute(database, TWICE, {"number": 4, "word": "x"})
    connection.close()


def test_where_statements_may_not_be_prepared_none_is(database):
    database.prepare_threshold = None
    assert execute(database, TWICE, {"number": 4, "word": "x"}) == (8, "x")
    assert prepared() == []
