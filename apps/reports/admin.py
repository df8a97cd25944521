"""The data-quality sheet: asked now, and as the clock kept it."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.core import clock
from apps.core.staff import ReadOnlyAdmin, page, show
from apps.reports import selectors
from apps.reports.models import BookCheck

KEPT_SHOWN = 20


@page("books/", name="books", permission="reports.view_bookcheck")
def books(request: HttpRequest) -> HttpResponse:
    """Ask every room now whether its books are right, and show what the clock found before."""
    measures = selectors.data_quality()
    context = {
        **admin.site.each_context(request),
        "title": "Data quality",
        "measures": measures,
        "passed": all(measure.passed for measure in measures),
        "at": clock.now(),
        "kept": BookCheck.objects.order_by("-at").only("at", "passed")[:KEPT_SHOWN],
    }
    return TemplateResponse(request, "reports/books.html", context)


@page("books/light/", name="books_light", permission="reports.view_bookcheck")
def light(request: HttpRequest) -> HttpResponse:
    """Answer with the last kept sheet as a tile for the dashboard."""
    latest = BookCheck.objects.order_by("-at").first()
    return TemplateResponse(request, "reports/books_light.html", {"latest": latest})


@admin.register(BookCheck)
class BookCheckAdmin(ReadOnlyAdmin):
    """Every sheet that was kept."""

    list_display = ("at", "result", "lines_off")
    list_filter = ("passed",)
    lane_column = ""
    search_fields = ()
    fields = ("at", "result", "sheet")

    @display(description="Result", label={"right": "success", "off": "danger"})
    def result(self, row: BookCheck) -> str:
        """Return whether everything was right."""
        return "right" if row.passed else "off"

    @display(description="Lines off")
    def lines_off(self, row: BookCheck) -> str:
        """Return the lines that were off."""
        return ", ".join(line["name"] for line in row.measures if not line["passed"]) or show.NOTHING

    @display(description="Sheet")
    def sheet(self, row: BookCheck) -> SafeString | str:
        """Return every line."""
        return show.pretty(row.measures)
