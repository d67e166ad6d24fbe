from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnouncementsConfig(AppConfig):
    name = "announcements"
    verbose_name = _("Announcements")

    def ready(self) -> None:
        import announcements.group.leaving
        import announcements.system_checks  # noqa: F401  (one hears of customers who refuse, the other registers the checks)
