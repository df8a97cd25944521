"""Limits, the counters they are compared with, and exclusions."""

from django.db import models
from django.db.models import Q

from apps.accounts.rules import Scope
from apps.responsible_gaming.rules import ExclusionKind, LimitKind, LimitSource, LimitWindow, Period


class Limit(models.Model):
    """
    A ceiling in force, or one that was superseded, or one that will be.

    Of each (player, kind, basis, period, window, scope, source) at most one row is current and at most one is
    coming; the strictest of all current ones decides.
    """

    player = models.ForeignKey("accounts.Player", models.PROTECT)
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True)
    kind = models.CharField(max_length=16, choices=LimitKind.choices())
    basis = models.CharField(max_length=8, default="gross")
    period = models.CharField(max_length=8, choices=Period.choices())
    window = models.CharField(max_length=16, choices=LimitWindow.choices())
    scope = models.CharField(max_length=16, default="account")
    scope_id = models.BigIntegerField(default=0)
    source = models.CharField(max_length=16, choices=LimitSource.choices())
    amount = models.BigIntegerField(null=True, help_text="Ledger units; null takes the limit away.")
    currency = models.CharField(max_length=8)
    effective_from = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True)
    operation_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="rg_limit_amount"),
            models.UniqueConstraint(
                fields=[
                    "player",
                    "kind",
                    "basis",
                    "period",
                    "window",
                    "scope",
                    "scope_id",
                    "source",
                    "effective_from",
                ],
                condition=Q(superseded_at=None),
                name="rg_limit_once",
            ),
        ]


class LimitCounter(models.Model):
    """
    What counts towards limits of one kind, in one hour.

    Every window, calendar or rolling, is a sum of these hours: a limit set at noon knows the morning, and no
    counter has to be made when a limit is (docs/why/004).
    """

    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False)
    kind = models.CharField(max_length=16, choices=LimitKind.choices())
    basis = models.CharField(max_length=8, default="gross")
    scope = models.CharField(max_length=16, default="account")
    scope_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=8)
    hour = models.DateTimeField(help_text="Start of a clock hour of the licence's time zone.")
    used = models.BigIntegerField(default=0, help_text="Ledger units; net of wins, so it may be negative.")
    reserved = models.BigIntegerField(default=0, help_text="Ledger units promised to deposits under way.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player", "kind", "basis", "scope", "scope_id", "currency", "hour"],
                name="rg_limitcounter_once",
            ),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="rg_limitcounter_reserved"),
        ]


class Exclusion(models.Model):
    """A time-out or a self-exclusion: no log-in, deposit, launch or stake within its scope while it lasts."""

    player = models.ForeignKey("accounts.Player", models.PROTECT, null=True, blank=True)
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True)
    scope = models.CharField(max_length=16, choices=Scope.choices())
    scope_id = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=ExclusionKind.choices())
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    source = models.TextField()
    operation_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(player=None) ^ Q(person=None), name="rg_exclusion_one_subject")
        ]
        indexes = [
            models.Index(fields=["player"], name="rg_exclusion_player"),
            models.Index(fields=["person"], name="rg_exclusion_person"),
        ]
        permissions = [("exclude_player", "Can exclude players from play")]
