"""What markets refuse."""

from apps.core.errors import DomainError, Malformed, NotFound


class UnknownBrand(NotFound):
    """No brand has this code or host."""

    code = "markets.unknown_brand"


class RuleSetInvalid(Malformed):
    """A rule set does not fit its schema; `path` names the place, `rule` what is wrong there."""

    code = "markets.rule_set_invalid"


class RuleSetMissing(NotFound):
    """No rule set of this jurisdiction is in force yet."""

    code = "markets.rule_set_missing"


class RuleVersionTaken(DomainError):
    """The version was published with other content; give the new text a new number."""

    code = "markets.rule_version_taken"
