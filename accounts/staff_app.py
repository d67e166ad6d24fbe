from django.contrib.admin.apps import AdminConfig


class StaffSiteConfig(AdminConfig):
    """Django's admin, as the staff area at /staff/."""

    default_site = "accounts.staff_site.StaffSite"
