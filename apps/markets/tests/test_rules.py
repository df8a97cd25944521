"""The calendar of a licence, and what a rule set must look like."""

from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.markets.errors import RuleSetInvalid
from apps.markets.rules import Calendar, content_hash, rule_set
from apps.markets.services import rule_file

BROKEN = [
    ("$.jurisdiction", lambda text: text.pop("jurisdiction")),
    ("$.jurisdiction", lambda text: text.update(jurisdiction=7)),
    ("$.jurisdiction", lambda text: text.update(jurisdiction="")),
    ("$.version", lambda text: text.update(version="1")),
    ("$.version", lambda text: text.update(version=0)),
    ("$.version", lambda text: text.update(version=1.5)),
    ("$.version", lambda text: text.update(version=True)),
    ("$.version", lambda text: text.update(version=2**31)),
    ("$.effective_from", lambda text: text.update(effective_from="soon")),
    ("$.effective_from", lambda text: text.update(effective_from="2026-01-01")),
    ("$.effective_from", lambda text: text.update(effective_from="2026-01-01T00:00:00")),
    ("$.min_age", lambda text: text.update(min_age=17)),
    ("$.min_age", lambda text: text.update(min_age=None)),
    ("$.limits", lambda text: text.update(limits={})),
    ("$.limits[0]", lambda text: text.update(limits=[None])),
    ("$.limits[0].kind", lambda text: text["limits"][0].update(kind="wager")),
    ("$.limits[1].kind", lambda text: text["limits"][1].pop("kind")),
    ("$.limits[1].periods", lambda text: text["limits"][1].update(periods=[])),
    ("$.limits[1].periods[1]", lambda text: text["limits"][1].update(periods=["day", "year"])),
    ("$.limits[0].window", lambda text: text["limits"][0].update(window="sliding")),
    ("$.limits[0].increase", lambda text: text["limits"][0].update(increase=24)),
    ("$.limits[0].increase.delay_hours", lambda text: text["limits"][0]["increase"].update(delay_hours=-1)),
    ("$.limits[0].increase.delay_hours", lambda text: text["limits"][0]["increase"].update(delay_hours="24")),
    ("$.limits[0].increase", lambda text: text["limits"][0]["increase"].update(confirm=True)),
    ("$.limits[0].decrease", lambda text: text["limits"][0].update(decrease="tomorrow")),
    ("$.game_session_hours", lambda text: text.update(game_session_hours=0)),
    ("$.game_session_hours", lambda text: text.update(game_session_hours=25)),
    ("$", lambda text: text.update(max_stake="5.00")),
    ("$.limits[0]", lambda text: text["limits"][0].update(note="strict")),
    ("$.limits[0].increase", lambda text: text["limits"][0]["increase"].update(note="slow")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "damage"), BROKEN, ids=[f"{n}-{path}" for n, (path, _) in enumerate(BROKEN)]
)
def test_a_rule_set_that_does_not_fit_is_refused_and_the_place_is_named(path, damage):
    text = deepcopy(rule_file("demo"))
    damage(text)
    with pytest.raises(RuleSetInvalid) as refused:
        rule_set(text)
    named = refused.value.facts["path"]
    assert named == path or (named == path.rpartition(".")[0] and "missing" in refused.value.facts["rule"])
    assert refused.value.facts["rule"]


@pytest.mark.parametrize("text", [None, [], "", "{}", 1, [{}]])
def test_what_is_no_document_at_all_is_refused(text):
    with pytest.raises(RuleSetInvalid) as refused:
        rule_set(text)
    assert refused.value.facts["path"] == "$"


def test_two_rules_for_one_limit_are_refused():
    text = deepcopy(rule_file("demo"))
    text["limits"].append(deepcopy(text["limits"][0]))
    with pytest.raises(RuleSetInvalid) as refused:
        rule_set(text)
    assert refused.value.facts["path"] == "$.limits[2]"


def test_the_shipped_rule_set_fits():
    rules = rule_set(rule_file("demo"))
    assert (rules.jurisdiction, rules.version, rules.min_age) == ("demo", 1, 18)


def test_two_texts_that_say_the_same_have_one_hash():
    text = rule_file("demo")
    turned = dict(reversed(list(deepcopy(text).items())))
    turned["limits"][0]["decrease"] = "immediate"
    assert content_hash(rule_set(turned)) == content_hash(rule_set(text))
    turned["min_age"] = 21
    assert content_hash(rule_set(turned)) != content_hash(rule_set(text))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("calendar", "instant", "day"),
    [
        (Calendar("UTC"), "2026-03-01T00:00:00Z", date(2026, 3, 1)),
        (Calendar("UTC"), "2026-02-28T23:59:59.999999Z", date(2026, 2, 28)),
        (Calendar("Europe/Malta"), "2026-02-28T22:59:59.999999Z", date(2026, 2, 28)),
        (Calendar("Europe/Malta"), "2026-02-28T23:00:00Z", date(2026, 3, 1)),
        (Calendar("Europe/Malta"), "2026-06-30T22:00:00Z", date(2026, 7, 1)),
        # Spring: the day of 29 March 2026 has 23 hours in Malta.
        (Calendar("Europe/Malta"), "2026-03-28T22:59:59Z", date(2026, 3, 28)),
        (Calendar("Europe/Malta"), "2026-03-28T23:00:00Z", date(2026, 3, 29)),
        (Calendar("Europe/Malta"), "2026-03-29T21:59:59Z", date(2026, 3, 29)),
        (Calendar("Europe/Malta"), "2026-03-29T22:00:00Z", date(2026, 3, 30)),
        # Autumn: the day of 25 October 2026 has 25 hours.
        (Calendar("Europe/Malta"), "2026-10-24T21:59:59Z", date(2026, 10, 24)),
        (Calendar("Europe/Malta"), "2026-10-24T22:00:00Z", date(2026, 10, 25)),
        (Calendar("Europe/Malta"), "2026-10-25T22:59:59Z", date(2026, 10, 25)),
        (Calendar("Europe/Malta"), "2026-10-25T23:00:00Z", date(2026, 10, 26)),
        # The business day starts at six on the local clock, whatever the clock did in the night.
        (Calendar("Europe/Malta", time(6)), "2026-03-29T03:59:59Z", date(2026, 3, 28)),
        (Calendar("Europe/Malta", time(6)), "2026-03-29T04:00:00Z", date(2026, 3, 29)),
        (Calendar("Europe/Malta", time(6)), "2026-10-25T04:59:59Z", date(2026, 10, 24)),
        (Calendar("Europe/Malta", time(6)), "2026-10-25T05:00:00Z", date(2026, 10, 25)),
        (Calendar("Asia/Kolkata"), "2026-01-31T18:29:59Z", date(2026, 1, 31)),
        (Calendar("Asia/Kolkata"), "2026-01-31T18:30:00Z", date(2026, 2, 1)),
        (Calendar("Asia/Kolkata", time(5, 30)), "2026-02-01T00:00:00Z", date(2026, 2, 1)),
        (Calendar("Asia/Kolkata", time(5, 30)), "2026-01-31T23:59:59Z", date(2026, 1, 31)),
        # St. John's is three and a half hours behind UTC in winter, two and a half in summer.
        (Calendar("America/St_Johns"), "2026-01-01T03:29:59Z", date(2025, 12, 31)),
        (Calendar("America/St_Johns"), "2026-01-01T03:30:00Z", date(2026, 1, 1)),
        (Calendar("America/St_Johns"), "2026-03-08T03:29:59Z", date(2026, 3, 7)),
        (Calendar("America/St_Johns"), "2026-03-09T02:29:59Z", date(2026, 3, 8)),
        (Calendar("America/St_Johns"), "2026-03-09T02:30:00Z", date(2026, 3, 9)),
        (Calendar("America/St_Johns"), "2026-11-01T02:30:00Z", date(2026, 11, 1)),
        (Calendar("America/St_Johns"), "2026-11-02T03:29:59Z", date(2026, 11, 1)),
        (Calendar("America/St_Johns"), "2026-11-02T03:30:00Z", date(2026, 11, 2)),
        (Calendar("Europe/Malta"), "2028-02-28T23:00:00Z", date(2028, 2, 29)),
        (Calendar("Europe/Malta"), "2026-12-31T23:00:00Z", date(2027, 1, 1)),
    ],
)  # fmt: skip
def test_the_business_day_of_an_instant(calendar, instant, day):
    assert calendar.business_date(at(instant)) == day


def test_an_instant_has_one_business_day_however_it_is_written():
    calendar = Calendar("Europe/Malta", time(6))
    instant = at("2026-10-25T04:59:59Z")
    there = instant.astimezone(at("2026-01-01T00:00:00+09:30").tzinfo)
    assert calendar.business_date(instant) == calendar.business_date(there) == date(2026, 10, 24)


ZONES = ["UTC", "Europe/Malta", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe", "Atlantic/Azores"]
instants = some.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001


@given(instants, some.sampled_from(ZONES), some.integers(0, 23 * 60 + 59))
def test_business_days_follow_each_other_and_every_one_lasts_about_a_day(instant, zone, start):
    calendar = Calendar(zone, time(start // 60, start % 60))
    day = calendar.business_date(instant)
    assert calendar.business_date(instant + timedelta(hours=22)) - day <= timedelta(days=1)
    assert calendar.business_date(instant + timedelta(hours=26)) - day >= timedelta(days=1)
    assert calendar.business_date(instant + timedelta(minutes=10)) >= day
