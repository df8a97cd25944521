"""
Acts, marks of undos to come, and what happened. `Operation`, `Tombstone`, `GlobalReference` and `Event` are
append-only: the application's login may insert and read them, and fill in an operation's result once.
"""

from django.db import models
from django.db.models import Q

from apps.core.fields import CurrentTransactionId, TransactionIdField


class Operation(models.Model):
    """
    One act, claimed once.

    `source` is who asks, `reference` is theirs: together with the kind they are the act's identity for ever.
    """

    append_only = True
    filled_in_later = ("result",)

    player_id = models.BigIntegerField(help_text="The lane; 0 where an act belongs to no player.")
    source = models.TextField()
    kind = models.TextField()
    reference = models.TextField()
    digest = models.BinaryField(help_text="SHA-256 of what was asked; a repeat must bring the same.")
    message_id = models.BigIntegerField(null=True, help_text="First operation of the batch it came with.")
    actor = models.TextField()
    reason = models.TextField(
        default="", db_default="", help_text="Why staff asked for it: ids and facts only."
    )
    result = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player_id", "source", "kind", "reference"], name="core_operation_once"
            )
        ]


class Tombstone(models.Model):
    """An undo whose original has not come; when it comes, it moves nothing."""

    append_only = True

    player_id = models.BigIntegerField()
    source = models.TextField()
    reference = models.TextField()
    operation_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["player_id", "source", "reference"], name="core_tombstone_once")
        ]


class GlobalReference(models.Model):
    """Which player a reference belongs to, for providers whose references are global over players."""

    append_only = True

    source = models.TextField()
    kind = models.TextField()
    reference = models.TextField()
    player_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "reference"], name="core_globalreference_once")
        ]


class Event(models.Model):
    """
    What happened: the audit log, the outbox and the feed in one. Carries ids and codes, never personal data.

    Readers go by the pair (`xid`, `id`), because ids alone do not tell which row became visible first.
    """

    append_only = True

    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)
    type = models.TextField()
    version = models.SmallIntegerField(default=1)
    occurred_at = models.DateTimeField()
    business_date = models.DateField()
    brand_id = models.BigIntegerField(default=0)
    licence_id = models.BigIntegerField(default=0)
    player_id = models.BigIntegerField(default=0)
    actor = models.TextField()
    operation_id = models.BigIntegerField()
    causation_id = models.BigIntegerField(default=0, help_text="The event that led to this one, or 0.")
    payload = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="core_event_position"),
            models.Index(fields=["player_id", "id"], name="core_event_player"),
        ]


class Subscription(models.Model):
    """How far one subscriber has read, and which process is reading for it now."""

    name = models.TextField(unique=True)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    leased_by = models.TextField(default="", blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)


class ParkedEvent(models.Model):
    """An event that a subscriber could not take; later events of the same player wait behind it."""

    subscription = models.TextField()
    event_id = models.BigIntegerField()
    player_id = models.BigIntegerField()
    error = models.TextField(
        help_text="Why it failed, or empty where it waits behind one that did.", blank=True
    )
    attempts = models.IntegerField(default=1)
    parked_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player_id", "subscription", "event_id"], name="core_parkedevent_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["subscription", "player_id"],
                condition=Q(resolved_at=None),
                name="core_parkedevent_open",
            )
        ]
        permissions = [("retry_parked_event", "Can take parked events again")]
