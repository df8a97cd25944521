"""The law of accounts: statuses and what they stop, restrictions, identifiers. Pure."""

import re
import secrets
import string

from apps.core.errors import Malformed
from apps.core.rules import Choice

PUBLIC_ID = re.compile(r"[A-Za-z0-9._|-]{1,64}", re.ASCII)
_ALPHABET = string.ascii_letters + string.digits
PUBLIC_ID_RANDOM = 22
# Acts that a gate decides about. Money that comes in or goes back is never among them.
ACTS = ("login", "deposit", "launch", "stake", "withdraw")


class PlayerStatus(Choice):
    """Where an account stands. Each status says by itself what it stops (`STOPPED_BY_STATUS`)."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class RestrictionKind(Choice):
    """Which act a restriction stops; `all` stops every one of them."""

    LOGIN = "login"
    DEPOSIT = "deposit"
    LAUNCH = "launch"
    STAKE = "stake"
    WITHDRAW = "withdraw"
    ALL = "all"


class Scope(Choice):
    """How far a restriction or an exclusion reaches: a brand, a licence with its brands, or the group."""

    BRAND = "brand"
    LICENCE = "licence"
    GROUP = "group"


STOPPED_BY_STATUS: dict[PlayerStatus, frozenset[str]] = {
    PlayerStatus.PENDING: frozenset({"deposit", "launch", "stake", "withdraw"}),
    PlayerStatus.ACTIVE: frozenset(),
    PlayerStatus.SUSPENDED: frozenset(ACTS),
    PlayerStatus.CLOSED: frozenset(ACTS),
}


def new_public_id(prefix: str = "p-") -> str:
    """Return a fresh public id: a prefix and 22 random letters and digits (131 bits)."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(PUBLIC_ID_RANDOM))


def ensure_public_id(public_id: str) -> None:
    """
    Accept a public id that is given from outside.

    :raises Malformed: it is not 1 to 64 of `[A-Za-z0-9._|-]`.
    """
    if not PUBLIC_ID.fullmatch(public_id):
        raise Malformed(field="public_id", rule="1 to 64 of A-Z a-z 0-9 . _ | -")


def normalised_email(email: str) -> str:
    """Return the form of an e-mail address by which it is looked up: trimmed, lower case."""
    return email.strip().casefold()


def restricted_acts(kinds: list[str]) -> frozenset[str]:
    """Return the acts that a set of restriction kinds stops."""
    return frozenset(ACTS) if RestrictionKind.ALL in kinds else frozenset(kinds)
