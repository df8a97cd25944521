"""States of cases and approvals. Pure."""

from datetime import timedelta

from apps.core.rules import Choice

APPROVAL_LIFE = timedelta(hours=24)


class CaseState(Choice):
    """Open until somebody closes it with an outcome."""

    OPEN = "open"
    CLOSED = "closed"


class ApprovalState(Choice):
    """Waiting for a second person, then decided once, or expired."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
