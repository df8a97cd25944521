"""Bodies that no provider should send: each is answered with a refusal, in JSON, and moves nothing."""

import json

import pytest

from apps.core.models import Operation
from apps.core.money import of
from apps.games.providers.softswiss.wire import MAX_ACTIONS
from apps.wallet import selectors as wallet
from tests.factories import funded, new_player, provider
from tests.wire import bet, call, send

pytestmark = [pytest.mark.django_db, pytest.mark.money]

BODY = '{"user_id":"%(player)s","currency":"EUR","game":"fruit","game_id":"r","actions":%(actions)s%(more)s}'
ACTION = '{"action":"bet","action_id":"b","amount":%s%s}'
DEEP = 100_000

AMOUNTS = {
    "minus zero": "-0",
    "minus one": "-1",
    "an exponent": "1e3",
    "a small exponent": "1E-2",
    "an exponent beyond a double": "1e400",
    "a decimal": "1.0",
    "a decimal of zeros": "100.00",
    "not a number": "NaN",
    "infinity": "Infinity",
    "minus infinity": "-Infinity",
    "a plus sign": "+5",
    "a leading zero": "01",
    "an underscore": "1_000",
    "hexadecimal": "0x10",
    "a comma": "1,000",
    "a text": '"100"',
    "an empty text": '""',
    "arabic digits": '"١٢"',
    "full-width digits": "１２",
    "null": "null",
    "true": "true",
    "a list": "[100]",
    "an object": '{"units":100}',
    "two to the 63rd": str(2**63),
    "more minor units than the ledger holds": str((2**63 - 1) // 1000 + 1),
    "two to the 64th": str(2**64),
    "minus two to the 63rd": str(-(2**63)),
    "thirty digits": "9" * 30,
    "five thousand digits": "9" * 5000,
    "nothing": "",
}


def refused(player, body: bytes, path: str = "play"):
    """Send a body; assert that it is refused as JSON and that nothing has changed."""
    purses = wallet.balance(player_id=player.id, currency="EUR")
    acts = Operation.objects.count()
    reply = send(body, path)
    assert 400 <= reply.status < 500, (reply, body[:200])
    assert wallet.balance(player_id=player.id, currency="EUR") == purses
    assert Operation.objects.count() == acts
    return reply


def spelled(player, amount: str = "100", *, more: str = "", of_action: str = "") -> bytes:
    actions = "[" + ACTION % (amount, of_action) + "]"
    return (BODY % {"player": player.public_id, "actions": actions, "more": more}).encode()


def test_an_amount_that_is_no_plain_integer_is_refused():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    for case, amount in AMOUNTS.items():
        assert refused(player, spelled(player, amount)).code == (400, 400), case


BODIES = {
    "empty": lambda body: b"",
    "a space": lambda body: b" ",
    "null": lambda body: b"null",
    "a number": lambda body: b"1",
    "a text": lambda body: b'"play"',
    "a list of it": lambda body: b"[" + body + b"]",
    "two of it": lambda body: body + body,
    "cut short": lambda body: body[:-1],
    "cut in the middle": lambda body: body[: len(body) // 2],
    "something behind it": lambda body: body + b"x",
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "utf-32": lambda body: body.decode().encode("utf-32"),
    "latin-1": lambda body: body.replace(b'"fruit"', b'"fr\xfcit"'),
    "a bare byte ff": lambda body: body.replace(b'"fruit"', b'"\xff"'),
    "half a surrogate pair": lambda body: body.replace(b'"fruit"', b'"\\ud83c"'),
    "surrogates the wrong way": lambda body: body.replace(b'"fruit"', b'"\\udfb0\\ud83c"'),
    "an unescaped control character": lambda body: body.replace(b'"fruit"', b'"fru\nit"'),
    "an unescaped nul": lambda body: body.replace(b'"fruit"', b'"fru\0it"'),
    "an escaped nul": lambda body: body.replace(b'"fruit"', b'"fru\\u0000it"'),
    "single quotes": lambda body: body.replace(b'"', b"'"),
    "a comment": lambda body: b"/* play */" + body,
    "a trailing comma": lambda body: body[:-1] + b",}",
    "a form": lambda body: b"user_id=1&amount=100",
    "xml": lambda body: b'<?xml version="1.0"?><play/>',
    "zeros": lambda body: bytes(1000),
    "a gzip head": lambda body: b"\x1f\x8b\x08\x00" + body,
    "actions as an object": lambda body: body.replace(b"[", b"").replace(b"]", b""),
    "actions as null": lambda body: body[: body.index(b"[")] + b"null}",
    "an action as a text": lambda body: body.replace(b"[", b'["bet",'),
    "an action of another kind": lambda body: body.replace(b'"bet"', b'"jackpot"'),
    "an undo among bets": lambda body: body.replace(b'"bet"', b'"rollback"'),
    "an action without an amount": lambda body: body.replace(b',"amount":100', b""),
    "an action without an id": lambda body: body.replace(b',"action_id":"b"', b""),
    "an id as a number": lambda body: body.replace(b'"action_id":"b"', b'"action_id":7'),
    "no player": lambda body: body.replace(b'"user_id"', b'"user"'),
    "a player as a number": lambda body: body.replace(b'"user_id":', b'"user_id":7,"x":'),
    "no currency": lambda body: body.replace(b'"currency"', b'"money"'),
    "a currency as a list": lambda body: body.replace(b'"EUR"', b'["EUR"]'),
    "finished as a text": lambda body: body[:-1] + b',"finished":"true"}',
    "finished as a number": lambda body: body[:-1] + b',"finished":1}',
    "a round as a number": lambda body: body.replace(b'"game_id":"r"', b'"game_id":7'),
    "a key twice": lambda body: body[:-1] + b',"game_id":"r2"}',
    "a key twice with equal values": lambda body: body[:-1] + b',"game_id":"r"}',
    "a key twice in an action": lambda body: body.replace(b'"amount":100', b'"amount":100,"amount":1'),
    "a key twice, escaped once": lambda body: body.replace(b'"amount":100', b'"amount":100,"am\\u006funt":1'),
    "a key twice where nobody looks": lambda body: body[:-1] + b',"x":{"y":1,"y":2}}',
    "deep lists": lambda body: body[:-1] + b',"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": lambda body: body[:-1] + b',"x":' + b'{"x":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "deep lists that never end": lambda body: b"[" * DEEP,
}  # fmt: skip


@pytest.mark.parametrize("path", ["play", "rollback"])
def test_a_body_that_is_not_the_contracts_is_refused(path):
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    for case, change in BODIES.items():
        assert refused(player, change(spelled(player)), path).code == (400, 400), case


def test_a_huge_body_is_refused():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    body = spelled(player, more=',"x":"' + "a" * 3_000_000 + '"')
    assert refused(player, body).code == (400, 400)


def test_a_body_just_below_the_ceiling_is_read():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    assert send(spelled(player, more=',"x":"' + "a" * 2_000_000 + '"')).status == 200


def test_a_call_of_more_actions_than_any_round_has_is_refused():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    actions = json.dumps([bet(f"b-{number}", 0) for number in range(MAX_ACTIONS + 1)])
    body = BODY % {"player": player.public_id, "actions": actions, "more": ""}
    assert refused(player, body.encode()).code == (400, 400)


def test_as_many_actions_as_a_call_may_have_are_played():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    reply = call(player, *[bet(f"b-{number}", 1) for number in range(MAX_ACTIONS)])
    assert reply.status == 200
    assert reply.body["balance"] == 5000 - MAX_ACTIONS


def test_what_the_contract_does_not_name_is_not_looked_at():
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    more = ',"session_id":"s","jackpot":{"contribution":0.05,"pool":-7,"at":1e3},"issue_id":null'
    assert send(spelled(player, more=more, of_action=',"bonus":[1.5]')).status == 200
    assert wallet.balance(player_id=player.id, currency="EUR")["cash"] == of("49.00 EUR")


@pytest.mark.parametrize("actions", ["[]", "null", "[{}]", "[1]", '[{"action":"rollback"}]'])
def test_a_rollback_without_an_original_is_refused_or_asks_for_the_balance(actions):
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    body = (BODY % {"player": player.public_id, "actions": actions, "more": ""}).encode()
    if actions == "[]":
        assert send(body, "rollback").body["balance"] == 5000
    else:
        assert refused(player, body, "rollback").code == (400, 400)


@pytest.mark.parametrize("name", ["user_id", "game", "game_id", "action_id"])
def test_texts_that_break_other_systems_do_no_harm(name):
    player, _ = funded(new_player(), "50.00 EUR"), provider()
    for text in (
        "'; DROP TABLE wallet_wallet; --",
        "%s%d%(player_id)s",
        "{0}",
        "\u202e",
        "null",
        "../../x",
        "\x7f",
    ):
        values = {"user_id": player.public_id, "currency": "EUR", "game": "fruit", "game_id": "r"}
        action = bet(f"b-{name}-{text}", 0)
        (action if name == "action_id" else values)[name] = text
        assert send(json.dumps({**values, "actions": [action]}).encode()).status in {200, 412}
    assert wallet.balance(player_id=player.id, currency="EUR")["cash"] == of("50.00 EUR")
