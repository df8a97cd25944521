"""What cases refuse."""

from apps.core.errors import DomainError


class ApprovalNotWaiting(DomainError):
    """The proposal was decided, or has expired; propose it again."""

    code = "cases.approval_not_waiting"


class SamePerson(DomainError):
    """Who proposed it cannot approve it; a second person has to."""

    code = "cases.same_person"
    status = 403


class ProposalChanged(DomainError):
    """What would be executed is not what was proposed and shown."""

    code = "cases.proposal_changed"
