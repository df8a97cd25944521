"""Compare a provider's own record of play with our books, player by player; exit 1 where they differ."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.games import selectors


class Command(BaseCommand):
    help = "Compare a provider's report (JSON) with the books: stakes and wins by player, undone ones not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, help="code of the provider account")
        parser.add_argument(
            "--report",
            required=True,
            help='file with {"by_player": {public id: {"staked": minor, "won": minor}}}',
        )

    def handle(self, *, account: str, report: str, **options: Any) -> None:
        theirs = json.loads(Path(report).read_text(encoding="utf-8"))["by_player"]
        ours = selectors.volume_by_player(account)
        nothing = {"staked": 0, "won": 0}
        differing = [
            f"{player}: provider {theirs.get(player, nothing)}, books {ours.get(player, nothing)}"
            for player in sorted(theirs.keys() | ours.keys())
            if theirs.get(player, nothing) != ours.get(player, nothing)
        ]
        for line in differing:
            self.stdout.write(f"OFF  {line}")
        self.stdout.write(
            f"{len(ours)} players compared with {account}'s own record, {len(differing)} differ"
        )
        if differing:
            sys.exit(1)
