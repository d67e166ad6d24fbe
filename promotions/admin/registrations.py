"""Registrations as staff see them: facts, found by the address or by the code as somebody reads it out."""

from contextlib import suppress

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from privacy.staff import ReadOnlyAdmin
from promotions import code_format
from promotions.admin.leading import live_link
from promotions.models import Redemption


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    """Support sees those of opened customers alone; one that waits for its mailbox leads to nobody yet, and is administration's."""

    list_display = ("held_at", "promotion", "email", "name", "state", "ip", "confirmed_at", "live")
    list_filter = ("state", "promotion", "held_at")
    list_per_page = 50
    csv_leaves_out = ("live",)  # a link
    list_select_related = ("promotion",)
    search_fields = ("email_key__exact", "code__digest__exact")
    search_help_text = _("An e-mail address in full, or a promotional code however it was typed.")

    change_form_template = "admin/promotions/redemption/change_form.html"

    @admin.display(description=_("live page"))
    def live(self, redemption: Redemption) -> str:
        return live_link("registration", redemption)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Redemption], search_term: str
    ) -> tuple[QuerySet[Redemption], bool]:
        """By the whole address or by the digest of the code: both stand in an index, and neither tells whether a part of one is there."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term:
            return queryset.filter(email_key=address_key(term)), False
        with suppress(code_format.NotAPromoCode):
            return queryset.filter(code__digest=code_format.digest_of(code_format.normalised(term))), False
        return queryset.none(), False
