"""One way to hash content: equal for equal meaning, whatever the order of keys."""

import hashlib
from typing import Any

import msgspec


def digest(content: Any) -> bytes:
    """Return the SHA-256 (32 bytes) of plain data, with keys in a fixed order."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).digest()
