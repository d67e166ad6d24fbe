"""Every partner's name and the address of its own privacy policy, once (promise G6).

The policy pages, the page before a hand-over and docs/hand-over.md are made from this table.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from infacta.kept import Kept
from privacy.registry import Recipient
from purchases.models import Offer
from purchases.partners.checkouts import CHECKOUTS, ready_checkout
from purchases.partners.registry import PARTNERS

OWN = "standard-webhooks"
SELLER = _("takes your order and your payment, and tells us who bought what")
FORMER_SELLER = _("took orders and payments for us in earlier years, and told us who had bought what; it takes no new ones")
ARCHIVE = "https://web.archive.org/web"


@dataclass(frozen=True)
class PartnerPolicy:
    """A partner's name and its own policy. Whoever is `named_always` sold for the site in its early years, and stays named for it."""

    name: str
    policy_url: str
    named_always: bool = False


# Emetrix, RegSoft, SWREG and share-it! have left the web, so their policies are linked where they are still kept.
POLICIES: dict[str, PartnerPolicy] = {
    "plimus": PartnerPolicy("Plimus (today BlueSnap)", "https://home.bluesnap.com/privacy-policy/", named_always=True),
    "emetrix": PartnerPolicy("Emetrix", f"{ARCHIVE}/2005/http://www.emetrix.com/", named_always=True),
    "regsoft": PartnerPolicy("RegSoft", f"{ARCHIVE}/2005/http://www.regsoft.com/", named_always=True),
    "swreg": PartnerPolicy("SWREG", f"{ARCHIVE}/2012/http://www.swreg.org/"),
    "shareit": PartnerPolicy("share-it! (MyCommerce)", f"{ARCHIVE}/2024/https://www.digitalriver.com/corporate-policies/"),
    "bluesnap": PartnerPolicy("BlueSnap", "https://home.bluesnap.com/privacy-policy/"),
    "stripe": PartnerPolicy("Stripe", "https://stripe.com/privacy"),
    "paddle": PartnerPolicy("Paddle", "https://www.paddle.com/legal/privacy"),
    "fastspring": PartnerPolicy("FastSpring", "https://fastspring.com/privacy/"),
    "lemonsqueezy": PartnerPolicy("Lemon Squeezy", "https://www.lemonsqueezy.com/privacy"),
    "gumroad": PartnerPolicy("Gumroad", "https://gumroad.com/privacy"),
}
kept: Kept[frozenset[str]] = Kept(seconds=30)


def policy_of(slug: str) -> PartnerPolicy | None:
    """A partner's entry; of whoever sends in our own format the operator's word counts. None for whom nobody has named."""
    own = settings.PARTNERS[OWN]
    if slug == OWN:
        return PartnerPolicy(own["name"], own["policy_url"]) if own["name"] and own["policy_url"] else None
    return POLICIES.get(slug)


def sellers() -> list[str]:
    """The partners that purchases can be handed over to now: whose checkout is configured, and whom the policies can name."""
    return [slug for slug in CHECKOUTS if ready_checkout(slug) and policy_of(slug)]


def partners() -> tuple[Recipient, ...]:
    """Who the policies name at this moment: those of today, and those who sold for us once. Asked when a page is made, never at the start."""
    today = partners_of_today()
    named = [slug for slug in (*POLICIES, OWN) if slug in today or (policy_of(slug) or NOBODY).named_always]
    return tuple(recipient_of(slug, is_former=slug not in today) for slug in named if policy_of(slug))


NOBODY = PartnerPolicy("", "")


def recipient_of(slug: str, *, is_former: bool = False) -> Recipient:
    """ValueError for a partner that nobody has named."""
    policy = policy_of(slug)
    if policy is None:
        raise ValueError(f"{slug} has no entry in purchases/partners/policies.py, or STANDARD_WEBHOOKS_NAME is not set.")
    return Recipient(slug, policy.name, FORMER_SELLER if is_former else SELLER, policy.policy_url, is_former)


def partners_of_today() -> frozenset[str]:
    """Whose notifications are taken, or for whom an offer is on sale. Kept for half a minute.

    While the database is away it is everybody: a policy must be read then too, and may name one too many, but never one too few.
    """
    today = kept.get("today")
    if today is None:
        try:
            today = frozenset([*open_partners(), *Offer.objects.on_sale().partners()])
        except DatabaseError:
            return frozenset([*POLICIES, OWN])
        kept.put("today", today)
    return today


def open_partners() -> Iterable[str]:
    return [slug for slug, partner in PARTNERS.items() if partner.is_open()]
