"""A player's evening over HTTP alone: log in, look, launch, play, roll back, log out, and nothing more."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import pytest
from django.db import connections

from apps.accounts import services as accounts
from apps.accounts.models import Player
from apps.core.crypto import wrap
from apps.games.models import GameSession, ProviderAccount
from apps.responsible_gaming import services as responsible_gaming
from tests.factories import BrandLicenceFactory, GameFactory, ProviderAccountFactory, asked, funded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.money]
http = httpx.Client(trust_env=False, verify=False, timeout=20)
EMAIL, PASSWORD, SECRET = "anna@example.test", "correct horse battery", b"a secret of the two"


class Quiet(WSGIRequestHandler):
    """Serve without a line for every request, and leave no connection behind."""

    def log_message(self, *args: Any) -> None:
        pass

    def finish(self) -> None:
        super().finish()
        connections.close_all()


class Server(ThreadingMixIn, WSGIServer):
    """One thread for each request."""

    daemon_threads = True


@contextmanager
def running(server: Any) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Vendor:
    """A game provider: remembers what it was asked, and answers what a test wants."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"launch_options": {"game_url": "http://vendor.test/play/1", "strategy": "redirect"}}'
    asked: list[tuple[str, bytes, str]] = field(default_factory=list)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    found = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append((self.path, body, self.headers["X-REQUEST-SIGN"]))
            self.send_response(found.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *args: Any) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as found.url:
        yield found


@pytest.fixture
def pam(transactional_db: None) -> Iterator[str]:
    """Serve the product's own WSGI application, callbacks and pages, on a port of its own."""
    from pam.wsgi import application

    server = make_server("127.0.0.1", 0, application, server_class=Server, handler_class=Quiet)
    with running(server) as url:
        yield url


@pytest.fixture
def anna(vendor: Vendor) -> Player:
    """A player with 50.00 EUR at a brand whose one game is the vendor's."""
    offer = BrandLicenceFactory.create()
    account = ProviderAccountFactory.create(launch_url=vendor.url, wrapped_secret=wrap(SECRET), policy={})
    GameFactory.create(account=account, title="Fruit Fiesta")
    new = accounts.NewPlayer(
        brand=offer.brand.code, jurisdiction="demo", currency="EUR", email=EMAIL, is_test=True
    )
    opened = accounts.open_account(asked=asked(), new=new, password=PASSWORD)
    return funded(Player.objects.get(id=opened.value), "50.00 EUR")


@dataclass
class Browser:
    """The player's side of the API."""

    pam: str
    token: str = ""

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return http.request(method, f"{self.pam}/api/v1/{path}", json=body, headers=headers)

    def log_in(self) -> None:
        answer = self.ask("POST", "auth/login", {"brand": "brand", "email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]

    def wallet(self) -> tuple[str, str]:
        """Return cash and what is in play."""
        answer = self.ask("GET", "me/wallet").json()
        return answer["cash"], answer["in_play"]

    def launch(self) -> httpx.Response:
        return self.ask("POST", "games/slots:fruit/launch", {})


@dataclass
class Wire:
    """The vendor's side: signed calls about one player."""

    pam: str
    user_id: str

    def call(
        self, path: str, *actions: dict[str, Any], secret: bytes = SECRET, **more: Any
    ) -> httpx.Response:
        values = {"user_id": self.user_id, "currency": "EUR", "game": "fruit", "game_id": "round-1"}
        body = json.dumps({**values, "finished": False, "actions": actions, **more}).encode()
        headers = {"X-REQUEST-SIGN": hmac.new(secret, body, hashlib.sha256).hexdigest()}
        return http.post(f"{self.pam}/games/softswiss/slots/{path}", content=body, headers=headers)

    def bet(self, action_id: str, amount: int, **more: Any) -> httpx.Response:
        return self.call("play", {"action": "bet", "action_id": action_id, "amount": amount}, **more)

    def win(self, action_id: str, amount: int, **more: Any) -> httpx.Response:
        return self.call("play", {"action": "win", "action_id": action_id, "amount": amount}, **more)

    def roll_back(self, action_id: str, original: str, **more: Any) -> httpx.Response:
        action = {"action": "rollback", "action_id": action_id, "original_action_id": original}
        return self.call("rollback", action, **more)


def outcome(answer: httpx.Response) -> tuple[int, int | None, int | None]:
    """Return status, the code of a refusal, and the balance of a wallet callback's answer."""
    body = answer.json()
    return answer.status_code, body.get("code"), body.get("balance")


def test_an_evening_from_log_in_to_log_out(pam: str, anna: Player, vendor: Vendor):
    browser, wire = Browser(pam), Wire(pam, anna.public_id)
    assert browser.ask("GET", "me/wallet").status_code == 401
    assert outcome(wire.bet("early", 100)) == (412, 101, 5000)

    browser.log_in()
    assert browser.wallet() == ("50.00", "0.00")
    games = browser.ask("GET", "games").json()["results"]
    assert games == [{"id": "slots:fruit", "title": "Fruit Fiesta", "category": "slots", "provider": "slots"}]

    launched = browser.launch()
    assert (launched.status_code, launched.json()["url"]) == (201, "http://vendor.test/play/1")
    session_id = launched.json()["session_id"]

    assert outcome(wire.bet("b1", 500, session_id=session_id)) == (200, None, 4500)
    assert browser.wallet() == ("45.00", "5.00")
    again = wire.bet("b1", 500, session_id=session_id)
    assert outcome(again) == (200, None, 4500)
    assert again.json()["transactions"] == wire.bet("b1", 500).json()["transactions"]
    assert outcome(wire.bet("b1", 600)) == (409, 409, 4500)
    assert outcome(wire.win("w1", 1200, finished=True)) == (200, None, 5700)
    assert browser.wallet() == ("57.00", "0.00")

    assert outcome(wire.bet("b2", 700, game_id="round-2")) == (200, None, 5000)
    assert outcome(wire.roll_back("u2", "b2", game_id="round-2")) == (200, None, 5700)
    assert outcome(wire.roll_back("u9", "b9", game_id="round-9")) == (200, None, 5700)
    assert outcome(wire.bet("b9", 900, game_id="round-9")) == (200, None, 5700)
    assert outcome(wire.bet("b3", 5701, game_id="round-3")) == (412, 100, 5700)
    assert outcome(wire.call("play")) == (200, None, 5700)
    assert outcome(wire.bet("b4", 1000, game_id="round-4")) == (200, None, 4700)

    assert browser.ask("POST", "auth/logout").status_code == 204
    assert browser.ask("GET", "me/wallet").status_code == 401
    assert browser.launch().status_code == 401
    assert outcome(wire.bet("b5", 100, game_id="round-5")) == (412, 101, 4700)
    assert outcome(wire.win("w4", 1500, game_id="round-4", finished=True)) == (200, None, 6200)

    browser.log_in()
    assert browser.wallet() == ("62.00", "0.00")
    assert outcome(wire.bet("b6", 100, game_id="round-6")) == (412, 101, 6200), "the old launch stays over"
    assert browser.launch().status_code == 201
    assert outcome(wire.bet("b6", 100, game_id="round-6", finished=True)) == (200, None, 6100)


def test_the_vendor_is_asked_to_open_a_session_with_a_signed_request(pam: str, anna: Player, vendor: Vendor):
    browser = Browser(pam)
    browser.log_in()
    session_id = browser.launch().json()["session_id"]
    ((path, body, signature),) = vendor.asked
    assert path == "/sessions"
    assert signature == hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    assert json.loads(body) == {
        "casino_id": "slots",
        "game": "fruit",
        "currency": "EUR",
        "locale": "en",
        "ip": "127.0.0.1",
        "session_id": session_id,
        "user": {"id": anna.public_id},
        "urls": {"return_url": f"{pam}/"},
    }


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (404, b"{}"), (200, b""), (200, b"[]"), (200, b'{"launch_options": {}}'), (200, b"<html>")],
)
def test_a_vendor_that_answers_nonsense_is_no_fault_of_ours(pam, anna, vendor, status, body):
    browser, vendor.status, vendor.body = Browser(pam), status, body
    browser.log_in()
    answer = browser.launch()
    assert (answer.status_code, answer.json()["code"]) == (502, "games.launch_failed")
    assert answer.json()["retry"]
    vendor.status, vendor.body = 200, Vendor().body
    assert browser.launch().status_code == 201


def test_a_vendor_that_is_not_there_is_told_as_such(pam: str, anna: Player):
    ProviderAccount.objects.update(launch_url="http://127.0.0.1:9")
    browser = Browser(pam)
    browser.log_in()
    assert browser.launch().json()["code"] == "games.launch_failed"


@pytest.mark.parametrize("game", ["slots:nothing", "nowhere:fruit", "fruit", "slots:fruit:x", ":"])
def test_a_game_that_is_not_there_cannot_be_launched(pam, anna, vendor, game):
    browser = Browser(pam)
    browser.log_in()
    answer = browser.ask("POST", f"games/{game}/launch", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "games.game_unavailable")
    assert vendor.asked == []
    assert not GameSession.objects.exists()


def test_a_call_that_is_not_signed_by_the_vendor_moves_nothing(pam: str, anna: Player):
    browser, wire = Browser(pam), Wire(pam, anna.public_id)
    browser.log_in()
    browser.launch()
    answer = wire.bet("b1", 500, secret=b"another secret")
    assert outcome(answer) == (403, 403, None), "and whose balance it would be is not told"
    assert browser.wallet() == ("50.00", "0.00")


def test_an_exclusion_in_the_middle_of_a_round_stops_stakes_and_lets_the_win_in(pam: str, anna: Player):
    browser, wire = Browser(pam), Wire(pam, anna.public_id)
    browser.log_in()
    browser.launch()
    wire.bet("b1", 500)
    responsible_gaming.exclude(asked=asked(), player_id=anna.id, kind="time_out", hours=24)
    assert outcome(wire.bet("b2", 500)) == (412, 153, 4500)
    assert outcome(wire.win("w1", 900, finished=True)) == (200, None, 5400)
    assert browser.ask("GET", "me/wallet").status_code == 401
    refused = browser.ask("POST", "auth/login", {"brand": "brand", "email": EMAIL, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.refused")


def test_twenty_evenings_at_once_on_one_wallet_add_up(pam: str, anna: Player):
    browser, wire = Browser(pam), Wire(pam, anna.public_id)
    browser.log_in()
    browser.launch()
    answers: list[tuple[int, int | None, int | None]] = []

    def bet(number: int) -> None:
        answers.append(outcome(wire.bet(f"b{number}", 400, game_id=f"round-{number}")))

    threads = [threading.Thread(target=bet, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = sorted(balance or 0 for status, _, balance in answers if status == 200)
    assert taken == [200 + 400 * left for left in range(12)]
    assert sorted(status for status, _, _ in answers) == [200] * 12 + [412] * 8
    assert browser.wallet() == ("2.00", "48.00")
