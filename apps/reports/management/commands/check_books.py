"""Print the data-quality sheet; exit 1 where anything is off."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.reports import services


class Command(BaseCommand):
    help = "Check the books and print the data-quality sheet; exits 1 where anything is off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--whole", action="store_true", help="walk every wallet from its first transfer")

    def handle(self, *, whole: bool, **options: Any) -> None:
        started = time.monotonic()
        measures = services.check_books(whole=whole)
        for measure in measures:
            self.stdout.write(f"{'ok ' if measure.passed else 'OFF'}  {measure.value:>12,}  {measure.name}")
            for line in measure.detail:
                self.stdout.write(f"                     {line}")
        self.stdout.write(f"checked in {time.monotonic() - started:.1f} s")
        if not all(measure.passed for measure in measures):
            sys.exit(1)
