"""Web and worker refuse to start on a database on which the promises do not hold, and say why."""

import pytest

from conftest import owner
from tests import processes

pytestmark = pytest.mark.django_db(transaction=True)
WEB = "import pam.wsgi"
UNSAFE = "DATABASE_URL's login can rewrite"
FOREIGN = "another cluster: run `manage.py stamp_events`"


@pytest.fixture
def restored_elsewhere():
    with owner().cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_subscription (name, xid, event_id, leased_by) VALUES ('x', 1e15, 0, '')"
        )


def test_the_web_starts_with_a_login_that_cannot_rewrite_the_ledger():
    started = processes.python(WEB)
    assert started.returncode == 0, started.stderr


def test_the_web_does_not_start_with_the_owners_login():
    refused = processes.python(WEB, DATABASE_URL=processes.url_of("owner"))
    assert refused.returncode != 0
    assert UNSAFE in refused.stderr
    assert "wallet_transfer" in refused.stderr


def test_the_web_starts_with_the_owners_login_where_that_is_allowed_and_warns():
    started = processes.python(WEB, DATABASE_URL=processes.url_of("owner"), ALLOW_OWNER="1")
    assert started.returncode == 0
    assert "ALLOW_OWNER=1: the application's login can rewrite the ledger" in started.stderr


def test_the_web_does_not_start_on_a_database_of_another_cluster(restored_elsewhere):
    refused = processes.python(WEB)
    assert refused.returncode != 0
    assert FOREIGN in refused.stderr


def test_a_worker_does_not_start_with_the_owners_login():
    refused = processes.worker_to_its_end(DATABASE_URL=processes.url_of("owner"))
    assert refused.returncode != 0
    assert UNSAFE in refused.stderr + refused.stdout


def test_a_worker_does_not_start_on_a_database_of_another_cluster(restored_elsewhere):
    refused = processes.worker_to_its_end()
    assert refused.returncode != 0
    assert FOREIGN in refused.stderr + refused.stdout
