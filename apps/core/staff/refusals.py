"""A refusal as staff read it: what was refused, which facts say so, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.errors import DomainError, UnknownCurrency
from apps.core.money import Money
from apps.core.staff import show

NEXT_STEPS = {
    "core.reference_reused": "This form was sent before with other content. Open it anew and fill it in.",
    "core.busy": "Somebody else is changing the same thing. Nothing moved; send the form again.",
    "core.outcome_unknown": "Send the same form again: it resolves the doubt and never does anything twice.",
    "core.not_found": "Go back to the list; the row may have changed meanwhile.",
}
_FINAL = "Nothing has changed. Correct what the message names, or go back."
_OPEN = "The outcome is not certain yet. Send the same form again: it cannot happen twice."
_UNITS = "_units"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in words."""

    title: str
    code: str
    status: int
    facts: list[tuple[str, str]]
    next_step: str


def explained(error: DomainError, next_steps: Mapping[str, str]) -> Refusal:
    """Return a refusal in words; the page's own advice goes before the general one."""
    advice = {**NEXT_STEPS, **next_steps}.get(error.code, _FINAL if error.final else _OPEN)
    title = (type(error).__doc__ or error.code).strip().partition("\n")[0]
    return Refusal(title, error.code, error.status, _facts(error.facts), advice)


def _facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    currency = facts.get("currency")
    return [_fact(name, value, currency) for name, value in facts.items()]


def _fact(name: str, value: Any, currency: Any) -> tuple[str, str]:
    if name.endswith(_UNITS) and isinstance(value, int):
        try:
            return show.words(name.removesuffix(_UNITS)), f"{show.grouped(Money(value, currency))} {currency}"
        except UnknownCurrency:
            return show.words(name), str(value)
    return show.words(name), str(value)
