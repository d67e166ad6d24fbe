"""The partners that the site understands, by the slug in their address."""

from purchases.partners.base import Partner
from purchases.partners.bluesnap import BlueSnap
from purchases.partners.checkouts import CHECKOUTS
from purchases.partners.emetrix import Emetrix
from purchases.partners.fastspring import FastSpring
from purchases.partners.gumroad import Gumroad
from purchases.partners.lemonsqueezy import LemonSqueezy
from purchases.partners.paddle import Paddle
from purchases.partners.plimus import Plimus
from purchases.partners.regsoft import RegSoft
from purchases.partners.shareit import Shareit
from purchases.partners.standard_webhooks import StandardWebhooks
from purchases.partners.stripe import Stripe
from purchases.partners.swreg import Swreg

ALL: tuple[Partner, ...] = (
    StandardWebhooks(),
    Stripe(),
    Paddle(),
    FastSpring(),
    LemonSqueezy(),
    Gumroad(),
    BlueSnap(),
    Plimus(),
    Swreg(),
    Shareit(),
    RegSoft(),
    Emetrix(),
)
PARTNERS: dict[str, Partner] = {partner.slug: partner for partner in ALL}
CHECKOUTS.update({partner.slug: partner.checkout for partner in ALL if partner.checkout})  # for models, which import no partner


def open_partner(slug: str) -> Partner | None:
    """The partner at this address; None if there is none, or the operator has not configured it."""
    partner = PARTNERS.get(slug)
    return partner if partner and partner.is_open() else None
