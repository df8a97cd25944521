"""What happens to markets."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class BrandOpened:
    """A brand may take players in a jurisdiction."""

    type: ClassVar[str] = "markets.brand.opened"
    version: ClassVar[int] = 1
    brand_id: int
    licence_id: int
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class RulesPublished:
    """A version of a rule set has its date."""

    type: ClassVar[str] = "markets.rules.published"
    version: ClassVar[int] = 1
    rule_set_id: int
    rules_version: int
    content_hash: str
