"""The staff site: unfold's looks, and nobody inside without a device that has proven who they are."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from unfold.sites import UnfoldAdminSite

from apps.backoffice.site.enrolment import enrol, must_enrol
from apps.backoffice.site.login import LogInForm
from apps.core.staff.pages import pages


class StaffSite(UnfoldAdminSite):
    """Where staff work. A password alone opens one page: the enrolment of a first device."""

    login_form = LogInForm
    login_template = "backoffice/login.html"
    index_template = "backoffice/index.html"
    index_title = "Dashboard"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in active staff whom a device has verified in this session."""
        user: Any = request.user
        return super().has_permission(request) and user.is_verified()

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the door; whoever came through it without a device goes on to get one."""
        return redirect("admin:enrol") if must_enrol(request) else super().login(request, extra_context)

    def extra_urls(self) -> list[URLPattern]:
        """Return the pages that belong to no model."""
        own = [path(page.route, self.admin_view(page.view), name=page.name) for page in pages]
        return [path("enrol/", enrol, name="enrol"), path("logout/", self.leave, name="logout"), *own]

    def leave(self, request: HttpRequest) -> HttpResponse:
        """Log out whoever is logged in, also one who has not proven a device yet."""
        leaves = request.method == "POST" and request.user.is_authenticated
        return self.logout(request) if leaves else redirect("admin:index")
