"""Orders: what was bought, by whom, and how the partner names it."""

from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS
from accounts.personal_data import CONTACT, WHILE_ACCOUNT
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Found, Since, With
from privacy.fates import Anonymised, Erased, Kept
from privacy.registry import FoundBy, ModelDeclaration, NotPersonal, Personal, registry
from purchases import found
from purchases.personal_data.rules import BUYERS, NOTIFICATIONS, ORDERS_OF_NOBODY, PARTNERS

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
