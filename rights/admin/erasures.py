"""Erasures, as staff see them: how far each is, what stands in the way, and what staff do about those that have not begun."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from privacy.staff import ReadOnlyAdmin, StaffInline
from rights.erasure.asking import TooLate, begin_now, cancel
from rights.models import Erasure, ErasureStep, Kind, SubjectRequest

DECIDE = "rights.change_erasure"


class StepInline(StaffInline):
    model = ErasureStep
    fields = readonly_fields = ("name", "rows", "attempts", "problem", "done_at")
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("rights.view_erasure"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """It tells of the work alone: whom it is about lies sealed, and nobody reads it here."""

    list_display = ("number", "asked_at", "closed_at", "done_at", "problem", "originally_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    search_fields = ("=number", "=receipt")
    fields = ("number", "receipt", "asked_at", "closed_at", "done_at", "problem", "backups_clear_on", "originally_at")
    inlines = (StepInline,)
    list_select_related = ("request",)
    list_per_page = 50

    @admin.display(description=gettext_lazy("what stands in the way"))
    def problem(self, erasure: Erasure) -> str:
        return (erasure.request.problem if erasure.request else "") or "–"


class DecidesErasures(admin.ModelAdmin):
    """For the list of requests: administration cancels an erasure, or lets it begin at once."""

    actions = ("cancel_erasures", "begin_erasures")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(DECIDE))

    @admin.action(description=gettext_lazy("Erasure: cancel it, and tell the person"), permissions=["decide"])
    def cancel_erasures(self, request: HttpRequest, queryset: QuerySet[SubjectRequest]) -> None:
        self.each(request, queryset, cancel)

    @admin.action(description=gettext_lazy("Erasure: begin now, without the time for second thoughts"), permissions=["decide"])
    def begin_erasures(self, request: HttpRequest, queryset: QuerySet[SubjectRequest]) -> None:
        self.each(request, queryset, begin_now)

    def each(self, request: HttpRequest, queryset: QuerySet[SubjectRequest], decide: Any) -> None:
        done = 0
        for wanted in queryset.filter(kind=Kind.ERASURE).select_related("user"):
            try:
                decide(wanted, by=request.user, request=request)
                done += 1
            except TooLate:
                self.message_user(request, _("%(number)s has begun, or is over.") % {"number": wanted.number}, messages.WARNING)
        self.message_user(request, ngettext("%(count)d erasure.", "%(count)d erasures.", done) % {"count": done})
