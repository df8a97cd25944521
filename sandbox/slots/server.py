"""The provider's own HTTP: sessions for the platform, games for players, controls of the simulation."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

from sandbox import money, signing
from sandbox.chaos import Dial
from sandbox.serving import BadRequest, Request, Response, Routes, answer, page, page_routes
from sandbox.slots import report, views
from sandbox.slots.dealer import Dealer
from sandbox.slots.games import GAMES
from sandbox.slots.rounds import Session

PATIENCE_SECONDS = 6.0
DRAIN_SECONDS = 300.0
HISTORY_LENGTH = 12
SESSION_TEXTS = ("casino_id", "game", "currency")
GAME_PAGES = (
    "base.css",
    "base.js",
    "game.css",
    "game.js",
    "icon.svg",
    "paytable.js",
    "reels.js",
    "symbols.svg",
)


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider account: who we are to the platform, and where players find us."""

    dealer: Dealer
    dial: Dial
    account: str
    secret: str
    public_url: str

    def routes(self) -> Routes:
        """Return everything that this vendor serves."""
        return {
            ("POST", "/sessions"): self.open_session,
            ("GET", "/game"): self.show_game,
            ("POST", "/table"): self.show_table,
            ("POST", "/spin"): self.spin,
            ("GET", "/games"): self.list_games,
            ("GET", "/chaos"): self.show_chaos,
            ("POST", "/chaos"): self.turn_chaos,
            ("POST", "/drain"): self.drain,
            ("POST", "/resume"): self.resume,
            ("GET", "/report"): self.report,
            ("GET", "/health"): self.health,
            **page_routes(GAME_PAGES),
        }

    async def open_session(self, request: Request) -> Response:
        """Let the platform introduce a player; the same session of theirs gives the same address again."""
        signature = request.headers.get(signing.HEADER)
        if not signing.is_signed(secret=self.secret, body=request.body, signature=signature):
            return answer({"code": 403, "message": "the signature does not fit"}, status=403)
        session = self.dealer.store.open_session(self._introduced(request.json()))
        url = f"{self.public_url}/game?session={session.token}"
        return answer({"launch_options": {"game_url": url, "strategy": "redirect"}})

    def _introduced(self, content: dict[str, Any]) -> Session:
        user = content.get("user")
        player = user.get("id") if isinstance(user, dict) else None
        platform_session = content.get("session_id")
        texts = [content.get(name) for name in SESSION_TEXTS]
        if not player or not isinstance(platform_session, str | int) or not platform_session:
            raise BadRequest(400, "malformed")
        if not all(isinstance(text, str) and text for text in texts):
            raise BadRequest(400, "malformed")
        if content["casino_id"] != self.account or content["game"] not in GAMES:
            raise BadRequest(404, "unknown_casino_or_game")
        return Session(
            token=secrets.token_urlsafe(24),
            platform_session=platform_session,
            player=str(player),
            currency=content["currency"],
            game=content["game"],
            locale=str(content.get("locale", "en")),
        )

    async def show_game(self, request: Request) -> Response:
        """Show the page on which a person plays."""
        if self.dealer.store.session(request.query.get("session", "")) is None:
            raise BadRequest(404, "unknown_session")
        return page("game.html")

    async def show_table(self, request: Request) -> Response:
        """Tell a session's game, balance and last rounds."""
        session = self._session(request.json())
        balance = await self.dealer.wire.balance(
            player=session.player, currency=session.currency, game=session.game
        )
        latest = self.dealer.store.latest(session.token, limit=HISTORY_LENGTH)
        return answer(
            {
                "game": views.game_view(GAMES[session.game], currency=session.currency),
                "currency": session.currency,
                "balance": None if balance is None else money.to_text(balance, currency=session.currency),
                "rounds": [views.round_view(game_round) for game_round in latest],
            }
        )

    async def spin(self, request: Request) -> Response:
        """Play one round; the answer waits for the platform, but not for ever: `pending` then says so."""
        content = request.json()
        session = self._session(content)
        stake = self._stake(content.get("stake"), session)
        if not self.dealer.is_open:
            raise BadRequest(503, "draining")
        game_round, task = self.dealer.deal(session, stake=stake, extra=content.get("extra") is True)
        await asyncio.wait([task], timeout=PATIENCE_SECONDS)
        return answer(views.round_view(game_round))

    def _session(self, content: dict[str, Any]) -> Session:
        session = self.dealer.store.session(str(content.get("session", "")))
        if session is None:
            raise BadRequest(404, "unknown_session")
        return session

    def _stake(self, written: object, session: Session) -> int:
        game = GAMES[session.game]
        try:
            stake = money.to_minor(str(written), currency=session.currency)
        except ValueError as error:
            raise BadRequest(422, "stake") from error
        if stake % game.step or not game.stakes[0] <= stake <= game.stakes[-1]:
            raise BadRequest(422, "stake")
        return stake

    async def list_games(self, _request: Request) -> Response:
        """List the games of this vendor."""
        return answer({"games": [views.game_view(game, currency="EUR") for game in GAMES.values()]})

    async def show_chaos(self, _request: Request) -> Response:
        """Tell where the chaos dial stands."""
        return answer({"chaos": self.dial.level})

    async def turn_chaos(self, request: Request) -> Response:
        """Turn the chaos dial."""
        try:
            self.dial.turn(request.json().get("chaos"))
        except ValueError as error:
            raise BadRequest(422, "chaos") from error
        return answer({"chaos": self.dial.level})

    async def drain(self, _request: Request) -> Response:
        """Take no more spins, bring every round to its end, and report; 504 when that takes too long."""
        is_done = await self.dealer.drain(timeout_seconds=DRAIN_SECONDS)
        return answer(await self._totals(), status=200 if is_done else 504)

    async def resume(self, _request: Request) -> Response:
        """Take spins again after a drain."""
        self.dealer.resume()
        return answer({"open": True})

    async def report(self, _request: Request) -> Response:
        """Report without draining."""
        return answer(await self._totals())

    async def _totals(self) -> dict[str, Any]:
        store = self.dealer.store
        return await asyncio.to_thread(report.totals, store.path, surprises_after=store.surprises_before)

    async def health(self, _request: Request) -> Response:
        """Tell that the provider runs and whether it takes spins."""
        return answer({"status": "ok", "open": self.dealer.is_open, "chaos": self.dial.level})
