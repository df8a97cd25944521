"""Give the groups of staff the permissions of the table; run after an update that changed it."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand

from apps.backoffice import services
from apps.core.operations import Asked


class Command(BaseCommand):
    help = "Make the groups of staff, each with exactly the permissions of apps/backoffice/rules.py."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them."""
        source = "command:make_groups"
        done = services.make_groups(asked=Asked(source, secrets.token_hex(8), source))
        self.stdout.write("groups: " + ", ".join(done.value))
