"""How long orders and notifications are kept, to whom a purchase is handed over, and what guards all of it."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from audit.personal_data import AUDIT_LOG
from infacta.filled_in import filled_in
from privacy import categories, purposes
from privacy.areas import GENERAL, RESOURCES
from privacy.registry import Disclosure, Flow, Measure, Retention, registry
from purchases.partners.policies import POLICIES, partners, recipient_of

NOTIFICATIONS = Retention(
    "notifications",
    _("180 days after it was dealt with"),
    longest=timedelta(days=180),
    destroyer="purchases.tasks.purge_events",
    trigger=_("since the notification was dealt with"),
)

BUYERS = Retention(
    "buyers",
    _("180 days after the partner told it last"),
    longest=timedelta(days=180),
    destroyer="purchases.tasks.purge_buyers",
    trigger=_("since the partner told it last"),
)

ORDERS_OF_NOBODY = Retention(
    "orders-kept-by-law",
    filled_in(
        ngettext_lazy(
            "as long as your account; if you have all of it erased, without your name, addresses and contact data until %(years)d year after the purchase, "
            "as the law demands",
            "as long as your account; if you have all of it erased, without your name, addresses and contact data until %(years)d years after the purchase, "
            "as the law demands",
            "years",
        ),
        {"years": settings.PURCHASE_YEARS},
    ),
    longest=timedelta(days=366 * settings.PURCHASE_YEARS),
    destroyer="purchases.tasks.purge_orders_of_nobody",
    trigger=_("since the purchase"),
    p3p="legal-requirement",
)

for slug in POLICIES:
    registry.recipient(recipient_of(slug))
PARTNERS = partners

HANDED_OVER = registry.flow(
    Flow(
        "hand-over",
        areas=(GENERAL, RESOURCES),
        text=_(
            "that you began a purchase: the partner, the product, the quantity and which kinds of data went there, but not those data, "
            "in the record of log-ins, downloads and changes"
        ),
        retention=AUDIT_LOG,
        into="audit.AuditEvent",
    )
)
registry.disclosure(
    Disclosure(
        "hand-over",
        areas=(GENERAL, RESOURCES),
        text=_(
            "if you begin a purchase here: the products, quantities and options that you chose, and of your contact data what you let go "
            "with them, to the partner that you choose. A page shows you all of it before, and we keep none of it"
        ),
        purpose=purposes.HAND_OVER,
        recipients=partners,
        categories=(categories.POSTAL, categories.ONLINE, categories.PURCHASES),
        p3p=("user.name", "user.home-info"),
    )
)
registry.measure(
    Measure(
        "no-payment-data",
        _(
            "Partners' notifications are believed only with the proof that the partner gives (a signature or a secret), and what looks like payment data is dropped before anything is kept"
        ),
    )
)
