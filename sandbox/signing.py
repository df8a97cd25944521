"""Signatures over raw bytes, as both sides of the SOFTSWISS style of contract make and check them."""

import hashlib
import hmac

HEADER = "x-request-sign"


def sign(*, secret: str, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 of exactly these bytes."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(*, secret: str, body: bytes, signature: str | None) -> bool:
    """Tell, in constant time, whether the signature fits the bytes; a missing one never does."""
    if not signature:
        return False
    return hmac.compare_digest(sign(secret=secret, body=body).encode(), signature.encode())
