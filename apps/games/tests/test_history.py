"""A stake costs the same however much its player has done before."""

import re

import pytest
from django.db import connection

from apps.games import services
from tests.factories import funded, message, new_player, provider, stake, undo

pytestmark = [pytest.mark.django_db, pytest.mark.money]

KEPT = ("core_operation", "core_tombstone", "core_globalreference")


def plans_of_reading() -> list[str]:
    """Return the plan of every read that this connection has prepared, as of tables that have grown."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; DISCARD PLANS")
        cursor.execute("""
            SELECT name, cardinality(parameter_types) FROM pg_prepared_statements
            WHERE statement LIKE 'SELECT json_build_object(''now''%'""")
        plans = []
        for name, count in cursor.fetchall():
            cursor.execute(f"EXPLAIN EXECUTE {name}({', '.join(['NULL'] * count)})")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    return plans


@pytest.mark.parametrize("scope", ["player", "global"])
def test_claims_and_tombstones_are_looked_up_by_their_whole_key(scope):
    player, account = funded(new_player(), "50.00 EUR"), provider(reference_scope=scope)
    services.play(account=account, message=message(player, stake("b1", "5.00 EUR")))
    services.play(account=account, message=message(player, undo("u1", "b1")))
    looks = [
        condition
        for plan in plans_of_reading()
        for table, condition in re.findall(r"Scan using \w+ on (\w+) .*\n +(\w+ ?\w*: .*)", plan)
        if table in KEPT
    ]
    assert len(looks) >= 5
    assert all(re.match(r"Index Cond: .*reference = (?!ANY)", look) for look in looks), looks
