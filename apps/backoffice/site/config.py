"""Which site Django's admin is."""

from django.contrib.admin.apps import AdminConfig


class StaffSiteConfig(AdminConfig):
    """Django's admin, with our site as the one that every app registers with."""

    default_site = "apps.backoffice.site.staff_site.StaffSite"
