"""What the aggregator calls: plain views over bytes, without the API framework and without middleware."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts import selectors as accounts
from apps.accounts.errors import PlayerNotFound
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.games import selectors, services
from apps.games.errors import ProviderChanged, SignatureWrong
from apps.games.providers.softswiss import wire
from apps.games.rules import Message

Reader = Callable[[bytes], Message]


@csrf_exempt
@require_POST
def play(request: HttpRequest, account: str) -> HttpResponse:
    """Serve POST /games/softswiss/{account}/play: bets, wins and the balance."""
    return _serve(request, account, wire.read_play)


@csrf_exempt
@require_POST
def rollback(request: HttpRequest, account: str) -> HttpResponse:
    """Serve POST /games/softswiss/{account}/rollback: undos."""
    return _serve(request, account, wire.read_rollback)


def _serve(request: HttpRequest, code: str, read: Reader) -> HttpResponse:
    """Answer a call; once more with the account read anew where it may have changed since it was kept."""
    response, error = _answer(request, code, read)
    if isinstance(error, ProviderChanged | SignatureWrong):
        selectors.forget_accounts()
        response, _ = _answer(request, code, read)
    return response


def _answer(request: HttpRequest, code: str, read: Reader) -> tuple[HttpResponse, DomainError | None]:
    message = None
    try:
        account = selectors.account(code)
        wire.ensure_signed(
            account.keys(clock.now()), request.body, request.headers.get(wire.SIGNATURE_HEADER)
        )
        message = read(request.body)
        body = wire.answer_body(message, services.play(account=account, message=message))
        return HttpResponse(body, content_type="application/json"), None
    except DomainError as error:
        status, body = wire.refusal(error, _balance(message))
        return HttpResponse(body, status=status, content_type="application/json"), error


def _balance(message: Message | None) -> Money | None:
    """Return the balance of a refused message's player, where the player is known."""
    if message is None:
        return None
    try:
        return selectors.balance(accounts.player_id(message.public_id))
    except PlayerNotFound:
        return None
