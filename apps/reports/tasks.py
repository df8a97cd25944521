"""Beat rings for the books. Each ring looks anew and keeps what it saw: any number of schedulers may ring."""

import uuid

from celery import shared_task

from apps.core.operations import Asked
from apps.reports import services


@shared_task(name="reports.check_books")
def check_books() -> None:
    """Check what moved since the last time, and keep the sheet."""
    _check(whole=False)


@shared_task(name="reports.check_all_books")
def check_all_books() -> None:
    """Walk every wallet from its first transfer, once a day: a proven row may have been changed since."""
    _check(whole=True)


def _check(*, whole: bool) -> None:
    measures = services.check_books(whole=whole)
    services.keep_sheet(asked=Asked("beat", uuid.uuid4().hex, "system"), measures=measures)
