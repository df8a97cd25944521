"""Nobody rewrites history: every way round is refused, and a row that was changed all the same is named."""

from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from psycopg import errors as pg

from apps.core.grants import append_only_tables
from apps.core.models import Operation
from apps.core.operations import operation
from apps.markets.models import Licence
from apps.wallet import rules
from apps.wallet import services as wallet
from apps.wallet.models import HouseTransfer, Transfer, Wallet
from apps.wallet.rules import Account, Kind
from tests.factories import asked, stake, undo, win
from tests.playing import a_game, play
from tests.threads import raw_connection

TABLES = sorted(append_only_tables())
OWNER = connections["owner"].settings_dict["USER"]
APPLICATION = connections["default"].settings_dict["USER"]


@operation("test.house")
def post_house(*, operation_id: int, licence_id: int) -> None:
    fee = rules.Transfer(Kind.FEE, Account.PSP, Account.FEE, 100)
    clearing = rules.Transfer(Kind.FEE, Account.BANK, Account.PSP, 7)
    wallet.post_house(licence=Licence.objects.get(id=licence_id), currency="EUR", transfers=[fee, clearing])


def a_history():
    """Leave a row in every append-only table."""
    player, account = a_game(reference_scope="global")
    play(account, player, stake("b1", "5.00 EUR"), win("w1", "9.00 EUR"), stake("b2", "1.00 EUR"))
    play(account, player, undo("u1", "never came"))
    play(account, player, undo("u2", "b2"))
    post_house(asked=asked(), licence_id=player.licence_id)
    return player


def contents() -> dict[str, str]:
    """Return a digest of every append-only table, and of what guards it."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) || md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t")
            found[table] = cursor.fetchone()[0]
            assert found[table], f"{table} has no row to attack"
        cursor.execute(
            "SELECT string_agg(t::text, '|' ORDER BY oid) FROM pg_trigger t WHERE tgname LIKE 'append_only%'"
        )
        found["guards"] = cursor.fetchone()[0]
    return found


# Each is tried on every append-only table, as the application's login.
ATTACKS = {
    "update": "UPDATE {table} SET id = id",
    "update of no row": "UPDATE {table} SET id = id WHERE false",
    "delete": "DELETE FROM {table}",
    "delete of no row": "DELETE FROM {table} WHERE false",
    "truncate": "TRUNCATE {table}",
    "truncate with what hangs on it": "TRUNCATE {table} CASCADE",
    "truncate and restart": "TRUNCATE {table} RESTART IDENTITY",
    "update in a query": "WITH c AS (UPDATE {table} SET id = id RETURNING 1) SELECT count(*) FROM c",
    "delete in a query": "WITH c AS (DELETE FROM {table} RETURNING 1) SELECT count(*) FROM c",
    "update in a block": "DO $$ BEGIN EXECUTE 'UPDATE {table} SET id = id'; END $$",
    "upsert": "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id",
    "merge": "MERGE INTO {table} t USING {table} s ON t.id = s.id WHEN MATCHED THEN DELETE",
    "stand before it": "CREATE TEMP TABLE {table} (LIKE {table})",
    "update through a view": "CREATE TEMP VIEW v AS SELECT * FROM {table}; UPDATE v SET id = id",
    "delete through a view": "CREATE TEMP VIEW v AS SELECT * FROM {table}; DELETE FROM v",
    "drop": "DROP TABLE {table}",
    "drop with what hangs on it": "DROP TABLE {table} CASCADE",
    "rename": "ALTER TABLE {table} RENAME TO gone",
    "disable all triggers": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "disable user triggers": "ALTER TABLE {table} DISABLE TRIGGER USER",
    "disable the trigger": "ALTER TABLE {table} DISABLE TRIGGER append_only_row",
    "let the trigger sleep": "ALTER TABLE {table} ENABLE REPLICA TRIGGER append_only_row",
    "drop the row trigger": "DROP TRIGGER append_only_row ON {table}",
    "drop the truncate trigger": "DROP TRIGGER append_only_truncate ON {table}",
    "one's own trigger": "CREATE TRIGGER t AFTER INSERT ON {table} EXECUTE FUNCTION core_refuse_change()",
    "change a column": "ALTER TABLE {table} ALTER COLUMN id TYPE bigint USING id + 1",
    "drop a column": "ALTER TABLE {table} DROP COLUMN id",
    "add a column": "ALTER TABLE {table} ADD COLUMN note text DEFAULT 'x'",
    "take the table over": "ALTER TABLE {table} OWNER TO {application}",
    "grant oneself": "GRANT ALL ON {table} TO {application}; UPDATE {table} SET id = id",
    "a rule": "CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "a rule for reading": 'CREATE RULE "_RETURN" AS ON SELECT TO {table} DO INSTEAD SELECT 1',
    "a policy": "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "a child": "CREATE TEMP TABLE child () INHERITS ({table})",
    "become a child": "CREATE TEMP TABLE p (LIKE {table}); ALTER TABLE {table} INHERIT p",
    "become a partition": "CREATE TEMP TABLE p (LIKE {table}) PARTITION BY LIST (id);"
    " ALTER TABLE p ATTACH PARTITION {table} DEFAULT",
    "be given a partition": "CREATE TABLE part PARTITION OF {table} DEFAULT",
    "detach a partition": "ALTER TABLE {table} DETACH PARTITION {table}",
    "cluster": "CLUSTER {table} USING {table}_pkey",
    "another tablespace": "ALTER TABLE {table} SET UNLOGGED",
    "the sequence": "SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1)",
    "restart the sequence": "ALTER TABLE {table} ALTER COLUMN id RESTART",
    "the catalogue": "UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = '{table}'::regclass",
    "pretend to replicate": "SET session_replication_role = replica; DELETE FROM {table}",
    "pretend to replicate in this transaction": "SET LOCAL session_replication_role = replica",
    "become the owner": "SET ROLE {owner}; DELETE FROM {table}",
    "become the owner for the session": "SET SESSION AUTHORIZATION {owner}",
    "be made a superuser": "ALTER ROLE {application} SUPERUSER",
    "be made a member": "GRANT {owner} TO {application}",
    "the guard's text": "CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "drop the guard": "DROP FUNCTION core_refuse_change() CASCADE",
    "unprotect": "SELECT core_unprotect('{table}')",
    "a function in public": "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "drop the schema": "DROP SCHEMA public CASCADE",
}
REFUSALS = (pg.InsufficientPrivilege, pg.WrongObjectType)


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_the_applications_login_cannot_go_round(table):
    a_history()
    before = contents()
    for name, attack in ATTACKS.items():
        statement = attack.format(table=table, owner=OWNER, application=APPLICATION)
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            pytest.fail(f"{name}: {statement} was let through")
        assert isinstance(refused.value.__cause__, REFUSALS), (name, refused.value)
    assert contents() == before


def copy_in(cursor: psycopg.Cursor, table: str, row: bytes) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        copy.write(row)


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_a_row_copied_over_itself_is_refused(table):
    a_history()
    before = contents()
    with connection.cursor() as cursor:
        raw = cursor.cursor
        with raw.copy(f"COPY (SELECT * FROM {table} ORDER BY id LIMIT 1) TO STDOUT") as copy:
            row = b"".join(bytes(block) for block in copy)
        assert row
    with pytest.raises(pg.UniqueViolation), transaction.atomic(), connection.cursor() as again:
        copy_in(again.cursor, table, row)
    assert contents() == before


@pytest.mark.django_db
def test_the_answer_of_an_operation_is_filled_in_once_and_nothing_else_of_it():
    row = Operation.objects.create(
        player_id=0, source="t", kind="k", reference="r", digest=b"", actor="a", at="2026-01-01T00:00:00Z"
    )
    for column in ("player_id", "source", "kind", "reference", "digest", "message_id", "actor", "at", "id"):
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE core_operation SET {column} = {column}, result = '1' WHERE id = %s", [row.id]
            )
        assert isinstance(refused.value.__cause__, pg.InsufficientPrivilege)
    Operation.objects.filter(id=row.id).update(result={"first": 1})
    for value in ({"second": 2}, {"first": 1}, None):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            Operation.objects.filter(id=row.id).update(result=value)
        assert isinstance(refused.value.__cause__, pg.RestrictViolation)
    assert Operation.objects.get(id=row.id).result == {"first": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("attack", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_owner_meets_the_triggers(table, attack):
    a_history()
    before = contents()
    with raw_connection("owner") as owner, pytest.raises(pg.RestrictViolation, match="append-only"):
        owner.execute(attack.format(table))
    assert contents() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["actor = 'x', result = '1'", "result = NULL", "reference = 'x'"])
def test_the_owner_can_change_no_more_of_an_operation_than_the_application(change):
    a_history()
    before = contents()
    with raw_connection("owner") as owner, pytest.raises(pg.RestrictViolation):
        owner.execute(f"UPDATE core_operation SET {change}")
    assert contents() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", TABLES)
def test_a_superuser_who_pretends_to_replicate_meets_the_triggers(table):
    a_history()
    before = contents()
    with superuser() as session:
        session.execute("SET session_replication_role = replica")
        for attack in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(pg.RestrictViolation):
                session.execute(attack)
    assert contents() == before


def superuser() -> psycopg.Connection:
    """Return a session of the server's superuser, where this machine lets it in without a password."""
    parameters = connections["owner"].get_connection_params()
    place = {name: parameters[name] for name in ("dbname", "host", "port")}
    try:
        return psycopg.connect(**place, user="postgres", autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("no superuser without a password here")


@contextmanager
def tampered(statement: str, parameters: list, back: str, back_parameters: list):
    """Change rows past the guards, as whoever owns the machine could, and put them back afterwards."""
    with raw_connection("owner") as owner:
        _past_the_guards(owner, statement, parameters)
        try:
            yield
        finally:
            _past_the_guards(owner, back, back_parameters)


def _past_the_guards(owner: psycopg.Connection, statement: str, parameters: list) -> None:
    tables = ("wallet_transfer", "wallet_housetransfer", "core_operation")
    with owner.transaction():
        for table in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        assert owner.execute(statement, parameters).rowcount == 1
        for table in tables:
            owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row")
            owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_truncate")


def named_by_the_check() -> str:
    """Run check_books over everything; it must fail, and this is what it says."""
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_books", whole=True, stdout=said)
    assert ended.value.code == 1
    return said.getvalue()


CHANGES = {
    "seq": "seq + 100", "kind": "'fee'", "debit": "'fee'", "credit": "'held'", "amount": "amount + 1",
    "counterparty_id": "counterparty_id + 1", "grant_id": "7", "cause_id": "cause_id + 1", "reverses_id": "7",
    "business_date": "business_date + 1", "at": "at + interval '1 microsecond'", "version": "version + 1",
    "after": "array_prepend(after[1] + 1, after[2:7])", "hash": "decode(repeat('00', 32), 'hex')",
    "currency": "'USD'", "operation_id": "operation_id + 1", "player_id": "player_id + 1",
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_transfer_is_found_and_named(column):
    player = a_history()
    row = Transfer.objects.get(player=player, kind="win")
    change = f'UPDATE wallet_transfer SET "{column}" = {CHANGES[column]} WHERE id = %s'
    back = f'UPDATE wallet_transfer SET "{column}" = %s WHERE id = %s'
    with tampered(change, [row.id], back, [getattr(row, column), row.id]):
        said = named_by_the_check()
    following = row.seq + 1
    named = following if column in {"player_id", "currency", "seq"} else row.seq
    assert f"player {player.id} EUR seq {named}:" in said, said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", ["source", "kind", "reference", "digest", "actor"])
def test_a_changed_act_is_found_and_its_transfer_is_named(column):
    player = a_history()
    row = Transfer.objects.get(player=player, kind="win")
    act = Operation.objects.get(id=row.operation_id)
    value = b"x" if column == "digest" else "x"
    change = f"UPDATE core_operation SET {column} = %s WHERE id = %s"
    with tampered(change, [value, act.id], change, [getattr(act, column), act.id]):
        said = named_by_the_check()
    assert f"player {player.id} EUR seq {row.seq}: the hash is not that of its content" in said


@pytest.mark.django_db(transaction=True)
def test_a_missing_transfer_is_found_and_the_gap_is_named():
    player = a_history()
    row = Transfer.objects.get(player=player, kind="win")
    kept = {name: getattr(row, name) for name in (field.attname for field in Transfer._meta.fields)}
    names = ", ".join(f'"{name}"' for name in kept)
    back = f"INSERT INTO wallet_transfer ({names}) VALUES ({', '.join(['%s'] * len(kept))})"
    with tampered("DELETE FROM wallet_transfer WHERE id = %s", [row.id], back, list(kept.values())):
        said = named_by_the_check()
    assert f"player {player.id} EUR seq {row.seq + 1}: expected {row.seq}" in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", ["amount", "debit", "cause_id", "at", "hash", "seq"])
def test_a_changed_house_transfer_is_found_and_named(column):
    a_history()
    row = HouseTransfer.objects.get(seq=1)
    day = row.at.replace(year=2020)
    values = {"amount": 101, "debit": "tax", "cause_id": 7, "at": day, "hash": b"x", "seq": 99}
    change = f"UPDATE wallet_housetransfer SET {column} = %s WHERE id = %s"
    with tampered(change, [values[column], row.id], change, [getattr(row, column), row.id]):
        said = named_by_the_check()
    assert f"{row.book} EUR seq {2 if column == 'seq' else 1}" in said


@pytest.mark.django_db(transaction=True)
def test_a_house_transfer_moved_to_another_book_is_found():
    a_history()
    row = HouseTransfer.objects.get(seq=2)
    change = "UPDATE wallet_housetransfer SET book = %s WHERE id = %s"
    with tampered(change, ["Other Ltd", row.id], change, [row.book, row.id]):
        said = named_by_the_check()
    assert "Other Ltd EUR seq 2" in said
    assert f"{row.book} EUR: head" in said


@pytest.mark.django_db(transaction=True)
def test_a_wallet_that_is_gone_is_found_and_named():
    player = a_history()
    kept = Wallet.objects.get(player=player)
    Wallet.objects.filter(player=player).delete()
    said = named_by_the_check()
    kept.save(force_insert=True)
    assert f"player {player.id} EUR" in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purse", ["cash", "bonus", "in_play_cash", "pending", "held", "debt", "seq"])
def test_a_purse_that_no_transfer_explains_is_found_and_named(purse):
    player = a_history()
    before = getattr(Wallet.objects.get(player=player), purse)
    Wallet.objects.filter(player=player).update(**{purse: before + 1})
    said = named_by_the_check()
    Wallet.objects.filter(player=player).update(**{purse: before})
    assert f"player {player.id} EUR: " in said


@pytest.mark.django_db(transaction=True)
def test_books_in_which_nothing_was_changed_are_right():
    a_history()
    said = StringIO()
    call_command("check_books", whole=True, stdout=said)
    assert "OFF" not in said.getvalue()
