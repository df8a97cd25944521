"""The SOFTSWISS wire: signatures, keys, every code of a refusal, and bodies that nobody should send."""

import json
from datetime import timedelta

import pytest

from apps.accounts import services as accounts
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.models import Operation
from apps.core.money import minor_floor, of
from apps.games import services
from apps.games.models import Game
from apps.games.providers.softswiss import wire
from apps.games.services.catalogue import KEY_OVERLAP
from apps.responsible_gaming import services as responsible_gaming
from apps.wallet import selectors as wallet
from tests.factories import asked, funded, message, new_player, provider, stake, undo, win
from tests.wire import Reply, bet, call, rollback, send, signature
from tests.wire import win as win_action

pytestmark = [pytest.mark.django_db, pytest.mark.money]

VECTOR = b'{"user_id":"8|USDT|USD","currency":"USD","game":"acceptance:test"}'
VECTOR_SIGNATURE = "442c4cd8926008096225416b21f5a1862fbf4fc4e5224362e3b463e85a39f40a"


def state(player) -> tuple[dict, int]:
    """Return what must not change by a refusal: every purse, and how many acts there were."""
    purses = wallet.balance(player_id=player.id, currency=player.currency)
    return purses, Operation.objects.filter(player_id=player.id, source__startswith="provider:").count()


def a_body(player, **changes) -> bytes:
    values = {"user_id": player.public_id, "currency": "EUR", "game": "fruit", "game_id": "r-1"}
    return json.dumps({**values, "actions": [bet("b", 100)], **changes}).encode()


def test_the_signature_is_that_of_the_providers_example():
    assert wire.sign(b"test", VECTOR) == VECTOR_SIGNATURE
    wire.ensure_signed((b"test",), VECTOR, VECTOR_SIGNATURE)


def test_a_call_with_the_right_signature_is_played():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    reply = call(player, bet("b-1", 500), finished=True)
    operation = Operation.objects.get(reference="b-1")
    assert reply == Reply(
        200,
        {
            "game_id": "round-1",
            "transactions": [{"action_id": "b-1", "tx_id": str(operation.id)}],
            "balance": 4500,
        },
    )


def test_a_call_without_actions_asks_for_the_balance():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    assert call(player, game_id="").body == {"game_id": "", "transactions": [], "balance": 5000}


WRONG_SIGNATURES = {
    "missing": lambda body: {},
    "empty": lambda body: {"X-REQUEST-SIGN": ""},
    "of another key": lambda body: {"X-REQUEST-SIGN": signature(body, b"other")},
    "of another body": lambda body: {"X-REQUEST-SIGN": signature(body + b" ")},
    "cut short": lambda body: {"X-REQUEST-SIGN": signature(body)[:-1]},
    "longer": lambda body: {"X-REQUEST-SIGN": signature(body) + "0"},
    "one digit off": lambda body: {"X-REQUEST-SIGN": signature(body)[:-1] + "g"},
    "in a header of another name": lambda body: {"X-SIGNATURE": signature(body)},
    "beyond ascii": lambda body: {"X-REQUEST-SIGN": "é" * 64},
}


@pytest.mark.parametrize("case", WRONG_SIGNATURES)
@pytest.mark.parametrize("path", ["play", "rollback"])
def test_a_wrong_signature_is_refused_without_effect_and_without_a_balance(case, path):
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    before, body = state(player), a_body(player)
    reply = send(body, path, headers=WRONG_SIGNATURES[case](body))
    assert reply == Reply(403, {"code": 403, "message": "games.signature_wrong"})
    assert state(player) == before


def test_a_body_changed_after_it_was_signed_is_refused():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    before, body = state(player), a_body(player, actions=[bet("b", 100)])
    reply = send(body.replace(b"100", b"900"), headers={"X-REQUEST-SIGN": signature(body)})
    assert reply.code == (403, 403)
    assert state(player) == before


def test_the_key_of_another_account_does_not_fit():
    player = funded(new_player(), "50.00 EUR")
    services.open_provider_account(asked=asked(), code="cards", title="Cards", secret="other")
    reply = call(player, bet("b", 100), account="cards")
    assert reply.code == (403, 403)


def test_an_account_that_does_not_exist_is_not_found():
    player = funded(new_player(), "50.00 EUR")
    assert call(player, bet("b", 100), account="nobody") == Reply(
        404, {"code": 404, "message": "games.provider_unknown"}
    )


def rotated(account):
    services.rotate_key(asked=asked(), account_id=account.id, secret="fresh")


def test_both_keys_work_while_a_rotation_overlaps():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    rotated(account)
    for secret in (b"fresh", b"secret"):
        body = a_body(player, actions=[])
        assert send(body, headers={"X-REQUEST-SIGN": signature(body, secret)}).status == 200


def test_the_old_key_ends_with_the_overlap():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    rotated(account)
    body = a_body(player, actions=[])
    with clock.moved(KEY_OVERLAP - timedelta(seconds=5)):
        assert send(body, headers={"X-REQUEST-SIGN": signature(body, b"secret")}).status == 200
    with clock.moved(KEY_OVERLAP + timedelta(seconds=5)):
        assert send(body, headers={"X-REQUEST-SIGN": signature(body, b"secret")}).code == (403, 403)
        assert send(body, headers={"X-REQUEST-SIGN": signature(body, b"fresh")}).status == 200


def test_a_process_that_still_has_the_old_account_in_memory_accepts_the_new_key():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    body = a_body(player, actions=[])
    assert send(body).status == 200
    rotated(account)
    assert send(body, headers={"X-REQUEST-SIGN": signature(body, b"fresh")}).status == 200


def test_a_process_that_still_has_the_old_account_in_memory_does_not_accept_a_key_that_ended():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    assert call(player, game_id="").status == 200
    rotated(account)
    before = state(player)
    with clock.moved(KEY_OVERLAP + timedelta(seconds=5)):
        assert call(player, bet("b", 100)).code == (403, 403)
    assert state(player) == before


def test_a_process_that_still_has_the_old_policy_in_memory_plays_by_the_new_one():
    player, account = funded(new_player(), "50.00 EUR"), provider()
    assert call(player, bet("b-1", 100)).status == 200
    services.open_provider_account(
        asked=asked(), code=account.code, title="Slots", secret="secret", policy={"launch_required": True}
    )
    assert call(player, bet("b-2", 100)).code == (412, 101)


def limited(player):
    responsible_gaming.set_limit(
        asked=asked(), player_id=player.id, kind="loss", period="day", amount=of("0.50 EUR")
    )


def in_debt(player):
    account = provider()
    services.play(account=account, message=message(player, win("w", "10.00 EUR"), round="old"))
    services.play(account=account, message=message(player, stake("s", "60.00 EUR"), round="new"))
    services.play(account=account, message=message(player, undo("u", "w"), round="old"))
    funded(player, "50.00 EUR")


def excluded(player):
    responsible_gaming.exclude(asked=asked(), player_id=player.id, kind="time_out", hours=24)


def without_session(player):
    services.open_provider_account(asked=asked(), code="slots", title="Slots", secret="secret")


def provider_off(player):
    services.switch_provider(asked=asked(), account_id=provider().id, is_enabled=False)


def game_off(player):
    services.switch_game(asked=asked(), game_id=Game.objects.get().id, is_live=False)


def round_over(player):
    policy = {"launch_required": False, "stake_on_closed_round": "refuse"}
    services.open_provider_account(asked=asked(), code="slots", title="S", secret="secret", policy=policy)
    call(player, bet("first", 0), finished=True)


def played_before(player):
    assert call(player, bet("b", 700)).status == 200


def restricted(player):
    accounts.restrict(asked=asked(), player_id=player.id, kind="stake", reason="test")


def suspended(player):
    accounts.change_status(asked=asked(), player_id=player.id, status="suspended", reason="test")


def nothing(player):
    """What is asked is enough to be refused."""


# What was before, what the bet of 1.00 changes, and what comes back.
REFUSALS = {
    "too little money": (nothing, {"actions": [bet("b", 5001)]}, (412, 100)),
    "money is owed": (in_debt, {}, (412, 100)),
    "no session": (without_session, {}, (412, 101)),
    "over a limit": (limited, {}, (412, 105)),
    "provider switched off": (provider_off, {}, (412, 106)),
    "game switched off": (game_off, {}, (412, 107)),
    "game unknown": (nothing, {"game": "other"}, (412, 107)),
    "round over": (round_over, {}, (412, 107)),
    "excluded": (excluded, {}, (412, 153)),
    "restricted": (restricted, {}, (412, 153)),
    "suspended": (suspended, {}, (412, 153)),
    "another currency": (nothing, {"currency": "USD"}, (412, 154)),
    "an unknown currency": (nothing, {"currency": "XXZ"}, (412, 154)),
    "other content": (played_before, {}, (409, 409)),
    "an amount below zero": (nothing, {"actions": [bet("b", -1)]}, (400, 400)),
    "an amount that is no number": (nothing, {"actions": [bet("b", "1")]}, (400, 400)),
    "no round": (nothing, {"game_id": ""}, (400, 400)),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_has_its_code_and_the_balance_and_moves_nothing(case):
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    prepare, changes, code = REFUSALS[case]
    prepare(player)
    before = state(player)
    reply = send(a_body(player, game_id=changes.pop("game_id", "round-1"), **changes))
    assert reply.code == code
    assert reply.body["balance"] == minor_floor(before[0]["cash"])
    assert state(player) == before


@pytest.mark.parametrize("user_id", ["p-nobody", "", "a" * 5000, "p\0x", "p-é", "' OR 1=1 --", "{}"])
def test_a_player_whom_nobody_knows_is_refused_without_a_balance(user_id):
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    reply = send(a_body(player, user_id=user_id))
    assert reply == Reply(412, {"code": 101, "message": "accounts.player_not_found"})


def every_refusal() -> list[type[DomainError]]:
    found: list[type[DomainError]] = [DomainError]
    for error in found:
        found += error.__subclasses__()
    return sorted(found, key=lambda error: error.code)


@pytest.mark.parametrize("error", every_refusal(), ids=lambda error: error.code)
def test_only_what_may_be_tried_again_is_answered_as_unknown(error):
    status, _ = wire.refusal(error(), None)
    assert (status == 503) == (not error.final)


def test_a_win_that_the_ledger_cannot_hold_is_refused_for_good():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    largest = (2**63 - 1) // 1000
    before = state(player)
    reply = call(player, win_action("w", largest))
    assert reply.status == 400
    assert reply.body["balance"] == 5000
    assert state(player) == before


def test_a_win_without_a_bet_is_refused_for_good_where_the_contract_says_so():
    player, _ = funded(new_player(), "50.00 EUR"), provider(win_without_bet="refuse")
    assert call(player, win_action("w", 100)).code == (412, 107)


@pytest.mark.parametrize("reference", ["", "a" * 129, "a\0b"])
@pytest.mark.parametrize("field", ["action_id", "game_id", "game", "original_action_id"])
def test_an_id_that_is_empty_too_long_or_has_a_nul_is_malformed(reference, field):
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    before = state(player)
    path, action = (
        ("play", bet("b", 100)) if field != "original_action_id" else ("rollback", rollback("u", "b"))
    )
    values = {"actions": [action]}
    (action if field in action else values)[field] = reference
    reply = send(a_body(player, **values), path)
    if field == "game" and not reference:
        assert reply.code == (412, 107)
    else:
        assert reply.code == (400, 400)
    assert state(player) == before


def test_ids_of_128_characters_of_any_script_are_kept_as_they_are():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    reference = "ж\U0001f3b0\u202e'\"%s\\" + "x" * 120
    assert call(player, bet(reference, 100)).status == 200
    assert Operation.objects.filter(reference=reference).count() == 1


def test_amounts_of_other_exponents_are_read_in_their_own_minor_units():
    provider()
    for currency, minor, cash in (("JPY", 100, "900"), ("KWD", 1, "999.999"), ("BTC", 1, "999.99999999")):
        player = funded(new_player(currency=currency), f"1000 {currency}")
        assert call(player, bet(f"b-{currency}", minor)).status == 200
        assert wallet.balance(player_id=player.id, currency=currency)["cash"] == of(f"{cash} {currency}")
