"""The game list as a file. No cell starts a formula, whatever a provider calls a game."""

from typing import Any

from import_export import fields, resources  # type: ignore[import-untyped]

from apps.games.models import Game

# What makes a spreadsheet compute instead of show (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def formula_safe(value: str) -> str:
    """Return a cell that a spreadsheet shows as text."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


class GameResource(resources.ModelResource):
    """Games by provider account, with what the catalogue says about them."""

    account = fields.Field("account__code", column_name="account")

    class Meta:
        model = Game
        fields = ("account", "code", "title", "category", "product", "theoretical_rtp", "state")
        export_order = fields

    def export_field(self, field: Any, instance: Game, **kwargs: Any) -> Any:
        """Return one cell."""
        value = super().export_field(field, instance, **kwargs)
        return formula_safe(value) if isinstance(value, str) else value

    def get_queryset(self) -> Any:
        """Return games with their accounts."""
        return super().get_queryset().select_related("account")
