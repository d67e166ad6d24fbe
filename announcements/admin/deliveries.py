"""Who received what, who joined, what came back, and who is never mailed again: facts, which staff look at (promise C15)."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from accounts.models import Suppression
from accounts.models.suppression import digest_of
from announcements.models import Bounce, Delivery, Mailbox, Subscription
from privacy.reach import visible
from privacy.staff import LONGEST_SEARCH, ReadOnlyAdmin

A_PAGE = 50
BY_ADDRESS = _("A whole e-mail address.")
OF_ANNOUNCEMENT = "announcement__id__exact"


class FoundByAddress(ReadOnlyAdmin):
    """Lists of a million rows, searched by a whole address: through an index, and never letter by letter."""

    list_per_page = A_PAGE
    search_help_text = BY_ADDRESS
    search_fields = ("pk",)  # so that there is a box; what is typed there goes through `address_column` alone
    address_column = ""

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        typed = search_term.strip()[:LONGEST_SEARCH]
        return (queryset.filter(**{self.address_column: self.compared(typed)}) if typed else queryset), False

    def compared(self, typed: str) -> str:
        """As the column has it."""
        return address_key(typed)


class OfAnnouncements(FoundByAddress):
    """Rows of an announcement: its pages lead here, and so to its rows alone."""

    address_column = "mailbox__email_key"

    def lookups_of_filters(self, request: Any) -> set[str]:
        return {*super().lookups_of_filters(request), OF_ANNOUNCEMENT}


@admin.register(Delivery)
class DeliveryAdmin(OfAnnouncements):
    list_display = ("mailbox", "announcement", "state", "basis", "answer", "settled_at")
    list_filter = ("state", "basis", "settled_at")
    list_select_related = ("mailbox", "announcement")
    fields = ("announcement", "mailbox", "basis", "state", "attempts", "next_try_at", "answer", "settled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("mailbox__user", "announcement")


@admin.register(Bounce)
class BounceAdmin(OfAnnouncements):
    list_display = ("mailbox", "kind", "status", "detail", "announcement", "at")
    list_filter = ("kind", "at")
    list_select_related = ("mailbox", "announcement")
    fields = ("mailbox", "announcement", "kind", "status", "detail", "at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("mailbox__user", "announcement")


@admin.register(Mailbox)
class MailboxAdmin(FoundByAddress):
    list_display = ("__str__", "user", "wants_releases", "wants_updates", "wants_offers", "soft_bounces")
    list_filter = ("wants_releases", "wants_updates", "wants_offers")
    list_select_related = ("user",)
    address_column = "email_key"
    fields = ("email", "user", "wants_releases", "wants_updates", "wants_offers", "soft_bounces")
    change_form_template = "admin/announcements/mailbox/change_form.html"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        """With what was sent there, what came back, and why nothing goes there any more."""
        mailbox: Any = context["original"]
        of_mailbox = (visible(request, rows.filter(mailbox=mailbox).select_related("announcement")) for rows in all_of(Delivery, Bounce))
        deliveries, bounces = (list(rows[:A_PAGE]) for rows in of_mailbox)
        context |= {"deliveries": deliveries, "bounces": bounces, "suppressions": list(Suppression.objects.filter(digest=mailbox.digest))}
        return super().render_change_form(request, context, *args, **options)


def all_of(*models: type[Model]) -> list[Any]:
    return [model._default_manager.all() for model in models]


@admin.register(Subscription)
class SubscriptionAdmin(FoundByAddress):
    list_display = ("email", "state", "basis", "source", "language", "asked_at", "confirmed_at", "left_at")
    list_filter = ("state", "basis", "language", "asked_at")
    address_column = "email_key"
    fields = (
        *("email", "state", "basis", "source", "wording", "language"),
        *("ip", "confirmed_ip", "asked_at", "confirmed_at", "left_at"),
    )


@admin.register(Suppression)
class SuppressionAdmin(FoundByAddress):
    """Addresses that are digests here: one is found by whoever knows it."""

    list_display = ("digest", "reason", "detail", "since")
    list_filter = ("reason", "since")
    address_column = "digest"
    fields = ("digest", "reason", "detail", "since")

    def compared(self, typed: str) -> str:
        return typed if len(typed) == 64 and "@" not in typed else digest_of(typed)
