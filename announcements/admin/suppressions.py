"""Addresses that get no announcement, as staff see them: digests, found by the address that somebody asks about.

What the person wants is never lifted here: they do that themselves. A mailbox that did not exist may exist again.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Suppression
from accounts.models.suppression import SuppressionReason, digest_of
from announcements.models import Mailbox
from audit.kinds import Kind
from audit.log import record
from privacy.staff import ReadOnlyAdmin

CHANGE = "accounts.change_suppression"


class LiftForm(forms.Form):
    """Lifting one, with the reason for colleagues."""

    reason = forms.CharField(
        label=gettext_lazy("Reason, for colleagues"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("The audit log keeps it. Name no address."),
    )


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "reason", "since", "detail")
    list_filter = ("reason", "since")
    list_per_page = 50
    csv_leaves_out = ("__str__",)  # a digest
    search_fields = ("digest__exact",)
    search_help_text = gettext_lazy("A whole e-mail address, or its digest.")
    fields = ("digest", "reason", "since", "detail")
    change_form_template = "admin/accounts/suppression/change_form.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """By the digest of the address: nobody can read one back."""
        sought = digest_of(search_term) if "@" in search_term else search_term.strip().lower()
        return super().get_search_results(request, queryset, sought)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        row = context["original"]
        context["may_lift"] = bool(row) and row.reason == SuppressionReason.BOUNCED and request.user.has_perm(CHANGE)
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/lift/", self.admin_site.admin_view(self.lift), name="accounts_suppression_lift"), *super().get_urls()]

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Announcements may go there again; for an address that bounced alone."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        row: Suppression = self.get_object(request, str(pk))
        if row.reason != SuppressionReason.BOUNCED:
            self.message_user(request, _("The person wants no announcements: they alone can change that."), messages.ERROR)
            return redirect("admin:accounts_suppression_change", pk)
        form = LiftForm(request.POST or None)
        if not form.is_valid():
            context = self.admin_site.each_context(request) | {"opts": self.opts, "original": row, "form": form, "title": _("Lift")}
            return render(request, "admin/accounts/suppression/lift.html", context)
        if lifted(row, form.cleaned_data["reason"], request):
            self.message_user(request, _("Announcements may go there again."), messages.SUCCESS)
        return redirect("admin:accounts_suppression_changelist")


@transaction.atomic
def lifted(row: Suppression, reason: str, request: HttpRequest) -> bool:
    """False if a colleague was quicker."""
    if not Suppression.objects.filter(pk=row.pk, reason=SuppressionReason.BOUNCED).delete()[0]:
        return False
    Mailbox.objects.filter(digest=row.digest).update(soft_bounces=0)
    mailbox = Mailbox.objects.filter(digest=row.digest).select_related("user").first()
    user = mailbox.user if mailbox else None
    record(Kind.ADDRESS_READMITTED, user=user, actor=request.user, request=request, mailbox=mailbox and mailbox.pk, reason=reason)
    return True
