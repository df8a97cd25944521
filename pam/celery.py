"""The Celery application: a doorbell for work whose truth is a row in the database."""

import os
from typing import Any

from celery import Celery
from celery.bootsteps import Step
from django.db import connections

from apps.core.grants import ensure_safe_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pam.settings")

app = Celery("pam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class SafeToServe(Step):
    """A worker does not start on a database on which the promises do not hold."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        ensure_safe_to_serve()
        connections.close_all()


app.steps["worker"].add(SafeToServe)
