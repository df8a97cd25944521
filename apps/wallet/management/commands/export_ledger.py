"""Write the whole ledger as lines of JSON, for a checker that needs nothing of ours."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.wallet import selectors


class Command(BaseCommand):
    help = "Export every transfer with who made it, as JSON lines; verifier/verify_ledger.py checks the file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="where to write it; standard output unless said")

    def handle(self, *, file: Path | None, **options: Any) -> None:
        if file is None:
            for line in selectors.export():
                self.stdout.write(line)
            return
        with file.open("w", encoding="utf-8") as export:
            export.writelines(f"{line}\n" for line in selectors.export())
