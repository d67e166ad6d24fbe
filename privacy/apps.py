from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        import privacy.checks
        import privacy.fate_checks  # noqa: F401

        autodiscover_modules("personal_data", "promise_checks")
