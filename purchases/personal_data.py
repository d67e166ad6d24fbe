from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.contact import CONTACT_FIELDS
from accounts.personal_data import CONTACT, WHILE_ACCOUNT
from audit.personal_data import AUDIT_LOG
from infacta.filled_in import filled_in
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Found, Since, With
from privacy.fates import Anonymised, Erased, Kept
from privacy.json_keys import ANY
from privacy.registry import Disclosure, Flow, FoundBy, Measure, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry
from purchases import found
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

THEIR_OWN = {
    ANY: _("contact data, order data and numbers, in the partner's own order and under the names that the partner gives them"),
}
"""Partners name things as they like, and change it; what tells of payment is dropped by name and by value (privacy.card_data)."""

registry.model(
    ModelDeclaration(
        "purchases.Purchase",
        _("Your purchases"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.FULFILMENT, purposes.IDENTIFICATION, purposes.SECURITY),
        recipients=PARTNERS,
        retention=WHILE_ACCOUNT,
        subject="user",
        finds=found.purchases,
        categories=(categories.POSTAL, categories.ONLINE, categories.PURCHASES, categories.COMPUTER),
        sources=(sources.PARTNER,),
        fate=Anonymised(dict.fromkeys((*CONTACT_FIELDS, "email"), "") | {"ip": None}, fates.LAW, by="purchases.erasing.pseudonymise"),
        fields=CONTACT
        | {
            "id": NotPersonal("a running number"),
            "partner": Personal(
                _("which partner took the order"), ORDERS_OF_NOBODY, clock=Found("purchases.erasing.orders_of_nobody", by="purchased_at")
            ),
            "order_reference": Personal(_("the partner's order reference"), ORDERS_OF_NOBODY),
            "user": Personal(_("whose account it belongs to")),
            "email": Personal(_("the e-mail address given with the order"), p3p="user.home-info.online.email"),
            "ip": Personal(_("the IP address of the transaction, if the partner tells it"), p3p="dynamic.clickstream.clientip.fullip"),
            "currency": Personal(_("the currency")),
            "total": Personal(_("the price in all"), ORDERS_OF_NOBODY),
            "purchased_at": Personal(_("when you bought"), ORDERS_OF_NOBODY),
            "recorded_at": Personal(_("when we were told")),
            "renews": Personal(_("which order it renews")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "purchases.PurchaseReference",
        _("How the partner names your orders besides"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.FULFILMENT,),
        recipients=PARTNERS,
        retention=WHILE_ACCOUNT,
        subject="purchase__user",
        finds=found.of_purchase,
        categories=(categories.PURCHASES, categories.IDENTIFIER),
        sources=(sources.PARTNER,),
        fate=Anonymised({}, fates.LAW, by="purchases.erasing.forget_buyers"),
        fields={
            "id": NotPersonal("a running number"),
            "purchase": Personal(_("the order it belongs to")),
            "partner": Personal(_("which partner took the order")),
            "reference": Personal(_("the partner's number of a payment, a subscription or of you")),
            "role": NotPersonal("says whether it leads to the order or to the buyer"),
        },
    )
)
registry.model(
    ModelDeclaration(
        "purchases.BuyerDetails",
        _("Contact data of buyers whom a partner names by a number"),
        areas=(GENERAL,),
        purposes=(purposes.FULFILMENT,),
        recipients=PARTNERS,
        retention=BUYERS,
        clock=Since("told_at"),
        subject=FoundBy("the buyer's references in the person's purchases"),
        unfound=_("what a partner told before the order itself: it names you by a number of the partner's alone, and goes after 180 days"),
        finds=found.buyers,
        categories=(categories.POSTAL, categories.ONLINE),
        sources=(sources.PARTNER,),
        fate=Erased(by="purchases.erasing.forget_buyers"),
        fields={
            "id": NotPersonal("a running number"),
            "partner": NotPersonal("names the partner"),
            "reference": Personal(_("the partner's number of you, your address or your company")),
            "details": Personal(
                _("contact data as the partner told it"),
                keys={"email": _("e-mail address")} | {name: one.text for name, one in CONTACT.items()},
            ),
            "occurred_at": Personal(_("as of when")),
            "told_at": Personal(_("when we were told")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "purchases.AwaitedReference",
        _("What notifications wait for"),
        areas=(GENERAL,),
        purposes=(purposes.FULFILMENT,),
        recipients=PARTNERS,
        retention=NOTIFICATIONS,
        clock=With("event"),
        subject=FoundBy("the notification that waits"),
        finds=found.awaited,
        categories=(categories.PURCHASES,),
        sources=(sources.PARTNER,),
        fate=Erased(by="purchases.erasing.empty_notifications"),
        fields={
            "id": NotPersonal("a running number"),
            "event": Personal(_("the notification that waits")),
            "partner": NotPersonal("names the partner"),
            "reference": Personal(_("the partner's number of the order or of the buyer")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "purchases.PartnerSecret",
        _("Partners' secrets"),
        not_personal("a secret of the site and a partner, sealed", ["id", "partner", "label", "sealed", "fingerprint", "added_at"])
        | not_personal("which member of staff added it; kept as long as the secret counts", ["added_by"]),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.PurchaseItem",
        _("The products you bought"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.FULFILMENT, purposes.IDENTIFICATION),
        recipients=PARTNERS,
        retention=WHILE_ACCOUNT,
        subject="purchase__user",
        finds=found.of_purchase,
        categories=(categories.PURCHASES,),
        sources=(sources.PARTNER,),
        fate=Kept(fates.LAW),
        fields={
            "id": NotPersonal("a running number"),
            "purchase": Personal(_("the order it belongs to")),
            "line_number": NotPersonal("counts the lines of an order"),
            "product_code": Personal(_("product code")),
            "product_name": Personal(_("product name")),
            "quantity": Personal(_("quantity")),
            "unit_price": Personal(_("price")),
            "delivery_option": Personal(_("delivery option")),
            "reference": Personal(_("the partner's number of the line")),
            "entitlement": Personal(_("what it gave you")),
            "extension": Personal(_("what a renewal gave you")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "purchases.WebhookEvent",
        _("Partners' notifications of your orders"),
        areas=(GENERAL,),
        purposes=(purposes.FULFILMENT,),
        recipients=PARTNERS,
        retention=NOTIFICATIONS,
        clock=Since("handled_at", only=Q(state__in=["fulfilled", "ignored"])),
        subject=FoundBy("the order references of the person's purchases"),
        unfound=_("of an order that is not recorded yet, because something about it is still unclear: within seconds, as a rule, it is"),
        finds=found.notifications,
        categories=(categories.POSTAL, categories.ONLINE, categories.PURCHASES),
        sources=(sources.PARTNER,),
        fate=Anonymised({"payload": {}, "read_back": None, "payload_sha256": ""}, fates.LAW, by="purchases.erasing.empty_notifications"),
        fields={
            "order_reference": Personal(_("the partner's order reference")),
            "parent_order_reference": Personal(_("the reference of the order it goes back to")),
            "event_key": Personal(_("the partner's number of the notification")),
            "read_back": Personal(_("what the partner's own records say of the order, without anything about payment"), keys=THEIR_OWN),
            "payload": Personal(_("contact and order data as the partner sent them, without anything about payment"), keys=THEIR_OWN),
            "payload_sha256": Personal(_("a digest of what was sent")),
            "occurred_at": Personal(_("when it happened")),
            "received_at": Personal(_("when we were told")),
        }
        | not_personal(
            "state of the work",
            [
                "id",
                "partner",
                "raw_type",
                "kind",
                "test_mode",
                "channel",
                "is_waived",
                "state",
                "state_reason",
                "unknown_code",
                "looks",
                "failures",
                "next_try_at",
                "handled_at",
            ],
        ),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.Reversal",
        _("What was refunded"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.FULFILMENT,),
        recipients=PARTNERS,
        retention=WHILE_ACCOUNT,
        subject="item__purchase__user",
        finds=found.of_item,
        categories=(categories.PURCHASES,),
        sources=(sources.PARTNER,),
        fate=Kept(fates.LAW),
        fields={
            "id": NotPersonal("a running number"),
            "item": Personal(_("the product it concerns")),
            "kind": Personal(_("refund, chargeback, or its reversal")),
            "units": Personal(_("how many units")),
            "occurred_at": Personal(_("when it happened")),
            "recorded_at": Personal(_("when we were told")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "purchases.ProductCode",
        _("Catalogue"),
        not_personal("names a product", ["id", "partner", "code", "product", "edition", "is_upgrade"]),
    )
)

PROFILE = ["id", "partner", "is_on", "currency", "decimal_separator", "date_format", "utc_offset_minutes", "note"]
FORM_VALUES = ["test_values", "purchase_values", "renewal_values", "refund_values"]
FORM_VALUES += ["refund_reversed_values", "chargeback_values", "chargeback_reversed_values"]
NAMES_OF_FIELDS = "names a field of a partner's form, and holds nothing that stood there"
registry.model(
    ModelDeclaration(
        "purchases.FormProfile",
        _("How partners' forms are read"),
        not_personal("how a partner writes", [*PROFILE, "character_set", *FORM_VALUES])
        | not_personal(NAMES_OF_FIELDS, ["order_reference", "event_reference", "first_order", "date", "total", "currency_name"])
        | not_personal(NAMES_OF_FIELDS, ["product_code", "product_name", "quantity", "unit_price", "delivery_option"])
        | not_personal(NAMES_OF_FIELDS, ["email", *CONTACT_FIELDS, "ip", "test_flag", "kind"]),
    )
)
PATTERNS = "a pattern for partners' mails, and holds nothing that stood there"
registry.model(
    ModelDeclaration(
        "purchases.OrderMailProfile",
        _("How partners' order mails are read"),
        not_personal("how a partner writes", [*PROFILE, "title", "kind", "numbers_itself"])
        | not_personal("names the partner's address or servers", ["sender", "requires_dkim", "dkim_domain", "authserv_id"])
        | not_personal("a digest of a random secret", ["address_digest"])
        | not_personal(PATTERNS, ["subject", "order_reference", "event_reference", "date", "total", "currency_pattern", "test"])
        | not_personal(PATTERNS, ["product_code", "product_name", "quantity", "unit_price", "email", *CONTACT_FIELDS]),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.Silence",
        _("Partners who were silent"),
        not_personal("says when a partner told us nothing", ["id", "partner", "since", "usual_seconds", "noticed_at", "ended_at"]),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.Offer",
        _("Offers"),
        not_personal(
            "what a partner sells of our products",
            ["id", "partner", "product", "edition", "kind", "code", "price", "currency", "least", "most", "position", "is_on_sale"],
        ),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.OfferOption",
        _("Options of offers"),
        not_personal("what may be chosen with an offer", ["id", "offer", "name", "value", "position"]),
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
