"""Print a one-time code for the demo's staff; of others it knows none."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backoffice import selectors
from apps.backoffice.errors import StaffNotFound


class Command(BaseCommand):
    help = "Print the present one-time code of the demo's staff, or of one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a user name, or none for all."""
        parser.add_argument("username", nargs="?")

    def handle(self, *, username: str | None, **options: Any) -> None:
        """Print one line for each."""
        for name in [username] if username else selectors.demo_staff():
            try:
                self.stdout.write(f"{name} {selectors.demo_code(name)}")
            except StaffNotFound as error:
                raise CommandError(
                    f"{name} is not of the demo: manage.py load_demo makes its staff"
                ) from error
