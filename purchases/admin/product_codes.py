"""What partners call our products: the list of what is known, and one page of what nobody knows."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from infacta.paging import page_number
from privacy.staff import StaffAdmin
from purchases.admin.notifications import PartnerFilter
from purchases.forms.unknown_codes import Catalogue, UnknownCodeForm, forms_of
from purchases.inbox.decisions import replay_waiting
from purchases.inbox.unknown_codes import Explained, note, unknown_codes
from purchases.models import ProductCode
from purchases.partners.registry import PARTNERS

ROWS = 25
ADD = "purchases.add_productcode"


class ProductCodeForm(forms.ModelForm):
    partner = forms.ChoiceField(label=_("partner"), choices=lambda: [(slug, slug) for slug in PARTNERS])


@admin.register(ProductCode)
class ProductCodeAdmin(StaffAdmin):
    form = ProductCodeForm
    list_display = ["code", "partner", "product", "edition", "is_upgrade"]
    list_filter = [PartnerFilter, "is_upgrade"]
    list_per_page = 50
    list_select_related = ["product", "edition"]
    search_fields = ["code", "product__name", "product__code"]
    change_list_template = "admin/purchases/productcode/change_list.html"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Says what saving does, and what happens without."""
        help_text = _(
            "As soon as you save, orders that wait for this code are granted. A code that equals a product's own code needs no line "
            "here: once the product exists, the next look finds it, within an hour."
        )
        return super().get_form(request, *args, **kwargs | {"help_texts": {"code": help_text}})

    def save_model(self, request: HttpRequest, obj: ProductCode, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        replayed = replay_waiting(obj.partner, obj.code)
        note(request, obj, replayed)
        if replayed:
            messages.success(request, granted(replayed))

    def get_urls(self) -> list[URLPattern]:
        unknown = path("unknown-codes/", self.admin_site.admin_view(self.unknown_view), name="purchases_productcode_unknown")
        return [unknown, *super().get_urls()]

    def unknown_view(self, request: HttpRequest) -> HttpResponse:
        """Every code that nobody knows, with a form a row."""
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        catalogue, page = Catalogue(), page_number(request.GET.get("page"))
        posted = UnknownCodeForm(catalogue, request.POST, auto_id="id_sent_%s") if request.method == "POST" else None
        if posted and posted.is_valid():
            tell(request, posted.explain(request))
            return redirect("admin:purchases_productcode_unknown")
        rows = unknown_codes((page - 1) * ROWS, page * ROWS + 1)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Unknown product codes"),
            "rows": with_posted(forms_of(rows[:ROWS], catalogue), posted),
            "stray": posted if posted and not any(is_about(row, posted) for row in rows[:ROWS]) else None,
            "page": page,
            "has_next": len(rows) > ROWS,
        }
        return render(request, "admin/purchases/productcode/unknown.html", context)


def with_posted(rows: list[tuple[Any, UnknownCodeForm]], posted: UnknownCodeForm | None) -> list[tuple[Any, UnknownCodeForm]]:
    """What was typed stands in its row again, with what is wrong with it."""
    return [(row, posted if posted and is_about(row, posted) else form) for row, form in rows]


def is_about(row: Any, posted: UnknownCodeForm) -> bool:
    return (row.partner, row.code) == (posted.data.get("partner"), posted.data.get("code"))


def tell(request: HttpRequest, explained: Explained) -> None:
    if explained.was_known:
        text = gettext("A colleague has said before what this code means, and that counts. You find it under “Partners' product codes”.")
        messages.warning(request, text)
    if explained.replayed:
        messages.success(request, granted(explained.replayed))


def granted(replayed: int) -> str:
    return (
        ngettext("%d order waited for this code and is granted now.", "%d orders waited for this code and are granted now.", replayed)
        % replayed
    )
