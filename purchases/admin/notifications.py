"""The inbox: partners' notifications, what became of each, and what staff may do — replay, try, close, waive."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from privacy.reach import reach_of
from privacy.staff import ReadOnlyAdmin
from purchases.admin.imports import ImportPage
from purchases.inbox.decisions import close, replay, waits_for_upgraded, waive
from purchases.inbox.rehearsal import rehearse
from purchases.inbox.timeline import timeline_of
from purchases.models import EventState, Purchase, WebhookEvent
from purchases.partners.registry import PARTNERS
from purchases.standing.capabilities import titled
from purchases.standing.figures import figures
from purchases.standing.states import standings

HANDLE = "purchases.change_webhookevent"
REPLAYABLE = (EventState.WAITING, EventState.FAILED)


class PartnerFilter(admin.SimpleListFilter):
    """The partners by name; Django's own filter would read the whole table for their slugs."""

    title = _("partner")
    parameter_name = "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(slug, partner.name) for slug, partner in PARTNERS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(partner=self.value()) if self.value() else queryset


@admin.register(WebhookEvent)
class WebhookEventAdmin(ImportPage, ReadOnlyAdmin):
    list_display = ["received_at", "state", "state_reason", "order_reference", "kind", "partner", "channel"]
    list_filter = ["state", PartnerFilter, "channel", "kind", "test_mode", "received_at"]
    list_per_page = 50
    search_fields = ["order_reference__exact", "event_key__exact", "unknown_code__exact"]
    search_help_text = _("A whole order reference, partner's number of the notification, or unknown product code.")
    actions = ["replay", "close"]
    fields = [
        "state",
        "state_reason",
        "partner",
        "channel",
        "kind",
        "raw_type",
        "order_reference",
        "parent_order_reference",
        "unknown_code",
        "test_mode",
        "is_waived",
        "event_key",
        "payload_sha256",
    ]
    change_form_template = "admin/purchases/webhookevent/change_form.html"
    change_list_template = "admin/purchases/webhookevent/change_list.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        """The partners are named, so that the keys that begin with them find it."""
        named = queryset.filter(partner__in=PARTNERS) if search_term.strip() else queryset
        return super().get_search_results(request, named, search_term)

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
        for person in purchases_of(event).order_by().values_list("user", flat=True).distinct():
            reach_of(request).looked_at(person)
        return event

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(HANDLE)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(f"<int:pk>/{route}/", self.admin_site.admin_view(require_POST(view)), name=f"purchases_webhookevent_{name}")

        own = [
            page("replay", self.replay_view, "replay"),
            page("close", self.close_view, "close"),
            page("waive", self.waive_view, "waive"),
            page("dry-run", self.dry_run_view, "dry_run"),
        ]
        partners = path("partners/", self.admin_site.admin_view(self.partners_view), name="purchases_webhookevent_partners")
        return [partners, *own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        """With what was sent, what became of it, and the buttons that fit its state."""
        event: WebhookEvent = context["original"]
        may = self.has_handle_permission(request)
        context |= {
            "payload": readable(event.payload),
            "read_back": readable(event.read_back) if event.read_back is not None else "",
            "timeline": timeline_of(event),
            "purchases": purchases_of(event),
            "may_handle": may,
            "may_replay": may and event.state in REPLAYABLE,
            "may_waive": may and waits_for_upgraded(event),
        }
        return super().render_change_form(request, context, *args, **options)

    def partners_view(self, request: HttpRequest) -> HttpResponse:
        """Every partner: how it stands, what it can do, and how the last 30 days went."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Partners"),
            "standings": standings(),
            "headings": titled(),
            "figures": figures(),
        }
        return render(request, "admin/purchases/webhookevent/partners.html", context)

    def replay_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = self.handled(request, pk)
        return self.back(request, pk, bool(replay(request, WebhookEvent.objects.filter(pk=event.pk))), gettext("It is worked on again."))

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = self.handled(request, pk)
        return self.back(request, pk, bool(close(request, WebhookEvent.objects.filter(pk=event.pk))), gettext("It is closed."))

    def waive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = self.handled(request, pk)
        waived = waits_for_upgraded(event) and waive(request, event)
        return self.back(request, pk, waived, gettext("It is granted without the older product, by the next worker that is free."))

    def dry_run_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a replay would change; nothing is changed. A click each time: nobody's prefetching makes the database work."""
        event = self.handled(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": event,
            "outcome": rehearse(event.pk),
            "title": gettext("Dry run"),
        }
        return render(request, "admin/purchases/webhookevent/dry_run.html", context)

    def handled(self, request: HttpRequest, pk: int) -> WebhookEvent:
        """The notification, for whoever may decide about it."""
        if not self.has_handle_permission(request):
            raise PermissionDenied
        return self.get_object(request, str(pk))

    def back(self, request: HttpRequest, pk: int, done: bool, text: str) -> HttpResponse:
        overtaken = gettext("There is nothing to do here any more, and you have changed nothing: see its state below.")
        self.message_user(request, text if done else overtaken, messages.SUCCESS if done else messages.WARNING)
        return redirect("admin:purchases_webhookevent_change", pk)


def purchases_of(event: WebhookEvent) -> QuerySet[Purchase]:
    """The orders that it led to, or goes back to."""
    orders = [reference for reference in (event.order_reference, event.parent_order_reference) if reference]
    return Purchase.objects.filter(partner=event.partner, order_reference__in=orders)


def readable(payload: Any) -> str:
    """What was sent, as indented JSON; the template escapes it."""
    return json.dumps(payload, indent=2, ensure_ascii=False)
