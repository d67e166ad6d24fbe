"""Requests about personal data, as staff see them: how far each is, and by when it must be answered; and opening one for a person without an account."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.limits import TooManyTries
from accounts.views.refusals import try_later
from privacy.staff import ReadOnlyAdmin
from rights.admin.erasures import DecidesErasures
from rights.forms.opening import OpenForm
from rights.models import SubjectRequest

ADD = "rights.add_subjectrequest"


class Overdue(admin.SimpleListFilter):
    title = gettext_lazy("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("More than a month old, and not answered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        overdue = SubjectRequest.objects.overdue(timezone.now())
        return queryset.filter(pk__in=overdue.values("pk")) if self.value() == "yes" else queryset


@admin.register(SubjectRequest)
class SubjectRequestAdmin(DecidesErasures, ReadOnlyAdmin):
    list_display = ("number", "kind", "state", "asked_at", "answer_by", "how_far", "failures", "problem", "user")
    list_filter = ("state", "kind", Overdue)
    list_select_related = ("user",)
    list_per_page = 50
    search_fields = ("=number",)
    fields = (
        *("number", "kind", "state", "user", "email", "language", "opened_by", "reason"),
        *("asked_at", "answer_by", "proved_at", "begins_at", "ended_at", "how_far", "failures", "problem", "report_file"),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(ADD))

    @admin.display(description=gettext_lazy("answer by"))
    def answer_by(self, row: SubjectRequest) -> str:
        """GDPR article 12(3): within a month."""
        return _("%(day)s: OVERDUE") % {"day": row.due_by} if row.is_overdue else str(row.due_by)

    @admin.display(description=gettext_lazy("how far"))
    def how_far(self, row: SubjectRequest) -> str:
        return f"{row.percent} %"

    @admin.display(description=gettext_lazy("report"))
    def report_file(self, row: SubjectRequest) -> str:
        """What became of the file; nobody of the staff can open it."""
        report = getattr(row, "report", None)
        if report is None or report.made_at is None:
            return "–"
        if report.destroyed_at:
            return _("destroyed on %(at)s") % {"at": timezone.localtime(report.destroyed_at).strftime("%Y-%m-%d %H:%M")}
        return _("can be fetched until %(at)s") % {"at": timezone.localtime(report.valid_until).strftime("%Y-%m-%d %H:%M")}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Open one for a person without an account, who asked by letter, by telephone or at a counter."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OpenForm(request, request.POST or None)
        try:
            if form.is_valid() and not form.open():
                form.add_error(None, _("Such a request is being dealt with already, or this address was written to several times today."))
            elif form.is_valid():
                text = _("A mail is on its way to the address. The request begins when its reader has pressed the button in it.")
                self.message_user(request, text, messages.SUCCESS)
                return redirect("admin:rights_subjectrequest_changelist")
        except TooManyTries as refusal:
            form.add_error(None, _("You have looked for many addresses in a short time. Please wait a minute."))
            return try_later(self.opening_page(request, form), refusal)
        return self.opening_page(request, form)

    def opening_page(self, request: HttpRequest, form: OpenForm) -> HttpResponse:
        context = {"form": form, "opts": self.opts, "title": _("Open a request for a person without an account")}
        return render(request, "admin/rights/subjectrequest/open.html", self.admin_site.each_context(request) | context)
