"""Whatever is done with personal data has a lawful basis, and whoever gets any is named with a policy of their own (promise G6)."""

from typing import Any
from urllib.parse import urlsplit

from django.core import checks

from privacy.registry import Purpose, Recipient, registry


@checks.register
def every_purpose_has_a_basis(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """GDPR article 6: no purpose without a basis (privacy.E011)."""
    return [
        checks.Error(
            f"The purpose {purpose.slug!r} has no {'basis' if purpose.text else 'text'}.",
            hint=f'Write Purpose({purpose.slug!r}, _("to do what"), _("why we may: the lawful basis")), for all apps in privacy/purposes.py.',
            id="privacy.E011",
        )
        for purpose in _purposes()
        if not (purpose.text and purpose.basis)
    ]


def _purposes() -> list[Purpose]:
    used = [purpose for declared in registry.models.values() for purpose in declared.purposes]
    return list(dict.fromkeys([*used, *(disclosure.purpose for disclosure in registry.disclosures)]))


@checks.register
def every_recipient_has_a_policy(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Promise G6: each recipient has a name, and a policy to link to (privacy.E012).

    Those who are only known while the site runs, from a function, are looked at by `manage.py check_promises`.
    """
    return [
        checks.Error(
            f"The recipient {recipient.slug!r} has no {'privacy policy to link to' if recipient.name else 'name'}.",
            hint='Write Recipient(slug, "name", _("what they do for us"), policy_url="https://…") in the personal_data.py of the app that has to do with them.',
            id="privacy.E012",
        )
        for recipient in _recipients()
        if not (recipient.name and has_policy(recipient))
    ]


def _recipients() -> list[Recipient]:
    fixed = [one for declared in registry.models.values() if not callable(declared.recipients) for one in declared.recipients]
    return list(dict.fromkeys([*registry.recipients, *fixed]))


def has_policy(recipient: Recipient) -> bool:
    """Former ones may have none any more, and who works for us alone needs none: ours holds for them."""
    return recipient.is_former or recipient.is_agent or urlsplit(recipient.policy_url).scheme in ("http", "https")
