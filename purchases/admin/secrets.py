"""Partners' secrets as administration sees them: added, told apart by their fingerprints, removed; never shown again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from audit.kinds import Kind
from audit.log import record
from privacy.staff import StaffAdmin
from purchases.admin.notifications import PartnerFilter
from purchases.forms.secrets import PartnerSecretForm
from purchases.models import PartnerSecret


@admin.register(PartnerSecret)
class PartnerSecretAdmin(StaffAdmin):
    list_display = ["partner", "label", "fingerprint", "added_at", "added_by"]
    list_filter = [PartnerFilter]
    list_per_page = 50
    list_select_related = ["added_by"]
    fields = ["partner", "label", "fingerprint", "added_at", "added_by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Another secret is another row: nothing of one changes."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ["partner", "label", "secret", "make_one"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else PartnerSecretForm

    @method_decorator(sensitive_post_parameters("secret"))
    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().add_view(request, form_url, extra_context)

    def overtaken(self, request: HttpRequest) -> HttpResponse:
        """Of two who add the same secret at once the second is told that it is there."""
        self.message_user(request, _("This very secret is here already."), "WARNING")
        return redirect("admin:purchases_partnersecret_changelist")

    def save_model(self, request: HttpRequest, obj: PartnerSecret, form: Any, change: bool) -> None:
        obj.added_by = request.user  # type: ignore[assignment]
        obj.save(force_insert=True)
        note(Kind.PARTNER_SECRET_ADDED, request, obj)
        request.made_secret = form.made  # type: ignore[attr-defined]

    @sensitive_variables("made")
    def response_add(self, request: HttpRequest, obj: PartnerSecret, post_url_continue: str | None = None) -> HttpResponse:
        """A secret that was made here stands in this one answer, and in nothing that is kept: neither a session nor a log holds it."""
        made = request.made_secret  # type: ignore[attr-defined]
        if not made:
            return super().response_add(request, obj, post_url_continue)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "secret": made,
            "original": obj,
            "title": _("The new secret"),
        }
        return render(request, "admin/purchases/partnersecret/made.html", context)

    def delete_model(self, request: HttpRequest, obj: PartnerSecret) -> None:
        note(Kind.PARTNER_SECRET_REMOVED, request, obj)
        obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PartnerSecret]) -> None:
        """One by one, so that what this process keeps of them in memory goes too."""
        for secret in queryset:
            self.delete_model(request, secret)


def note(kind: Kind, request: HttpRequest, secret: PartnerSecret) -> None:
    record(kind, request=request, actor=request.user, partner=secret.partner, fingerprint=secret.fingerprint)
