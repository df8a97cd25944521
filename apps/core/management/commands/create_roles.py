"""Print the SQL by which a DBA makes the two logins and the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

TEMPLATE = Path(__file__).parents[2] / "sql" / "roles.sql"


class Command(BaseCommand):
    help = "Print the SQL that makes the owner's and the application's login, from the two database URLs."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        owner, application = connections["owner"].settings_dict, connections["default"].settings_dict
        self.stdout.write(
            TEMPLATE.read_text(encoding="utf-8").format(
                owner=owner["USER"],
                owner_password=owner["PASSWORD"],
                application=application["USER"],
                application_password=application["PASSWORD"],
                database=owner["NAME"],
            )
        )
