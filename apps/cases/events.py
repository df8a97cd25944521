"""What happens to cases and approvals."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """A person has to look at something."""

    type: ClassVar[str] = "cases.case.opened"
    version: ClassVar[int] = 1
    case_id: int
    kind: str
    subject: str
    queue: str


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """Somebody looked, and said what came of it."""

    type: ClassVar[str] = "cases.case.closed"
    version: ClassVar[int] = 1
    case_id: int
    outcome: str


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """An act waits for a second person."""

    type: ClassVar[str] = "cases.approval.requested"
    version: ClassVar[int] = 1
    approval_id: int
    action: str
    payload_hash: str


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """A second person approved or rejected a proposal, or its time ran out."""

    type: ClassVar[str] = "cases.approval.decided"
    version: ClassVar[int] = 1
    approval_id: int
    action: str
    state: str
