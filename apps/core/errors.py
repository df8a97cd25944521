"""
Refusals. A refusal is an answer, not an accident: it has a name, typed facts, and it rolls the whole act
back. Anything that is not a `DomainError` is a bug and flies to a 500.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """
    Base of all refusals.

    `code` is stable and machine readable, `status` is the HTTP status, and `final` says what the caller may
    conclude: True means nothing moved and a retry will not help by itself; False means the outcome is unknown
    or temporary, and a retry with the same reference resolves it.
    """

    code: ClassVar[str] = "core.refused"
    status: ClassVar[int] = 409
    final: ClassVar[bool] = True

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({facts})"


class Malformed(DomainError):
    """The request cannot be read; `facts` name the field and the rule."""

    code = "core.malformed"
    status = 400


class NotFound(DomainError):
    """There is no such thing, or it is not yours: the answer is the same."""

    code = "core.not_found"
    status = 404


class BadAmount(Malformed):
    """An amount is not a plain decimal of the currency's precision."""

    code = "core.bad_amount"


class UnknownCurrency(Malformed):
    """The currency code is not one that the ledger keeps."""

    code = "core.unknown_currency"


class CurrencyMismatch(DomainError):
    """Amounts of two currencies met; they never mix."""

    code = "core.currency_mismatch"
    status = 400


class ReferenceReused(DomainError):
    """The same reference came before with other content; nothing moved."""

    code = "core.reference_reused"


class Busy(DomainError):
    """Someone else holds what this act needs; nothing moved, try again with the same reference."""

    code = "core.busy"
    status = 503
    final = False


class OutcomeUnknown(DomainError):
    """The connection was lost while committing: ask again with the same reference, it resolves the doubt."""

    code = "core.outcome_unknown"
    status = 503
    final = False
