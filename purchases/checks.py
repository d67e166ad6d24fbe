"""What the site says at its start about the partners' configuration."""

from typing import Any

from django.conf import settings
from django.core import checks

from purchases.partners.checkouts import CHECKOUTS, store_of
from purchases.partners.registry import PARTNERS


@checks.register
def partners_are_configured_well(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """A partner that is configured badly is closed, so the operator must hear of it (purchases.E001).

    Secrets of the staff area are not looked at, for the start asks no database, and a click there must not keep the site from starting. So
    where the environment has none, what is missing may be there: that is a warning (purchases.W003). The page of partners knows all.
    """
    found: list[checks.CheckMessage] = []
    for partner in PARTNERS.values():
        secrets = partner.settings.get("secrets", [])
        kind, number = (checks.Error, "purchases.E001") if secrets else (checks.Warning, "purchases.W003")
        if partner.is_wanted(secrets):
            hint = f"docs/partners.md, and docs/partners/{partner.slug}.md, have the settings."
            found += [kind(problem, hint=hint, id=number) for problem in partner.problems(secrets)]
    return found


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
