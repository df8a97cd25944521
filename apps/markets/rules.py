"""The calendar of a licence, and the shape of a rule set: pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from apps.core.digests import digest
from apps.core.errors import Malformed
from apps.markets.errors import RuleSetInvalid

Period = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A licence's time zone and the local time at which its business day starts."""

    timezone: str
    day_starts_at: time = time(0)

    def business_date(self, at: datetime) -> date:
        """Return the business day of an instant: the local date, counted from the start of the day."""
        local = at.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
        start = timedelta(hours=self.day_starts_at.hour, minutes=self.day_starts_at.minute)
        return (local - start).date()


def ensure_timezone(name: str) -> None:
    """
    Accept the name of a time zone, by which every business day of a licence will be told.

    :raises Malformed: there is no such time zone.
    """
    if name not in available_timezones():
        raise Malformed(field="timezone", rule="an IANA name, such as Europe/Malta")


class LimitIncrease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a looser limit takes effect: after a delay."""

    delay_hours: Annotated[int, msgspec.Meta(ge=0)]


class LimitRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of limit that players have here: which periods and windows, and how it may change."""

    kind: Literal["deposit", "loss"]
    periods: Annotated[list[Period], msgspec.Meta(min_length=1)]
    window: Literal["calendar", "rolling"]
    increase: LimitIncrease
    decrease: Literal["immediate"] = "immediate"


class RuleSetContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule set says, as far as the house reads it."""

    jurisdiction: Annotated[str, msgspec.Meta(min_length=1)]
    version: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    effective_from: Annotated[datetime, msgspec.Meta(tz=True)]
    min_age: Annotated[int, msgspec.Meta(ge=18)]
    limits: list[LimitRule]
    game_session_hours: Annotated[int, msgspec.Meta(ge=1, le=24)]


def rule_set(content: object) -> RuleSetContent:
    """
    Return a rule set that was read from data.

    :raises RuleSetInvalid: it does not fit; `path` names the place ("$.limits[0].kind").
    """
    try:
        found = msgspec.convert(content, RuleSetContent)
    except msgspec.ValidationError as error:
        rule, _, path = str(error).partition(" - at ")
        raise RuleSetInvalid(rule=rule, path=path.strip("`") or "$") from error
    _ensure_one_rule_for_each_limit(found.limits)
    return found


def _ensure_one_rule_for_each_limit(limits: list[LimitRule]) -> None:
    said: set[tuple[str, str]] = set()
    for position, limit in enumerate(limits):
        says = {(limit.kind, period) for period in limit.periods}
        if says & said:
            raise RuleSetInvalid(rule="one rule for each kind and period", path=f"$.limits[{position}]")
        said |= says


def content_hash(content: RuleSetContent) -> str:
    """Return the hash by which two texts of a rule set are the same (hex)."""
    return digest(content).hex()
