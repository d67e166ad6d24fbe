from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        """Let the floors below know what support does for them."""
        import support.reinstatement.keeping  # noqa: F401
