"""Beat rings for the books."""

from celery import shared_task

from apps.core import clock
from apps.core.operations import Asked
from apps.reports import services


@shared_task(name="reports.check_books")
def check_books() -> None:
    """Check what moved since the last time, and keep the sheet; any number of schedulers may ring."""
    measures = services.check_books()
    minute = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    services.keep_sheet(asked=Asked("beat", minute, "system"), measures=measures)


@shared_task(name="reports.check_all_books")
def check_all_books() -> None:
    """Walk every wallet from its first transfer, once a day: a proven row may have been changed since."""
    measures = services.check_books(whole=True)
    day = clock.now().strftime("%Y-%m-%d")
    services.keep_sheet(asked=Asked("beat:whole", day, "system"), measures=measures)
