"""Filters that Django's admin lacks."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, TextFilter


class EitherFilter(DropdownFilter):
    """Rows of which one of two columns has a value, such as the account on either side of a transfer."""

    columns: tuple[str, str]
    values: list[tuple[str, str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the values to choose from."""
        return self.values

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows with the chosen value on either side."""
        if not self.value():
            return queryset
        left, right = self.columns
        return queryset.filter(Q(**{left: self.value()}) | Q(**{right: self.value()}))


class TypedFilter(TextFilter):
    """Rows whose column has exactly the typed value."""

    column: str

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows with the typed value."""
        return queryset.filter(**{self.column: self.value().strip()}) if self.value() else queryset
