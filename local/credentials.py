"""The secrets of this checkout: made once, kept in `.local/secrets.env`, readable by its owner only."""

import base64
import os
import secrets
from pathlib import Path

from local import state

SECRETS_FILE = state.STATE / "secrets.env"
# The product reads these; the passwords below them reach it only inside URLs.
PRODUCT_SECRETS = ("SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY")


def generate() -> dict[str, str]:
    """Return a new set of secrets."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": f"local:{key()}",
        "BLIND_INDEX_KEY": key(),
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "OWNER_PASSWORD": secrets.token_hex(24),
        "APPLICATION_PASSWORD": secrets.token_hex(24),
        "VALKEY_PASSWORD": secrets.token_hex(24),
    }


def load(path: Path = SECRETS_FILE) -> dict[str, str]:
    """Return the secrets of this checkout, making them the first time."""
    if not path.exists():
        save(path, generate())
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}


def save(path: Path, values: dict[str, str]) -> None:
    """Write the secrets so that nobody else can read them, and all or none of them are there."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.replace(path)
