"""Purchases and notifications as staff see them: facts to read, and three things to do — replay, close, and say what a code means."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from audit.kinds import Kind
from audit.log import record
from privacy.reach import reach_of
from privacy.staff import ReadOnlyAdmin, StaffAdmin, StaffInline
from purchases import admin_offers as admin_offers
from purchases.models import ProductCode, Purchase, PurchaseItem, WebhookEvent
from purchases.partners.registry import PARTNERS
from purchases.tasks import fulfil_event


class PurchaseItemInline(StaffInline):
    model = PurchaseItem
    can_delete = False
    fields = ["line_number", "product_code", "product_name", "quantity", "taken_back", "unit_price", "delivery_option"]
    readonly_fields = ["taken_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseItem]:
        return super().get_queryset(request).select_related("entitlement")

    @admin.display(description=_("taken back"))
    def taken_back(self, item: PurchaseItem) -> int:
        return item.entitlement.units_revoked


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    list_display = ["order_reference", "partner", "name", "email", "currency", "total", "purchased_at", "recorded_at"]
    list_filter = ["partner", "recorded_at"]
    list_per_page = 50
    list_select_related = ["user"]
    search_fields = ["order_reference", "email", "name", "company"]
    search_help_text = _("Order reference, e-mail address, name or company.")
    inlines = [PurchaseItemInline]


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "partner", "kind", "order_reference", "state", "state_reason", "unknown_code", "next_try_at"]
    list_filter = ["state", "partner", "kind", "test_mode", "received_at"]
    list_per_page = 50
    search_fields = ["order_reference", "event_key", "unknown_code"]
    search_help_text = _("Order reference, the partner's number of the notification, or an unknown product code.")
    actions = ["replay", "close"]

    @admin.action(description=_("Replay: work on these again now"), permissions=["handle"])
    def replay(self, request: HttpRequest, chosen: QuerySet[WebhookEvent]) -> None:
        """Waiting and failed ones go back to the workers; what is fulfilled or ignored stays as it is."""
        replayed = replay(request, chosen)
        done = ngettext("%d notification is worked on again.", "%d notifications are worked on again.", replayed) % replayed
        self.message_user(request, done, messages.SUCCESS if replayed else messages.WARNING)

    @admin.action(description=_("Close: nothing is left to do for these"), permissions=["handle"])
    def close(self, request: HttpRequest, chosen: QuerySet[WebhookEvent]) -> None:
        """For what staff settled by hand, such as a refund of a part of the price."""
        closed = close(request, chosen)
        done = ngettext("%d notification is closed.", "%d notifications are closed.", closed) % closed
        self.message_user(request, done, messages.SUCCESS if closed else messages.WARNING)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> WebhookEvent:
        """The page holds what the partner told of the buyer, so it is a look at them, though no relation leads there."""
        event: WebhookEvent = super().get_object(request, object_id, from_field)
        orders = [reference for reference in (event.order_reference, event.parent_order_reference) if reference]
        for person in Purchase.objects.filter(partner=event.partner, order_reference__in=orders).values_list("user", flat=True).distinct():
            reach_of(request).looked_at(person)
        return event

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("purchases.change_webhookevent")


class ProductCodeForm(forms.ModelForm):
    partner = forms.ChoiceField(label=_("partner"), choices=lambda: [(slug, slug) for slug in PARTNERS])


@admin.register(ProductCode)
class ProductCodeAdmin(StaffAdmin):
    form = ProductCodeForm
    list_display = ["code", "partner", "product"]
    list_filter = ["partner"]
    list_per_page = 50
    list_select_related = ["product"]
    search_fields = ["code", "product__name", "product__code"]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Says what saving does, and what happens without."""
        help_text = _(
            "As soon as you save, orders that wait for this code are granted. A code that equals a product's own code needs no line "
            "here: once the product exists, the next look finds it, within an hour."
        )
        return super().get_form(request, *args, **kwargs | {"help_texts": {"code": help_text}})

    def save_model(self, request: HttpRequest, obj: ProductCode, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        replayed = replay(request, WebhookEvent.objects.waiting_for_code(obj.partner, obj.code))
        if replayed:
            said = ngettext(
                "%d order waited for this code and is granted now.", "%d orders waited for this code and are granted now.", replayed
            )
            messages.success(request, said % replayed)


@transaction.atomic
def replay(request: HttpRequest, chosen: QuerySet[WebhookEvent]) -> int:
    """Put notifications in front of the workers again, and record who did."""
    ids = open_or_failed(chosen)
    replayed = WebhookEvent.objects.filter(pk__in=ids).replay()
    for event_id in ids:
        record(Kind.NOTIFICATION_REPLAYED, request=request, actor=request.user, notification=event_id)
        fulfil_event.wake(event_id)
    return replayed


@transaction.atomic
def close(request: HttpRequest, chosen: QuerySet[WebhookEvent]) -> int:
    """Take notifications off the list of what is left to do, and record who did."""
    ids = open_or_failed(chosen)
    closed = WebhookEvent.objects.filter(pk__in=ids).close(gettext("Closed by staff: nothing is left to do."))
    for event_id in ids:
        record(Kind.NOTIFICATION_CLOSED, request=request, actor=request.user, notification=event_id)
    return closed


def open_or_failed(chosen: QuerySet[WebhookEvent]) -> list[int]:
    """The ids of those of the chosen ones that something can still come of, locked."""
    rows = WebhookEvent.objects.replayable().select_for_update().filter(pk__in=chosen.values("pk"))
    return list(rows.order_by("pk").values_list("pk", flat=True))
