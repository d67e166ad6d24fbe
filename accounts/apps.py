from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Keep the groups of staff in step at every migrate, and find how customers are searched for, and told apart.

        A data migration would run too early for the groups: Django makes permissions after all migrations, when it sends this signal for
        one app after another. So the groups come with the last one.
        """
        import accounts.checks  # noqa: F401  (registers the system checks)
        from accounts.roles import after_migrate

        last = [app for app in apps.get_app_configs() if app.models_module][-1]
        post_migrate.connect(after_migrate, sender=last, dispatch_uid="accounts.roles")
        autodiscover_modules("customer_search", "mail_search", "audience")
