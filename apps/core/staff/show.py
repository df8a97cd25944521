"""How values look on staff pages."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core import money
from apps.core.money import Money

NOTHING = "-"
HASH_DIGITS = 8


def grouped(amount: Money) -> str:
    """Return an amount as people read it: "1,234.50"."""
    whole, dot, fraction = money.text(amount).partition(".")
    return f"{int(whole):,}{dot}{fraction}" if int(whole) else f"{whole}{dot}{fraction}"


def amount(units: int, currency: str) -> SafeString:
    """Return ledger units as a decimal amount with its currency; zero is pale."""
    style = "bo-money" if units else "bo-money bo-zero"
    return format_html(
        '<span class="{}">{}&nbsp;<i>{}</i></span>', style, grouped(Money(units, currency)), currency
    )


def link(text: Any, name: str, *arguments: Any, query: str = "") -> SafeString:
    """Return a link to a page of the staff site by its name there."""
    url = reverse(f"admin:{name}", args=arguments) + (f"?{query}" if query else "")
    return format_html('<a class="bo-link" href="{}">{}</a>', url, text)


def lane(player_id: int | None, name: str = "") -> SafeString | str:
    """Return a link to whom a lane belongs, by name where it is known, else by number."""
    if not player_id:
        return NOTHING
    url = reverse("admin:accounts_player_change", args=[player_id])
    shown = name or f"#{player_id}"
    return format_html('<a class="bo-link bo-name" href="{}" title="{}">{}</a>', url, shown, shown)


def operation(operation_id: int | None) -> SafeString | str:
    """Return a link to an operation."""
    return link(operation_id, "core_operation_change", operation_id) if operation_id else NOTHING


def mono(text: Any) -> SafeString:
    """Return text of which every character counts."""
    return format_html('<span class="bo-mono">{}</span>', text)


def short_hash(value: Any) -> SafeString:
    """Return the first digits of a hash; all of them show on hovering."""
    digits = bytes(value).hex()
    return format_html('<span class="bo-mono bo-hash" title="{}">{}…</span>', digits, digits[:HASH_DIGITS])


def pretty(content: Any) -> SafeString | str:
    """Return plain data as indented JSON."""
    if content is None:
        return NOTHING
    text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    return block(text)


def block(text: str) -> SafeString:
    """Return text that keeps its lines."""
    return format_html('<pre class="bo-json">{}</pre>', text)


def flow(debit: str, credit: str) -> SafeString:
    """Return from where to where money went."""
    return format_html('<span class="bo-flow"><b>{}</b> &rarr; <b>{}</b></span>', words(debit), words(credit))


def words(name: str) -> str:
    """Return a stored word as people read it."""
    return name.replace("_", " ")


def table(rows: Sequence[Sequence[Any]]) -> SafeString:
    """Return a small table of facts: a name and its value in each row."""
    cells = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", rows)
    return format_html('<table class="bo-facts">{}</table>', cells)


def instant(at: datetime | None) -> str:
    """Return an instant to the second, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else NOTHING
