"""A log-in and what forbids it, in one moment: whichever comes first, no session is left open."""

from functools import partial

import pytest

from apps.access import services
from apps.access.errors import AccessRefused
from apps.accounts import services as accounts
from apps.accounts.models import Session
from apps.core.operations import Done
from apps.responsible_gaming import services as responsible_gaming
from tests.factories import asked, new_player
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(player_id: int) -> Done:
    _, token_hash = accounts.new_token()
    where = {"ip_address": None, "user_agent": ""}
    return services.log_in(asked=asked(), player_id=player_id, token_hash=token_hash, **where)


@pytest.mark.parametrize(
    "forbid",
    [
        partial(responsible_gaming.exclude, kind="self_exclusion", hours=None),
        partial(accounts.change_status, status="suspended", reason="test"),
    ],
    ids=["exclusion", "suspension"],
)
def test_a_log_in_and_what_forbids_it_leave_no_session_open(forbid):
    outcomes = set()
    for _ in range(15):
        player = new_player()
        log_ins = [lambda player=player: log_in(player.id)] * 4
        *answers, _ = at_once([*log_ins, lambda player=player: forbid(asked=asked(), player_id=player.id)])
        assert {type(answer) for answer in answers} <= {Done, AccessRefused}
        outcomes |= {type(answer) for answer in answers}
        assert not Session.objects.filter(player=player, ended_at=None).exists()
    assert AccessRefused in outcomes
