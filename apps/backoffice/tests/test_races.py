"""Acts on staff, asked for from several threads at once, happen once."""

from collections.abc import Callable
from typing import Any

import pytest
from django_otp import devices_for_user
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import User
from apps.backoffice import services
from apps.backoffice.errors import DeviceExists
from apps.core.models import Operation
from apps.core.operations import Asked
from tests.factories import StaffFactory, asked
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4


def colleague() -> dict[str, Any]:
    return {"user_id": StaffFactory.create().id}


def an_act_of_security(**more: Any) -> dict[str, Any]:
    return {**colleague(), "by_id": StaffFactory.create().id, "reason": "ticket 4711", **more}


def a_device_under_way() -> dict[str, Any]:
    user = StaffFactory.create()
    device = TOTPDevice.objects.create(user=user, name="app", confirmed=False)
    return {"user_id": user.id, "device_id": device.id, "codes": ["aaaabbbb"]}


def demo_staff() -> dict[str, Any]:
    user = StaffFactory.create()
    services.equip_demo_staff(asked=asked(), user_id=user.id, codes=["aaaabbbb"])
    return {"username": user.username, "password": "a long enough one"}


ACTS: dict[Callable[..., Any], Callable[[], dict[str, Any]]] = {
    services.make_groups: dict,
    services.open_staff_account: lambda: {"username": "nora", "password": "a long enough one", "groups": []},
    services.change_staff_groups: lambda: an_act_of_security(groups=[]),
    services.switch_staff_account: lambda: an_act_of_security(is_active=False),
    services.reset_staff_access: lambda: an_act_of_security(password="a long enough one"),
    services.begin_enrolment: lambda: {**colleague(), "device_name": "app"},
    services.enrol_device: a_device_under_way,
    services.set_demo_password: demo_staff,
    services.equip_demo_staff: lambda: {**colleague(), "codes": ["aaaabbbb"]},
}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.kind)
def test_one_reference_is_one_act(act: Callable[..., Any]) -> None:
    arguments, by = ACTS[act](), Asked("test", "once", "test")
    answers = at_once([lambda: act(asked=by, **arguments)] * THREADS)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * (THREADS - 1)
    assert len({answer.operation_id for answer in answers}) == 1
    assert Operation.objects.filter(reference="once").count() == 1


def test_of_several_devices_one_becomes_the_first() -> None:
    user = StaffFactory.create()
    devices = [TOTPDevice.objects.create(user=user, name="app", confirmed=False) for _ in range(THREADS)]
    acts = [
        lambda device=device: services.enrol_device(
            asked=asked(), user_id=user.id, device_id=device.id, codes=["aaaabbbb"]
        )
        for device in devices
    ]
    refused = [answer for answer in at_once(acts) if isinstance(answer, Exception)]
    assert [type(answer) for answer in refused] == [DeviceExists] * (THREADS - 1)
    assert TOTPDevice.objects.filter(user=user, confirmed=True).count() == 1


def test_two_colleagues_cannot_open_the_same_account() -> None:
    acts = [
        lambda: services.open_staff_account(
            asked=asked(), username="nora", password="a long enough one", groups=[]
        )
    ] * THREADS
    answers = at_once(acts)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert User.objects.filter(username="nora").count() == 1
    assert list(devices_for_user(User.objects.get(username="nora"))) == []
