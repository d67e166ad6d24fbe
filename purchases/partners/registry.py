"""The partners that the site understands, by the slug in their address."""

from purchases.partners.base import Partner
from purchases.partners.fastspring import FastSpring
from purchases.partners.gumroad import Gumroad
from purchases.partners.lemonsqueezy import LemonSqueezy
from purchases.partners.plimus import Plimus
from purchases.partners.standard_webhooks import StandardWebhooks

ALL: tuple[Partner, ...] = (
    StandardWebhooks(),
    Plimus(),
    FastSpring(),
    LemonSqueezy(),
    Gumroad(),
)
PARTNERS: dict[str, Partner] = {partner.slug: partner for partner in ALL}


def open_partner(slug: str) -> Partner | None:
    """The partner at this address; None if there is none, or the operator has not configured it."""
    partner = PARTNERS.get(slug)
    return partner if partner and partner.is_open() else None
