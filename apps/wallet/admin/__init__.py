"""Staff pages of the wallet: the ledger to look at, and adjustments that two people make."""

from apps.wallet.admin import adjustments, ledger

__all__ = ["adjustments", "ledger"]
