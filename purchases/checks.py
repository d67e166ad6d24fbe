"""What the site says at its start about the partners' configuration."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from purchases.partners.base import Partner
from purchases.partners.checkouts import CHECKOUTS, store_of
from purchases.partners.registry import PARTNERS


@checks.register
def partners_are_configured_well(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """A partner that is configured badly is closed, so the operator must hear of it (purchases.E001)."""
    return [
        checks.Error(problem, hint="docs/partners.md has the table of settings.", id="purchases.E001")
        for partner in PARTNERS.values()
        if partner.is_wanted(secrets := secrets_at_start(partner))
        for problem in partner.problems(secrets)
    ]


def secrets_at_start(partner: Partner) -> list[str]:
    """All secrets; those of the environment alone while the database is not there, or not set up yet."""
    try:
        return partner.secrets
    except DatabaseError:
        return list(partner.settings.get("secrets", []))


@checks.register
def partners_of_today_are_named(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Whoever sells for us is named in the policies, with a link to its own (promise G6; purchases.W001)."""
    configured = settings.PARTNERS["standard-webhooks"]
    if not configured["secrets"] or (configured["name"] and configured["policy_url"]) or not settings.PRODUCTION:
        return []
    return [
        checks.Warning(
            "A partner notifies this site, and the policies do not name it.",
            hint="Set STANDARD_WEBHOOKS_NAME, and STANDARD_WEBHOOKS_POLICY_URL to the address of its privacy policy.",
            id="purchases.W001",
        )
    ]


@checks.register
def stores_are_configured_well(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """A store that no address can be made of is offered to nobody, so the operator must hear of it (purchases.E002)."""
    return [
        checks.Error(
            f"{checkout.variable} is {store_of(slug)!r}, and no address of a checkout can be made of it.",
            hint="docs/hand-over.md says what belongs there.",
            id="purchases.E002",
        )
        for slug, checkout in CHECKOUTS.items()
        if store_of(slug) and not checkout.is_store(store_of(slug))
    ]
