from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        import privacy.checks
        import privacy.retention.checks
        import privacy.retention.promises  # noqa: F401  (registers the system checks, and what retention can tell of promises)

        autodiscover_modules("personal_data", "promise_checks")
