"""
Two ways in, one process.

Browsers and front ends go through Django's whole middleware stack. Providers' wallet callbacks carry no
cookie and no session, they prove themselves by a signature over the raw body, and every millisecond of theirs
is a player waiting for reels to stop: they go through a handler without middleware.
"""

import os
from typing import Any

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from apps.core.grants import ensure_safe_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pam.settings")
django.setup(set_prefix=False)
ensure_safe_to_serve()
connections.close_all()

CALLBACK_PREFIX = "/games/"


class CallbackHandler(WSGIHandler):
    """Resolve and call the view, with nothing in between."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the shortest chain that still turns an exception into a response."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]


_pages = WSGIHandler()
_callbacks = CallbackHandler()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Serve one request (WSGI)."""
    handler = _callbacks if environ["PATH_INFO"].startswith(CALLBACK_PREFIX) else _pages
    return handler(environ, start_response)
