"""Pages of staff that belong to no model: an app announces them, the staff site serves them."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Page:
    """An address below the staff site's, its name there, and the view that answers."""

    route: str
    name: str
    view: View


pages: list[Page] = []


def page(route: str, *, name: str, permission: str) -> Callable[[View], View]:
    """Announce a page that only holders of a permission may open ("wallet.approve_adjustment")."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, **arguments)

        pages.append(Page(route, name, guarded))
        return guarded

    return decorate
