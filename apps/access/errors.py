"""What access refuses."""

from apps.core.errors import DomainError


class AccessRefused(DomainError):
    """The player may not do this now; `reasons` name every rule that says so and what to do next."""

    code = "access.refused"
    status = 403
