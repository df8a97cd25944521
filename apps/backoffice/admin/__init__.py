"""Pages that look over several rooms: the dashboard, why a number is what it is, and staff themselves."""

from apps.backoffice.admin import dashboard, staff, why

__all__ = ["dashboard", "staff", "why"]
