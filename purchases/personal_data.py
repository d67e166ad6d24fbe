from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS
from accounts.personal_data import CONTACT, WHILE_ACCOUNT
from audit.personal_data import AUDIT_LOG
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.fates import Anonymised, Erased, Kept
from privacy.json_keys import ANY
from privacy.registry import Disclosure, Flow, FoundBy, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry
from purchases.partners.policies import POLICIES, partners, recipient_of

NOTIFICATIONS = Retention(
    "notifications",
    _("180 days after it was dealt with"),
    longest=timedelta(days=180),
    destroyer="purchases.tasks.purge_events",
)

BUYERS = Retention(
    "buyers",
    _("180 days after the partner told it last"),
    longest=timedelta(days=180),
    destroyer="purchases.tasks.purge_buyers",
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
        categories=(categories.POSTAL, categories.ONLINE, categories.PURCHASES, categories.COMPUTER),
        sources=(sources.PARTNER,),
        fate=Anonymised({}, fates.LAW, by="purchases.erasing.pseudonymise"),
        fields=CONTACT
        | {
            "id": NotPersonal("a running number"),
            "partner": Personal(_("which partner took the order")),
            "order_reference": Personal(_("the partner's order reference")),
            "user": Personal(_("whose account it belongs to")),
            "email": Personal(_("the e-mail address given with the order")),
            "ip": Personal(_("the IP address of the transaction, if the partner tells it")),
            "currency": Personal(_("the currency")),
            "total": Personal(_("the price in all")),
            "purchased_at": Personal(_("when you bought")),
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
        categories=(categories.PURCHASES, categories.IDENTIFIER),
        sources=(sources.PARTNER,),
        fate=Kept(fates.LAW),
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
        subject=FoundBy("the buyer's references in the person's purchases"),
        categories=(categories.POSTAL, categories.ONLINE),
        sources=(sources.PARTNER,),
        fate=Erased(),
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
        subject=FoundBy("the notification that waits"),
        categories=(categories.PURCHASES,),
        sources=(sources.PARTNER,),
        fate=Erased(),
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
        subject=FoundBy("the order references of the person's purchases"),
        categories=(categories.POSTAL, categories.ONLINE, categories.PURCHASES),
        sources=(sources.PARTNER,),
        fate=Anonymised({}, fates.LAW, by="purchases.erasing.empty_notifications"),
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
