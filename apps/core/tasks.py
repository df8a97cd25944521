"""Beat rings, the database is the queue."""

from celery import shared_task

from apps.core import events, runner


@shared_task(name="core.run_subscriptions")
def run_subscriptions() -> None:
    """Let every subscription read on; a lease keeps two workers off the same one."""
    for name in sorted(events.subscribers):
        runner.drain(name)
