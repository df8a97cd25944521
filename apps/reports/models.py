"""What the checks of the books found."""

from django.db import models


class BookCheck(models.Model):
    """One run of the data-quality sheet: when, and every line of it."""

    at = models.DateTimeField()
    passed = models.BooleanField()
    measures = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="reports_bookcheck_latest")]
