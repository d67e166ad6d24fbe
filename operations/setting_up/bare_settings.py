"""Settings for `manage.py setup` alone: it runs where nothing is configured yet, so it must need nothing of the site's own settings."""

INSTALLED_APPS = ["operations.setting_up.alone.OperationsAlone"]
SECRET_KEY = "nothing is signed with this"  # noqa: S105 (Django asks for one)
USE_TZ = True
