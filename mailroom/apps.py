from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MailroomConfig(AppConfig):
    name = "mailroom"

    def ready(self) -> None:
        autodiscover_modules("incoming_mail")
