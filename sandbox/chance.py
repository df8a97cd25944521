"""Randomness that can be run again: every generator is named, and the same name gives the same numbers."""

import hashlib
from random import Random


def generator(*, seed: int, name: str) -> Random:
    """Return the generator called `name` in the run started with `seed`."""
    return Random(f"{seed}/{name}")


def digest(*, seed: int, name: str, length: int = 24) -> str:
    """Return a hexadecimal identifier of `length` characters, the same for the same seed and name."""
    return hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()[:length]
