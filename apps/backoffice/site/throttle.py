"""
How often somebody may try to log in: a few times per name and address, then not for a while.

The count goes up before anything is checked, so that parallel attempts do not slip through; and where it
cannot be kept, nobody logs in.
"""

import hashlib

from django.core.cache import cache
from django.http import HttpRequest
from redis import RedisError

ATTEMPTS = 5
WINDOW_SECONDS = 15 * 60


class TooManyAttempts(Exception):
    """The limit is reached, or attempts cannot be counted now."""


def count_attempt(request: HttpRequest, username: str) -> None:
    """
    Count an attempt of a name from an address.

    :raises TooManyAttempts: there were too many, or the cache does not answer.
    """
    key = _key(request, username)
    try:
        cache.add(key, 0, WINDOW_SECONDS)
        attempts = cache.incr(key)
    except (RedisError, ValueError) as error:
        raise TooManyAttempts from error
    if attempts > ATTEMPTS:
        raise TooManyAttempts


def forget_attempts(request: HttpRequest, username: str) -> None:
    """Start counting anew after a success."""
    cache.delete(_key(request, username))


def _key(request: HttpRequest, username: str) -> str:
    who = f"{username.casefold()}|{request.META.get('REMOTE_ADDR', '')}"
    return f"login:{hashlib.sha256(who.encode()).hexdigest()}"
