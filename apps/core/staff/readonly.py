"""Pages of rows that nobody types into."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator

from apps.core.staff.lanes import lane, number


class ReadOnly:
    """No add, no change, no delete, whatever a group's rights or a superuser's flag say."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody types into rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes rows."""
        return False


class Titled:
    """A row under the title that its page gives it; everything else is the row's own."""

    def __init__(self, row: Model, title: str) -> None:
        self._row, self._title = row, title

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)

    def __str__(self) -> str:
        return self._title


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """
    A list and a page of rows to look at, newest first.

    It never counts a table, sorts by nothing but the key, and searches by numbers and owners, all of which
    have an index: a list of a hundred million rows opens as fast as one of ten.
    """

    # Unfold's own checks ask the database for permissions, which are not there before it is migrated.
    checks_class = ModelAdminChecks
    actions = None
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_filter_submit = True
    sortable_by = ()
    ordering: Sequence[str] = ("-id",)
    search_fields: Sequence[str] = ("id",)
    # The column that holds the lane; empty where rows belong to none.
    lane_column = "player_id"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return every field that is shown."""
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def title_of(self, row: Any) -> str:
        """Return how a row's page is called."""
        return f"{row._meta.verbose_name} {row.pk}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Show a row under its title."""
        if obj is not None:
            title = self.title_of(obj)
            context |= {"original": Titled(obj, title), "subtitle": title}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that a search means, without duplicates."""
        term = search_term.strip()
        return (queryset.filter(self.meant(term)) if term else queryset), False

    def meant(self, term: str) -> Q:
        """Return which rows a search means: those of a lane's owner, or else the one with a number."""
        owner = lane(term) if self.lane_column else None
        if owner is not None:
            return Q(**{self.lane_column: owner})
        typed = number(term)
        return self.numbered(typed) if typed is not None else self.spelled(term)

    def numbered(self, typed: int) -> Q:
        """Return which rows a typed number means."""
        return Q(pk=typed)

    def spelled(self, term: str) -> Q:
        """Return which rows a typed word means: none, unless the page says otherwise."""
        return Q(pk__in=[])


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows that belong to the one that is shown."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return every field that is shown."""
        return flatten_fieldsets(self.get_fieldsets(request, obj))
