"""What accounts refuse."""

from apps.core.errors import DomainError, NotFound


class PlayerNotFound(NotFound):
    """No player has this id."""

    code = "accounts.player_not_found"


class WrongCredentials(DomainError):
    """The log-in does not match; the answer is the same whichever part of it is wrong."""

    code = "accounts.wrong_credentials"
    status = 401


class EmailTaken(DomainError):
    """The brand has an account with this e-mail address."""

    code = "accounts.email_taken"


class PublicIdTaken(DomainError):
    """Somebody has this public id, at this brand or at another."""

    code = "accounts.public_id_taken"


class CurrencyNotOffered(DomainError):
    """The brand opens no accounts in this currency."""

    code = "accounts.currency_not_offered"
    status = 400


class RestrictionNotFound(NotFound):
    """The player has no such restriction in force."""

    code = "accounts.restriction_not_found"
