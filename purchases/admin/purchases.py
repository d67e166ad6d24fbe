"""Orders as staff see them: facts to read, and to put together as evidence."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from privacy.staff import ReadOnlyAdmin, StaffInline
from purchases.admin.evidence import EvidencePage
from purchases.admin.notifications import PartnerFilter
from purchases.models import Purchase, PurchaseItem


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
class PurchaseAdmin(EvidencePage, ReadOnlyAdmin):
    list_display = ["order_reference", "partner", "name", "email", "currency", "total", "purchased_at", "recorded_at"]
    list_filter = [PartnerFilter, "recorded_at"]
    list_per_page = 50
    list_select_related = ["user"]
    search_fields = ["order_reference__exact", "user__email_key__startswith", "email__exact", "name__words", "company__words"]
    search_help_text = _("A whole order reference, the beginning of an e-mail address, of a name or of a company.")
    inlines = [PurchaseItemInline]
    change_form_template = "admin/purchases/purchase/change_form.html"
