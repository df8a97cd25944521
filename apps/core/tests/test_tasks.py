"""Celery is a doorbell: every ring has a task, and a worker that is killed loses and doubles nothing."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from celery import current_app
from django.conf import settings

from apps.accounts import services as accounts
from apps.core.events import subscribers
from apps.core.models import Operation, Subscription
from apps.core.money import of
from apps.core.tasks import run_subscriptions
from apps.core.tests.acts import note
from apps.core.tests.reading import answered, let_the_lease_run_out, subscribed
from apps.games import services as games
from apps.games.models import GameSession
from apps.wallet import services as wallet
from tests.factories import BrandLicenceFactory, asked, funded, message, new_player, provider, stake
from tests.processes import end, wait_for, worker

pytestmark = pytest.mark.django_db(transaction=True)
READER = "games.session_statistics"
RINGS = sorted(ring["task"] for ring in settings.CELERY_BEAT_SCHEDULE.values())


@pytest.fixture
def queue() -> Iterator[str]:
    """Return the name of a queue of this test's own, and remove it afterwards."""
    name = f"pam-test-{os.getpid()}"
    yield name
    with current_app.connection_for_write() as connection:
        connection.default_channel.queue_delete(name)


@pytest.mark.parametrize("name", RINGS)
def test_every_ring_of_the_clock_has_a_task_that_runs(name):
    current_app.loader.import_default_modules()
    outcome = current_app.tasks[name].apply()
    assert outcome.state == "SUCCESS", outcome.traceback


@pytest.mark.parametrize("name", RINGS)
def test_two_clocks_may_ring_in_the_same_moment(name):
    current_app.loader.import_default_modules()
    for _ in range(3):
        funded(new_player(), "1.00 EUR")
        assert current_app.tasks[name].apply().state == "SUCCESS"


def test_a_ring_that_nobody_heard_in_time_is_worth_nothing():
    periods = {name: ring for name, ring in settings.CELERY_BEAT_SCHEDULE.items() if "options" in ring}
    assert {"run-subscriptions", "check-books", "expire-approvals"} <= set(periods)
    for ring in periods.values():
        assert 0 < ring["options"]["expires"] <= max(5, ring["schedule"])


def test_work_is_acknowledged_when_it_is_done_and_given_back_when_the_worker_is_lost():
    assert current_app.conf.task_acks_late
    assert current_app.conf.task_reject_on_worker_lost
    assert current_app.conf.worker_cancel_long_running_tasks_on_connection_loss
    assert current_app.conf.worker_prefetch_multiplier == 1


def test_one_ring_lets_every_subscription_read():
    note(asked=asked(), text="a")
    with subscribed(name="test.first"), subscribed(name="test.second"):
        wait_for(lambda: run_subscriptions() or len(answered()) == 2, "both read")
        assert set(subscribers) == set(Subscription.objects.values_list("name", flat=True))


def players_who_bet(count: int) -> int:
    """Let many players launch and bet once each; return how many events that makes for the reader."""
    offer, account = BrandLicenceFactory.create(), provider()
    where = {"brand": offer.brand.code, "jurisdiction": offer.jurisdiction.code, "currency": "EUR"}
    public_ids = [f"crowd-{number}" for number in range(count)]
    player_ids = accounts.open_test_accounts(asked=asked(), public_ids=public_ids, **where).value
    wallet.fund_test_players(asked=asked(), player_ids=player_ids, amount=of("10.00 EUR"))
    for player_id in player_ids:
        games.launch(asked=asked(), player_id=player_id, game="slots:fruit", player_session_id=None)
    for session in GameSession.objects.select_related("player"):
        bet = stake(f"bet {session.player_id}", "1.00 EUR")
        games.play(account=account, message=message(session.player, bet))
    return count


def handled() -> int:
    return Operation.objects.filter(source=f"event:{READER}").count()


def ring(queue: str) -> None:
    run_subscriptions.apply_async(queue=queue, expires=30)


def ring_until_handled(queue: str, count: int) -> None:
    """Ring as beat does until so many are handled: a neighbour's open write may hold the first rings back."""
    rung = 0.0

    def is_done() -> bool:
        nonlocal rung
        if time.monotonic() - rung > 0.25:
            rung = time.monotonic()
            ring(queue)
        return handled() >= count

    wait_for(is_done, f"{count} are handled")


@pytest.mark.money
def test_a_worker_that_is_killed_in_the_middle_of_its_work_loses_and_doubles_nothing(queue):
    count = players_who_bet(150)
    with worker(queue) as first:
        ring_until_handled(queue, 5)
        end(first, signal.SIGKILL)
    assert 5 <= handled() < count, "the worker was killed in the middle of its work"
    assert Subscription.objects.get(name=READER).leased_by
    let_the_lease_run_out(READER)
    with worker(queue):
        ring_until_handled(queue, count)
    assert handled() == count
    assert set(GameSession.objects.values_list("bets", "staked", "won")) == {(1, of("1.00 EUR").units, 0)}
