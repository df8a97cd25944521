"""What the aggregator calls: plain views over bytes, without the API framework and without middleware."""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts import selectors as accounts
from apps.accounts.errors import PlayerNotFound
from apps.core import clock
from apps.core.errors import DomainError, Malformed
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
    signed = b""
    try:
        account = selectors.account(code)
        body = _body(request)
        wire.ensure_signed(account.keys(clock.now()), body, request.headers.get(wire.SIGNATURE_HEADER))
        signed = body
        message = read(body)
        answer = wire.answer_body(message, services.play(account=account, message=message))
        return _response(200, answer), None
    except DomainError as error:
        status, answer = wire.refusal(error, _balance(wire.player_named(signed)))
        return _response(status, answer), error


def _response(status: int, answer: bytes) -> HttpResponse:
    """Return an answer that names its length: any other one is sent in chunks, three writes for one."""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(answer))}
    return HttpResponse(answer, status=status, headers=headers)


def _body(request: HttpRequest) -> bytes:
    """
    Return the raw body.

    :raises Malformed: it is larger than any call.
    """
    try:
        return request.body
    except RequestDataTooBig as error:
        raise Malformed(rule="the body is too large") from error


def _balance(public_id: str) -> Money | None:
    """Return the balance of the player whom a refused call names, where there is one."""
    try:
        return selectors.balance(accounts.player_id(public_id))
    except PlayerNotFound:
        return None
