"""Acts on markets: open one from data."""

import json
from pathlib import Path

import msgspec

from apps.core.events import publish
from apps.core.operations import operation
from apps.markets import events
from apps.markets.errors import RuleVersionTaken
from apps.markets.models import Brand, BrandLicence, Jurisdiction, Licence, RuleSet
from apps.markets.rules import content_hash, ensure_timezone, rule_set

DATA = Path(__file__).parent / "data"


class BrandPlan(msgspec.Struct, frozen=True):
    """A brand, the licence it works under and where: what a market needs before its first player."""

    brand: str
    name: str
    currencies: list[str]
    licence: str
    regulator: str
    legal_entity: str
    timezone: str
    jurisdiction: str
    hosts: list[str] = []


def rule_file(jurisdiction: str) -> object:
    """Return the text of a jurisdiction's shipped rule set, not yet checked."""
    return json.loads((DATA / f"{jurisdiction}.json").read_text(encoding="utf-8"))


@operation("markets.open_brand")
def open_brand(*, operation_id: int, plan: BrandPlan) -> int:
    """
    Make a brand with its licence in a jurisdiction and return the brand's id; rows that exist are kept.

    :raises Malformed: there is no such time zone.
    """
    ensure_timezone(plan.timezone)
    jurisdiction, _ = Jurisdiction.objects.get_or_create(code=plan.jurisdiction)
    licence, _ = Licence.objects.get_or_create(
        code=plan.licence,
        defaults={
            "regulator": plan.regulator,
            "legal_entity": plan.legal_entity,
            "timezone": plan.timezone,
        },
    )
    brand, _ = Brand.objects.get_or_create(
        code=plan.brand,
        defaults={"name": plan.name, "hosts": plan.hosts, "currencies": plan.currencies},
    )
    BrandLicence.objects.get_or_create(brand=brand, licence=licence, jurisdiction=jurisdiction)
    publish(events.BrandOpened(brand_id=brand.id, licence_id=licence.id, jurisdiction=plan.jurisdiction))
    return brand.id


@operation("markets.publish_rules")
def publish_rules(*, operation_id: int, content: object, approved_by: str) -> int:
    """
    Put a version of a jurisdiction's rules in force from its date, and return the row's id.

    The same version with the same content again changes nothing.

    :raises RuleSetInvalid: the text does not fit its schema; the path is named.
    :raises RuleVersionTaken: the version was published with other content.
    """
    rules = rule_set(content)
    jurisdiction, _ = Jurisdiction.objects.get_or_create(code=rules.jurisdiction)
    row, created = RuleSet.objects.get_or_create(
        jurisdiction=jurisdiction,
        brand=None,
        version=rules.version,
        defaults={
            "effective_from": rules.effective_from,
            "content": msgspec.to_builtins(rules),
            "content_hash": content_hash(rules),
            "approved_by": approved_by,
        },
    )
    if row.content_hash != content_hash(rules):
        raise RuleVersionTaken(jurisdiction=rules.jurisdiction, version=rules.version)
    if created:
        publish(
            events.RulesPublished(
                rule_set_id=row.id, rules_version=row.version, content_hash=row.content_hash
            )
        )
    return row.id
