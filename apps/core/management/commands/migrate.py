"""`migrate`, as the owner, followed by the application's grants."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connections

from apps.core.grants import apply_grants


class Command(migrate.Command):
    """Run migrations with the owner's login unless another database is named."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def execute(self, *args: Any, **options: Any) -> Any:
        if options["database"] not in connections.settings:
            raise CommandError("set DATABASE_OWNER_URL: migrations run with the owner's login")
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        apply_grants()
