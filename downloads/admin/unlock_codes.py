"""Unlock codes as staff see them: found however they are read out, with state and licence file, and replaced with a reason."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.codes import reissuing
from downloads.codes.licence import licence_of
from downloads.codes.states import state_of
from downloads.forms.unlock_codes import ReissueForm
from downloads.models import UnlockCode
from downloads.models.unlock_code import AlreadyRevoked
from downloads.signing import BadKey
from downloads.unlock_code_format import NotAnUnlockCode, normalised
from downloads.views.codes import licence_file
from privacy.staff import ReadOnlyAdmin


@admin.register(UnlockCode)
class UnlockCodeAdmin(ReadOnlyAdmin):
    tells_itself = True
    list_display = ("code", "entitlement", "unit", "issued_at", "revoked_at", "revoked_for")
    list_filter = ("revoked_for", "entitlement__product", "issued_at")
    ordering = ("-issued_at", "-pk")
    search_fields = ("code__exact", "licence_id__exact", "entitlement__user__email_key__exact")
    list_select_related = ("entitlement__product",)
    csv_leaves_out = ("code",)  # whoever has it has the product
    fields = (
        "code",
        "state",
        "entitlement",
        "unit",
        "seats",
        "licence_id",
        "issued_at",
        "replaces",
        "revoked_at",
        "revoked_for",
        "replaced_by",
    )
    readonly_fields = fields
    search_help_text = gettext_lazy("An unlock code however it was typed, the number of a licence file, or an e-mail address.")
    change_form_template = "admin/downloads/unlockcode/change_form.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UnlockCode], search_term: str
    ) -> tuple[QuerySet[UnlockCode], bool]:
        """A code as a customer reads it out is found too: without dashes, in small letters, with O for 0. A licence's number is no code."""
        with suppress(ValueError):
            return queryset.filter(licence_id=UUID(search_term.strip())), False
        with suppress(NotAnUnlockCode):
            search_term = normalised(search_term)
        return super().get_search_results(request, queryset, search_term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnlockCode]:
        codes: Any = super().get_queryset(request)
        return codes.with_held()

    @admin.display(description=gettext_lazy("state"))
    def state(self, code: UnlockCode) -> str:
        return str(state_of(code).label)

    @admin.display(description=gettext_lazy("seats"))
    def seats(self, code: UnlockCode) -> int:
        return code.entitlement.seats_per_unit

    @admin.display(description=gettext_lazy("replaced by"))
    def replaced_by(self, code: UnlockCode) -> SafeString | str:
        new = UnlockCode.objects.filter(replaces=code).first()
        return format_html('<a href="{}">{}</a>', reverse("admin:downloads_unlockcode_change", args=[new.pk]), new) if new else "–"

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/licence/", self.admin_site.admin_view(self.licence_view), name="downloads_unlockcode_licence"),
            path("<int:pk>/reissue/", self.admin_site.admin_view(self.reissue_view), name="downloads_unlockcode_reissue"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_reissue": request.user.has_perm("downloads.change_unlockcode")} | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    def licence_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The licence file of a valid code, to help a customer who cannot fetch it."""
        code = self.get_object(request, str(pk))
        if code.revoked_at:
            return self.back(request, code, messages.ERROR, _("This code is revoked: there is no licence file of it any more."))
        try:
            return licence_file(code, licence_of(code))
        except BadKey as error:
            return self.back(request, code, messages.ERROR, str(error))

    def reissue_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the reason, and then replace the code; whoever was overtaken by a colleague or the customer is told so."""
        if not request.user.has_perm("downloads.change_unlockcode"):
            raise PermissionDenied
        code = self.get_object(request, str(pk))
        form = ReissueForm(request.POST or None)
        if not form.is_valid():
            return self.ask(request, code, form)
        try:
            new = reissuing.reissue(code, request, by=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
        except AlreadyRevoked:
            return self.back(request, code, messages.ERROR, _("This code is revoked already. You have changed nothing."))
        return self.back(request, new, messages.SUCCESS, _("The new code is issued, and the customer is told by mail."))

    def ask(self, request: HttpRequest, code: UnlockCode, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": code,
            "form": form,
            "title": _("Issue a new code in its place"),
        }
        return render(request, "admin/downloads/unlockcode/reissue.html", context)

    def back(self, request: HttpRequest, code: UnlockCode, level: int, text: str) -> HttpResponse:
        messages.add_message(request, level, text)
        return redirect("admin:downloads_unlockcode_change", code.pk)
