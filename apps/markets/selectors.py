"""Questions about markets. Licences are few and their calendars never change: kept in memory."""

from functools import lru_cache

from django.db.models import Q

from apps.core import clock
from apps.markets.errors import RuleSetMissing, UnknownBrand
from apps.markets.models import Brand, BrandLicence, Licence, RuleSet
from apps.markets.rules import Calendar, RuleSetContent, rule_set


@lru_cache(maxsize=1024)
def calendar(licence_id: int) -> Calendar:
    """Return the calendar of a licence."""
    licence = Licence.objects.get(id=licence_id)
    return Calendar(licence.timezone, licence.day_starts_at)


def brand(code: str) -> Brand:
    """
    Return the brand with this code.

    :raises UnknownBrand: there is none.
    """
    found = Brand.objects.filter(code=code).first()
    if found is None:
        raise UnknownBrand(brand=code)
    return found


def offer(brand_code: str, jurisdiction_code: str) -> BrandLicence | None:
    """Return under which licence a brand offers play in a jurisdiction, or None."""
    offers = BrandLicence.objects.select_related("brand", "licence", "jurisdiction")
    return offers.filter(brand__code=brand_code, jurisdiction__code=jurisdiction_code).first()


def rules_in_force(*, jurisdiction_id: int, brand_id: int) -> tuple[RuleSetContent, int]:
    """
    Return the rule set in force now and its row's id; a brand's own text goes before the jurisdiction's.

    :raises RuleSetMissing: none is in force.
    """
    rows = RuleSet.objects.filter(jurisdiction_id=jurisdiction_id, effective_from__lte=clock.now())
    rows = rows.filter(Q(brand_id=brand_id) | Q(brand_id=None))
    row = rows.order_by("brand_id", "-effective_from", "-version").first()  # a brand's id sorts before NULL
    if row is None:
        raise RuleSetMissing(jurisdiction_id=jurisdiction_id)
    return rule_set(row.content), row.id
