"""
The test database: made and emptied by the owner, used as the application.

Tests connect with the application's login, which cannot rewrite history; only the flush between tests is the
owner's. After every test that touched the database the books are checked.
"""

import uuid
from collections.abc import Iterator
from functools import cache

import pytest
from django.core.cache import caches
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase
from hypothesis import settings
from pytest_django.plugin import DjangoDbBlocker

from apps.accounts import selectors as accounts
from apps.core.grants import append_only_tables, apply_grants
from apps.games import selectors as games
from apps.markets import selectors as markets
from apps.reports import selectors as reports

# A busy machine is no failure: how long one example takes says nothing about whether it holds.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@cache
def owner() -> BaseDatabaseWrapper:
    """Return a connection of the owner's own: Django keeps tests away from `connections["owner"]`."""
    return connections["owner"].copy()


def erase_everything() -> None:
    """Empty every table, past the append-only triggers: the one place that may, as the owner."""
    with owner().cursor() as cursor:
        tables = owner().introspection.django_table_names(only_existing=True, include_views=False)
        kept = {"django_content_type", "auth_permission", "django_migrations"}
        guarded = append_only_tables()
        cursor.execute("BEGIN")
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table in sorted(set(tables) - kept):
            cursor.execute(f'DELETE FROM "{table}"')
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_truncate")
        cursor.execute("COMMIT")


def _flush(self: TransactionTestCase) -> None:
    erase_everything()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    worker_suffix: str,
) -> None:
    """Make the test database as the owner, and point the application's connection at it."""
    configured = connections["owner"].settings_dict
    with django_db_blocker.unblock():
        if worker_suffix:
            configured["TEST"]["NAME"] = f"test_{configured['NAME']}_{worker_suffix}"
        connections["owner"].creation.create_test_db(
            verbosity=0, autoclobber=True, serialize=False, keepdb=not django_db_createdb
        )
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = configured["NAME"]
        apply_grants()
        erase_everything()
    TransactionTestCase._fixture_teardown = _flush  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def worker_suffix(request: pytest.FixtureRequest) -> str:
    """Return the name of this pytest worker, so that parallel workers have a database each."""
    return getattr(request.config, "workerinput", {}).get("workerid", "")


@pytest.fixture(autouse=True)
def fresh_memory() -> None:
    """Start every test without what an earlier one left in memory or in the cache."""
    markets.calendar.cache_clear()
    accounts.player_id.cache_clear()
    games.forget_accounts()
    caches["default"].key_prefix = f"test-{uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def books_are_right(request: pytest.FixtureRequest, fresh_memory: None) -> Iterator[None]:
    """Check the whole of the books after every test that touched the database."""
    marked = request.node.get_closest_marker("django_db") is not None
    if not marked and not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("db")
    yield
    off = [
        f"{measure.name}: {measure.detail}" for measure in reports.books(whole=True)[0] if not measure.passed
    ]
    assert not off, "the books are off: " + "; ".join(off)
