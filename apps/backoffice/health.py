"""Is the process there, and is what it needs there too."""

from celery import current_app
from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import OperationalError
from redis import RedisError


def live(request: HttpRequest) -> JsonResponse:
    """Answer that the process serves requests."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer whether database, cache and broker are there: 200, or 503 with the ones that are not."""
    missing = [
        name
        for name, is_there in (("database", _database), ("cache", _cache), ("broker", _broker))
        if not is_there()
    ]
    return JsonResponse({"missing": missing}, status=503 if missing else 200)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _cache() -> bool:
    try:
        cache.set("health", 1, timeout=5)
    except RedisError:
        return False
    return True


def _broker() -> bool:
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True
