"""What the site says at its start about the provider that mails for it."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register
def hooks_have_a_secret(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Without a secret the provider's hook is not served (announcements.W001); production does not even start."""
    if settings.ANYMAIL_ESP and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        hint = "Set ANYMAIL_WEBHOOK_SECRET to a name, a colon and random characters, and give it to the provider."
        return [checks.Warning("The provider cannot tell of bounces: its hook has no secret.", hint=hint, id="announcements.W001")]
    return []
