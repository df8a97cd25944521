"""The few HTTP questions that the launcher asks, with the standard library alone: it loads fast."""

import http.client
import json
import urllib.request
from typing import Any

ANSWER_SECONDS = 5


def is_well(url: str) -> bool:
    """Tell whether a health check answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == http.client.OK)
    except (OSError, http.client.HTTPException):
        return False


def get(url: str) -> dict[str, Any] | None:
    """Return the answer of an address; None when it did not answer 200 with an object."""
    return ask(urllib.request.Request(url), seconds=ANSWER_SECONDS)


def post(url: str, *, seconds: float) -> dict[str, Any] | None:
    """Post an empty object to an address and return its answer; None as above."""
    headers = {"Content-Type": "application/json"}
    return ask(urllib.request.Request(url, data=b"{}", headers=headers, method="POST"), seconds=seconds)


def ask(request: urllib.request.Request, *, seconds: float) -> dict[str, Any] | None:
    """Send a request and return its answer, if it is a good one."""
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            content = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return content if isinstance(content, dict) else None
