"""What games refuse. Stakes are refused; a win or an undo is refused only where a contract defines it so."""

from apps.core.errors import DomainError, NotFound


class ProviderUnknown(NotFound):
    """There is no provider account with this code."""

    code = "games.provider_unknown"


class SignatureWrong(DomainError):
    """The signature is missing, or is not that of the raw body under a key in force."""

    code = "games.signature_wrong"
    status = 403


class ProviderDisabled(DomainError):
    """The provider account takes no launches and no stakes now."""

    code = "games.provider_disabled"


class GameUnavailable(DomainError):
    """There is no such game here, or it takes no launches and no stakes now."""

    code = "games.game_unavailable"


class SessionNotOpen(DomainError):
    """The player has no open launch of this game, or is logged out; launch the game again."""

    code = "games.session_not_open"


class WrongCurrency(DomainError):
    """The message is not in the account's currency."""

    code = "games.wrong_currency"


class RoundClosed(DomainError):
    """By the provider's contract an ended round takes no more stakes."""

    code = "games.round_closed"


class WinWithoutBet(DomainError):
    """By the provider's contract a win needs a bet on its round."""

    code = "games.win_without_bet"


class LaunchFailed(DomainError):
    """The provider did not open the game; try again or choose another."""

    code = "games.launch_failed"
    status = 502
    final = False


class ProviderChanged(DomainError):
    """The account's keys or policy changed while the message was on its way; it is verified again."""

    code = "games.provider_changed"
    status = 503
    final = False
