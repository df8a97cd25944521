"""A secret that is shown exactly once: on the answer to the form that made it."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def once(
    request: HttpRequest, *, title: str, label: str, secret: str, notes: Sequence[str], back: str
) -> HttpResponse:
    """
    Answer with a secret. No cache keeps a page of the staff site; whoever reloads this one sends the form
    again, which is recognised as a repeat and shows nothing.
    """
    context = {**admin.site.each_context(request), "title": title}
    context |= {"label": label, "secret": secret, "notes": notes, "back": back}
    return TemplateResponse(request, "staff/once.html", context)
