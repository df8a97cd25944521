"""What happens to staff and their rights."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class GroupsMade:
    """The groups of staff have the permissions of the table."""

    type: ClassVar[str] = "backoffice.groups.made"
    version: ClassVar[int] = 1
    groups: list[str]


@dataclass(frozen=True, slots=True)
class StaffAccountOpened:
    """A member of staff got an account."""

    type: ClassVar[str] = "backoffice.staff_account.opened"
    version: ClassVar[int] = 1
    user_id: int
    groups: list[str]


@dataclass(frozen=True, slots=True)
class StaffGroupsChanged:
    """A member of staff has other groups now."""

    type: ClassVar[str] = "backoffice.staff_groups.changed"
    version: ClassVar[int] = 1
    user_id: int
    before: list[str]
    after: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class StaffAccountSwitched:
    """A member of staff was locked out, or let in again."""

    type: ClassVar[str] = "backoffice.staff_account.switched"
    version: ClassVar[int] = 1
    user_id: int
    is_active: bool
    reason: str


@dataclass(frozen=True, slots=True)
class StaffAccessReset:
    """A member of staff has a new password and no device."""

    type: ClassVar[str] = "backoffice.staff_access.reset"
    version: ClassVar[int] = 1
    user_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceEnrolled:
    """A member of staff proves who they are with a device from now on."""

    type: ClassVar[str] = "backoffice.device.enrolled"
    version: ClassVar[int] = 1
    user_id: int
