"""What a user may wish is read strictly, and told back kindly."""

import pytest

from local import welcome
from local.failures import CannotRun
from local.wishes import Wishes, demo_wishes


def test_a_demo_without_wishes_runs_until_it_is_stopped() -> None:
    assert demo_wishes({}) == Wishes(port=8000, players=40, seconds=None, chaos=0.1)


def test_every_wish_is_heard() -> None:
    wanted = {"DEMO_PORT": "8123", "DEMO_PLAYERS": "5", "DEMO_SECONDS": "20", "SANDBOX_CHAOS": "0"}
    assert demo_wishes(wanted) == Wishes(port=8123, players=5, seconds=20, chaos=0)


def test_an_empty_wish_is_none() -> None:
    assert demo_wishes({"DEMO_PORT": ""}).port == 8000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DEMO_PORT", "http"),
        ("DEMO_PORT", "0"),
        ("DEMO_PORT", "65536"),
        ("DEMO_PORT", "80.5"),
        ("DEMO_PLAYERS", "-1"),
        ("DEMO_SECONDS", "nan"),
        ("SANDBOX_CHAOS", "1.1"),
    ],
)
def test_nonsense_is_refused_with_its_name(name: str, text: str) -> None:
    with pytest.raises(CannotRun, match=name):
        demo_wishes({name: text})


def test_the_logins_are_told() -> None:
    logins = {
        "staff": [{"username": "ann", "password": "pw", "role": "support", "codes": ["1", "2", "3", "4"]}],
        "players": [
            {"brand": "b", "email": "p@example.com", "password": "pp"},
            {"brand": "b", "email": "q@example.com", "password": "qq"},
        ],
    }
    assert welcome.login_lines(logins, port=8000, vendor=8001) == [
        "back office: http://127.0.0.1:8000/admin/",
        "  support: ann / pw   one-time codes: 1 2 3",
        "player: p@example.com / pp (brand b)",
        "casino: http://127.0.0.1:8001/",
    ]
