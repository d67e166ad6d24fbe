"""Promotional codes as staff see them: one is found by what somebody typed, among a million as among ten."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from infacta.paging import number_in
from privacy.staff import ReadOnlyAdmin
from promotions import code_format
from promotions.models import CodeBatch, PromoCode


class BatchFilter(admin.SimpleListFilter):
    """The codes of one batch, as its page leads to them."""

    title = _("batch")
    parameter_name = "batch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = CodeBatch.objects.filter(pk=number_in(request.GET.get("batch"))).select_related("promotion").first()
        return [(str(chosen.pk), f"{chosen.promotion}: {chosen}")] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[PromoCode]) -> QuerySet[PromoCode]:
        return queryset.filter(batch=number_in(self.value())) if self.value() else queryset


@admin.register(PromoCode)
class PromoCodeAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "promotion", "batch", "uses", "used", "held")
    list_filter = (BatchFilter,)
    list_per_page = 50
    list_select_related = ("batch__promotion",)
    has_csv = False  # codes are exported by their batch, with a permission of their own
    search_fields = ("digest__exact",)
    search_help_text = _("A code however it was typed: capitals, spaces and dashes do not matter, and O is read as 0.")
    fields = ("shown", "promotion", "batch", "uses", "used", "held", "digest")
    readonly_fields = fields

    @admin.display(description=_("promotion"))
    def promotion(self, code: PromoCode) -> str:
        return str(code.batch.promotion)

    @admin.display(description=_("code"))
    def shown(self, code: PromoCode) -> str:
        return code_format.shown(code.code) if code.code else gettext("destroyed once it was exported; its digest is left")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("batch__promotion")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[PromoCode], search_term: str) -> tuple[QuerySet[PromoCode], bool]:
        """By the digest of what was typed; what cannot be a code is told and not looked up."""
        if not search_term.strip():
            return queryset, False
        try:
            symbols = code_format.normalised(search_term)
        except code_format.NotAPromoCode:
            text = gettext("A letter or digit of this code is wrong, or one is missing: it does not pass its own check.")
            self.message_user(request, text, messages.WARNING)
            return queryset.none(), False
        return queryset.filter(digest=code_format.digest_of(symbols)), False
