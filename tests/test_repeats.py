"""Every operation of the house, asked for from several threads under one reference, happens once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.access import services as access
from apps.accounts import services as accounts
from apps.backoffice import services as backoffice
from apps.cases import services as cases
from apps.cases.models import Approval, Case
from apps.core import clock, runner
from apps.core.models import Event, Operation
from apps.core.money import of
from apps.core.operations import Asked, Done
from apps.core.rules import Measure
from apps.games import services as games
from apps.games.models import Game, ProviderAccount
from apps.markets import services as markets
from apps.reports import services as reports
from apps.responsible_gaming import services as limits
from apps.wallet import services as wallet
from tests.factories import (
    BrandLicenceFactory,
    GameFactory,
    ProviderAccountFactory,
    StaffFactory,
    asked,
    new_player,
)
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]
THREADS = 4
Arguments = dict[str, Any]


def of_a_player(**more: Any) -> Arguments:
    return {"player_id": new_player().id, **more}


def credentials() -> Arguments:
    return of_a_player(token_hash="0" * 64, ip_address=None, user_agent="")


def a_session() -> Arguments:
    arguments = credentials()
    access.log_in(asked=asked(), **arguments)
    return {"player_id": arguments["player_id"], "reason": "log_out"}


def a_restriction() -> Arguments:
    player_id = new_player().id
    done = accounts.restrict(asked=asked(), player_id=player_id, kind="stake", reason="a look at the file")
    return {"player_id": player_id, "restriction_id": done.value, "reason": "nothing found"}


def an_account() -> Arguments:
    BrandLicenceFactory()
    new = accounts.NewPlayer(brand="brand", jurisdiction="demo", currency="EUR", email="ada@example.test")
    return {"new": new, "password": "a long enough one"}


def accounts_to_test_with() -> Arguments:
    BrandLicenceFactory()
    where = {"brand": "brand", "jurisdiction": "demo", "currency": "EUR"}
    return {**where, "public_ids": ["test-1", "test-2"]}


def an_open_case() -> Arguments:
    reports.keep_sheet(asked=asked(), measures=[Measure("purses", 1, ["player 1"])])
    return {"case_id": Case.objects.get().id, "outcome": "a false alarm"}


def an_adjustment(player_id: int) -> wallet.Adjustment:
    return wallet.Adjustment(player_id, of("5.00 EUR").units, "EUR", "credit", "goodwill")


def a_wish_to_adjust() -> Arguments:
    return {
        "adjustment": an_adjustment(new_player().id),
        "reason": "a slow answer",
        "maker_id": StaffFactory().id,
    }


def a_proposal() -> Approval:
    wallet.propose_adjustment(asked=asked(), **a_wish_to_adjust())
    return Approval.objects.get()


def an_approval() -> Arguments:
    proposal = a_proposal()
    adjustment = wallet.Adjustment(**proposal.payload)
    return {
        "player_id": adjustment.player_id,
        "approval_id": proposal.id,
        "adjustment": adjustment,
        "checker_id": StaffFactory().id,
    }


def a_rejection() -> Arguments:
    return {"approval_id": a_proposal().id, "checker_id": StaffFactory().id}


def a_late_proposal() -> Arguments:
    with clock.moved(-timedelta(days=2)):
        a_proposal()
    return {}


def a_plan() -> Arguments:
    plan = markets.BrandPlan(
        brand="brand",
        name="Brand",
        currencies=["EUR"],
        licence="licence",
        regulator="none",
        legal_entity="Test Ltd",
        timezone="UTC",
        jurisdiction="demo",
    )
    return {"plan": plan}


def staff(**more: Any) -> Arguments:
    return {"user_id": StaffFactory.create().id, **more}


def by_a_colleague(**more: Any) -> Arguments:
    return staff(by_id=StaffFactory.create().id, reason="asked by the head of it", **more)


def a_group() -> list[str]:
    return [Group.objects.create(name="support").name]


def an_unproven_device() -> Arguments:
    user = StaffFactory.create()
    device = TOTPDevice.objects.create(user=user, name="telephone", confirmed=False)
    return {"user_id": user.id, "device_id": device.id, "codes": ["aaaa2222", "bbbb3333"]}


def a_player_of_the_demo() -> Arguments:
    return {"username": new_player().public_id, "password": "another long one"}


def a_limit() -> Arguments:
    return of_a_player(kind="loss", period="day", amount=of("50.00 EUR"))


def a_launch() -> Arguments:
    game: Game = GameFactory.create()
    return of_a_player(game=game.public_id, player_session_id=None)


def an_account_of_a_provider() -> ProviderAccount:
    return ProviderAccountFactory.create()


ACTS: dict[str, tuple[Callable[..., Done[Any]], Callable[[], Arguments]]] = {
    "access.log_in": (access.log_in, credentials),
    "accounts.change_status": (
        accounts.change_status,
        lambda: of_a_player(status="suspended", reason="a look at the file"),
    ),
    "accounts.end_sessions": (accounts.end_sessions, a_session),
    "accounts.lift_restriction": (accounts.lift_restriction, a_restriction),
    "accounts.open_account": (accounts.open_account, an_account),
    "accounts.open_test_accounts": (accounts.open_test_accounts, accounts_to_test_with),
    "accounts.restrict": (accounts.restrict, lambda: of_a_player(kind="all", reason="a look at the file")),
    "backoffice.begin_enrolment": (backoffice.begin_enrolment, lambda: staff(device_name="telephone")),
    "backoffice.change_staff_groups": (
        backoffice.change_staff_groups,
        lambda: by_a_colleague(groups=a_group()),
    ),
    "backoffice.enrol_device": (backoffice.enrol_device, an_unproven_device),
    "backoffice.equip_demo_staff": (backoffice.equip_demo_staff, lambda: staff(codes=["aaaa2222"])),
    "backoffice.make_groups": (backoffice.make_groups, dict),
    "backoffice.open_staff_account": (
        backoffice.open_staff_account,
        lambda: {"username": "ada", "password": "a long enough one", "groups": a_group()},
    ),
    "backoffice.reset_staff_access": (
        backoffice.reset_staff_access,
        lambda: by_a_colleague(password="another long one"),
    ),
    "backoffice.set_demo_password": (backoffice.set_demo_password, a_player_of_the_demo),
    "backoffice.switch_staff_account": (
        backoffice.switch_staff_account,
        lambda: by_a_colleague(is_active=False),
    ),
    "cases.close": (cases.close_case, an_open_case),
    "cases.expire_approvals": (cases.expire_approvals, a_late_proposal),
    "cases.reject": (cases.reject, a_rejection),
    "core.order_retry": (runner.order_retry, lambda: {"subscription": "games.statistics", "player_id": 1}),
    "games.add_game": (
        games.add_game,
        lambda: {"account_id": an_account_of_a_provider().id, "code": "reels", "title": "Reels"},
    ),
    "games.launch": (games.launch, a_launch),
    "games.open_provider_account": (
        games.open_provider_account,
        lambda: {"code": "slots", "title": "Slots", "secret": "key"},
    ),
    "games.rotate_key": (
        games.rotate_key,
        lambda: {"account_id": an_account_of_a_provider().id, "secret": "new"},
    ),
    "games.switch_game": (
        games.switch_game,
        lambda: {"game_id": GameFactory().id, "is_live": False},
    ),
    "games.switch_provider": (
        games.switch_provider,
        lambda: {"account_id": an_account_of_a_provider().id, "is_enabled": False},
    ),
    "markets.open_brand": (markets.open_brand, a_plan),
    "markets.publish_rules": (
        markets.publish_rules,
        lambda: {"content": markets.rule_file("demo"), "approved_by": "test"},
    ),
    "reports.keep_sheet": (
        reports.keep_sheet,
        lambda: {"measures": [Measure("purses", 1, ["player 1"]), Measure("chains", 3)]},
    ),
    "responsible_gaming.exclude": (limits.exclude, lambda: of_a_player(kind="time_out", hours=24)),
    "responsible_gaming.set_limit": (limits.set_limit, a_limit),
    "wallet.approve_adjustment": (wallet.approve_adjustment, an_approval),
    "wallet.fund_test_player": (wallet.fund_test_player, lambda: of_a_player(amount=of("5.00 EUR"))),
    "wallet.fund_test_players": (
        wallet.fund_test_players,
        lambda: {"player_ids": [new_player().id, new_player().id], "amount": of("5.00 EUR")},
    ),
    "wallet.propose_adjustment": (wallet.propose_adjustment, a_wish_to_adjust),
}


@pytest.mark.parametrize("kind", sorted(ACTS))
def test_an_operation_asked_for_at_once_happens_once(kind: str) -> None:
    act, prepare = ACTS[kind]
    arguments, who = prepare(), asked()
    answers = at_once([lambda: act(asked=who, **arguments)] * THREADS)
    assert all(isinstance(answer, Done) for answer in answers), answers
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * (THREADS - 1)
    assert all((a.operation_id, a.value) == (answers[0].operation_id, answers[0].value) for a in answers)
    assert happened(who) == [kind]
    announced = announcements(answers[0].operation_id)
    assert len(announced) == len(set(announced)), "an event was published twice"
    later = act(asked=who, **arguments)
    assert (later.replayed, later.value) == (True, answers[0].value)
    assert announcements(answers[0].operation_id) == announced


def happened(who: Asked) -> list[str]:
    """Return the kinds of what was claimed under somebody's reference."""
    rows = Operation.objects.filter(source=who.source, reference=who.reference)
    return list(rows.values_list("kind", flat=True))


def announcements(operation_id: int) -> list[tuple[str, int, str]]:
    """Return what an operation announced, as type, player and payload."""
    rows = Event.objects.filter(operation_id=operation_id).order_by("id")
    return [(event.type, event.player_id, str(event.payload)) for event in rows]
