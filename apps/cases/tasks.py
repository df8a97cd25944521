"""Beat rings for what time decides."""

from celery import shared_task

from apps.cases import services
from apps.core import clock
from apps.core.operations import Asked


@shared_task(name="cases.expire_approvals")
def expire_approvals() -> None:
    """Close proposals whose time ran out; any number of schedulers may ring in the same minute."""
    minute = clock.now().strftime("%Y-%m-%dT%H:%M")
    services.expire_approvals(asked=Asked(source="beat", reference=minute, actor="system"))
