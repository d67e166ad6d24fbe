"""Products with their editions, and the keys that their files are signed with, as staff see them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from downloads.admin.releases import in_words
from downloads.models import Edition, Product, PublicKey, Release
from downloads.releases.figures import with_figures
from privacy.staff import StaffAdmin

RELEASES_BESIDE_A_PRODUCT = 20


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    list_display = ("name", "code", "unlock_prefix", "downloads_per_unit", "seats_per_unit", "position", "is_public")
    list_filter = ("is_public",)
    search_fields = ("name", "code")
    prepopulated_fields = {"slug": ("name",)}
    change_form_template = "admin/downloads/product/change_form.html"

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """A product that has releases, or was bought, is taken off the site, and not deleted."""
        in_use = obj and (obj.releases.exists() or obj.entitlements.exists())
        return super().has_delete_permission(request, obj) and not in_use

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        """With its editions, and an overview of the latest releases."""
        if product := context["original"]:
            latest = with_figures(Release.objects.filter(product=product).latest_first())
            now = timezone.now()
            context["editions"] = list(product.editions.all())
            context["releases"] = [(release, in_words(release, now)) for release in latest[:RELEASES_BESIDE_A_PRODUCT]]
        return super().render_change_form(request, context, *args, **options)


@admin.register(Edition)
class EditionAdmin(StaffAdmin):
    list_display = ("name", "product", "code", "position", "priority_support")
    list_filter = ("product",)
    search_fields = ("name", "code", "product__name")
    list_select_related = ("product",)
    autocomplete_fields = ("product",)

    def get_readonly_fields(self, request: HttpRequest, obj: Edition | None = None) -> tuple[str, ...]:
        """An edition that customers bought stays one of its product."""
        return ("product",) if obj else ()


@admin.register(PublicKey)
class PublicKeyAdmin(StaffAdmin):
    """The keys that the site publishes. One that no file is signed by any more may be taken away: after it was stolen, for instance."""

    list_display = ("id", "purpose", "first_used_at")
    fields = ("id", "purpose", "pem", "first_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
