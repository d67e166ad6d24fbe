from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        import privacy.checks
        import privacy.looks  # noqa: F401  (registers what privacy itself can tell of the promises)

        autodiscover_modules("personal_data", "promise_checks")
