from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        """Let the floors below know what support does for them, and destruction what hangs on a case."""
        import support.corrections.parts
        import support.login_help.parts
        import support.reinstatement.keeping  # noqa: F401
