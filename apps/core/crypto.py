"""
Encryption of personal fields and keyed look-ups of them.

Every person has a data key of their own, kept wrapped under the installation's keys: deleting the wrapped key
makes all that was written with it unreadable, which is what erasure means here. A value is AES-256-GCM with
its purpose as associated data, so a value moved to another column does not open. Look-ups go through an HMAC
of the normalised value (a blind index); it shows equality and nothing else.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12
KEY_BYTES = 32


def new_key() -> bytes:
    """Return a fresh data key (32 bytes)."""
    return os.urandom(KEY_BYTES)


def wrap(key: bytes) -> str:
    """Return a data key encrypted under the installation's first key, as `id:base64`."""
    key_id = next(iter(_master_keys()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_master_keys()[key_id]).encrypt(nonce, key, b"data-key")
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def unwrap(wrapped: str) -> bytes:
    """Return the data key that `wrap` hid, with whichever installation key it names."""
    key_id, _, body = wrapped.partition(":")
    raw = base64.b64decode(body)
    return AESGCM(_master_keys()[key_id]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], b"data-key")


def encrypt(key: bytes, value: str, *, purpose: str) -> str:
    """Return the value encrypted under a data key, bound to its purpose ("accounts.Profile.email")."""
    nonce = os.urandom(NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, value.encode(), purpose.encode())).decode()


def decrypt(key: bytes, value: str, *, purpose: str) -> str:
    """Return the clear value; raises `cryptography.exceptions.InvalidTag` when key or purpose differ."""
    raw = base64.b64decode(value)
    return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()


def blind_index(value: str, *, purpose: str) -> str:
    """Return the keyed hash (64 hex digits) by which an encrypted value is looked up."""
    key = hmac.digest(base64.b64decode(settings.BLIND_INDEX_KEY), purpose.encode(), hashlib.sha256)
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=1)
def _master_keys() -> dict[str, bytes]:
    """Return the installation's keys by id, the encrypting one first."""
    keys = {}
    for entry in settings.FIELD_KEYS:
        key_id, _, encoded = entry.partition(":")
        keys[key_id] = base64.b64decode(encoded)
        if not key_id or len(keys[key_id]) != KEY_BYTES:
            raise ImproperlyConfigured("FIELD_KEYS wants `id:base64 of 32 bytes`, separated by commas")
    return keys
