from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "downloads"

    def ready(self) -> None:
        import downloads.checks  # noqa: F401  (registers the system checks)
