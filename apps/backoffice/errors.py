"""What the back office refuses."""

from apps.core.errors import DomainError, NotFound


class StaffNotFound(NotFound):
    """No member of staff has this id."""

    code = "backoffice.staff_not_found"


class UsernameTaken(DomainError):
    """Somebody has this user name; choose another."""

    code = "backoffice.username_taken"


class UnknownGroup(DomainError):
    """There is no such group of staff."""

    code = "backoffice.unknown_group"
    status = 400


class NotYourself(DomainError):
    """Nobody changes their own rights or access; a colleague has to."""

    code = "backoffice.not_yourself"
    status = 403


class DeviceExists(DomainError):
    """The account has a device already; a colleague of the security group can reset it."""

    code = "backoffice.device_exists"
