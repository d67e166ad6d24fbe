from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from accounts.personal_data import CONTACT, WHILE_ACCOUNT
from privacy import purposes
from privacy.areas import GENERAL, RESOURCES
from privacy.registry import ModelDeclaration, NotPersonal, Personal, Recipient, Retention, not_personal, registry

NOTIFICATIONS = Retention(
    "notifications",
    _("180 days after it was dealt with"),
    longest=timedelta(days=180),
    destroyer="purchases.tasks.purge_events",
)

SELLER = _("takes your order and your payment, and tells us who bought what")

PLIMUS = registry.recipient(Recipient("plimus", "Plimus (today BlueSnap)", SELLER, "https://home.bluesnap.com/privacy-policy/"))
PARTNERS = (PLIMUS,)

registry.model(
    ModelDeclaration(
        "purchases.Purchase",
        _("Your purchases"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.FULFILMENT, purposes.IDENTIFICATION, purposes.SECURITY),
        recipients=PARTNERS,
        retention=WHILE_ACCOUNT,
        subject="user",
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
        },
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
        fields={
            "id": NotPersonal("a running number"),
            "purchase": Personal(_("the order it belongs to")),
            "line_number": NotPersonal("counts the lines of an order"),
            "product_code": Personal(_("product code")),
            "product_name": Personal(_("product name")),
            "quantity": Personal(_("quantity")),
            "unit_price": Personal(_("price")),
            "delivery_option": Personal(_("delivery option")),
            "entitlement": Personal(_("what it gave you")),
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
        subject="order_reference",
        fields={
            "order_reference": Personal(_("the partner's order reference")),
            "event_key": Personal(_("the partner's number of the notification")),
            "payload": Personal(_("contact and order data as the partner sent them, without anything about payment")),
            "payload_sha256": Personal(_("a digest of what was sent")),
            "occurred_at": Personal(_("when it happened")),
            "received_at": Personal(_("when we were told")),
        }
        | not_personal(
            "state of the work",
            ["id", "partner", "raw_type", "kind", "test_mode", "state", "state_reason", "attempts", "next_try_at", "handled_at"],
        ),
    )
)
registry.model(
    ModelDeclaration("purchases.ProductCode", _("Catalogue"), not_personal("names a product", ["id", "partner", "code", "product"]))
)
