"""A case is work for a person; an approval is an act that waits for a second one."""

from django.db import models
from django.db.models import F, Q

from apps.cases.rules import ApprovalState, CaseState


class Case(models.Model):
    """Something a person has to look at. `kind` and `subject` say what, `facts` carry ids and codes only."""

    kind = models.TextField()
    subject = models.TextField(help_text="What it is about: transfer:812, round:77.")
    player = models.ForeignKey("accounts.Player", models.PROTECT, null=True, blank=True)
    brand_id = models.BigIntegerField(default=0)
    licence_id = models.BigIntegerField(default=0)
    queue = models.TextField()
    state = models.CharField(max_length=16, default=CaseState.OPEN, choices=CaseState.choices())
    priority = models.SmallIntegerField(default=0)
    confidentiality = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True)
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(default="", blank=True)
    operation_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="cases_case_once")]
        indexes = [
            models.Index(fields=["queue", "due_at"], condition=Q(closed_at=None), name="cases_case_open")
        ]
        permissions = [
            ("close_case", "Can close cases"),
            ("view_confidential_case", "Can see confidential cases"),
        ]


class Approval(models.Model):
    """
    An act that one person proposed and another has to approve.

    The payload is hashed when it is proposed: what is approved is what was shown. Maker and checker differ by
    constraint, not by good manners.
    """

    action = models.TextField()
    subject = models.TextField()
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    reason = models.TextField()
    maker = models.ForeignKey("accounts.User", models.PROTECT, related_name="proposals")
    checker = models.ForeignKey(
        "accounts.User", models.PROTECT, related_name="decisions", null=True, blank=True
    )
    state = models.CharField(max_length=16, default=ApprovalState.WAITING, choices=ApprovalState.choices())
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    operation_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(checker=None) | ~Q(checker=F("maker")), name="cases_approval_four_eyes"
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="waiting"), name="cases_approval_waiting")
        ]
        permissions = [("reject_proposal", "Can reject proposals of others")]
