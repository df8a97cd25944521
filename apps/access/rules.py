"""The access decision: pure, over facts that were read under the lane's lock."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from apps.accounts.rules import STOPPED_BY_STATUS, PlayerStatus, restricted_acts

# An exclusion stops whatever leads to play; money of the player's own may leave.
STOPPED_BY_EXCLUSION = frozenset({"login", "deposit", "launch", "stake"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision reads: status, kinds of restrictions and kinds of exclusions in force."""

    status: str
    restrictions: Iterable[str] = ()
    exclusions: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that says no: which, about what, and what the player can do."""

    code: str
    detail: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one act, with every reason against it."""

    act: str
    reasons: list[Reason] = field(default_factory=list)

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against the act."""
        return not self.reasons

    def facts(self) -> dict[str, object]:
        """Return the decision as plain data, for a refusal or a staff page."""
        return {"act": self.act, "reasons": [asdict(reason) for reason in self.reasons]}


def decide(act: str, facts: Facts) -> Decision:
    """Return whether a player may do an act, with all reasons, the heaviest first."""
    reasons = []
    if act in STOPPED_BY_EXCLUSION:
        reasons += [Reason("access.excluded", kind, "wait_for_end") for kind in facts.exclusions]
    if act in STOPPED_BY_STATUS[PlayerStatus(facts.status)]:
        reasons.append(Reason("access.status", facts.status, "contact_support"))
    restrictions = list(facts.restrictions)
    if act in restricted_acts(restrictions):
        reasons.append(Reason("access.restricted", ",".join(sorted(set(restrictions))), "contact_support"))
    return Decision(act, reasons)
