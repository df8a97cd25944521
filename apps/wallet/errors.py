"""What the wallet refuses. It refuses debits only: a credit or an undo always goes in."""

from apps.core.errors import DomainError


class InsufficientFunds(DomainError):
    """A purse would fall below zero."""

    code = "wallet.insufficient_funds"


class BalanceTooLarge(DomainError):
    """A purse would pass what the ledger can hold (92 trillion of a fiat currency)."""

    code = "wallet.balance_too_large"


class DebtOutstanding(DomainError):
    """Money is owed that could not be taken back: a deposit or an adjustment settles it, and play goes on."""

    code = "wallet.debt_outstanding"


class AdjustmentTooLarge(DomainError):
    """One adjustment moves at most the installation's ceiling; use several, each with its reason."""

    code = "wallet.adjustment_too_large"
    status = 400


class UnknownReason(DomainError):
    """An adjustment names a reason code from the table, so that finance can book it."""

    code = "wallet.unknown_reason"
    status = 400


class NotATestPlayer(DomainError):
    """Test money goes to test players only."""

    code = "wallet.not_a_test_player"
