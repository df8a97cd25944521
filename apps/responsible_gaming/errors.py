"""What responsible gaming refuses."""

from apps.core.errors import DomainError


class LimitExceeded(DomainError):
    """A limit would be passed; the facts say which: kind, period, source, amount, left."""

    code = "responsible_gaming.limit_exceeded"


class LimitNotOffered(DomainError):
    """The rules in force here know no such limit."""

    code = "responsible_gaming.limit_not_offered"
    status = 400
