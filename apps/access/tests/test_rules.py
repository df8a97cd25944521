"""The decision: every act, in every status, under every restriction and exclusion."""

from itertools import chain, combinations

import pytest

from apps.access.rules import Decision, Facts, Reason, decide
from apps.accounts.rules import ACTS, PlayerStatus, RestrictionKind
from apps.responsible_gaming.rules import ExclusionKind

# What the house's law says, written down a second time: which acts each state of affairs stops.
BY_STATUS = {
    "pending": {"deposit", "launch", "stake", "withdraw"},
    "active": set(),
    "suspended": {"login", "deposit", "launch", "stake", "withdraw"},
    "closed": {"login", "deposit", "launch", "stake", "withdraw"},
}
BY_RESTRICTION = {
    "login": {"login"},
    "deposit": {"deposit"},
    "launch": {"launch"},
    "stake": {"stake"},
    "withdraw": {"withdraw"},
    "all": {"login", "deposit", "launch", "stake", "withdraw"},
}
BY_EXCLUSION = {"login", "deposit", "launch", "stake"}
KINDS = sorted(BY_RESTRICTION)
EVERY_RESTRICTION = list(chain.from_iterable(combinations(KINDS, size) for size in range(len(KINDS) + 1)))
EVERY_EXCLUSION = [(), ("time_out",), ("self_exclusion",), ("time_out", "self_exclusion")]


def test_the_table_leaves_nothing_out():
    assert set(BY_STATUS) == {status.value for status in PlayerStatus}
    assert set(BY_RESTRICTION) == {kind.value for kind in RestrictionKind}
    assert {"time_out", "self_exclusion"} == {kind.value for kind in ExclusionKind}
    assert set(ACTS) == BY_STATUS["closed"]


@pytest.mark.parametrize("status", sorted(BY_STATUS))
@pytest.mark.parametrize("exclusions", EVERY_EXCLUSION)
def test_an_act_is_allowed_where_nothing_stops_it_and_every_reason_is_named(status, exclusions):
    for act in ACTS:
        for restrictions in EVERY_RESTRICTION:
            stops = {
                "access.excluded": bool(exclusions) and act in BY_EXCLUSION,
                "access.status": act in BY_STATUS[status],
                "access.restricted": any(act in BY_RESTRICTION[kind] for kind in restrictions),
            }
            answer = decide(act, Facts(status, restrictions, exclusions))
            assert {reason.code for reason in answer.reasons} == {
                code for code, stop in stops.items() if stop
            }
            assert answer.allowed == (not any(stops.values()))


def test_money_of_the_players_own_may_leave_during_an_exclusion():
    assert decide("withdraw", Facts("active", (), ("self_exclusion",))).allowed


def test_a_reason_says_what_it_is_about_and_what_to_do_next():
    answer = decide("stake", Facts("closed", ("all", "stake", "all"), ("time_out", "self_exclusion")))
    assert answer.reasons == [
        Reason("access.excluded", "time_out", "wait_for_end"),
        Reason("access.excluded", "self_exclusion", "wait_for_end"),
        Reason("access.status", "closed", "contact_support"),
        Reason("access.restricted", "all,stake", "contact_support"),
    ]


def test_a_decision_as_plain_data():
    assert decide("login", Facts("suspended")).facts() == {
        "act": "login",
        "reasons": [{"code": "access.status", "detail": "suspended", "next_step": "contact_support"}],
    }
    assert Decision("login").facts() == {"act": "login", "reasons": []}


def test_the_facts_may_come_as_a_stream():
    assert not decide("stake", Facts("active", iter(["stake"]), iter(["time_out"]))).allowed


@pytest.mark.parametrize("unknown", ["", "ACTIVE", "deleted"])
def test_a_status_that_nobody_knows_is_a_mistake_and_no_permission(unknown):
    with pytest.raises(ValueError, match="PlayerStatus"):
        decide("stake", Facts(unknown))
