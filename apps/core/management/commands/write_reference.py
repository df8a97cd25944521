"""Write what is made from the code: the pages of refusals and events, and the description of the API."""

import inspect
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, get_type_hints

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.core.errors import DomainError
from apps.core.events import subscribers

WRITTEN = "<!-- Written by `manage.py write_reference` from the code; a test compares. -->\n"
ERRORS = f"""# Refusals

{WRITTEN}
A refusal is an answer: it has a `code` that never changes and facts, and it rolls the whole act back. On the
API it is `application/problem+json` with `type`, `title`, `status`, `code`, `facts` and `retry`; `retry` says
that the outcome is unknown or the obstacle passes, and that the same reference may be sent again. What is not
listed here is a bug, and a 500.
"""
FRAMEWORK = """
## The API framework's own

Requests that reach no act are refused in the same shape: `api.invalid` (400, the facts name the fields),
`api.parse_error` (400), `api.not_authenticated` and `api.authentication_failed` (401),
`api.permission_denied` (403), `api.not_found` (404), `api.method_not_allowed` (405),
`api.unsupported_media_type` (415) and `api.throttled` (429, with `retry`).
"""
HEAD = "| code | status | retry | meaning |\n| --- | --- | --- | --- |\n"
EVENTS = f"""# Events

{WRITTEN}
An event is a row, written in the transaction in which it happened and never changed. It carries ids and
codes, never personal data. Around its payload every event has `type`, `version`, `occurred_at`,
`business_date`, `brand_id`, `licence_id`, `player_id` (0 where it belongs to no player), `actor`,
`operation_id` and `causation_id` (the event that led to it, or 0). Amounts are whole ledger units. A
published event never changes its meaning: a new meaning is a new event.
"""


class Command(BaseCommand):
    help = "Write docs/errors.md, docs/events.md and docs/openapi.yaml from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.ROOT) / "docs"
        for name, text in pages().items():
            (folder / name).write_text(text, encoding="utf-8")
        contract = str(folder / "openapi.yaml")
        call_command("spectacular", fail_on_warn=True, validate=True, file=contract)


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {"errors.md": errors_page(), "events.md": events_page()}


def errors_page() -> str:
    """Return the page of refusals."""
    parts = [ERRORS]
    for app, refusals in by_app("code"):
        parts.append(
            f"\n## {app.verbose_name}\n\n| code | status | retry | meaning |\n| --- | --- | --- | --- |\n"
        )
        parts += [_refusal(refusal) for refusal in refusals]
    return "".join([*parts, FRAMEWORK])


def _refusal(refusal: type[DomainError]) -> str:
    retry = "" if refusal.final else "yes"
    return f"| `{refusal.code}` | {refusal.status} | {retry} | {meaning(refusal)} |\n"


def events_page() -> str:
    """Return the page of events."""
    parts = [EVENTS]
    for app, announcements in by_app("type"):
        parts.append(f"\n## {app.verbose_name}\n")
        parts += [_event(announcement) for announcement in announcements]
    return "".join(parts)


def _event(announcement: Any) -> str:
    types = get_type_hints(announcement)
    payload = ", ".join(f"`{field.name}: {_spelled(types[field.name])}`" for field in fields(announcement))
    readers = ", ".join(
        f"`{name}`" for name, reader in sorted(subscribers.items()) if announcement.type in reader.types
    )
    lines = [f"\n### `{announcement.type}` {announcement.version}\n", f"{meaning(announcement)}\n"]
    lines.append(f"Payload: {payload}.\n")
    if readers:
        lines.append(f"Read by {readers}.\n")
    return "\n".join(lines)


def _spelled(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)


def by_app(key: str) -> Iterator[tuple[AppConfig, list[Any]]]:
    """Yield every app of the house with the classes that declare a `code` (refusals) or a `type` (events)."""
    for app in apps.get_app_configs():
        found = list(declared(app, key)) if app.name.startswith("apps.") else []
        if found:
            yield app, found


def declared(app: AppConfig, key: str) -> Iterator[Any]:
    """Yield the classes of an app that declare a text under a key of their own, in the order of the code."""
    for module in map(import_module, modules(app)):
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__ and value is not DomainError:
                yield from [value] if isinstance(vars(value).get(key), str) else []


def modules(app: AppConfig) -> list[str]:
    """Return the names of an app's modules, but for what runs beside the product."""
    names = [found.name for found in walk_packages([app.path], prefix=f"{app.name}.")]
    return [name for name in names if name.split(".")[2] not in ("management", "migrations", "tests")]


def meaning(declared_class: type) -> str:
    """Return the first sentence of a class's docstring."""
    return inspect.cleandoc(declared_class.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
