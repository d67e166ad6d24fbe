"""What partners told, and what they took back."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.personal_data import WHILE_ACCOUNT
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Since
from privacy.fates import Anonymised, Kept
from privacy.json_keys import ANY
from privacy.registry import FoundBy, ModelDeclaration, NotPersonal, Personal, not_personal, registry
from purchases import found
from purchases.personal_data.rules import NOTIFICATIONS, PARTNERS

THEIR_OWN = {
    ANY: _("contact data, order data and numbers, in the partner's own order and under the names that the partner gives them"),
}
"""Partners name things as they like, and change it; what tells of payment is dropped by name and by value (privacy.card_data)."""

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
